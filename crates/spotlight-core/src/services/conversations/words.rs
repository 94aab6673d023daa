//! What is said, and what of it is kept.

use serde_json::json;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{
        TranscriptId,
        conversation::{Conversation, Speaker, ToolUse, Transcript},
        event::EventType,
        organization::{Organization, StorageMode},
        redact::redact,
        time::Timestamp,
    },
    error::Result,
    ports::UnitOfWork,
    services::{Context, deps::Deps},
};

/// What is appended to a conversation.
#[derive(RedactedDebug, Clone)]
pub(crate) struct Utterance {
    pub(crate) speaker: Speaker,
    pub(crate) content: String,
    pub(crate) confidence: Option<f64>,
    pub(crate) duration_s: Option<f64>,
    pub(crate) tools: Vec<ToolUse>,
    pub(crate) model: Option<String>,
    pub(crate) response_ms: Option<u32>,
    pub(crate) interrupted: bool,
    /// Names in the words, besides those that were noted, for a storage mode that keeps none.
    pub(crate) names: Vec<String>,
}

impl Utterance {
    pub(crate) fn of(speaker: Speaker, content: impl Into<String>) -> Self {
        Self {
            speaker,
            content: content.into(),
            confidence: None,
            duration_s: None,
            tools: Vec::new(),
            model: None,
            response_ms: None,
            interrupted: false,
            names: Vec::new(),
        }
    }
}

/// Appends an utterance, stores the conversation as it stands with it, and tells listeners. The caller's conversation
/// is at the stored version afterwards.
pub(crate) async fn append(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    organization: &Organization,
    conversation: &mut Conversation,
    utterance: Utterance,
    now: Timestamp,
) -> Result<Transcript> {
    conversation.last_seq += 1;
    conversation.last_activity_at = now;
    conversation.updated_at = now;
    let content = stored_content(organization, conversation, &utterance.content, &utterance.names);
    let said = Transcript {
        id: TranscriptId::from_uuid(deps.ids.uuid()),
        organization_id: ctx.organization,
        conversation_id: conversation.id,
        seq: conversation.last_seq,
        speaker: utterance.speaker,
        content,
        sentiment: None,
        sentiment_value: None,
        confidence: utterance.confidence,
        offset_s: (now - conversation.started_at).as_seconds_f64().max(0.0),
        duration_s: utterance.duration_s,
        keywords: Vec::new(),
        tools: utterance.tools,
        model: utterance.model,
        response_ms: utterance.response_ms,
        interrupted: utterance.interrupted,
        created_at: now,
    };
    unit.conversations().say(conversation, &said).await?;
    conversation.version += 1;
    let data = json!({ "seq": said.seq, "speaker": said.speaker, "content": said.content });
    let channel = format!("conversation:{}", conversation.id);
    deps.publish(unit, ctx, channel, EventType::TranscriptUpdate, Some(conversation.id), data).await?;
    Ok(said)
}

/// What of an utterance the organization wants stored.
pub(crate) fn stored_content(
    organization: &Organization,
    conversation: &Conversation,
    content: &str,
    names: &[String],
) -> String {
    match organization.storage_mode {
        StorageMode::Everything => content.to_owned(),
        StorageMode::EverythingExceptPii => {
            let given = &conversation.state.given;
            let names: Vec<_> = given.name.iter().chain(&given.company).chain(names).map(String::as_str).collect();
            redact(content, &names).into_owned()
        }
        StorageMode::BasicAttributesOnly => String::new(),
    }
}
