//! Storage modes that keep less: the dialogue goes on as ever, and what is not to be kept is nowhere.

use futures::StreamExt;
use serde_json::json;
use spotlight_core::{
    domain::{conversation::Speaker, organization::StorageMode},
    ports::{ChatMessage, Heard},
};

use crate::world::{World, told};

/// What the model was shown as the visitor's words, in its last request.
fn shown(world: &World) -> Vec<String> {
    let asked = world.model.asked.lock().expect("nobody panicked");
    let messages = &asked.last().expect("a request").messages;
    messages
        .iter()
        .filter_map(|message| match message {
            ChatMessage::Said { speaker: Speaker::User, text } => Some(text.clone()),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn without_personal_data_the_model_hears_it_and_nothing_stores_it() {
    let world = World::new().await;
    world.keeps(StorageMode::EverythingExceptPii).await;
    let (conversation, ctx) = world.visitor().await;
    let channel = format!("conversation:{}", conversation.id);
    let events = world.platform.events();
    let mut events = events.subscribe(world.organization.id, &channel, Some(0)).await.expect("a subscription");

    let mut details = told(&[("name", "Maria Lopez"), ("email", "maria@example.com")]);
    details["answers"] =
        json!([{ "key": "need", "topic": "need", "value": "Maria Lopez commutes, maria@example.com" }]);
    world.model.uses("capture_lead", details, "Thank you, Maria Lopez!");
    let words = "I'm Maria Lopez, maria@example.com, I commute.";
    world.turn(&ctx, &conversation, words).await;
    assert_eq!(shown(&world), [words]);
    let lead = world.platform.leads().get(&world.owner(), conversation.lead_id).await.expect("the lead");
    assert_eq!(lead.email.expect("an address").as_str(), "maria@example.com");

    world.work().await;
    let stored = world.stored(&conversation).await;
    assert!(stored.score.is_some());
    let mut kept = vec![json!([stored.criteria, stored.state.questions, stored.keywords]).to_string()];
    for said in world.transcripts(&conversation).await {
        kept.push(json!([said.content, said.tools, said.keywords]).to_string());
    }
    // Two utterances and the analysis.
    for _ in 0..3 {
        let Some(Ok(Heard::Event(event))) = events.next().await else { panic!("an event") };
        kept.push(event.data.to_string());
    }
    let kept = kept.join("\n");
    for personal in ["Maria", "maria", "Lopez", "lopez", "example.com"] {
        assert!(!kept.contains(personal), "{personal} is kept: {kept}");
    }
    assert!(kept.contains("I commute."), "everything else is kept: {kept}");
}

#[tokio::test]
async fn a_name_that_is_understood_late_is_taken_out_of_what_was_said_before() {
    let world = World::new().await;
    world.keeps(StorageMode::EverythingExceptPii).await;
    let (conversation, ctx) = world.visitor().await;
    world.model.says("Which bikes, Zorblax?");
    world.turn(&ctx, &conversation, "zorblax wants bikes").await;
    world.model.uses("capture_lead", told(&[("company", "Zorblax")]), "Noted.");
    world.turn(&ctx, &conversation, "zorblax is our company").await;
    let contents: Vec<_> = world.transcripts(&conversation).await.into_iter().map(|said| said.content).collect();
    assert_eq!(contents, ["[name] wants bikes", "Which bikes, [name]?", "[name] is our company", "Noted."]);
}

#[tokio::test]
async fn without_words_the_model_hears_the_present_ones_and_what_was_noted_is_scored() {
    let world = World::new().await;
    world.keeps(StorageMode::BasicAttributesOnly).await;
    let (conversation, ctx) = world.visitor().await;
    world.model.says("Hello!");
    world.turn(&ctx, &conversation, "Good morning").await;
    let mut details = told(&[("email", "ana@example.com")]);
    details["answers"] = json!([{ "key": "need", "topic": "need", "value": "To commute" }]);
    world.model.uses("capture_lead", details, "Noted.");
    world.turn(&ctx, &conversation, "To commute. ana@example.com").await;
    assert_eq!(shown(&world), ["[not kept]", "To commute. ana@example.com"]);

    world.work().await;
    assert!(world.transcripts(&conversation).await.iter().all(|said| said.content.is_empty()));
    let stored = world.stored(&conversation).await;
    let codes: Vec<_> = stored.score_reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert!(stored.score.expect("a score") > 50, "what was noted counts: {codes:?}");
    let kept = json!([stored.criteria, stored.state.questions]).to_string();
    assert!(!kept.contains("commute"), "{kept}");
    let lead = world.platform.leads().get(&world.owner(), conversation.lead_id).await.expect("the lead");
    assert_eq!(lead.email.expect("an address").as_str(), "ana@example.com");
}
