//! Who hears of which event, and how much of it.

use serde_json::{Map, Value};

use super::feed::Item;
use crate::{
    domain::{
        ConversationId, LeadId, UserId,
        event::EventType,
        user::{Role, Scope},
    },
    error::Result,
    ports::Event,
    services::{Context, deps::Deps},
};

/// What a visitor is told of an event of their own conversation: what was said, and who speaks. None: nothing.
///
/// What the team thinks of it, and who of the team does what, is not theirs.
pub(super) fn for_visitor(event: &Event) -> Option<Event> {
    let members: &[&str] = match event.event_type.parse().ok()? {
        EventType::TranscriptUpdate => &["seq", "speaker", "content"],
        EventType::HandOffRequested
        | EventType::HandOffAccepted
        | EventType::HandOffExpired
        | EventType::ConversationTakenOver
        | EventType::ConversationGivenBack => &["conversation_id"],
        EventType::ConversationEnded => &["conversation_id", "status"],
        _ => return None,
    };
    let data: Map<String, Value> =
        members.iter().filter_map(|name| Some(((*name).to_owned(), event.data.get(*name)?.clone()))).collect();
    Some(Event { data: Value::Object(data), ..event.clone() })
}

/// What somebody needs to be told of a type of event in a channel that many hear.
fn needs(event_type: &str) -> Option<(Scope, Role)> {
    Some(match event_type.parse().ok()? {
        EventType::AppointmentBooked
        | EventType::AppointmentCancelled
        | EventType::AppointmentCompleted
        | EventType::AppointmentConfirmed
        | EventType::AppointmentNoShow
        | EventType::AppointmentRescheduled
        | EventType::AppointmentUpdated
        | EventType::HostUpdated => (Scope::AppointmentsRead, Role::SalesRep),
        EventType::ConversationAnalyzed
        | EventType::ConversationEnded
        | EventType::ConversationGivenBack
        | EventType::ConversationStarted
        | EventType::ConversationTakenOver
        | EventType::HandOffAccepted
        | EventType::HandOffExpired
        | EventType::HandOffRequested
        | EventType::TranscriptUpdate => (Scope::ConversationsRead, Role::SalesRep),
        EventType::ConsentChanged
        | EventType::LeadCreated
        | EventType::LeadDeleted
        | EventType::LeadMerged
        | EventType::LeadQualified
        | EventType::LeadScoreChanged
        | EventType::LeadStatusChanged
        | EventType::LeadUpdated => (Scope::LeadsRead, Role::SalesRep),
        EventType::WebhookEndpointDisabled => (Scope::Admin, Role::Admin),
        // For the platform itself.
        EventType::AccessChanged => return None,
    })
}

/// Whether somebody of the team is told of an event in a channel that many hear.
///
/// # Errors
/// Those of storage.
pub(super) async fn may_hear(deps: &Deps, ctx: &Context, item: &Item) -> Result<bool> {
    let Some((scope, role)) = needs(&item.event.event_type) else { return Ok(false) };
    if ctx.require(scope, role).is_err() {
        return Ok(false);
    }
    let Some(user) = ctx.visible_to() else { return Ok(true) };
    // Looked up once for everybody who is told no more than their own.
    let audience = item.audience.get_or_try_init(|| Box::pin(audience(deps, ctx, &item.event))).await?;
    Ok(audience.contains(&user))
}

/// Whose own an event's record is: the owners of its lead and its assistant, and the host.
async fn audience(deps: &Deps, ctx: &Context, event: &Event) -> Result<Vec<UserId>> {
    let repos = deps.read(ctx);
    let id = |name: &str| event.data.get(name).and_then(Value::as_str);
    let mut owners: Vec<UserId> = id("host_id").and_then(|id| id.parse().ok()).into_iter().collect();
    let named: Option<ConversationId> = id("conversation_id").and_then(|id| id.parse().ok());
    let mut lead: Option<LeadId> = id("lead_id").or_else(|| id("into")).and_then(|id| id.parse().ok());
    if let Some(conversation) = event.conversation_id.or(named)
        && let Some(found) = repos.conversations().get(ctx.organization, conversation).await?
    {
        lead = lead.or(Some(found.lead_id));
        let assistant = repos.assistants().get(ctx.organization, found.assistant_id).await?;
        owners.extend(assistant.map(|assistant| assistant.owner_id));
    }
    if let Some(lead) = lead {
        owners.extend(repos.leads().get(ctx.organization, lead).await?.and_then(|lead| lead.owner_id));
    }
    Ok(owners)
}
