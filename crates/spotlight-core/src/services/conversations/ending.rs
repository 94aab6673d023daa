//! How a conversation ends.

use serde_json::json;

use super::hand_off;
use crate::{
    domain::{
        LeadId,
        conversation::{Conversation, ConversationStatus},
        event::EventType,
        report::EndedReason,
    },
    error::Result,
    jobs::{analysis::AnalyzeConversation, leave},
    ports::{ConversationFilter, Paging, Repositories, Sort, UnitOfWork},
    services::{Context, deps::Deps},
};

/// Leaves what follows the end of a conversation to jobs, in the unit that ends it.
pub(crate) async fn ended(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    conversation: &Conversation,
    reason: EndedReason,
) -> Result<()> {
    hand_off::close(deps, unit, conversation).await?;
    leave(unit, &AnalyzeConversation::new(conversation, Some(reason))).await?;
    let data = json!({
        "conversation_id": conversation.id,
        "status": conversation.status,
        "reason": reason,
        "lead_id": conversation.lead_id,
    });
    let channel = format!("conversation:{}", conversation.id);
    deps.publish(unit, ctx, channel, EventType::ConversationEnded, Some(conversation.id), data).await
}

/// True when a conversation's lead was erased or deleted: nothing more may be written about it.
pub(crate) async fn lead_is_gone(repos: &dyn Repositories, conversation: &Conversation) -> Result<bool> {
    let lead = repos.leads().get(conversation.organization_id, conversation.lead_id).await?;
    Ok(lead.is_none_or(|lead| lead.deleted_at.is_some() || lead.erased_at.is_some()))
}

/// Ends a lead's open conversations, in the unit that erases it: a turn that runs meets the newer version, and none
/// begins after it.
pub(crate) async fn end_all(deps: &Deps, unit: &dyn UnitOfWork, ctx: &Context, lead: LeadId) -> Result<()> {
    let filter = ConversationFilter {
        statuses: vec![ConversationStatus::Active, ConversationStatus::Paused],
        lead_id: Some(lead),
        ..ConversationFilter::default()
    };
    let page = Paging::After { cursor: None, limit: 100 };
    loop {
        // Those that were ended are open no more, so each page is the first.
        let open = unit.conversations().list(ctx.organization, &filter, Sort::default(), &page).await?.items;
        if open.is_empty() {
            return Ok(());
        }
        for mut conversation in open {
            let now = deps.now();
            conversation.move_to(ConversationStatus::Completed, now)?;
            conversation.updated_at = now;
            unit.conversations().update(&conversation).await?;
            ended(deps, unit, ctx, &conversation, EndedReason::TeamEnded).await?;
        }
    }
}
