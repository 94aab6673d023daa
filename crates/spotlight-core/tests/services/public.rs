//! What visitors may do without an account.

use chrono::Duration;
use secrecy::ExposeSecret;
use spotlight_core::{
    Context, ErrorKind, Result,
    services::{
        assistants::AssistantInput,
        conversations::TurnInput,
        public::{NewVisit, Visit},
    },
};

use crate::world::World;

const PAGE: &str = "https://bikes.example";
const KEY: &str = "3d9f2c1e-5b7a-4f60-8a2b-9c0d1e2f3a4b";

async fn embed(world: &World, origins: &[&str]) {
    let input = AssistantInput {
        allowed_origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
        ..AssistantInput::from(&world.assistant)
    };
    world.platform.assistants().update(&world.owner(), world.assistant.id, input, None).await.expect("origins");
}

async fn open(world: &World, origin: Option<&str>, key: Option<&str>, address: &str) -> Result<Visit> {
    let caller = Context {
        idempotency_key: key.map(str::to_owned),
        source_address: Some(address.to_owned()),
        ..Context::anonymous()
    };
    world.platform.public().open(world.assistant.id, origin, NewVisit::default(), caller).await
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.expect_err("it is refused").kind()
}

#[tokio::test]
async fn pages_embed_an_assistant_that_names_them_and_programs_need_no_name() {
    let world = World::new().await;
    assert_eq!(kind(open(&world, Some(PAGE), None, "192.0.2.1").await), ErrorKind::Forbidden, "none is named");
    open(&world, None, None, "192.0.2.1").await.expect("a program has no page");
    embed(&world, &[PAGE]).await;
    open(&world, Some(PAGE), None, "192.0.2.1").await.expect("a page that is named");
    assert_eq!(kind(open(&world, Some("https://evil.example"), None, "192.0.2.1").await), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_key_of_a_visitor_opens_nothing_for_anybody_else() {
    let world = World::new().await;
    embed(&world, &[PAGE, "https://blog.example"]).await;
    let error = open(&world, Some(PAGE), Some("1"), "192.0.2.1").await.expect_err("it can be guessed");
    assert_eq!(error.violations()[0].field, "idempotency_key");
    let first = open(&world, Some(PAGE), Some(KEY), "192.0.2.1").await.expect("a visit").conversation.id;
    let again = open(&world, Some(PAGE), Some(KEY), "192.0.2.1").await.expect("the same visit");
    assert_eq!(again.conversation.id, first);
    let elsewhere = open(&world, Some(PAGE), Some(KEY), "198.51.100.7").await.expect("a visit of their own");
    assert_ne!(elsewhere.conversation.id, first);
    let page = open(&world, Some("https://blog.example"), Some(KEY), "192.0.2.1").await.expect("another visit");
    assert_ne!(page.conversation.id, first);

    let ctx = world.platform.public().authenticate(again.token.expose_secret(), Some(PAGE)).expect("a good token");
    world.model.says("Hello!");
    world.turn(&ctx, &again.conversation, "My secret is 42.").await;
    let late = open(&world, Some(PAGE), Some(KEY), "192.0.2.1").await;
    assert_eq!(kind(late), ErrorKind::Conflict, "what was said is not for whoever repeats the key");
}

#[tokio::test]
async fn a_visitors_token_ends_after_a_day() {
    let world = World::new().await;
    let visit = open(&world, None, None, "192.0.2.1").await.expect("a visit");
    let authenticate = || world.platform.public().authenticate(visit.token.expose_secret(), None);
    assert_eq!(visit.expires_at, world.platform.clock().now() + Duration::hours(24));
    world.clock.forward(Duration::hours(24) - Duration::seconds(1));
    let ctx = authenticate().expect("a good token");
    world.clock.forward(Duration::seconds(1));
    assert_eq!(kind(authenticate()), ErrorKind::Unauthenticated);
    let other = world.visitor().await.0;
    let turn = world.platform.conversations().turn(&ctx, other.id, TurnInput::text("Hi")).await;
    assert_eq!(turn.map(drop).expect_err("not their conversation").kind(), ErrorKind::NotFound);
}
