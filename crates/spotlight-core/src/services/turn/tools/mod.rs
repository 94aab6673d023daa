//! What an assistant may do beyond speaking.
//!
//! A tool is checked against the assistant's allow-list and works on the conversation's own lead alone, whatever the
//! model asks for. Each call is a unit of its own, runs once per call id, and is over within ten seconds. A barge-in
//! stops calls that have not begun; one that has begun is finished.

mod book;
mod capture;
mod end;
mod hand_off;

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::{Answering, Scene, Tries};
use crate::{
    domain::{
        assistant::{Assistant, ToolKind},
        conversation::Conversation,
        redact::redact,
        report::EndedReason,
        time::Timestamp,
        user::SecretHash,
    },
    error::{Error, ErrorKind, Result},
    ports::{IdempotencyRecord, ToolAnswer, ToolCall, ToolSpec, UnitOfWork},
    services::conversations::lead_is_gone,
};

/// Longest run of a tool.
const LIMIT: Duration = Duration::from_secs(10);

/// What tools leave to the end of the turn.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// The conversation ends with this answer.
    pub(super) ending: Option<EndedReason>,
}

impl Effects {
    pub(super) fn absorb(&mut self, other: Self) {
        self.ending = other.ending.or(self.ending);
    }
}

/// The tools an assistant may use.
pub(super) fn offered(assistant: &Assistant) -> Vec<ToolSpec> {
    assistant.tools.iter().map(|tool| spec(*tool)).collect()
}

fn spec(tool: ToolKind) -> ToolSpec {
    let (description, parameters) = match tool {
        ToolKind::CaptureLead => (capture::DESCRIPTION, capture::parameters()),
        ToolKind::BookAppointment => (book::DESCRIPTION, book::parameters()),
        ToolKind::HandOff => (hand_off::DESCRIPTION, hand_off::parameters()),
        ToolKind::EndConversation => (end::DESCRIPTION, end::parameters()),
    };
    ToolSpec { name: tool.as_str().to_owned(), description: description.to_owned(), parameters }
}

/// Runs a call.
///
/// What the model can mend (a bad argument, a slot that is gone) is an answer, not an error. Errors are faults.
pub(super) async fn run(turn: &mut Answering, scene: &Scene, call: &ToolCall) -> Result<(ToolAnswer, Effects)> {
    let tool = call.name.parse::<ToolKind>().ok().filter(|tool| scene.assistant.tools.contains(tool));
    let Some(tool) = tool else {
        return Ok((refused(call, "there is no such tool; go on without it"), Effects::default()));
    };
    if call.id.is_empty() || call.id.len() > 200 {
        return Ok((refused(call, "a call needs an id of 1 to 200 characters"), Effects::default()));
    }
    let mut effects = Effects::default();
    let work = async {
        if let Some(earlier) = find(turn, call).await? {
            return Ok(earlier);
        }
        let mut tries = Tries::default();
        loop {
            let done = match tool {
                ToolKind::CaptureLead => capture::run(turn, scene, call).await,
                ToolKind::BookAppointment => book::run(turn, scene, call).await,
                ToolKind::HandOff => hand_off::run(turn, scene, call).await,
                ToolKind::EndConversation => Ok(end::run(call, &mut effects)),
            };
            match done {
                Err(error) if tries.again(&error) => {}
                done => return done,
            }
        }
    };
    let done = match tokio::time::timeout(LIMIT, work).await {
        Ok(done) => done,
        Err(_) => Err(Error::new(ErrorKind::Timeout, "the tool took too long")),
    };
    let answer = match done {
        Ok(content) => ToolAnswer { call_id: call.id.clone(), name: call.name.clone(), ok: true, content },
        Err(error) => {
            let answer = recover(call, error)?;
            // A commit that was waited for too long may have happened all the same: go on from what is stored.
            turn.refresh().await?;
            answer
        }
    };
    Ok((answer, effects))
}

/// Begins what a tool writes: gives the conversation as it stands, when it is still this turn's to write to.
///
/// # Errors
/// `Conflict` when another turn has begun, a person has taken over, the conversation has ended or its lead is gone.
pub(super) async fn enter(turn: &Answering, unit: &dyn UnitOfWork) -> Result<Conversation> {
    turn.lease.check(unit).await?;
    let found = unit.conversations().get(turn.ctx.organization, turn.conversation.id).await?;
    let conversation = found.ok_or_else(|| Error::not_found("conversation"))?;
    if conversation.taken_over_by.is_some() {
        return Err(Error::conflict("a person has taken this conversation over; say nothing more"));
    }
    if conversation.status.is_final() || lead_is_gone(unit, &conversation).await? {
        return Err(Error::conflict("the conversation has ended; say nothing more"));
    }
    Ok(conversation)
}

/// Stores what a tool changed of the conversation. The caller gives the turn its new copy once the unit is committed.
pub(super) async fn keep(turn: &Answering, unit: &dyn UnitOfWork, conversation: &mut Conversation) -> Result<()> {
    conversation.updated_at = turn.deps.now();
    unit.conversations().update(conversation).await?;
    conversation.version += 1;
    Ok(())
}

/// A call's arguments. What is wrong with them is not quoted: they hold the visitor's words.
pub(super) fn arguments<T: DeserializeOwned>(call: &ToolCall) -> Result<T> {
    serde_json::from_value(call.arguments.clone()).map_err(|_| {
        Error::invalid("arguments", "format", "The arguments do not fit the tool's schema; send them as it describes")
    })
}

/// Turns what a model can mend into an answer.
fn recover(call: &ToolCall, error: Error) -> Result<ToolAnswer> {
    match error.kind() {
        ErrorKind::Validation => {
            let fields: Vec<_> = error
                .violations()
                .iter()
                .map(|v| json!({ "field": v.field, "code": v.code, "detail": v.detail }))
                .collect();
            let mut answer = refused(call, &error.to_string());
            answer.content["invalid"] = Value::Array(fields);
            Ok(answer)
        }
        ErrorKind::Conflict
        | ErrorKind::NotFound
        | ErrorKind::PlanLimit
        | ErrorKind::Timeout
        | ErrorKind::Unavailable => {
            tracing::warn!(tool = call.name, error = error.chain(), "a tool could not do what was asked");
            Ok(refused(call, &error.to_string()))
        }
        _ => Err(error),
    }
}

/// An answer that says why nothing was done.
pub(super) fn refused(call: &ToolCall, why: &str) -> ToolAnswer {
    ToolAnswer { call_id: call.id.clone(), name: call.name.clone(), ok: false, content: json!({ "error": why }) }
}

/// An answer as kept with the utterance: what happened, without personal data.
pub(super) fn outline(answer: &ToolAnswer) -> String {
    let content = &answer.content;
    let text = if answer.ok {
        let keys: Vec<_> = content.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default();
        if keys.is_empty() { "done".to_owned() } else { keys.join(", ") }
    } else {
        content["error"].as_str().unwrap_or("refused").to_owned()
    };
    redact(&text, &[]).chars().take(200).collect()
}

/// What the same call answered before, should the turn have been begun twice.
async fn find(turn: &Answering, call: &ToolCall) -> Result<Option<Value>> {
    let repos = turn.deps.storage.read(crate::ports::ReadConsistency::Strong);
    let found = repos.idempotency().find(turn.ctx.organization, &scope(turn), &call.id, turn.deps.now()).await?;
    Ok(found.map(|record| record.answer))
}

/// Notes what a call answers, in the unit of its effect.
pub(super) async fn remember(
    turn: &Answering,
    unit: &dyn UnitOfWork,
    call: &ToolCall,
    answer: &Value,
    now: Timestamp,
) -> Result<()> {
    let record = IdempotencyRecord {
        organization_id: turn.ctx.organization,
        scope: scope(turn),
        key: call.id.clone(),
        fingerprint: SecretHash([0; 32]),
        answer: answer.clone(),
        expires_at: now + chrono::Duration::hours(24),
    };
    unit.idempotency().insert(&record, now).await
}

/// Call ids are the model's own, and unique within one turn at least.
fn scope(turn: &Answering) -> String {
    let seq = turn.said.as_ref().map_or(0, |said| said.seq);
    format!("tool:{}:{seq}", turn.conversation.id)
}
