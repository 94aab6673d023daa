//! `hand_off`: asks for a person.

use chrono::Duration;
use serde_json::{Value, json};

use super::{Answering, Scene, enter, remember};
use crate::{
    domain::{
        HandOffId,
        conversation::{HandOff, HandOffStatus},
        event::EventType,
        redact::redact,
    },
    error::{Error, Result},
    ports::ToolCall,
};

pub(super) const DESCRIPTION: &str = "Asks a colleague to take the conversation over. Use it when the visitor asks for a \
     person or you cannot help. Go on helping until somebody comes.";

pub(super) fn parameters() -> Value {
    json!({
        "type": "object",
        "properties": { "reason": { "type": "string", "maxLength": 200, "description": "Why, without personal data" } },
        "required": ["reason"],
        "additionalProperties": false
    })
}

pub(super) async fn run(turn: &mut Answering, scene: &Scene, call: &ToolCall) -> Result<Value> {
    let rule = &scene.assistant.hand_off;
    if !rule.on_request && rule.after_unanswered == 0 {
        return Err(Error::conflict("no colleague can be called here; go on without one"));
    }
    let (deps, ctx, id) = (&turn.deps, &turn.ctx, turn.conversation.id);
    let now = deps.now();
    let unit = deps.storage.begin().await?;
    let conversation = enter(turn, &*unit).await?;
    let latest = unit.hand_offs().latest(ctx.organization, id).await?;
    if latest.is_some_and(|latest| latest.status.is_open()) {
        return Ok(json!({ "status": "requested", "note": "a colleague was called already" }));
    }
    let wait = i64::from(rule.wait_s);
    let reason = call.arguments["reason"].as_str().unwrap_or("the visitor asked for a person");
    let given = &conversation.state.given;
    let names: Vec<_> = given.name.iter().chain(&given.company).map(String::as_str).collect();
    let hand_off = HandOff {
        id: HandOffId::from_uuid(deps.ids.uuid()),
        organization_id: ctx.organization,
        conversation_id: id,
        status: HandOffStatus::Requested,
        // The reason is the model's own words, which may quote the visitor.
        reason: redact(reason, &names).chars().take(200).collect(),
        accepted_by: None,
        requested_at: now,
        expires_at: now + Duration::seconds(wait),
        updated_at: now,
        version: 1,
    };
    unit.hand_offs().insert(&hand_off).await?;
    let data = json!({ "conversation_id": id, "hand_off_id": hand_off.id, "expires_at": hand_off.expires_at });
    deps.publish(&*unit, ctx, "notifications", EventType::HandOffRequested, Some(id), data.clone()).await?;
    deps.publish(&*unit, ctx, format!("conversation:{id}"), EventType::HandOffRequested, Some(id), data).await?;
    deps.audit(&*unit, ctx, "hand_off.request", ("conversation", id.to_string()), json!({})).await?;
    let answer = json!({ "status": "requested", "waits_s": wait });
    remember(turn, &*unit, call, &answer, now).await?;
    unit.commit().await?;
    Ok(answer)
}
