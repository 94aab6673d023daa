//! Call reports.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;

use super::{
    id::{CallReportId, ConversationId, OrganizationId},
    macros::words,
    money::Money,
    time::Timestamp,
};

words! {
    /// Why a conversation ended.
    EndedReason, "ended_reason" {
        /// The visitor said goodbye.
        VisitorEnded = "visitor_ended",
        /// The assistant had nothing left to do.
        AssistantEnded = "assistant_ended",
        /// A person of the team ended it.
        TeamEnded = "team_ended",
        /// Silence.
        Silence = "silence",
        /// The visitor was abusive.
        Abuse = "abuse",
        /// Something broke.
        Error = "error",
    }
}

/// Milliseconds each stage of one turn took, counted from the visitor's last word. None where it was not measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnLatency {
    /// The assistant's utterance.
    pub seq: i64,
    /// Until the visitor's words were text.
    pub recognition_ms: Option<u32>,
    /// Until the first token of the answer.
    pub first_token_ms: Option<u32>,
    /// Until the first sound of the answer.
    pub first_audio_ms: Option<u32>,
    /// Until the answer was complete, or cut off.
    pub total_ms: Option<u32>,
}

/// Made when a conversation ends. One per conversation.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct CallReport {
    /// Identity.
    pub id: CallReportId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Why it ended.
    pub ended_reason: EndedReason,
    /// What was talked about.
    pub summary: String,
    /// Every turn's latencies.
    pub latencies: Vec<TurnLatency>,
    /// Cost by provider.
    pub costs: BTreeMap<String, Money>,
    /// What was extracted by the assistant's JSON Schema: the properties that were found, each as the schema wants it.
    pub data: Option<serde_json::Value>,
    /// Success by the assistant's own criteria; none where there are none or no judge.
    pub success: Option<bool>,
    /// When it was made.
    pub created_at: Timestamp,
}
