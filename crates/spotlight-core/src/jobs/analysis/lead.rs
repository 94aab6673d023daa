//! A lead's score, criteria and last contact.

use serde_json::json;

use super::publish;
use crate::{
    domain::{
        LeadId,
        event::EventType,
        lead::Lead,
        organization::Organization,
        score,
        scoring::{Criteria, Criterion, Met},
    },
    error::Result,
    ports::{ConversationFilter, ConversationSort, Order, Paging, Sort, UnitOfWork},
    services::deps::Deps,
};

/// The one writer of a lead's score. What it writes depends on stored conversations alone, not on the order in which
/// they were analysed.
pub(super) async fn rescore(deps: &Deps, unit: &dyn UnitOfWork, settings: &Organization, id: LeadId) -> Result<()> {
    let organization = settings.id;
    let Some(lead) = unit.leads().get(organization, id).await? else { return Ok(()) };
    if lead.merged_into.is_some() || lead.deleted_at.is_some() {
        return Ok(());
    }
    let completed = unit.conversations().completed(organization, id).await?;
    let completed: Vec<_> = completed.iter().map(|one| (one.ended_at, one.id, one.score)).collect();
    let mut changed = lead.clone();
    if let Some(scored) = score::lead_score(&settings.scoring, &completed, lead.source, lead.company.is_some()) {
        changed.score = Some(scored.score);
        changed.score_reasons = scored.reasons;
        changed.qualified = scored.score >= settings.scoring.threshold;
    } else {
        changed.score = None;
        changed.score_reasons = Vec::new();
        changed.qualified = false;
    }
    follow_conversations(unit, &mut changed).await?;
    if changed == lead {
        return Ok(());
    }
    changed.updated_at = deps.now();
    unit.leads().update(&changed).await?;
    let facts = json!({ "lead_id": id, "score": changed.score, "qualified": changed.qualified });
    if changed.score != lead.score {
        publish(unit, organization, "leads".to_owned(), EventType::LeadScoreChanged, None, facts.clone()).await?;
    }
    if changed.qualified && !lead.qualified {
        publish(unit, organization, "leads".to_owned(), EventType::LeadQualified, None, facts).await?;
    }
    Ok(())
}

/// Criteria and last contact from the lead's conversations, the newest word on each criterion counting.
async fn follow_conversations(unit: &dyn UnitOfWork, lead: &mut Lead) -> Result<()> {
    let filter = ConversationFilter { lead_id: Some(lead.id), ..ConversationFilter::default() };
    let sort = Sort { by: ConversationSort::StartedAt, order: Order::Desc };
    let newest = Paging::After { cursor: None, limit: 100 };
    let found = unit.conversations().list(lead.organization_id, &filter, sort, &newest).await?;
    let mut criteria = Criteria::default();
    for conversation in &found.items {
        let said = &conversation.criteria;
        fill(&mut criteria.budget, &said.budget);
        fill(&mut criteria.authority, &said.authority);
        fill(&mut criteria.need, &said.need);
        fill(&mut criteria.timeline, &said.timeline);
    }
    lead.criteria = criteria;
    lead.last_conversation_at = found.items.iter().map(|conversation| conversation.last_activity_at).max();
    Ok(())
}

fn fill(place: &mut Criterion, said: &Criterion) {
    if place.met == Met::Unknown {
        place.clone_from(said);
    }
}
