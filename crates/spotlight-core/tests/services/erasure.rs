//! Erasure lasts: before a turn, during one, and for leads that became part of others.

use futures::FutureExt;
use serde_json::json;
use spotlight_core::{
    Context, ErrorKind,
    domain::conversation::{ConversationStatus, DialogueState, HandOffStatus},
    services::{conversations::TurnInput, public::NewVisit},
};

use crate::world::{Script, World, call, tokens, told};

#[tokio::test]
async fn an_erased_visitor_cannot_go_on() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("name", "Ana Reis"), ("email", "ana@example.com")]), "Noted.");
    world.turn(&ctx, &conversation, "Ana Reis, ana@example.com").await;
    world.model.uses("hand_off", json!({ "reason": "asked" }), "One moment.");
    world.turn(&ctx, &conversation, "A human please").await;
    world.platform.leads().erase(&world.owner(), conversation.lead_id, None).await.expect("erased");

    let stored = world.stored(&conversation).await;
    assert_eq!(stored.status, ConversationStatus::Completed);
    assert!(stored.ended_at.is_some());
    let hand_off = world.repositories().hand_offs().latest(world.organization.id, conversation.id).await.expect("read");
    assert_eq!(hand_off.expect("a hand-off").status, HandOffStatus::Expired, "nobody is waited for");
    let again = world.platform.conversations().turn(&ctx, conversation.id, TurnInput::text("It is Ana again")).await;
    assert_eq!(again.err().expect("a refusal").kind(), ErrorKind::Conflict);
    world.work().await;
    assert!(world.transcripts(&conversation).await.iter().all(|said| said.content.is_empty()));
    assert_eq!(world.stored(&conversation).await.state, DialogueState::default());
}

#[tokio::test]
async fn a_deleted_visitor_cannot_go_on() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    world.platform.leads().delete(&world.owner(), conversation.lead_id, None).await.expect("deleted");
    let turn = world.platform.conversations().turn(&ctx, conversation.id, TurnInput::text("Hello?")).await;
    assert_eq!(turn.err().expect("a refusal").kind(), ErrorKind::Conflict);
    assert!(world.transcripts(&conversation).await.is_empty());
}

#[tokio::test]
async fn an_answer_under_way_brings_nothing_back() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    let known = told(&[("name", "Ana Reis"), ("email", "ana@example.com")]);
    world.model.uses("capture_lead", known, "Noted, Ana.");
    world.turn(&ctx, &conversation, "Ana Reis, ana@example.com").await;

    let (platform, owner, lead) = (world.platform.clone(), world.owner(), conversation.lead_id);
    let erase = async move { platform.leads().erase(&owner, lead, None).await.expect("erased") };
    world.model.plays(Script::Meanwhile(erase.boxed(), tokens("As you say, Ana Reis.")));
    world.turn(&ctx, &conversation, "I am still Ana Reis").await;

    let stored = world.stored(&conversation).await;
    assert_eq!(stored.state, DialogueState::default(), "neither name nor address returns");
    assert!(world.transcripts(&conversation).await.iter().all(|said| said.content.is_empty() && said.tools.is_empty()));
}

#[tokio::test]
async fn a_tool_under_way_writes_nothing_about_an_erased_lead() {
    let world = World::new().await;
    let (conversation, ctx) = world.visitor().await;
    let (platform, owner, lead) = (world.platform.clone(), world.owner(), conversation.lead_id);
    let erase = async move { platform.leads().erase(&owner, lead, None).await.expect("erased") };
    let details = told(&[("name", "Ana Reis"), ("email", "ana@example.com")]);
    world.model.plays(Script::Meanwhile(erase.boxed(), vec![call("c1", "capture_lead", details)]));
    world.turn(&ctx, &conversation, "Ana Reis, ana@example.com").await;

    assert_eq!(world.model.times(), 1, "the model is asked no more");
    let repositories = world.repositories();
    let lead = repositories.leads().get(world.organization.id, lead).await.expect("read").expect("the lead");
    assert_eq!((lead.name, lead.email), (None, None));
    assert!(repositories.proposals().list(world.organization.id, lead.id).await.expect("read").is_empty());
    assert_eq!(world.stored(&conversation).await.state, DialogueState::default());
}

#[tokio::test]
async fn erasing_what_was_merged_erases_what_it_became_part_of() {
    let world = World::new().await;
    let owner = world.owner();
    let known = spotlight_core::services::leads::NewLead {
        name: Some("Ana Reis".to_owned()),
        email: Some("ana@example.com".to_owned()),
        ..Default::default()
    };
    let known = world.platform.leads().create(&owner, known).await.expect("a lead");
    let (conversation, ctx) = world.visitor().await;
    world.model.uses("capture_lead", told(&[("email", "ana@example.com")]), "Noted.");
    world.turn(&ctx, &conversation, "ana@example.com").await;
    assert_eq!(world.stored(&conversation).await.lead_id, known.id);

    world.platform.leads().erase(&owner, conversation.lead_id, None).await.expect("erased");
    let lead = world.repositories().leads().get(world.organization.id, known.id).await.expect("read").expect("a lead");
    assert!(lead.erased_at.is_some());
    assert_eq!((lead.name, lead.email), (None, None));
    assert_eq!(world.stored(&conversation).await.status, ConversationStatus::Completed);
}

#[tokio::test]
async fn where_a_visitor_came_from_is_forgotten() {
    let world = World::new().await;
    let caller = Context { source_address: Some("192.0.2.7".to_owned()), ..Context::anonymous() };
    let visit = NewVisit { recording_consent: Some(true), ..NewVisit::default() };
    let talk =
        world.platform.public().open(world.assistant.id, None, visit, caller).await.expect("a visit").conversation;
    let theirs = async || {
        let ids = [talk.id.to_string(), talk.lead_id.to_string()];
        let entries = world.audited().await.into_iter().filter(|entry| ids.contains(&entry.record_id));
        entries.map(|entry| (entry.action, entry.source_address.is_some())).collect::<Vec<_>>()
    };
    let before = theirs().await;
    assert!(before.len() > 1 && before.iter().all(|(_, known)| *known), "{before:?}");
    world.platform.leads().erase(&world.owner(), talk.lead_id, None).await.expect("erased");
    let after = theirs().await;
    assert!(after.len() > before.len() && after.iter().all(|(_, known)| !known), "{after:?}");
}
