//! Models that hang, fail, or are replaced by another.

use std::sync::Arc;

use futures::StreamExt;
use spotlight_core::{
    ErrorKind,
    decorators::{FallbackChatModel, FallbackSettings},
    domain::conversation::Speaker,
    ports::ChatModel,
    scripted::ScriptedChatModel,
    services::conversations::{TurnEvent, TurnInput},
};

use crate::world::{FakeModel, Script, TestClock, World, tokens};

#[tokio::test]
async fn a_model_that_never_begins_is_given_up_and_the_conversation_is_free() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    world.model.plays(Script::NeverBegins);
    tokio::time::pause();
    let turns = world.platform.conversations();
    let turn = turns.turn(&ctx, conversation.id, TurnInput::text("I love it!")).await.expect("a turn");
    let events: Vec<_> = turn.collect().await;
    let error = events.into_iter().last().expect("an item").expect_err("it failed");
    assert_eq!(error.kind(), ErrorKind::Timeout);
    tokio::time::resume();
    world.work().await;
    assert!(world.stored(&conversation).await.score.is_some(), "what was said is analysed all the same");
    world.model.says("Here I am.");
    world.turn(&ctx, &conversation, "Hello?").await;
    assert_eq!(world.transcripts(&conversation).await.len(), 3);
}

#[tokio::test]
async fn a_model_that_stops_in_the_middle_keeps_what_it_said() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    world.model.plays(Script::Hangs(tokens("Well then ")));
    tokio::time::pause();
    let events = world.turn(&ctx, &conversation, "Hi").await;
    assert!(matches!(events.last(), Some(TurnEvent::Done { utterance: Some(_), .. })));
    let stored = world.transcripts(&conversation).await;
    assert_eq!(stored[1].content, "Well then …");
}

#[tokio::test]
async fn the_scripted_assistant_answers_for_a_model_that_fails_and_is_named() {
    let around = |clock: Arc<TestClock>, model: Arc<FakeModel>| {
        let models: Vec<Arc<dyn ChatModel>> = vec![model, Arc::new(ScriptedChatModel::new())];
        Arc::new(FallbackChatModel::new(models, FallbackSettings::default(), clock)) as Arc<dyn ChatModel>
    };
    let world = World::with(around, None, |_| {}).await;
    let (conversation, ctx) = world.visitor().await;
    // The scripted assistant notes the name with a tool, and is asked again for the rest; so is the failing one before.
    for _ in 0..6 {
        world.model.plays(Script::Fails(Vec::new()));
    }
    world.turn(&ctx, &conversation, "Hello, my name is Ana Reis").await;
    let stored = world.transcripts(&conversation).await;
    assert_eq!(stored[1].speaker, Speaker::Assistant);
    assert_eq!(stored[1].model.as_deref(), Some(ScriptedChatModel::NAME));
    assert!(!stored[1].content.is_empty());
    let lead = world.platform.leads().get(&world.owner(), conversation.lead_id).await.expect("the lead");
    assert_eq!(lead.name.as_deref(), Some("Ana Reis"));
}
