//! Consent is asked, given, refused, and honoured wherever a conversation begins.

use serde_json::json;
use spotlight_core::{
    Context, ErrorKind,
    domain::{
        LeadId,
        consent::{Consent, ConsentKind, ConsentState},
        conversation::{Channel, Conversation, ConversationStatus},
        user::Role,
    },
    ports::{Clock, IdGenerator, Storage, SystemIds},
    services::{consents::NewConsent, conversations::NewConversation},
};

use crate::{
    colleagues::{invalid, refused},
    world::{World, told},
};

fn change(kind: ConsentKind, channel: Channel, state: ConsentState) -> NewConsent {
    NewConsent { kind, channel, state, how: " by word of mouth ".to_owned(), conversation_id: None }
}

async fn contact(world: &World, lead: LeadId, channel: Channel, state: ConsentState) -> Consent {
    let new = change(ConsentKind::AiContact, channel, state);
    world.platform.consents().record(&world.owner(), lead, new).await.expect("a change")
}

#[tokio::test]
async fn a_known_lead_is_reached_only_where_they_have_consented() {
    let world = World::new().await;
    let lead = world.lead(Some("ana@example.com"), None).await.id;
    refused(world.start(world.by(Channel::Phone, Some(lead))).await, ErrorKind::Forbidden);
    contact(&world, lead, Channel::Phone, ConsentState::Asked).await;
    refused(world.start(world.by(Channel::Phone, Some(lead))).await, ErrorKind::Forbidden);
    contact(&world, lead, Channel::Phone, ConsentState::Given).await;
    world.start(world.by(Channel::Phone, Some(lead))).await.expect("a call");
    for other in [Channel::Sms, Channel::Email] {
        refused(world.start(world.by(other, Some(lead))).await, ErrorKind::Forbidden);
    }
    for page in [Channel::Web, Channel::Chat] {
        world.start(world.by(page, Some(lead))).await.expect("the lead came to us");
    }
    let call = world.start(world.by(Channel::Phone, None)).await.expect("somebody calls us");
    assert_ne!(call.lead_id, lead);
    contact(&world, lead, Channel::Phone, ConsentState::Asked).await;
    refused(world.start(world.by(Channel::Phone, Some(lead))).await, ErrorKind::Forbidden);
}

#[tokio::test]
async fn an_opt_out_counts_on_every_channel_at_once() {
    let world = World::new().await;
    let (owner, consents) = (world.owner(), world.platform.consents());
    let lead = world.lead(Some("ana@example.com"), None).await.id;
    contact(&world, lead, Channel::Phone, ConsentState::Given).await;
    contact(&world, lead, Channel::Email, ConsentState::Given).await;
    consents
        .record(&owner, lead, change(ConsentKind::Recording, Channel::Chat, ConsentState::Given))
        .await
        .expect("it");
    let unspoken = world.start(world.by(Channel::Email, Some(lead))).await.expect("a message");
    let recorded = NewConversation { recording_consent: Some(true), ..world.by(Channel::Chat, Some(lead)) };
    let recorded = world.start(recorded).await.expect("a chat");

    consents.opt_out(&owner, lead, Channel::Sms, "wrote STOP").await.expect("an opt-out");
    for channel in [Channel::Phone, Channel::Sms, Channel::Email] {
        refused(world.start(world.by(channel, Some(lead))).await, ErrorKind::Forbidden);
        refused(consents.check(&owner, lead, ConsentKind::AiContact, channel).await, ErrorKind::Forbidden);
    }
    assert_eq!(world.stored(&unspoken).await.status, ConversationStatus::Abandoned, "the assistant stays silent");
    let stored = world.stored(&recorded).await;
    assert_eq!((stored.recording_consent, stored.status), (Some(false), ConversationStatus::Active));

    contact(&world, lead, Channel::Phone, ConsentState::Given).await;
    world.start(world.by(Channel::Phone, Some(lead))).await.expect("consent was given anew");
    refused(world.start(world.by(Channel::Email, Some(lead))).await, ErrorKind::Forbidden);
    refused(consents.check(&owner, lead, ConsentKind::Recording, Channel::Chat).await, ErrorKind::Forbidden);
}

#[tokio::test]
async fn the_assistant_does_not_speak_first_to_somebody_who_has_opted_out() {
    let world = World::new().await;
    let lead = world.lead(Some("ana@example.com"), None).await.id;
    contact(&world, lead, Channel::Sms, ConsentState::Given).await;
    let message = world.start(world.by(Channel::Sms, Some(lead))).await.expect("a message");
    // As if the conversation had been begun in a unit that the opt-out could not see yet.
    let refusal = world.repositories().consents().list(world.organization.id, lead).await.expect("changes");
    let later = world.clock.now() + chrono::Duration::seconds(1);
    let id = spotlight_core::domain::ConsentId::from_uuid(SystemIds.uuid());
    let refusal = Consent { id, state: ConsentState::Refused, created_at: later, ..refusal[0].clone() };
    let unit = world.storage.begin().await.expect("a unit");
    unit.consents().append(&refusal).await.expect("a refusal");
    unit.commit().await.expect("a commit");
    refused(world.platform.conversations().greet(&world.owner(), message.id).await.map(drop), ErrorKind::Forbidden);
    assert_eq!(world.transcripts(&message).await, []);
}

#[tokio::test]
async fn nobody_is_recorded_without_consent() {
    let world = World::new().await;
    let (owner, consents) = (world.owner(), world.platform.consents());
    let lead = world.lead(Some("ana@example.com"), None).await.id;
    let recorded = |lead| NewConversation { recording_consent: Some(true), ..world.by(Channel::Chat, lead) };
    refused(world.start(recorded(Some(lead))).await, ErrorKind::Forbidden);
    consents
        .record(&owner, lead, change(ConsentKind::Recording, Channel::Chat, ConsentState::Given))
        .await
        .expect("it");
    world.start(recorded(Some(lead))).await.expect("a recorded chat");

    let visitor = world.start(recorded(None)).await.expect("a visitor answers for themselves");
    let said = consents.list(&owner, visitor.lead_id).await.expect("changes");
    let [said] = said.as_slice() else { panic!("one answer, not {said:?}") };
    assert_eq!((said.kind, said.state), (ConsentKind::Recording, ConsentState::Given));
    assert_eq!((said.channel, said.conversation_id), (Channel::Chat, Some(visitor.id)));
    consents.check(&owner, visitor.lead_id, ConsentKind::Recording, Channel::Chat).await.expect("consent stands");
}

#[tokio::test]
async fn consent_is_told_audited_and_kept_from_others() {
    let world = World::new().await;
    let (mut owner, consents) = (world.owner(), world.platform.consents());
    let mut ear = world.listen("leads").await;
    let lead = world.lead(Some("ana@example.com"), None).await.id;
    owner.idempotency_key = Some("once".to_owned());
    let new = change(ConsentKind::AiContact, Channel::Sms, ConsentState::Given);
    let made = consents.record(&owner, lead, new.clone()).await.expect("a change");
    assert_eq!(made.how, "by word of mouth");
    assert_eq!(consents.record(&owner, lead, new.clone()).await.expect("the same again"), made);
    assert_eq!(consents.list(&owner, lead).await.expect("changes"), [made]);
    assert_eq!(world.done_to(lead).await, ["lead.create", "consent.record"]);
    world.work().await;
    let told = json!({ "lead_id": lead, "kind": "ai_contact", "channel": "sms", "state": "given" });
    assert_eq!(ear.heard_of("consent.changed"), [told]);

    let (rep, stranger) = (world.colleague(Role::SalesRep).await, world.stranger().await);
    for other in [&rep, &stranger] {
        refused(consents.record(other, lead, new.clone()).await, ErrorKind::NotFound);
        refused(consents.list(other, lead).await, ErrorKind::NotFound);
        refused(consents.opt_out(other, lead, Channel::Sms, "STOP").await, ErrorKind::NotFound);
    }
    let (conversation, visitor) = world.visitor().await;
    refused(consents.record(&visitor, conversation.lead_id, new.clone()).await, ErrorKind::Forbidden);

    owner.idempotency_key = None;
    let wrong = NewConsent { how: "  ".to_owned(), conversation_id: Some(conversation.id), ..new };
    assert_eq!(invalid(consents.record(&owner, lead, wrong).await), ["how", "conversation_id"]);
    assert_eq!(consents.list(&owner, lead).await.expect("changes").len(), 1);
}

/// Opens a chat as a stranger would who answers about recording, and types Ana's address.
async fn types_an_address(world: &World, recording: bool) -> Conversation {
    let visit = NewConversation { recording_consent: Some(recording), ..world.by(Channel::Chat, None) };
    let talk = world.start(visit).await.expect("a chat");
    let ctx = Context::visitor(talk.id, world.organization.id);
    world.model.uses("capture_lead", told(&[("email", "ana@example.com")]), "Noted.");
    world.turn(&ctx, &talk, "ana@example.com").await;
    world.stored(&talk).await
}

#[tokio::test]
async fn a_typed_address_undoes_no_opt_out() {
    let world = World::new().await;
    let (owner, consents) = (world.owner(), world.platform.consents());
    let lead = world.lead(Some("ana@example.com"), None).await.id;
    consents.opt_out(&owner, lead, Channel::Sms, "wrote STOP").await.expect("an opt-out");
    let stranger = types_an_address(&world, true).await;
    assert_eq!(stranger.lead_id, lead, "they are taken for Ana");
    assert_eq!(stranger.recording_consent, Some(true), "what they said counts for their own conversation");
    refused(consents.check(&owner, lead, ConsentKind::Recording, Channel::Chat).await, ErrorKind::Forbidden);
    let changes = consents.list(&owner, lead).await.expect("changes");
    assert!(changes.iter().all(|change| change.state == ConsentState::Refused), "{changes:?}");
}

#[tokio::test]
async fn a_refusal_by_whoever_types_an_address_is_honoured() {
    let world = World::new().await;
    let (owner, consents) = (world.owner(), world.platform.consents());
    let lead = world.lead(Some("ana@example.com"), None).await.id;
    let given = change(ConsentKind::Recording, Channel::Chat, ConsentState::Given);
    consents.record(&owner, lead, given).await.expect("consent");
    let recorded = NewConversation { recording_consent: Some(true), ..world.by(Channel::Chat, Some(lead)) };
    let recorded = world.start(recorded).await.expect("a chat");
    let other = types_an_address(&world, false).await;
    assert_eq!((other.lead_id, other.recording_consent), (lead, Some(false)));
    assert!(world.model.answers().last().expect("an answer").ok);
    refused(consents.check(&owner, lead, ConsentKind::Recording, Channel::Chat).await, ErrorKind::Forbidden);
    assert_eq!(world.stored(&recorded).await.recording_consent, Some(false), "open conversations at once");
}
