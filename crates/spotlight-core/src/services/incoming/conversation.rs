//! Conversations that other systems hold.

use spotlight_derive::RedactedDebug;

use super::{Receipt, ToldLead, audit, check_event_id, duplicate, is_first};
use crate::{
    domain::{
        AssistantId, WebhookSourceId,
        assistant::Language,
        conversation::{Channel, Conversation, ConversationStatus, Speaker},
        report::EndedReason,
    },
    error::{Error, Result, Violations},
    ports::UnitOfWork,
    services::{
        Context,
        capture::{Told, capture},
        conversations::{NewConversation, Utterance, append, ended, lead_is_gone, open},
        deps::{Deps, repeated},
        turn::MAX_UTTERANCE,
    },
};

/// Most utterances of one event.
const MOST: usize = 100;

/// Something that was said elsewhere.
#[derive(RedactedDebug, Clone)]
pub struct ForeignUtterance {
    /// Who.
    pub speaker: Speaker,
    /// What, 1 to 4000 characters.
    pub content: String,
}

/// A conversation's event.
#[derive(RedactedDebug, Clone)]
pub struct ConversationEvent {
    /// Names the event: 1 to 200 visible ASCII characters, the source's own choice.
    pub id: String,
    /// The source's own id of the conversation, 1 to 200 characters. Its first event opens the conversation.
    pub external_id: String,
    /// Who answers there.
    pub assistant_id: AssistantId,
    /// How people talk there.
    pub source: Channel,
    /// What is spoken; the assistant's language unless given. Counts when the conversation is opened.
    pub language: Option<Language>,
    /// What the visitor has told about themselves: as unverified as what they type to us.
    pub lead: ToldLead,
    /// What was said, oldest first, at most 100.
    pub transcripts: Vec<ForeignUtterance>,
    /// `completed` or `abandoned` when it has ended.
    pub status: Option<ConversationStatus>,
}

pub(super) async fn take(
    deps: &Deps,
    ctx: &Context,
    source: WebhookSourceId,
    event: &ConversationEvent,
) -> Result<Receipt> {
    let mut broken = Violations::new();
    check_event_id(&event.id, &mut broken);
    let in_conversation = |field: &str| format!("conversation.{field}");
    broken.length(&in_conversation("external_id"), "External id", &event.external_id, 1, 200);
    if event.transcripts.len() > MOST {
        broken.add(in_conversation("transcripts"), "length", format!("Transcripts must have at most {MOST} entries"));
    }
    for (place, said) in event.transcripts.iter().take(MOST).enumerate() {
        let field = in_conversation(&format!("transcripts.{place}.content"));
        broken.length(&field, "Content", &said.content, 1, MAX_UTTERANCE);
    }
    if event.status.is_some_and(|status| status == ConversationStatus::Paused) {
        broken.add(in_conversation("status"), "unknown", "Status must be one of: active, completed, abandoned");
    }
    let told = event.lead.normalised("conversation.lead", &mut broken)?;
    broken.into_result()?;
    repeated(|| note(deps, ctx, source, event, &told)).await
}

async fn note(
    deps: &Deps,
    ctx: &Context,
    source: WebhookSourceId,
    event: &ConversationEvent,
    told: &Told,
) -> Result<Receipt> {
    let unit = deps.storage.begin().await?;
    if !is_first(deps, &*unit, source, &event.id).await? {
        return Ok(duplicate(&event.id));
    }
    let mut conversation = at_hand(deps, &*unit, ctx, source, event).await?;
    // Every event changes its conversation.
    let is_new = conversation.version == 1;
    let organization = unit.organizations().get(ctx.organization).await?;
    let organization = organization.ok_or_else(|| Error::not_found("organization"))?;
    if told.name.is_some() || told.email.is_some() || told.phone.is_some() || told.company.is_some() {
        capture(deps, &*unit, ctx, &organization, &mut conversation, told.clone()).await?;
    }
    for said in &event.transcripts {
        let now = deps.now();
        // Only a question waits for an answer.
        let asks = said.speaker != Speaker::User && said.content.trim_end().ends_with('?');
        conversation.waiting_since = asks.then_some(now);
        let utterance = Utterance::of(said.speaker, said.content.trim());
        append(deps, &*unit, ctx, &organization, &mut conversation, utterance, now).await?;
    }
    let now = deps.now();
    if let Some(status) = event.status {
        conversation.move_to(status, now)?;
    }
    if conversation.status.is_final() {
        ended(deps, &*unit, ctx, &conversation, EndedReason::TeamEnded).await?;
    }
    conversation.updated_at = now;
    unit.conversations().update(&conversation).await?;
    let record = ("conversation", conversation.id.to_string());
    audit(deps, &*unit, ctx, record, Some(event.transcripts.len())).await?;
    unit.commit().await?;
    if is_new {
        deps.metrics.begun(conversation.source);
    }
    Ok(Receipt {
        event_id: event.id.clone(),
        duplicate: false,
        lead_id: Some(conversation.lead_id),
        conversation_id: Some(conversation.id),
    })
}

/// The conversation of an event: the one that goes on, or a new one. A source knows its own alone, whatever ids others
/// gave theirs.
async fn at_hand(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    source: WebhookSourceId,
    event: &ConversationEvent,
) -> Result<Conversation> {
    let call = format!("{source}:{}", event.external_id.trim());
    let Some(known) = unit.conversations().by_external_call(ctx.organization, &call).await? else {
        let new = NewConversation {
            assistant_id: event.assistant_id,
            lead_id: None,
            source: event.source,
            language: event.language,
            time_zone: None,
            recording_consent: None,
            external_call_id: Some(call),
        };
        return open(deps, unit, ctx, &new).await;
    };
    if known.status.is_final() || lead_is_gone(unit, &known).await? {
        return Err(Error::conflict("the conversation has ended; begin another under a new external id"));
    }
    if known.assistant_id != event.assistant_id {
        let detail = "Assistant id must be the one that the conversation began with";
        return Err(Error::invalid("conversation.assistant_id", "unknown", detail));
    }
    Ok(known)
}
