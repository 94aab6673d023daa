//! The second factor: enrolled, asked for at sign-in, and given up.

use chrono::Duration;
use futures::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use spotlight_core::{
    Context, Error, ErrorKind, Result,
    domain::{
        second_factor::CodeSecret,
        user::{Role, Scope},
    },
    services::accounts::{AccountPatch, SignIn, SignedIn},
};

use crate::world::World;

const OWNER: &str = "owner@bikes.example";

fn password() -> SecretString {
    SecretString::from("a long password")
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.expect_err("it is refused").kind()
}

/// What is asked for besides the password.
fn asked<T: std::fmt::Debug>(result: Result<T>) -> (&'static str, ErrorKind) {
    let error: Error = result.expect_err("it is refused");
    let [one] = error.violations() else { panic!("{error:?}") };
    assert_eq!(one.field, "otp_code");
    (one.code, error.kind())
}

async fn sign_in(world: &World, code: Option<&str>) -> Result<SignedIn> {
    let request = SignIn { otp_code: code.map(SecretString::from), ..SignIn::new(OWNER, password()) };
    world.platform.accounts().sign_in(&Context::anonymous(), request).await
}

/// A device that makes codes.
struct Device(CodeSecret);

impl Device {
    /// Enrols one for the owner.
    async fn enrolled(world: &World) -> Self {
        let enrolment = world.platform.accounts().enrol_second_factor(&world.owner(), password()).await;
        let enrolment = enrolment.expect("an enrolment");
        let secret = enrolment.secret.expose_secret();
        let uri = enrolment.uri.expose_secret();
        assert!(uri.starts_with("otpauth://totp/Spotlight:owner%40bikes%2Eexample?") && uri.contains(secret), "{uri}");
        Self(CodeSecret::from_base32(secret).expect("Base32"))
    }

    fn code(&self, world: &World, steps: i64) -> String {
        self.0.code_at(world.platform.clock().now() + Duration::seconds(30 * steps))
    }

    /// Switches it on by the code of this moment, and gives the recovery codes.
    async fn confirmed(&self, world: &World) -> Vec<SecretString> {
        let code = SecretString::from(self.code(world, 0));
        world.platform.accounts().confirm_second_factor(&world.owner(), &code, None).await.expect("recovery codes")
    }
}

#[tokio::test]
async fn signing_in_needs_a_code_once_a_first_one_was_shown_and_each_counts_once() {
    let world = World::new().await;
    let accounts = world.platform.accounts();
    let device = Device::enrolled(&world).await;
    let before = sign_in(&world, None).await.expect("what waits asks for nothing");
    let wrong = SecretString::from("000000");
    assert_eq!(kind(accounts.confirm_second_factor(&world.owner(), &wrong, None).await), ErrorKind::Validation);
    device.confirmed(&world).await;
    assert_eq!(kind(accounts.authenticate_session(&before.secret).await), ErrorKind::Unauthenticated);
    world.work().await;
    assert_eq!(world.mailer.sent().pop().expect("a message").subject, "Signing in needs a code now");

    assert_eq!(asked(sign_in(&world, None).await), ("otp_required", ErrorKind::Unauthenticated));
    assert_eq!(asked(sign_in(&world, Some(&device.code(&world, 0))).await).0, "otp_invalid", "used to confirm");
    sign_in(&world, Some(&device.code(&world, 1))).await.expect("the next code, on a fast device");
    world.clock.forward(Duration::minutes(1));
    assert_eq!(asked(sign_in(&world, Some(&device.code(&world, -1))).await).0, "otp_invalid", "used to sign in");
    sign_in(&world, Some(&device.code(&world, 0))).await.expect("a new code");
    let wrong = SignIn { otp_code: Some(SecretString::from("123456")), ..SignIn::new(OWNER, SecretString::from("no")) };
    let error = accounts.sign_in(&Context::anonymous(), wrong).await.expect_err("a wrong password");
    assert!(error.violations().is_empty(), "the code is no matter before the password is right");
}

#[tokio::test]
async fn a_recovery_code_opens_once_also_when_used_twice_at_once() {
    let world = World::new().await;
    let codes = Device::enrolled(&world).await.confirmed(&world).await;
    assert_eq!(codes.len(), 10);
    let code = codes[3].expose_secret();
    let outcomes = join_all((0..2).map(|_| sign_in(&world, Some(code)))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    sign_in(&world, Some(&codes[4].expose_secret().to_lowercase())).await.expect("another");
    let stored = world.repositories().users().get(world.owner.id).await.expect("a read").expect("the owner");
    assert_eq!(stored.second_factor.expect("in use").recovery.len(), 8);
}

#[tokio::test]
async fn wrong_codes_lock_the_account_like_wrong_passwords() {
    let world = World::new().await;
    let device = Device::enrolled(&world).await;
    device.confirmed(&world).await;
    for _ in 0..5 {
        assert_eq!(asked(sign_in(&world, Some("000000")).await).0, "otp_invalid");
        world.clock.forward(Duration::minutes(1));
    }
    let error = sign_in(&world, Some(&device.code(&world, 0))).await.expect_err("locked");
    assert!(error.violations().is_empty(), "a locked account tells nothing");
    world.clock.forward(Duration::hours(1));
    sign_in(&world, Some(&device.code(&world, 0))).await.expect("the lock has opened");
}

#[tokio::test]
async fn it_is_given_up_by_the_password_and_a_code_and_survives_a_reset() {
    let world = World::new().await;
    let (accounts, owner) = (world.platform.accounts(), world.owner());
    let device = Device::enrolled(&world).await;
    let none = accounts.disable_second_factor(&owner, password(), &SecretString::from(device.code(&world, 0))).await;
    assert_eq!(kind(none), ErrorKind::Conflict, "none is in use");
    device.confirmed(&world).await;
    let again = accounts.enrol_second_factor(&owner, password()).await;
    assert_eq!(kind(again), ErrorKind::Conflict, "there is one");
    accounts.request_password_reset(&Context::anonymous(), OWNER).await.expect("a link");
    let link = world.code(OWNER).await;
    accounts.reset_password(&Context::anonymous(), link, password()).await.expect("another password");
    assert_eq!(asked(sign_in(&world, None).await).0, "otp_required", "a mailbox alone opens nothing");

    // Five passwords a minute.
    world.clock.forward(Duration::minutes(1));
    let code = || SecretString::from(device.code(&world, 1));
    let guess = accounts.disable_second_factor(&owner, SecretString::from("a wrong password"), &code()).await;
    assert_eq!(guess.expect_err("a wrong password").violations()[0].field, "current_password");
    let guess = accounts.disable_second_factor(&owner, password(), &SecretString::from("000000")).await;
    assert_eq!(asked(guess), ("invalid", ErrorKind::Validation));
    let keyed = Context { idempotency_key: Some("off".to_owned()), ..owner };
    accounts.disable_second_factor(&keyed, password(), &code()).await.expect("off");
    accounts.disable_second_factor(&keyed, password(), &code()).await.expect("the same request");
    sign_in(&world, None).await.expect("the password alone");
    world.work().await;
    assert_eq!(world.mailer.sent().pop().expect("a message").subject, "Signing in needs no code any more");
}

#[tokio::test]
async fn it_is_for_people_with_a_confirmed_address_and_a_key_gives_one_secret() {
    let world = World::new().await;
    let (accounts, owner) = (world.platform.accounts(), world.owner());
    let token = accounts.create_token(&owner, "program", Scope::ALL.to_vec(), None).await.expect("a token");
    let program = accounts.authenticate_token(&token.secret).await.expect("a program").context;
    assert_eq!(kind(accounts.enrol_second_factor(&program, password()).await), ErrorKind::Forbidden);
    let wrong = SecretString::from("a wrong password");
    assert_eq!(kind(accounts.enrol_second_factor(&owner, wrong).await), ErrorKind::Validation);
    let keyed = Context { idempotency_key: Some("once".to_owned()), ..owner.clone() };
    let first = accounts.enrol_second_factor(&keyed, password()).await.expect("a secret");
    let again = accounts.enrol_second_factor(&keyed, password()).await.expect("the same");
    assert_eq!(first.secret.expose_secret(), again.secret.expose_secret());
    let other = accounts.enrol_second_factor(&owner, password()).await.expect("another");
    assert_ne!(first.secret.expose_secret(), other.secret.expose_secret());
    let stored = world.repositories().users().get(world.owner.id).await.expect("a read").expect("the owner");
    let text = format!("{:?} {}", stored, serde_json::to_string(&stored.second_factor).expect("JSON"));
    assert!(!text.contains(other.secret.expose_secret()), "what is stored makes no code");

    let rep = world.member("rep@bikes.example", Role::SalesRep).await;
    let moved = AccountPatch {
        email: Some("moved@bikes.example".to_owned()),
        current_password: Some(password()),
        ..AccountPatch::default()
    };
    accounts.update_me(&rep, moved, None, None).await.expect("another address");
    assert_eq!(kind(accounts.enrol_second_factor(&rep, password()).await), ErrorKind::Forbidden, "not confirmed");
}

#[tokio::test]
async fn a_sign_in_ends_the_session_that_the_browser_had() {
    let world = World::new().await;
    let accounts = world.platform.accounts();
    let first = sign_in(&world, None).await.expect("a session");
    let request = SignIn { replaces: Some(first.secret.clone()), ..SignIn::new(OWNER, password()) };
    let second = accounts.sign_in(&Context::anonymous(), request).await.expect("a session");
    assert_eq!(kind(accounts.authenticate_session(&first.secret).await), ErrorKind::Unauthenticated);
    let wrong = SecretString::from("a wrong password");
    let request = SignIn { replaces: Some(second.secret.clone()), ..SignIn::new(OWNER, wrong) };
    assert_eq!(kind(accounts.sign_in(&Context::anonymous(), request).await), ErrorKind::Unauthenticated);
    accounts.authenticate_session(&second.secret).await.expect("a failure ends nothing");
}
