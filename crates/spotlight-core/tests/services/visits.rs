//! What a visitor's token opens, and for how long.

use chrono::Duration;
use secrecy::ExposeSecret;
use spotlight_core::{
    Context, ErrorKind,
    domain::audit::Actor,
    services::public::{NewVisit, TOKEN_HOURS},
};

use crate::world::World;

#[tokio::test]
async fn a_visitors_token_opens_their_conversation_for_a_day() {
    let world = World::new().await;
    let caller = Context::new(Actor::Anonymous, world.organization.id, None);
    let opened = world.platform.public().open(world.assistant.id, None, NewVisit::default(), caller).await;
    let visit = opened.expect("a visit");
    let recognise = || world.platform.public().authenticate(visit.token.expose_secret(), None);
    assert_eq!(recognise().expect("its visitor").actor, Actor::Visitor(visit.conversation.id));
    world.clock.forward(Duration::hours(TOKEN_HOURS) - Duration::seconds(1));
    recognise().expect("the last second counts");
    world.clock.forward(Duration::seconds(1));
    assert_eq!(recognise().expect_err("expired").kind(), ErrorKind::Unauthenticated);
}
