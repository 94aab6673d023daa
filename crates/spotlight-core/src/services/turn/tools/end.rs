//! `end_conversation`: the answer being given is the last.

use serde_json::{Value, json};

use super::Effects;
use crate::{domain::report::EndedReason, ports::ToolCall};

pub(super) const DESCRIPTION: &str = "Ends the conversation after this answer. Use it when the visitor says goodbye, is \
     not interested or is abusive again, or when nothing is left to do.";

pub(super) fn parameters() -> Value {
    json!({
        "type": "object",
        "properties": { "reason": { "type": "string", "enum": ["visitor_ended", "assistant_ended", "abuse"] } },
        "required": ["reason"],
        "additionalProperties": false
    })
}

/// Notes the end; it takes place when the answer is stored, and not at all when the visitor cuts it off.
pub(super) fn run(call: &ToolCall, effects: &mut Effects) -> Value {
    let reason = match call.arguments["reason"].as_str() {
        Some("visitor_ended") => EndedReason::VisitorEnded,
        Some("abuse") => EndedReason::Abuse,
        _ => EndedReason::AssistantEnded,
    };
    effects.ending = Some(reason);
    json!({ "ending": true })
}
