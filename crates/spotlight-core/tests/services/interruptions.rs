//! What comes between a turn and its end: a person, a fault, a second request, a listener that stops listening.

use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use serde_json::json;
use spotlight_core::{
    ErrorKind,
    domain::conversation::{ConversationStatus, Speaker},
    ports::{AppointmentFilter, Order, Paging},
    services::conversations::{TurnEvent, TurnInput},
};
use tokio::sync::Notify;

use crate::{
    hooked::Commit,
    world::{Script, World, call, tokens, told},
};

/// The platform's owner takes the conversation over.
fn takes_over(
    world: &World,
    conversation: &spotlight_core::domain::conversation::Conversation,
) -> futures::future::BoxFuture<'static, ()> {
    let (platform, owner, id) = (world.platform.clone(), world.owner(), conversation.id);
    async move { drop(platform.conversations().take_over(&owner, id, None).await.expect("taken over")) }.boxed()
}

#[tokio::test]
async fn a_person_who_takes_over_stops_the_assistants_tools_and_its_next_words() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    let mut chunks = tokens("One moment. ");
    chunks.push(call("c1", "capture_lead", told(&[("name", "Ana Reis")])));
    world.model.plays(Script::Meanwhile(takes_over(&world, &conversation), chunks));
    let events = world.turn(&ctx, &conversation, "I am Ana Reis").await;
    assert!(events.contains(&TurnEvent::Tool { name: "capture_lead".to_owned(), ok: false }));
    assert_eq!(world.model.times(), 1, "the model is asked no more");
    let lead = world.platform.leads().get(&world.owner(), conversation.lead_id).await.expect("the lead");
    assert_eq!(lead.name, None);
    let stored = world.transcripts(&conversation).await;
    assert_eq!(stored.last().expect("words").content, "One moment. ", "what was heard is kept");
}

#[tokio::test]
async fn an_assistant_does_not_end_what_a_person_has_taken_over() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    let end = call("c1", "end_conversation", json!({ "reason": "visitor_ended" }));
    world.model.plays(Script::Chunks(vec![end]));
    world.model.plays(Script::Meanwhile(takes_over(&world, &conversation), tokens("Goodbye! Or not?")));
    let events = world.turn(&ctx, &conversation, "Bye").await;
    assert!(matches!(events.last(), Some(TurnEvent::Done { status: ConversationStatus::Active, .. })));
    let stored = world.stored(&conversation).await;
    assert_eq!((stored.status, stored.outcome), (ConversationStatus::Active, None));
    assert_eq!(stored.waiting_since, None, "the assistant waits for nothing");
    world.platform.conversations().say(&world.owner(), conversation.id, " Stay! ").await.expect("said");
    let last = world.transcripts(&conversation).await.pop().expect("words");
    assert_eq!((last.speaker, last.content.as_str()), (Speaker::HumanAgent, "Stay!"));
}

#[tokio::test]
async fn a_booking_whose_commit_fails_leaves_nothing() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("email", "ana@example.com")]), "Noted.");
    world.turn(&ctx, &conversation, "ana@example.com").await;
    let hooks = Arc::clone(&world.hooks);
    let slot = json!({ "action": "book", "starts_at": "2026-03-30T08:00:00Z", "host_id": world.owner.id });
    let fails = async move { hooks.commit(Commit::Fails) };
    world.model.plays(Script::Meanwhile(fails.boxed(), vec![call("c1", "book_appointment", slot)]));
    world.model.says("That did not work.");
    world.turn(&ctx, &conversation, "Book it").await;
    assert!(!world.model.answers().last().expect("an answer").ok);
    assert!(!world.stored(&conversation).await.state.booked, "no points for what is not there");
    let filter = AppointmentFilter::default();
    let booked = world.platform.appointments().list(&world.owner(), filter, Order::Asc, &Paging::FIRST).await;
    assert!(booked.expect("a list").items.is_empty());
}

#[tokio::test]
async fn a_tool_that_hangs_is_given_up_and_the_answer_goes_on() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    let hooks = Arc::clone(&world.hooks);
    let hangs = async move { hooks.commit(Commit::Hangs) };
    let details = told(&[("email", "ana@example.com")]);
    world.model.plays(Script::Meanwhile(hangs.boxed(), vec![call("c1", "capture_lead", details)]));
    world.model.says("Sorry.");
    tokio::time::pause();
    let events = world.turn(&ctx, &conversation, "ana@example.com").await;
    assert!(events.contains(&TurnEvent::Tool { name: "capture_lead".to_owned(), ok: false }));
    let stored = world.stored(&conversation).await;
    assert_eq!(stored.state.given.email, None);
    assert!(stored.state.owns_lead);
    assert_eq!(world.transcripts(&conversation).await.len(), 2);
}

#[tokio::test]
async fn a_merge_that_lands_too_late_stays_a_merge() {
    let world = World::new().await;
    let owner = world.owner();
    let known = spotlight_core::services::leads::NewLead {
        name: Some("Ana Reis".to_owned()),
        email: Some("ana@example.com".to_owned()),
        ..Default::default()
    };
    let known = world.platform.leads().create(&owner, known).await.expect("a lead");
    let (conversation, ctx) = world.visitor().await;
    let hooks = Arc::clone(&world.hooks);
    let late = async move { hooks.commit(Commit::LandsAndHangs) };
    let details = told(&[("email", "ana@example.com")]);
    world.model.plays(Script::Meanwhile(late.boxed(), vec![call("c1", "capture_lead", details)]));
    world.model.uses("capture_lead", told(&[("name", "Mallory")]), "Noted.");
    tokio::time::pause();
    world.turn(&ctx, &conversation, "ana@example.com, I am Mallory").await;
    let stored = world.stored(&conversation).await;
    assert_eq!((stored.lead_id, stored.state.owns_lead), (known.id, false));
    let lead = world.platform.leads().get(&owner, known.id).await.expect("the lead");
    assert_eq!(lead.name.as_deref(), Some("Ana Reis"), "nothing is overwritten");
}

#[tokio::test]
async fn one_call_id_runs_once() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    let noted = |name: &str| call("same", "capture_lead", told(&[("name", name)]));
    world.model.plays(Script::Chunks(vec![noted("Ana Reis"), noted("Eva Reis")]));
    world.model.says("Noted.");
    let events = world.turn(&ctx, &conversation, "Ana Reis").await;
    let used: Vec<_> = events
        .iter()
        .filter_map(|event| if let TurnEvent::Tool { ok, .. } = event { Some(*ok) } else { None })
        .collect();
    assert_eq!(used, [true, false]);
    let lead = world.platform.leads().get(&world.owner(), conversation.lead_id).await.expect("the lead");
    assert_eq!(lead.name.as_deref(), Some("Ana Reis"));
}

#[tokio::test]
async fn a_repeated_turn_that_races_the_first_gives_its_answer() {
    let world = World::new().await;
    let (conversation, mut ctx) = world.visitor().await;
    ctx.idempotency_key = Some("once".to_owned());
    let (go_on, arrived, answered) = (Arc::new(Notify::new()), Arc::new(Notify::new()), Arc::new(Notify::new()));
    let waits = Arc::clone(&go_on);
    world.model.plays(Script::Meanwhile(async move { waits.notified().await }.boxed(), tokens("Hello there.")));
    let turns = world.platform.conversations();
    let first = turns.turn(&ctx, conversation.id, TurnInput::text("Hi")).await.expect("a turn");
    // The second finds the turn taken at first. It has looked for an answer and found none when the first one gives it.
    world.hooks.begin_after(async {}.boxed());
    let (here, waits) = (Arc::clone(&arrived), Arc::clone(&answered));
    let late = async move {
        here.notify_one();
        waits.notified().await;
    };
    world.hooks.begin_after(late.boxed());
    let second = {
        let (turns, ctx) = (world.platform.conversations(), ctx.clone());
        tokio::spawn(async move { turns.turn(&ctx, conversation.id, TurnInput::text("Hi")).await })
    };
    arrived.notified().await;
    go_on.notify_one();
    let first: Vec<_> = first.map(|event| event.expect("an event")).collect().await;
    answered.notify_one();
    let second = second.await.expect("no panic").expect("the first one's answer");
    let second: Vec<_> = second.map(|event| event.expect("an event")).collect().await;
    assert_eq!(first.last(), second.last());
    assert_eq!(world.model.times(), 1);
    assert_eq!(world.transcripts(&conversation).await.len(), 2);
}

#[tokio::test]
async fn a_repeated_turn_of_an_ended_conversation_is_not_answered() {
    let world = World::new().await;
    let (conversation, mut ctx) = world.visitor().await;
    ctx.idempotency_key = Some("once".to_owned());
    world.model.plays(Script::Fails(Vec::new()));
    let turns = world.platform.conversations();
    let failed: Vec<_> =
        turns.turn(&ctx, conversation.id, TurnInput::text("Hi")).await.expect("a turn").collect().await;
    assert!(failed.last().expect("an item").is_err());
    let end = spotlight_core::services::conversations::ConversationPatch {
        status: Some(ConversationStatus::Completed),
        ..Default::default()
    };
    turns.update(&world.owner(), conversation.id, end, None).await.expect("ended");
    let events = world.turn(&ctx, &conversation, "Hi").await;
    let done = TurnEvent::Done { utterance: None, status: ConversationStatus::Completed };
    assert_eq!(events.last(), Some(&done));
    assert_eq!(world.model.times(), 1);
}

#[tokio::test]
async fn a_listener_that_takes_nothing_does_not_keep_the_conversation() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    world.model.says(&"word ".repeat(100));
    let turns = world.platform.conversations();
    let mut held = turns.turn(&ctx, conversation.id, TurnInput::text("Talk")).await.expect("a turn");
    let mut heard = String::new();
    while heard != "word word " {
        if let TurnEvent::Token(token) = held.next().await.expect("more").expect("an event") {
            heard.push_str(&token);
        }
    }
    tokio::time::pause();
    world.platform.drain().await;
    tokio::time::resume();
    let stored = world.transcripts(&conversation).await;
    assert_eq!(stored[1].content, "word word ");
    assert!(stored[1].interrupted);
    let late = held.next().await.expect("a last item").expect_err("it is over");
    assert_eq!(late.kind(), ErrorKind::Timeout);
    assert!(held.next().await.is_none());
    world.model.says("Yes?");
    world.turn(&ctx, &conversation, "Hello?").await;
    assert_eq!(world.transcripts(&conversation).await.len(), 4);
}

#[tokio::test]
async fn a_listener_that_is_slow_hears_everything() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    world.model.says(&"word ".repeat(60));
    let turns = world.platform.conversations();
    let mut slow = turns.turn(&ctx, conversation.id, TurnInput::text("Talk")).await.expect("a turn");
    tokio::time::pause();
    let mut heard = 0;
    while let Some(event) = slow.next().await {
        heard += usize::from(matches!(event.expect("an event"), TurnEvent::Token(_)));
        tokio::time::sleep(std::time::Duration::from_secs(40)).await;
    }
    assert_eq!(heard, 60);
    assert!(!world.transcripts(&conversation).await[1].interrupted);
}
