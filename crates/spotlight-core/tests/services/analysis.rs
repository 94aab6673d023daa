//! Analyses: idempotent, and independent of their order.

use futures::{FutureExt, StreamExt};
use serde_json::json;
use spotlight_core::{
    domain::{billing::Meter, conversation::Conversation, lead::Lead, organization::StorageMode},
    ports::{Between, Heard, Storage, UnitOfWork},
    services::conversations::TurnInput,
};

use crate::world::{World, job, told};

async fn analyze(world: &World, conversations: &[&Conversation]) {
    for conversation in conversations {
        let unit = world.storage.begin().await.expect("a unit");
        let payload = json!({ "conversation_id": conversation.id, "ended_reason": "visitor_ended" });
        let job = job(world.organization.id, "analyze_conversation", &payload);
        unit.enqueue(job).await.expect("a job");
        unit.commit().await.expect("a commit");
        world.work().await;
    }
}

async fn three_conversations(world: &World) -> Vec<Conversation> {
    let mut made = Vec::new();
    for (text, address) in [
        ("I love it! How much is it?", "ana@example.com"),
        ("This is terrible, I am angry.", "ana@example.com"),
        ("Can I see a demo?", "ana@example.com"),
    ] {
        let (conversation, ctx) = world.visitor().await;
        world.model.uses("capture_lead", told(&[("email", address)]), "Noted.");
        world.turn(&ctx, &conversation, text).await;
        world.model.uses("end_conversation", json!({ "reason": "visitor_ended" }), "Goodbye!");
        world.turn(&ctx, &conversation, "Bye").await;
        world.clock.forward(chrono::Duration::minutes(5));
        made.push(conversation);
    }
    made
}

/// Everything but the count of changes, which depends on how many there were.
async fn rows(world: &World, conversations: &[Conversation]) -> (Vec<Conversation>, Vec<Lead>) {
    let mut stored = Vec::new();
    let mut leads = Vec::new();
    for conversation in conversations {
        let found = world.stored(conversation).await;
        leads.push(world.platform.leads().get(&world.owner(), found.lead_id).await.expect("the lead"));
        stored.push(found);
    }
    (stored, leads)
}

#[tokio::test]
async fn running_twice_and_shuffled_changes_nothing() {
    let world = World::new().await;
    let made = three_conversations(&world).await;
    world.work().await;
    let before = rows(&world, &made).await;
    assert!(before.1[0].score.is_some());
    for order in [[2, 0, 1], [1, 2, 0], [0, 0, 2]] {
        world.clock.forward(chrono::Duration::minutes(1));
        analyze(&world, &order.map(|index| &made[index])).await;
        assert_eq!(rows(&world, &made).await, before);
    }
}

#[tokio::test]
async fn a_score_is_made_of_its_reasons_and_crossing_the_threshold_is_told_once() {
    let world = World::new().await;
    let made = three_conversations(&world).await;
    world.work().await;
    for conversation in &made {
        let stored = world.stored(conversation).await;
        let points: i32 = stored.score_reasons.iter().map(|reason| reason.points).sum();
        assert_eq!(points, i32::from(stored.score.expect("a score")));
    }
    let (_, leads) = rows(&world, &made).await;
    let lead = &leads[0];
    let points: i32 = lead.score_reasons.iter().map(|reason| reason.points).sum();
    assert_eq!(points, i32::from(lead.score.expect("a score")));
    assert_eq!(lead.qualified, lead.score.expect("a score") >= 50);
}

/// The types of the events that listeners of a channel have heard.
async fn heard(world: &World, channel: &str) -> Vec<String> {
    let events = world.platform.events().subscribe(world.organization.id, channel, Some(0)).await.expect("a listener");
    let mut events = events.fuse();
    let mut types = Vec::new();
    while let Some(Some(event)) = events.next().now_or_never() {
        if let Heard::Event(event) = event.expect("an event") {
            types.push(event.event_type);
        }
    }
    types
}

#[tokio::test]
async fn a_score_that_changes_and_a_lead_that_qualifies_are_told_once() {
    let world = World::new().await;
    let made = three_conversations(&world).await;
    world.work().await;
    let count = |types: &[String], wanted: &str| types.iter().filter(|found| *found == wanted).count();
    let before = heard(&world, "leads").await;
    assert_eq!(count(&before, "lead.qualified"), 1, "{before:?}");
    assert!(count(&before, "lead.score_changed") >= 1, "{before:?}");
    analyze(&world, &[&made[0], &made[1], &made[2]]).await;
    assert_eq!(heard(&world, "leads").await, before);
    let talk = heard(&world, &format!("conversation:{}", made[0].id)).await;
    assert!(count(&talk, "conversation.analyzed") >= 1, "{talk:?}");
}

async fn change(world: &World, change: impl AsyncFnOnce(&dyn UnitOfWork)) {
    let unit = world.storage.begin().await.expect("a unit");
    change(&*unit).await;
    unit.commit().await.expect("a commit");
}

#[tokio::test]
async fn the_report_holds_latencies_and_what_the_schema_asks_for() {
    let world = World::new().await;
    let schema = json!({ "properties": {
        "email": { "type": "string" },
        "appointment_booked": { "type": "boolean" },
        "score": { "type": "integer" },
        "shoe_size": { "type": "integer" },
        "language": { "type": "integer" },
    } });
    change(&world, async |unit| {
        let mut assistant = world.assistant.clone();
        assistant.report_schema = Some(schema.clone());
        unit.assistants().update(&assistant).await.expect("an update");
    })
    .await;
    let made = three_conversations(&world).await;
    world.work().await;
    let found = world.repositories().reports().get(world.organization.id, made[0].id).await.expect("a read");
    let report = found.expect("a report");
    let score = world.stored(&made[0]).await.score;
    let wanted = json!({ "email": "ana@example.com", "appointment_booked": false, "score": score });
    assert_eq!(report.data, Some(wanted));
    assert_eq!((report.success, report.costs.len()), (None, 0), "nobody judged, nothing was priced");
    assert_eq!(report.latencies.len(), 2);
    for latency in &report.latencies {
        assert_eq!((latency.recognition_ms, latency.first_audio_ms), (None, None));
        assert!(latency.total_ms >= latency.first_token_ms, "{latency:?}");
    }

    // Whoever keeps no personal data finds none in reports either.
    change(&world, async |unit| {
        let found = unit.organizations().get(world.organization.id).await.expect("a read");
        let mut organization = found.expect("the organization");
        organization.storage_mode = StorageMode::EverythingExceptPii;
        unit.organizations().update(&organization).await.expect("an update");
    })
    .await;
    analyze(&world, &[&made[0]]).await;
    let found = world.repositories().reports().get(world.organization.id, made[0].id).await.expect("a read");
    assert_eq!(found.expect("a report").data.expect("data").get("email"), None);
}

#[tokio::test]
async fn what_was_spoken_is_metered_once() {
    let world = World::new().await;
    let (conversation, _) = world.visitor().await;
    world.model.uses("end_conversation", json!({ "reason": "visitor_ended" }), "Goodbye!");
    let input = |seconds| TurnInput { duration_s: Some(seconds), ..TurnInput::text("Bye") };
    let turn = world.platform.conversations().turn(&world.owner(), conversation.id, input(2.4)).await.expect("a turn");
    turn.collect::<Vec<_>>().await;
    let (other, ctx) = world.visitor().await;
    world.model.uses("end_conversation", json!({ "reason": "visitor_ended" }), "Goodbye!");
    let turn = world.platform.conversations().turn(&ctx, other.id, input(3600.0)).await.expect("a turn");
    turn.collect::<Vec<_>>().await;
    let said = &world.transcripts(&other).await[0];
    assert_eq!((said.duration_s, said.confidence), (None, None), "what is metered is not the visitor's to say");
    world.work().await;
    analyze(&world, &[&conversation]).await;
    let usage = world.repositories().usage();
    let total = usage.total(world.organization.id, Meter::VoiceSeconds, Between::default()).await.expect("a sum");
    assert_eq!(total, 3, "a second that has begun counts");
}

#[tokio::test]
async fn where_no_words_are_kept_a_conversation_is_scored_by_what_came_of_it() {
    let world = World::new().await;
    change(&world, async |unit| {
        let found = unit.organizations().get(world.organization.id).await.expect("a read");
        let mut organization = found.expect("the organization");
        organization.storage_mode = StorageMode::BasicAttributesOnly;
        unit.organizations().update(&organization).await.expect("an update");
    })
    .await;
    let made = three_conversations(&world).await;
    world.work().await;
    let stored = world.stored(&made[0]).await;
    assert_eq!(stored.score, Some(58));
    assert!(stored.score_reasons.iter().any(|reason| reason.code == "contact_given"));
}

#[tokio::test]
async fn declining_an_offer_or_a_contact_is_no_refusal_of_the_business() {
    for (question, answer, refuses) in [
        ("Shall we fix an appointment?", "No, not interested.", false),
        ("At which e-mail can we reach you?", "I won't give you that.", false),
        ("Hello, how can I help?", "I'm not interested.", true),
        ("Hello, how can I help?", "I'd rather not give my e-mail.", false),
    ] {
        let world = World::new().await;
        let (conversation, ctx) = world.visitor().await;
        world.model.says(question);
        world.turn(&ctx, &conversation, "Hello").await;
        world.model.says("I see.");
        world.turn(&ctx, &conversation, answer).await;
        world.work().await;
        let reasons = world.stored(&conversation).await.score_reasons;
        let refused = reasons.iter().any(|reason| reason.code == "refusal");
        assert_eq!(refused, refuses, "{question} {answer}: {reasons:?}");
    }
}
