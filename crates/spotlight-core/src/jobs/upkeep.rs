//! What is due by the minute.

use chrono::Duration;

use super::runner::facts;
use crate::{
    domain::{
        ConversationId, OrganizationId,
        conversation::{ABANDON_AFTER_MIN, ConversationStatus, HandOffStatus},
        report::EndedReason,
        time::Timestamp,
    },
    error::{ErrorKind, Result},
    ports::{OutboxRow, ReadConsistency},
    services::{Context, conversations::ended, deps::Deps},
};

/// Records of one kind that one round takes.
const BATCH: u32 = 200;

/// One round. Every part works on its own and again harmlessly, so it needs no lease over the fleet.
pub(super) async fn run(deps: &Deps) -> Result<()> {
    abandon_idle(deps).await?;
    expire_hand_offs(deps).await?;
    forget_expired(deps).await?;
    retain(deps).await
}

/// Ends conversations after thirty minutes of silence.
async fn abandon_idle(deps: &Deps) -> Result<()> {
    // A conversation is idle from the thirtieth minute on, that instant included.
    let before = deps.now() - Duration::minutes(ABANDON_AFTER_MIN) + Duration::microseconds(1);
    let idle = deps.storage.read(ReadConsistency::Strong).conversations().idle(before, BATCH).await?;
    for (organization, id) in idle {
        match abandon(deps, organization, id).await {
            // Somebody spoke in this moment.
            Err(error) if error.kind() == ErrorKind::StaleVersion => {}
            other => other?,
        }
    }
    Ok(())
}

async fn abandon(deps: &Deps, organization: OrganizationId, id: ConversationId) -> Result<()> {
    let ctx = Context::system(organization);
    let now = deps.now();
    let unit = deps.storage.begin().await?;
    let Some(mut conversation) = unit.conversations().get(organization, id).await? else { return Ok(()) };
    if !conversation.is_idle(now) {
        return Ok(());
    }
    conversation.move_to(ConversationStatus::Abandoned, now)?;
    conversation.outcome.get_or_insert_with(|| "the visitor fell silent".to_owned());
    conversation.updated_at = now;
    unit.conversations().update(&conversation).await?;
    ended(deps, &*unit, &ctx, &conversation, EndedReason::Silence).await?;
    unit.commit().await
}

/// Gives conversations back to the assistant when nobody came.
async fn expire_hand_offs(deps: &Deps) -> Result<()> {
    let now = deps.now();
    let expired = deps.storage.read(ReadConsistency::Strong).hand_offs().expired(now, BATCH).await?;
    for mut hand_off in expired {
        let ctx = Context::system(hand_off.organization_id);
        let unit = deps.storage.begin().await?;
        hand_off.move_to(HandOffStatus::Expired)?;
        hand_off.move_to(HandOffStatus::Assistant)?;
        hand_off.updated_at = now;
        match unit.hand_offs().update(&hand_off).await {
            // Somebody accepted in this moment.
            Err(error) if error.kind() == ErrorKind::StaleVersion => continue,
            other => other?,
        }
        let id = hand_off.conversation_id;
        let data = serde_json::json!({ "conversation_id": id, "hand_off_id": hand_off.id });
        deps.publish(&*unit, &ctx, "notifications", "hand_off.expired", Some(id), data).await?;
        unit.commit().await?;
    }
    Ok(())
}

/// Removes what has expired by itself.
async fn forget_expired(deps: &Deps) -> Result<()> {
    let now = deps.now();
    let unit = deps.storage.begin().await?;
    unit.sessions().delete_expired(now, BATCH).await?;
    unit.links().delete_expired(now, BATCH).await?;
    unit.idempotency().delete_expired(now, BATCH).await?;
    unit.processed_events().delete_before(now - Duration::days(7), BATCH).await?;
    unit.commit().await
}

/// Removes what organizations keep no longer.
async fn retain(deps: &Deps) -> Result<()> {
    let mut after = None;
    loop {
        let ids = deps.storage.read(ReadConsistency::Strong).organizations().ids(after, 100).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = Some(*last);
        for id in ids {
            retain_one(deps, id, deps.now()).await?;
        }
    }
}

async fn retain_one(deps: &Deps, id: OrganizationId, now: Timestamp) -> Result<()> {
    let repos = deps.storage.read(ReadConsistency::Strong);
    let Some(organization) = repos.organizations().get(id).await? else { return Ok(()) };
    let retention = organization.retention;
    let before = |days: u32| now - Duration::days(i64::from(days));
    if let Some(days) = retention.transcripts_days {
        let unit = deps.storage.begin().await?;
        unit.transcripts().purge(id, before(days), BATCH).await?;
        unit.commit().await?;
    }
    if let Some(days) = retention.audit_days {
        let unit = deps.storage.begin().await?;
        unit.audit().purge(id, before(days), BATCH).await?;
        unit.commit().await?;
    }
    if let Some(days) = retention.leads_days {
        let ctx = Context::system(id);
        let leads = crate::services::leads::LeadService::new(deps.clone());
        for lead in repos.leads().inactive(id, before(days), BATCH).await? {
            leads.erase(&ctx, lead).await?;
        }
    }
    Ok(())
}

/// Removes a file whose owner was erased.
pub(super) async fn delete_file(deps: &Deps, row: &OutboxRow) -> Result<()> {
    let (organization, key): (_, String) = facts(row, "key")?;
    deps.files.delete(organization, &key).await.map(drop)
}
