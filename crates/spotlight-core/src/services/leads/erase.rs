//! Removing a lead's personal data for good.

use serde_json::json;

use super::LeadService;
use crate::{
    domain::{
        LeadId, OrganizationId,
        conversation::{Conversation, ConversationStatus},
        user::{Role, Scope},
    },
    error::{Error, ErrorKind, Result},
    jobs::{leave, upkeep::DeleteFile},
    ports::{ConversationFilter, Paging, Sort, UnitOfWork, page::MAX_PER_PAGE},
    services::{Context, conversations::end_all},
};

/// How often an erasure looks anew when a conversation changes under it.
const ERASE_TRIES: u8 = 10;

impl LeadService {
    /// Removes a lead's personal data for good, deleted leads too, and ends its open conversations. An id that was merged
    /// away stands for the lead it became part of. The audit log keeps that it happened, and who did it.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` below `manager`; `StaleVersion` when it is not at `expected_version`.
    ///
    /// # Idempotency
    /// An erased lead is left as it is.
    pub async fn erase(&self, ctx: &Context, id: LeadId, expected_version: Option<i64>) -> Result<()> {
        ctx.require(Scope::LeadsWrite, Role::Manager)?;
        let mut tries = 1;
        loop {
            match self.erase_once(ctx, id, expected_version).await {
                // Somebody spoke meanwhile in a conversation that was to be ended.
                Err(error)
                    if error.kind() == ErrorKind::StaleVersion && tries < ERASE_TRIES && expected_version.is_none() =>
                {
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    async fn erase_once(&self, ctx: &Context, id: LeadId, expected_version: Option<i64>) -> Result<()> {
        let unit = self.deps.storage.begin().await?;
        let id = survivor(&*unit, ctx, id).await?;
        if let Some(version) = expected_version {
            let found = unit.leads().get(ctx.organization, id).await?.ok_or_else(|| Error::not_found("lead"))?;
            if found.version != version {
                return Err(Error::stale("lead"));
            }
        }
        end_all(&self.deps, &*unit, ctx, id).await?;
        let files = unit.leads().erase(ctx.organization, id, self.deps.now()).await?;
        // Files go by a job: the unit may still fail, and the file store may be away.
        for key in files {
            leave(&*unit, &DeleteFile::new(ctx.organization, key)).await?;
        }
        self.deps.audit(&*unit, ctx, "lead.erase", ("lead", id.to_string()), json!({})).await?;
        unit.commit().await
    }
}

/// A lead's conversations that have not ended.
pub(crate) async fn open_conversations(
    unit: &dyn UnitOfWork,
    organization: OrganizationId,
    lead: LeadId,
) -> Result<Vec<Conversation>> {
    let filter = ConversationFilter {
        lead_id: Some(lead),
        statuses: vec![ConversationStatus::Active, ConversationStatus::Paused],
        ..ConversationFilter::default()
    };
    let (mut open, mut cursor) = (Vec::new(), None);
    loop {
        let page = Paging::After { cursor, limit: MAX_PER_PAGE };
        let found = unit.conversations().list(organization, &filter, Sort::default(), &page).await?;
        open.extend(found.items);
        match found.next {
            Some(next) => cursor = Some(next),
            None => return Ok(open),
        }
    }
}

/// The lead an id stands for: itself, or the one it became part of.
async fn survivor(unit: &dyn UnitOfWork, ctx: &Context, mut id: LeadId) -> Result<LeadId> {
    // A chain is as long as merges were made; each step goes to another lead, so it ends.
    while let Some(into) = unit.leads().get(ctx.organization, id).await?.and_then(|lead| lead.merged_into) {
        id = into;
    }
    Ok(id)
}
