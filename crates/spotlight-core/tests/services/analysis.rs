//! Analyses: idempotent, and independent of their order.

use serde_json::json;
use spotlight_core::{
    domain::{conversation::Conversation, lead::Lead},
    ports::{NewJob, Storage},
};

use crate::world::{World, told};

async fn analyze(world: &World, conversations: &[&Conversation]) {
    for conversation in conversations {
        let unit = world.storage.begin().await.expect("a unit");
        let job = NewJob {
            organization_id: Some(world.organization.id),
            name: "analyze_conversation".to_owned(),
            payload: json!({ "conversation_id": conversation.id, "ended_reason": "visitor_ended" }),
            run_at: None,
            unique_key: None,
        };
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
