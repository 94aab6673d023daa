//! Has leads scored anew: one, or every one of an organization after the rules of scoring have changed.
//!
//! What a conversation scored stays as it was judged in its time; threshold, company and source count anew.

use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;

use super::{
    Job, JobContext, analysis,
    platform::{leave, tenant},
};
use crate::{
    domain::{LeadId, OrganizationId, lead::Lead},
    error::Result,
    ports::{Cursor, LeadFilter, LeadSort, Order, Paging, ReadConsistency, Sort},
    services::deps::Deps,
};

/// Leads of one job; the next job goes on after them.
const BATCH: u32 = 100;

/// Writes a lead's score anew.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ScoreLead {
    lead_id: LeadId,
    #[serde(skip)]
    of: Option<OrganizationId>,
}

impl ScoreLead {
    /// The job for a lead.
    pub(crate) const fn new(lead: &Lead) -> Self {
        Self { lead_id: lead.id, of: Some(lead.organization_id) }
    }
}

impl Job for ScoreLead {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "score_lead";

    fn organization(&self) -> Option<OrganizationId> {
        self.of
    }

    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        analysis::lead(&ctx.state, tenant(&ctx)?, self.lead_id).await
    }
}

/// Has every lead of an organization scored anew.
#[derive(RedactedDebug, Serialize, Deserialize)]
pub(crate) struct ScoreLeads {
    #[serde(default)]
    after: Option<String>,
    #[serde(skip)]
    of: Option<OrganizationId>,
}

impl ScoreLeads {
    /// The job for an organization.
    pub(crate) const fn new(organization: OrganizationId) -> Self {
        Self { after: None, of: Some(organization) }
    }
}

impl Job for ScoreLeads {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "score_leads";
    const QUEUE: &'static str = "low";

    fn organization(&self) -> Option<OrganizationId> {
        self.of
    }

    /// Leaves the score of some leads to jobs of their own, and the rest to another of this.
    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        let (deps, organization) = (&ctx.state, tenant(&ctx)?);
        let cursor: Option<Cursor> = self.after.as_deref().map(str::parse).transpose()?;
        let sort = Sort { by: LeadSort::CreatedAt, order: Order::Asc };
        let page = Paging::After { cursor, limit: BATCH };
        let repos = deps.storage.read(ReadConsistency::Strong);
        let found = repos.leads().list(organization, &LeadFilter::default(), sort, &page).await?;
        let unit = deps.storage.begin().await?;
        for lead in &found.items {
            leave(&*unit, &ScoreLead::new(lead)).await?;
        }
        if let Some(next) = found.next {
            leave(&*unit, &Self { after: Some(next.to_string()), of: Some(organization) }).await?;
        }
        unit.commit().await
    }
}
