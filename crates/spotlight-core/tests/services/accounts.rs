//! Signing up and in, links, passwords and own sessions.

use chrono::Duration;
use futures::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use spotlight_core::{
    Context, ErrorKind, Result,
    domain::{
        billing::PlanId,
        user::{Role, Scope},
    },
    ports::{JobFilter, JobState},
    services::accounts::{AccountPatch, SignIn, SignUp, SignedIn},
};

use crate::{hooked::Commit, world::World};

const ADDRESS: &str = "nora@newcomer.example";

fn newcomer() -> SignUp {
    SignUp {
        email: " Nora@Newcomer.example ".to_owned(),
        name: "Nora Newcomer".to_owned(),
        organization: "Bäckerei & Söhne".to_owned(),
        time_zone: Some(chrono_tz::Europe::Vienna),
        password: SecretString::from("correct horse"),
    }
}

async fn sign_in(world: &World, email: &str, password: &str, remember: bool) -> Result<SignedIn> {
    let request =
        SignIn { remember, user_agent: Some("Suite/1".to_owned()), ..SignIn::new(email, SecretString::from(password)) };
    world.platform.accounts().sign_in(&Context::anonymous(), request).await
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.expect_err("it is refused").kind()
}

/// Everything that waits in the queue, as it is stored.
async fn waiting(world: &World) -> String {
    let jobs = world.platform.queue().list(&JobFilter::default(), None, 100).await.expect("jobs");
    let waiting: Vec<_> = jobs.into_iter().filter(|job| job.state == JobState::Ready).collect();
    assert!(!waiting.is_empty(), "something waits");
    waiting.iter().map(|job| format!("{} {}", job.name, job.payload)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn who_signs_up_owns_an_organization_and_confirms_by_a_link_that_works_once() {
    let world = World::new().await;
    let accounts = world.platform.accounts();
    let (organization, user) =
        accounts.sign_up(&Context::anonymous(), newcomer()).await.expect("an answer").expect("an account");
    assert_eq!((organization.slug.as_str(), organization.plan), ("backerei-sohne", PlanId::Free));
    assert_eq!((user.email.as_str(), user.confirmed_at), (ADDRESS, None));
    let rows = waiting(&world).await;
    assert!(!rows.contains("newcomer") && !rows.contains("Nora"), "{rows}");

    let signed_in = sign_in(&world, ADDRESS, "correct horse", false).await.expect("an unconfirmed user signs in");
    assert_eq!((signed_in.membership.role, signed_in.user.confirmed_at), (Role::Owner, None));
    let code = world.code(ADDRESS).await;
    let confirmed = accounts.confirm(&Context::anonymous(), code.clone()).await.expect("a good link");
    assert_eq!(confirmed.confirmed_at, Some(world.platform.clock().now()));
    assert_eq!(kind(accounts.confirm(&Context::anonymous(), code).await), ErrorKind::Validation);
    let again = Context::user(user.id, organization.id, Role::Owner);
    assert_eq!(kind(accounts.send_confirmation(&again).await), ErrorKind::Conflict, "it is confirmed");
}

#[tokio::test]
async fn signing_up_says_everything_that_is_wrong_and_takes_an_address_once() {
    let world = World::new().await;
    let accounts = world.platform.accounts();
    let bad = SignUp {
        email: "nobody".to_owned(),
        name: "x".to_owned(),
        organization: " y ".to_owned(),
        time_zone: None,
        password: SecretString::from("short"),
    };
    let error = accounts.sign_up(&Context::anonymous(), bad).await.expect_err("four rules are broken");
    let fields: Vec<_> = error.violations().iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["email", "name", "organization", "password"]);
    accounts.sign_up(&Context::anonymous(), newcomer()).await.expect("an account");
    let other = SignUp { organization: "Another".to_owned(), ..newcomer() };
    let answer = accounts.sign_up(&Context::anonymous(), other).await.expect("the same answer");
    assert_eq!(answer, None, "the address is taken, which its owner alone is told");
    world.work().await;
    let told = world.mailer.sent().pop().expect("a message");
    assert_eq!((told.to.as_str(), told.subject.as_str()), (ADDRESS, "You have an account already"));
    sign_in(&world, ADDRESS, "correct horse", false).await.expect("the account stays as it is");
    let namesake = SignUp { email: "max@newcomer.example".to_owned(), ..newcomer() };
    let (second, _) =
        accounts.sign_up(&Context::anonymous(), namesake).await.expect("an answer").expect("names need not differ");
    assert!(second.slug.starts_with("backerei-sohne-"), "{}", second.slug);
}

#[tokio::test]
async fn a_stranger_repeats_a_sign_up_with_a_key_nobody_can_guess() {
    let world = World::new().await;
    let accounts = world.platform.accounts();
    let keyed = |key: &str, address: &str| Context {
        idempotency_key: Some(key.to_owned()),
        source_address: Some(address.to_owned()),
        ..Context::anonymous()
    };
    let key = "0190f3a1-7a4e-4c55-9c1e-2f6f0c7d8e9a";
    assert_eq!(kind(accounts.sign_up(&keyed("1", "192.0.2.1"), newcomer()).await), ErrorKind::Validation);
    let first = accounts.sign_up(&keyed(key, "192.0.2.1"), newcomer()).await.expect("an answer").expect("an account");
    let again =
        accounts.sign_up(&keyed(key, "192.0.2.1"), newcomer()).await.expect("an answer").expect("the same answer");
    assert_eq!((first.0.id, first.1.id), (again.0.id, again.1.id));
    // Three a quarter of an hour for one address, whoever asks.
    world.clock.forward(Duration::minutes(30));
    let other = SignUp { name: "Somebody Else".to_owned(), ..newcomer() };
    let error = accounts.sign_up(&keyed(key, "192.0.2.1"), other).await.expect_err("another request");
    assert_eq!(error.violations()[0].code, "reused");
    let other = accounts.sign_up(&keyed(key, "198.51.100.7"), newcomer()).await.expect("another caller");
    assert_eq!(other, None, "who repeats nothing is told nothing");
    let other = SignUp { name: "Somebody Else".to_owned(), ..newcomer() };
    let error = accounts.sign_up(&keyed(key, "198.51.100.7"), other).await.expect_err("another request");
    assert_eq!(error.violations()[0].code, "reused", "of a known address as of an unknown one");
}

#[tokio::test]
async fn a_reset_link_works_once_for_an_hour_and_ends_every_session() {
    let world = World::new().await;
    let (accounts, owner) = (world.platform.accounts(), world.owner.email.as_str());
    let nobody = Context::anonymous();
    let sent = world.mailer.sent().len();
    accounts.request_password_reset(&nobody, "unknown@bikes.example").await.expect("the same answer");
    world.work().await;
    assert_eq!(world.mailer.sent().len(), sent, "nobody is written to");

    let session = sign_in(&world, owner, "a long password", true).await.expect("a session");
    accounts.request_password_reset(&nobody, owner).await.expect("the same answer");
    let late = world.code(owner).await;
    world.clock.forward(Duration::hours(1));
    let new = || SecretString::from("another password");
    assert_eq!(kind(accounts.reset_password(&nobody, late, new()).await), ErrorKind::Validation, "an hour is over");

    for _ in 0..5 {
        kind(sign_in(&world, owner, "a wrong password", false).await);
        world.clock.forward(Duration::minutes(1));
    }
    assert_eq!(kind(sign_in(&world, owner, "a long password", false).await), ErrorKind::Unauthenticated, "locked");
    accounts.request_password_reset(&nobody, owner).await.expect("the same answer");
    let unused = world.code(owner).await;
    accounts.request_password_reset(&nobody, owner).await.expect("the same answer");
    let code = world.code(owner).await;
    let weak = SecretString::from("short");
    assert_eq!(kind(accounts.reset_password(&nobody, code.clone(), weak).await), ErrorKind::Validation);
    accounts.reset_password(&nobody, code.clone(), new()).await.expect("a refused password leaves the link good");
    for used in [code, unused] {
        assert_eq!(kind(accounts.reset_password(&nobody, used, new()).await), ErrorKind::Validation);
    }
    assert_eq!(kind(accounts.authenticate_session(&session.secret).await), ErrorKind::Unauthenticated);
    world.clock.forward(Duration::minutes(1));
    assert_eq!(kind(sign_in(&world, owner, "a long password", false).await), ErrorKind::Unauthenticated);
    sign_in(&world, owner, "another password", false).await.expect("the account is open again");
}

#[tokio::test]
async fn a_link_is_sent_again_when_the_mail_was_away_and_the_later_secret_opens() {
    let world = World::new().await;
    let (accounts, owner) = (world.platform.accounts(), world.owner.email.as_str());
    world.mailer.fail_with(Some(ErrorKind::Unavailable));
    accounts.request_password_reset(&Context::anonymous(), owner).await.expect("accepted without mail");
    world.work().await;
    world.mailer.fail_with(None);
    world.clock.forward(Duration::minutes(1));
    let code = world.code(owner).await;
    let new = SecretString::from("another password");
    accounts.reset_password(&Context::anonymous(), code, new).await.expect("the link that arrived");
}

#[tokio::test]
async fn an_account_is_locked_for_an_hour_after_five_failures_at_once() {
    let world = World::new().await;
    let owner = world.owner.email.as_str();
    let guesses = join_all((0..5).map(|_| sign_in(&world, owner, "a wrong guess", false))).await;
    for guess in guesses {
        assert_eq!(kind(guess), ErrorKind::Unauthenticated, "the answer tells nothing of the account");
    }
    let stored = world.repositories().users().get(world.owner.id).await.expect("a read").expect("the owner");
    assert_eq!(stored.failed_attempts, 5, "every guess was counted");
    world.clock.forward(Duration::minutes(59));
    assert_eq!(kind(sign_in(&world, owner, "a long password", false).await), ErrorKind::Unauthenticated);
    world.clock.forward(Duration::minutes(1));
    sign_in(&world, owner, "a long password", false).await.expect("the lock has opened");
    let two = join_all((0..2).map(|_| sign_in(&world, owner, "a long password", false))).await;
    assert!(two.iter().all(Result::is_ok), "two tabs sign in at once");
    let limited = join_all((0..3).map(|_| sign_in(&world, owner, "a long password", false))).await;
    assert!(limited.into_iter().any(|one| one.is_err_and(|error| error.kind() == ErrorKind::RateLimited)));
}

#[tokio::test]
async fn sessions_end_by_themselves_and_are_listed_and_revoked_by_their_user() {
    let world = World::new().await;
    let (accounts, owner) = (world.platform.accounts(), world.owner.email.as_str());
    let short = sign_in(&world, owner, "a long password", false).await.expect("a session");
    let long = sign_in(&world, owner, "a long password", true).await.expect("a session");
    let other = sign_in(&world, owner, "a long password", true).await.expect("a session");
    let ctx = accounts.authenticate_session(&short.secret).await.expect("signed in").context;
    let ids: Vec<_> = accounts.sessions(&ctx).await.expect("own sessions").into_iter().map(|one| one.id).collect();
    assert_eq!(ids, [other.session.id, long.session.id, short.session.id]);
    let stranger = world.member("stranger@bikes.example", Role::Admin).await;
    assert_eq!(kind(accounts.revoke_session(&stranger, long.session.id).await), ErrorKind::NotFound);
    accounts.revoke_session(&ctx, other.session.id).await.expect("an own session");
    assert_eq!(kind(accounts.revoke_session(&ctx, other.session.id).await), ErrorKind::NotFound);
    assert_eq!(kind(accounts.authenticate_session(&other.secret).await), ErrorKind::Unauthenticated);
    world.clock.forward(Duration::hours(12) - Duration::seconds(1));
    accounts.authenticate_session(&short.secret).await.expect("twelve hours are not over");
    world.clock.forward(Duration::seconds(1));
    assert_eq!(kind(accounts.authenticate_session(&short.secret).await), ErrorKind::Unauthenticated);
    world.clock.forward(Duration::days(29));
    accounts.authenticate_session(&long.secret).await.expect("remembered for thirty days");
    world.clock.forward(Duration::days(1));
    assert_eq!(kind(accounts.authenticate_session(&long.secret).await), ErrorKind::Unauthenticated);
    let last = sign_in(&world, owner, "a long password", false).await.expect("a session");
    sign_in(&world, owner, "a long password", false).await.expect("a session");
    assert_eq!(accounts.revoke_sessions(&ctx, Some(last.session.id)).await.expect("own sessions"), 1);
    accounts.authenticate_session(&last.secret).await.expect("the one that was kept");
}

#[tokio::test]
async fn a_person_changes_their_own_name_address_and_password() {
    let world = World::new().await;
    let (accounts, ctx) = (world.platform.accounts(), world.owner());
    let password = || SecretString::from("a long password");
    let named = |name: &str| AccountPatch { name: Some(name.to_owned()), ..AccountPatch::default() };
    let to = |email: &str, current: SecretString| AccountPatch {
        email: Some(email.to_owned()),
        current_password: Some(current),
        ..AccountPatch::default()
    };
    accounts.update_me(&ctx, named(" Olga Older "), Some(1), None).await.expect("a name");
    assert_eq!(kind(accounts.update_me(&ctx, named("Olga"), Some(1), None).await), ErrorKind::StaleVersion);
    assert_eq!(accounts.me(&ctx).await.expect("the owner").name, "Olga Older");
    accounts.request_password_reset(&Context::anonymous(), "owner@bikes.example").await.expect("a link");
    let old = world.code("owner@bikes.example").await;
    let wrong = SecretString::from("a wrong password");
    let refused = accounts.update_me(&ctx, to("new@bikes.example", wrong), None, None).await;
    assert_eq!(refused.expect_err("a wrong password").violations()[0].field, "current_password");
    let bad = AccountPatch {
        name: Some("x".to_owned()),
        email: Some("nobody".to_owned()),
        password: Some(SecretString::from("short")),
        current_password: None,
    };
    let error = accounts.update_me(&ctx, bad, None, None).await.expect_err("four rules are broken");
    let fields: Vec<_> = error.violations().iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(fields, ["name", "email", "password", "current_password"]);
    let moved = accounts.update_me(&ctx, to("new@bikes.example", password()), None, None).await.expect("an address");
    assert_eq!(moved.user.confirmed_at, None, "nobody has shown that it is theirs");
    let reset = accounts.reset_password(&Context::anonymous(), old, password()).await;
    assert_eq!(kind(reset), ErrorKind::Validation, "what went to the earlier address opens nothing");
    let code = world.code("new@bikes.example").await;
    accounts.confirm(&Context::anonymous(), code).await.expect("the new address");

    let [kept, ended] = [true, false].map(|remember| sign_in(&world, "new@bikes.example", "a long password", remember));
    let (kept, ended) = (kept.await.expect("a session"), ended.await.expect("a session"));
    let new = SecretString::from("another password");
    let patch = AccountPatch { password: Some(new), current_password: Some(password()), ..AccountPatch::default() };
    let changed = accounts.update_me(&ctx, patch, None, Some(&kept.session)).await.expect("a password");
    let renewed = changed.session.expect("the browser that changed it goes on");
    let session = accounts.authenticate_session(&renewed.secret).await.expect("signed in").session.expect("a session");
    assert_eq!((session.expires_at, session.remember), (kept.session.expires_at, kept.session.remember));
    assert_eq!(kind(accounts.authenticate_session(&kept.secret).await), ErrorKind::Unauthenticated, "rotated");
    assert_eq!(kind(accounts.authenticate_session(&ended.secret).await), ErrorKind::Unauthenticated);
    let program = accounts.create_token(&ctx, "program", Scope::ALL.to_vec(), None).await.expect("a token");
    let program = accounts.authenticate_token(&program.secret).await.expect("a program").context;
    assert_eq!(kind(accounts.update_me(&program, named("Robot"), None, None).await), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_token_gives_away_no_more_than_it_has_and_a_key_makes_one() {
    let world = World::new().await;
    let accounts = world.platform.accounts();
    let keyed = Context { idempotency_key: Some("once".to_owned()), ..world.owner() };
    let made = accounts.create_token(&keyed, "robot", vec![Scope::Admin, Scope::LeadsRead], None).await;
    let made = made.expect("a token");
    let again = accounts.create_token(&keyed, "robot", vec![Scope::LeadsRead, Scope::Admin], None).await;
    assert_eq!(kind(again), ErrorKind::Conflict, "a secret is shown once");
    let program = accounts.authenticate_token(&made.secret).await.expect("a program").context;
    let more = accounts.create_token(&program, "more", vec![Scope::LeadsWrite], None).await;
    assert_eq!(kind(more), ErrorKind::Forbidden);
    accounts.create_token(&program, "less", vec![Scope::LeadsRead], None).await.expect("as much as it has");
    let past = Some(world.platform.clock().now());
    let refused = accounts.create_token(&keyed, "past", vec![Scope::LeadsRead], past).await;
    assert_eq!(refused.expect_err("it ends in the past").violations()[0].field, "expires_at");
    assert_eq!(accounts.tokens(&world.owner()).await.expect("tokens").len(), 2);
    assert!(made.secret.expose_secret().starts_with(&made.token.prefix));
    accounts.revoke_token(&world.owner(), made.token.id).await.expect("its end");
    assert_eq!(kind(accounts.authenticate_token(&made.secret).await), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn an_unknown_address_commits_as_a_known_one_does() {
    let world = World::new().await;
    let accounts = world.platform.accounts();
    for email in [world.owner.email.as_str(), "nobody@bikes.example", "no address"] {
        world.hooks.commit(Commit::Fails);
        let outcome = kind(sign_in(&world, email, "a wrong password", false).await);
        assert_eq!(outcome, ErrorKind::Unavailable, "{email}: a write was left out");
    }
    let nobody = Context::anonymous();
    for email in [world.owner.email.as_str(), "nobody@bikes.example"] {
        world.hooks.commit(Commit::Fails);
        assert_eq!(kind(accounts.request_password_reset(&nobody, email).await), ErrorKind::Unavailable, "{email}");
        world.hooks.commit(Commit::Fails);
        assert_eq!(kind(accounts.request_confirmation(&nobody, email).await), ErrorKind::Unavailable, "{email}");
    }
    for email in [world.owner.email.to_string(), "nobody@bikes.example".to_owned()] {
        world.hooks.commit(Commit::Fails);
        let request = SignUp { email, ..newcomer() };
        assert_eq!(kind(accounts.sign_up(&nobody, request).await), ErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn a_confirmation_is_sent_again_to_who_needs_one_and_once_for_a_key() {
    let world = World::new().await;
    let (accounts, nobody) = (world.platform.accounts(), Context::anonymous());
    accounts.sign_up(&nobody, newcomer()).await.expect("an answer").expect("an account");
    let first = world.code(ADDRESS).await;
    let sent = world.mailer.sent().len();
    let key = Some("0190f3a1-7a4e-4c55-9c1e-2f6f0c7d8e9a".to_owned());
    let keyed = Context { idempotency_key: key, ..nobody.clone() };
    for _ in 0..2 {
        accounts.request_confirmation(&keyed, ADDRESS).await.expect("accepted");
    }
    let again = world.code(ADDRESS).await;
    assert_eq!(world.mailer.sent().len(), sent + 1, "a key sends one");
    accounts.request_confirmation(&nobody, world.owner.email.as_str()).await.expect("the same answer");
    accounts.request_confirmation(&nobody, "nobody@bikes.example").await.expect("the same answer");
    world.work().await;
    assert_eq!(world.mailer.sent().len(), sent + 1, "who is confirmed or unknown is sent nothing");
    accounts.confirm(&nobody, again).await.expect("the later link");
    assert_eq!(kind(accounts.confirm(&nobody, first).await), ErrorKind::Validation, "one confirms, all end");
    let error = accounts.request_confirmation(&keyed, "other@bikes.example").await.expect_err("another request");
    assert_eq!(error.violations()[0].code, "reused");
}
