//! How a conversation begins.

use serde_json::json;

use super::NewConversation;
use crate::{
    domain::{
        ConversationId, LeadId, UsageId,
        assistant::Assistant,
        billing::{Meter, Usage},
        conversation::{Channel, Conversation, ConversationStatus, DialogueState},
        event::EventType,
        lead::{Lead, LeadSource},
        scoring::Criteria,
        time::Timestamp,
    },
    error::{Error, Result},
    ports::UnitOfWork,
    services::{Context, billing, consents, deps::Deps},
};

/// Begins a conversation in a unit.
pub(crate) async fn open(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    new: &NewConversation,
) -> Result<Conversation> {
    let found = unit.assistants().get(ctx.organization, new.assistant_id).await?;
    let assistant = found
        .filter(|assistant| ctx.visible_to().is_none_or(|user| assistant.owner_id == user))
        .ok_or_else(|| Error::not_found("assistant"))?;
    if !assistant.active {
        return Err(Error::conflict("the assistant is switched off"));
    }
    let organization =
        unit.organizations().get(ctx.organization).await?.ok_or_else(|| Error::not_found("organization"))?;
    let now = deps.now();
    billing::check_conversations(unit, &organization, now).await?;
    let (lead_id, owns_lead) = lead_for(deps, unit, ctx, new, &assistant, now).await?;
    let conversation = Conversation {
        id: ConversationId::from_uuid(deps.ids.uuid()),
        organization_id: ctx.organization,
        lead_id,
        assistant_id: assistant.id,
        source: new.source,
        status: ConversationStatus::Active,
        language: new.language.unwrap_or(assistant.language),
        time_zone: new.time_zone,
        score: None,
        score_reasons: Vec::new(),
        criteria: Criteria::default(),
        sentiment: None,
        sentiment_value: None,
        summary: None,
        keywords: Vec::new(),
        outcome: None,
        recording_consent: new.recording_consent,
        audio_file: None,
        external_call_id: new.external_call_id.clone(),
        taken_over_by: None,
        state: DialogueState { owns_lead, ..DialogueState::default() },
        last_seq: 0,
        started_at: now,
        last_activity_at: now,
        waiting_since: None,
        ended_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    unit.conversations().insert(&conversation).await?;
    consents::begin(deps, unit, ctx, &conversation).await?;
    unit.usage()
        .record(&Usage {
            id: UsageId::from_uuid(deps.ids.uuid()),
            organization_id: ctx.organization,
            meter: Meter::Conversations,
            quantity: 1,
            event_key: format!("conversation:{}", conversation.id),
            conversation_id: Some(conversation.id),
            occurred_at: now,
            reported_at: None,
        })
        .await?;
    let record = ("conversation", conversation.id.to_string());
    deps.audit(unit, ctx, "conversation.create", record, json!({})).await?;
    let data = json!({ "conversation_id": conversation.id, "lead_id": lead_id, "assistant_id": assistant.id });
    deps.publish(unit, ctx, "leads", EventType::ConversationStarted, Some(conversation.id), data).await?;
    Ok(conversation)
}

async fn lead_for(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    new: &NewConversation,
    assistant: &Assistant,
    now: Timestamp,
) -> Result<(LeadId, bool)> {
    if let Some(id) = new.lead_id {
        let found = unit.leads().get(ctx.organization, id).await?;
        let lead = found
            .filter(|lead| lead.deleted_at.is_none() && lead.merged_into.is_none())
            .filter(|lead| ctx.visible_to().is_none_or(|user| lead.owner_id == Some(user)))
            .ok_or_else(|| Error::not_found("lead"))?;
        return Ok((lead.id, false));
    }
    let source = match new.source {
        Channel::Phone | Channel::Sms => LeadSource::Phone,
        Channel::Email => LeadSource::Email,
        Channel::Web | Channel::Chat => LeadSource::Website,
    };
    let mut lead = Lead::anonymous(LeadId::from_uuid(deps.ids.uuid()), ctx.organization, source, now);
    lead.owner_id = Some(assistant.owner_id);
    unit.leads().insert(&lead).await?;
    Ok((lead.id, true))
}
