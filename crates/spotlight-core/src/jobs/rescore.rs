//! Has an organization's leads scored anew, after the rules of scoring have changed.
//!
//! What a conversation scored stays as it was judged in its time; threshold, company and source count anew.

use serde_json::{Value, json};

use super::names;
use crate::{
    domain::OrganizationId,
    error::{Error, ErrorKind, Result},
    ports::{Cursor, LeadFilter, LeadSort, NewJob, Order, OutboxRow, Paging, ReadConsistency, Sort},
    services::{deps::Deps, leads::score_lead},
};

/// Leads of one job; the next job goes on after them.
const BATCH: u32 = 100;

/// The job that has every lead of an organization scored anew.
pub(crate) fn score_leads(organization: OrganizationId) -> NewJob {
    after(organization, Value::Null)
}

fn after(organization: OrganizationId, cursor: Value) -> NewJob {
    NewJob {
        organization_id: Some(organization),
        name: names::SCORE_LEADS.to_owned(),
        payload: json!({ "after": cursor }),
        run_at: None,
        unique_key: None,
    }
}

/// Leaves the score of some leads to jobs of their own, and the rest to another of this.
pub(super) async fn leads(deps: &Deps, row: &OutboxRow) -> Result<()> {
    let lost = || Error::new(ErrorKind::Corrupt, "a score_leads job lacks its organization");
    let organization = row.organization_id.ok_or_else(lost)?;
    let cursor: Option<Cursor> = row.payload["after"].as_str().map(str::parse).transpose()?;
    let sort = Sort { by: LeadSort::CreatedAt, order: Order::Asc };
    let page = Paging::After { cursor, limit: BATCH };
    let repos = deps.storage.read(ReadConsistency::Strong);
    let found = repos.leads().list(organization, &LeadFilter::default(), sort, &page).await?;
    let unit = deps.storage.begin().await?;
    for lead in &found.items {
        unit.enqueue(score_lead(lead)).await?;
    }
    if let Some(next) = found.next {
        unit.enqueue(after(organization, json!(next.to_string()))).await?;
    }
    unit.commit().await
}
