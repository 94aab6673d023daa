//! Accounts where changes truly happen at once: on Postgres.

use std::sync::Arc;

use futures::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use spotlight_core::{
    Context, ErrorKind, Result,
    domain::{
        second_factor::CodeSecret,
        user::{Membership, Role},
    },
    ports::{ReadConsistency, Storage},
    services::accounts::{NewInvitation, SignIn, SignUp, SignedIn},
};
use spotlight_storage::postgres::PgOptions;
use spotlight_tests::{
    deployment::{Deployment, TestClock, in_postgres},
    postgres::TestDatabase,
};

struct World {
    storage: Arc<dyn Storage>,
    deployment: Deployment,
    owner: Context,
    _database: TestDatabase,
}

const OWNER: &str = "nora@newcomer.example";

impl World {
    async fn new() -> Self {
        let database = TestDatabase::fresh().await;
        let (storage, queue) = in_postgres(PgOptions::new(database.url())).await;
        let stores = (Arc::clone(&storage), queue);
        let deployment = Deployment::start(stores, TestClock::at("2026-03-25T10:00:00Z")).await;
        let request = SignUp {
            email: OWNER.to_owned(),
            name: "Nora Newcomer".to_owned(),
            organization: "Newcomer".to_owned(),
            time_zone: None,
            password: SecretString::from("correct horse"),
        };
        let signed_up = deployment.platform.accounts().sign_up(&Context::anonymous(), request).await;
        let (organization, user) = signed_up.expect("an answer").expect("an account");
        let owner = Context::user(user.id, organization.id, Role::Owner);
        Self { storage, deployment, owner, _database: database }
    }

    async fn sign_in(&self, password: &str) -> Result<SignedIn> {
        let request = SignIn::new(OWNER, SecretString::from(password));
        self.deployment.platform.accounts().sign_in(&Context::anonymous(), request).await
    }

    fn read(&self) -> &dyn spotlight_core::ports::Repositories {
        self.storage.read(ReadConsistency::Strong)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_all_counted_and_tell_nothing() {
    let world = World::new().await;
    for guess in join_all((0..5).map(|_| world.sign_in("a wrong guess"))).await {
        assert_eq!(guess.expect_err("it is wrong").kind(), ErrorKind::Unauthenticated);
    }
    let id = world.owner.actor.user_id().expect("a user");
    let stored = world.read().users().get(id).await.expect("a read").expect("the owner");
    assert_eq!(stored.failed_attempts, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_that_sign_in_at_once_are_all_let_in() {
    let world = World::new().await;
    for one in join_all((0..5).map(|_| world.sign_in("correct horse"))).await {
        one.expect("a session");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_browsers_with_one_recovery_code_at_once_one_is_let_in() {
    let world = World::new().await;
    let platform = &world.deployment.platform;
    let (accounts, now) = (platform.accounts(), platform.clock().now());
    let unit = world.storage.begin().await.expect("a unit");
    let mut user = unit.users().get(world.owner.actor.user_id().expect("a user")).await.expect("a read").expect("one");
    user.confirmed_at = Some(now);
    unit.users().update(&user).await.expect("a confirmed address");
    unit.commit().await.expect("a commit");
    let password = || SecretString::from("correct horse");
    let enrolled = accounts.enrol_second_factor(&world.owner, password()).await.expect("a secret");
    let device = CodeSecret::from_base32(enrolled.secret.expose_secret()).expect("Base32");
    let first = SecretString::from(device.code_at(now));
    let codes = accounts.confirm_second_factor(&world.owner, &first, None).await.expect("recovery codes");
    for code in &codes[..2] {
        let browser = || {
            let request = SignIn { otp_code: Some(code.clone()), ..SignIn::new(OWNER, password()) };
            let accounts = accounts.clone();
            async move { accounts.sign_in(&Context::anonymous(), request).await }
        };
        let (one, other) = tokio::join!(browser(), browser());
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_owners_who_remove_each_other_at_once_one_stays() {
    let world = World::new().await;
    let accounts = world.deployment.platform.accounts();
    for round in 0..5 {
        let organization_id = world.owner.organization;
        let new = NewInvitation { email: format!("o{round}@x.example"), name: "Olga".to_owned(), role: Role::Owner };
        let system = Context::system(organization_id);
        let other = accounts.invite(&system, new).await.expect("an invitation").user_id;
        accounts.withdraw_invitation(&system, other).await.expect("an open invitation");
        let owner = world.read().users().members(organization_id).await.expect("members")[0].user_id;
        let unit = world.storage.begin().await.expect("a unit");
        let now = world.deployment.platform.clock().now();
        let member = Membership { organization_id, user_id: other, role: Role::Owner, created_at: now };
        unit.users().set_membership(&member).await.expect("a member");
        unit.commit().await.expect("a commit");
        let [one, two] = [owner, other].map(|id| Context::user(id, organization_id, Role::Owner));
        let (first, second) = tokio::join!(accounts.remove_member(&one, other), accounts.remove_member(&two, owner));
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        assert_eq!(world.read().users().members(organization_id).await.expect("members").len(), 1);
    }
}
