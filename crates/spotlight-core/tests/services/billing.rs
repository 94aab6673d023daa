//! What is used, what is allowed, and that nothing is spent above it.

use serde_json::json;
use spotlight_core::{
    Context, ErrorKind,
    domain::{
        UsageId,
        billing::{Meter, PlanId, Usage},
        conversation::{Channel, Conversation},
        user::Role,
    },
    ports::{Clock, IdGenerator, Storage, SystemIds},
    services::{assistants::AssistantInput, billing::Used, conversations::TurnInput},
};

use crate::{
    colleagues::refused,
    world::{Script, World, tokens},
};

async fn used(world: &World, meter: Meter, quantity: i64) {
    let id = SystemIds.uuid();
    let usage = Usage {
        id: UsageId::from_uuid(id),
        organization_id: world.organization.id,
        meter,
        quantity,
        event_key: id.to_string(),
        conversation_id: None,
        occurred_at: world.clock.now(),
        reported_at: None,
    };
    let unit = world.storage.begin().await.expect("a unit");
    assert!(unit.usage().record(&usage).await.expect("a record"));
    unit.commit().await.expect("a commit");
}

#[tokio::test]
async fn administrators_see_plans_and_what_the_month_has_used() {
    let world = World::new().await;
    let (billing, admin) = (world.platform.billing(), world.colleague(Role::Admin).await);
    assert_eq!(billing.plans(&admin).expect("plans").len(), PlanId::ALL.len());
    let entitled = billing.subscription(&admin).await.expect("a plan");
    assert_eq!((entitled.plan, entitled.subscription), (PlanId::Free, None));
    used(&world, Meter::VoiceSeconds, 90).await;
    world.visitor().await;
    let usage = billing.usage(&admin).await.expect("usage");
    let month = |text: &str| text.parse::<spotlight_core::domain::time::Timestamp>().expect("an instant");
    assert_eq!(usage.period.start, month("2026-03-01T00:00:00Z"));
    assert_eq!(usage.period.end, month("2026-04-01T00:00:00Z"));
    let conversations = Used { used: 1, limit: Some(1_000) };
    let voice = Used { used: 90, limit: Some(3_600) };
    let tokens = Used { used: 0, limit: None };
    let expected = [(Meter::Conversations, conversations), (Meter::VoiceSeconds, voice), (Meter::ModelTokens, tokens)];
    assert_eq!(usage.meters, expected);
    assert_eq!(usage.assistants, Used { used: 1, limit: Some(3) });

    let (manager, stranger) = (world.colleague(Role::Manager).await, world.stranger().await);
    refused(billing.plans(&manager), ErrorKind::Forbidden);
    refused(billing.subscription(&manager).await, ErrorKind::Forbidden);
    refused(billing.usage(&manager).await, ErrorKind::Forbidden);
    let theirs = billing.usage(&stranger).await.expect("usage");
    assert!(theirs.meters.iter().all(|(_, used)| used.used == 0) && theirs.assistants.used == 0);
}

#[tokio::test]
async fn over_the_plan_nothing_begins_until_the_next_month() {
    let world = World::new().await;
    used(&world, Meter::Conversations, 999).await;
    world.start(world.by(Channel::Chat, None)).await.expect("the last one");
    let refusal = world.start(world.by(Channel::Chat, None)).await.expect_err("one too many");
    assert_eq!(refusal.kind(), ErrorKind::PlanLimit);
    assert_eq!(refusal.to_string(), "the plan free allows 1000 conversations a month; change the plan");
    world.clock.forward(chrono::Duration::days(7));
    world.start(world.by(Channel::Chat, None)).await.expect("a new month");

    let assistants = world.platform.assistants();
    let input = || AssistantInput { name: "Another".to_owned(), ..AssistantInput::from(&world.assistant) };
    for _ in 0..2 {
        assistants.create(&world.owner(), input()).await.expect("an assistant");
    }
    refused(assistants.create(&world.owner(), input()).await, ErrorKind::PlanLimit);
}

#[tokio::test]
async fn voice_is_metered_and_stops_at_the_limit() {
    let world = World::with_recognizer(2.25).await;
    let (conversation, visitor) = world.visitor().await;
    let hear = async |visitor: &Context, conversation: &Conversation| {
        let conversations = world.platform.conversations();
        conversations
            .turn_audio(visitor, conversation.id, bytes::Bytes::from_static(b"sound"), TurnInput::text(""))
            .await
    };
    world.model.says("Hello.");
    let events: Vec<_> =
        futures::StreamExt::collect::<Vec<_>>(hear(&visitor, &conversation).await.expect("a turn")).await;
    assert!(events.iter().all(Result::is_ok));
    let voice = async || {
        let usage = world.platform.billing().usage(&world.owner()).await.expect("usage");
        usage.meters.iter().find(|(meter, _)| *meter == Meter::VoiceSeconds).map(|(_, used)| used.used)
    };
    assert_eq!(voice().await, Some(3), "begun seconds count");
    world.model.uses("end_conversation", json!({ "reason": "visitor_ended" }), "Goodbye!");
    world.turn(&visitor, &conversation, "Bye").await;
    world.work().await;
    assert_eq!(voice().await, Some(3), "the analysis counts nothing again");
    refused(hear(&visitor, &conversation).await.map(drop), ErrorKind::Conflict);
    assert_eq!(voice().await, Some(3), "nothing is recognised for a conversation that has ended");
    let (conversation, visitor) = world.visitor().await;
    world.model.plays(Script::Hangs(tokens("Well, ")));
    let running = world.platform.conversations().turn(&visitor, conversation.id, TurnInput::text("Hi")).await;
    refused(hear(&visitor, &conversation).await.map(drop), ErrorKind::Conflict);
    assert_eq!(voice().await, Some(6), "what was recognised in vain has cost as much");
    drop(running);
    used(&world, Meter::VoiceSeconds, 3_594).await;
    refused(hear(&visitor, &conversation).await.map(drop), ErrorKind::PlanLimit);
    assert_eq!(voice().await, Some(3_600), "nothing was recognised");
}
