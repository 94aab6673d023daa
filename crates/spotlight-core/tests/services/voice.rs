//! Answers with sound.

use std::sync::Arc;

use futures::StreamExt;
use spotlight_core::services::conversations::{TurnEvent, TurnInput};

use crate::world::{FakeVoice, Script, World, tokens};

fn spoken(text: &str) -> TurnInput {
    TurnInput { voice: true, ..TurnInput::text(text) }
}

#[tokio::test]
async fn sentences_are_spoken_as_they_are_complete() {
    let voice = Arc::new(FakeVoice::default());
    let world = World::with_voice(voice.clone()).await;
    let (conversation, ctx) = world.visitor().await;
    world.model.says("Hello there. What for?");
    let turn = world.platform.conversations().turn(&ctx, conversation.id, spoken("Hi")).await.expect("a turn");
    let events: Vec<_> = turn.map(|event| event.expect("an event")).collect().await;
    assert_eq!(*voice.spoken.lock().expect("nobody panicked"), ["Hello there.", " What for?"]);
    let sounds = events.iter().filter(|event| matches!(event, TurnEvent::Audio(_))).count();
    assert_eq!(sounds, 2);
    let stored = world.transcripts(&conversation).await;
    assert_eq!(stored[1].content, "Hello there. What for?");
    assert!(!stored[1].interrupted);
}

#[tokio::test]
async fn a_barge_in_cuts_at_the_last_sentence_heard() {
    let voice = Arc::new(FakeVoice::default());
    let world = World::with_voice(voice).await;
    let (conversation, ctx) = world.visitor().await;
    world.model.plays(Script::Hangs(tokens("Hello there. And then I ")));
    let mut turn = world.platform.conversations().turn(&ctx, conversation.id, spoken("Hi")).await.expect("a turn");
    while !matches!(turn.next().await.expect("more").expect("an event"), TurnEvent::Audio(_)) {}
    drop(turn);
    world.platform.drain().await;
    let stored = world.transcripts(&conversation).await;
    assert_eq!(stored[1].content, "Hello there.", "the words that were sent and not spoken were not heard");
    assert!(stored[1].interrupted);
}

#[tokio::test]
async fn a_voice_that_fails_lets_the_text_go_on() {
    let voice = Arc::new(FakeVoice { fails_at: Some(1), ..FakeVoice::default() });
    let world = World::with_voice(voice.clone()).await;
    let (conversation, ctx) = world.visitor().await;
    world.model.says("One thing. Another thing. A third.");
    let turn = world.platform.conversations().turn(&ctx, conversation.id, spoken("Hi")).await.expect("a turn");
    let events: Vec<_> = turn.map(|event| event.expect("an event")).collect().await;
    let text: String = events
        .iter()
        .filter_map(|event| if let TurnEvent::Token(token) = event { Some(token.as_str()) } else { None })
        .collect();
    assert_eq!(text, "One thing. Another thing. A third.");
    assert_eq!(*voice.spoken.lock().expect("nobody panicked"), ["One thing."]);
    let stored = world.transcripts(&conversation).await;
    assert_eq!((stored[1].content.as_str(), stored[1].interrupted), (text.as_str(), false));
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_hangs_lets_the_text_go_on_and_the_conversation_free() {
    let voice = Arc::new(FakeVoice { hangs_at: Some(1), ..FakeVoice::default() });
    let world = World::with_voice(voice.clone()).await;
    let (conversation, ctx) = world.visitor().await;
    let conversations = world.platform.conversations();
    world.model.says("One thing. Another thing.");
    let turn = conversations.turn(&ctx, conversation.id, spoken("Hi")).await.expect("a turn");
    let events: Vec<_> = turn.map(|event| event.expect("an event")).collect().await;
    assert!(matches!(events.last(), Some(TurnEvent::Done { utterance: Some(_), .. })));
    assert_eq!(world.transcripts(&conversation).await[1].content, "One thing. Another thing.");
    // A listener that leaves meanwhile is not waited for.
    world.model.says("A third.");
    let mut turn = conversations.turn(&ctx, conversation.id, spoken("And?")).await.expect("the next turn");
    while !matches!(turn.next().await.expect("more").expect("an event"), TurnEvent::Token(_)) {}
    let left = tokio::time::Instant::now();
    drop(turn);
    world.platform.drain().await;
    assert!(left.elapsed() < std::time::Duration::from_secs(1), "the voice is given up with the listener");
}
