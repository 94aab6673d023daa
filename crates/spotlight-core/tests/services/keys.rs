//! The deployment's key changes: what was made with the old one is read as long as that is named.

use chrono::Duration;
use secrecy::{ExposeSecret, SecretString};
use spotlight_core::{
    Context, ErrorKind, Spotlight,
    domain::{audit::Actor, second_factor::CodeSecret},
    services::{
        accounts::SignIn,
        keys::Purpose,
        public::{NewVisit, Visit},
    },
};

use crate::world::World;

const OWNER: &str = "owner@bikes.example";
const FIRST: &str = "the first key, of thirty-two bytes or more";
const SECOND: &str = "the second key, of thirty-two bytes or more";

/// A process with this key, and older ones.
fn process(world: &World, key: &str, previous: &[&str]) -> Spotlight {
    let previous: Vec<_> = previous.iter().map(|key| SecretString::from(*key)).collect();
    world.another(|builder| builder.secret_key(SecretString::from(key)).previous_secret_keys(previous))
}

async fn visit(world: &World, platform: &Spotlight) -> Visit {
    let caller = Context::new(Actor::Anonymous, world.organization.id, None);
    platform.public().open(world.assistant.id, None, NewVisit::default(), caller).await.expect("a visit")
}

fn password() -> SecretString {
    SecretString::from("a long password")
}

fn kind<T: std::fmt::Debug>(result: spotlight_core::Result<T>) -> ErrorKind {
    result.expect_err("it is refused").kind()
}

#[tokio::test]
async fn a_conversation_goes_on_over_a_change_of_the_key() {
    let world = World::new().await;
    let (before, changed) = (process(&world, FIRST, &[]), process(&world, SECOND, &[FIRST]));
    let (old, new) = (visit(&world, &before).await, visit(&world, &changed).await);
    let opens = |platform: &Spotlight, visit: &Visit| platform.public().authenticate(visit.token.expose_secret(), None);
    let context = opens(&changed, &old).expect("its visitor");
    assert_eq!(context.actor, Actor::Visitor(old.conversation.id));
    opens(&changed, &new).expect("its visitor");
    assert_eq!(kind(opens(&before, &new)), ErrorKind::Unauthenticated, "new tokens are by the new key");
    let after = process(&world, SECOND, &[]);
    assert_eq!(kind(opens(&after, &old)), ErrorKind::Unauthenticated, "nothing is by a key that was given up");
    opens(&after, &new).expect("its visitor");
}

#[tokio::test]
async fn a_second_factor_goes_on_over_a_change_of_the_key() {
    let world = World::new().await;
    let before = process(&world, FIRST, &[]);
    let enrolment = before.accounts().enrol_second_factor(&world.owner(), password()).await.expect("an enrolment");
    let device = CodeSecret::from_base32(enrolment.secret.expose_secret()).expect("Base32");
    let code = || {
        // Each code counts once.
        world.clock.forward(Duration::minutes(1));
        SecretString::from(device.code_at(world.platform.clock().now()))
    };
    let recovery = before.accounts().confirm_second_factor(&world.owner(), &code(), None).await.expect("it is on");
    let sign_in = async |platform: &Spotlight, code: SecretString| {
        let request = SignIn { otp_code: Some(code), ..SignIn::new(OWNER, password()) };
        platform.accounts().sign_in(&Context::anonymous(), request).await
    };
    let changed = process(&world, SECOND, &["another, of thirty-two bytes or more", FIRST]);
    let used = code();
    sign_in(&changed, used.clone()).await.expect("a code of the device");
    assert_eq!(kind(sign_in(&changed, used).await), ErrorKind::Unauthenticated, "it counts once, by whichever key");
    sign_in(&changed, recovery[0].clone()).await.expect("a recovery code");
    assert_eq!(kind(sign_in(&changed, recovery[0].clone()).await), ErrorKind::Unauthenticated, "once");
    let after = process(&world, SECOND, &[]);
    assert_eq!(kind(sign_in(&after, code()).await), ErrorKind::Unauthenticated, "the key was given up");
    sign_in(&after, recovery[1].clone()).await.expect("recovery codes need no key");

    // Switched off under the new key, and enrolled anew: the old one is needed no more.
    let off = SecretString::from(recovery[2].expose_secret().to_owned());
    after.accounts().disable_second_factor(&world.owner(), password(), &off).await.expect("off");
    world.clock.forward(Duration::minutes(1));
    let enrolment = changed.accounts().enrol_second_factor(&world.owner(), password()).await.expect("an enrolment");
    let device = CodeSecret::from_base32(enrolment.secret.expose_secret()).expect("Base32");
    let code = SecretString::from(device.code_at(world.platform.clock().now()));
    after.accounts().confirm_second_factor(&world.owner(), &code, None).await.expect("made with the new key");
}

#[tokio::test]
async fn programs_around_the_platform_have_keys_of_their_own() {
    let world = World::new().await;
    let cookies = Purpose::new("cookies of the console");
    let signature = process(&world, FIRST, &[]).keys().sign(cookies, b"theme=dark");
    let changed = process(&world, SECOND, &[FIRST]);
    assert!(changed.keys().verify(cookies, b"theme=dark", &signature));
    assert!(!changed.keys().verify(Purpose::CONVERSATION_TOKENS, b"theme=dark", &signature));
    assert!(!process(&world, SECOND, &[]).keys().verify(cookies, b"theme=dark", &signature));
}
