//! Call reports.

use super::{Context, conversations::ConversationService, deps::Deps};
use crate::{
    domain::{ConversationId, audit::Actor, report::CallReport},
    error::{Error, Result},
};

/// Call reports. Who sees a conversation sees its report, save visitors.
#[derive(Clone)]
pub struct ReportService {
    deps: Deps,
}

impl ReportService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// The report of a conversation. It is made by a job once the conversation has ended.
    ///
    /// # Errors
    /// `NotFound` for a conversation the actor may not see, or one that has no report yet.
    pub async fn get(&self, ctx: &Context, conversation: ConversationId) -> Result<CallReport> {
        if matches!(ctx.actor, Actor::Visitor(_)) {
            return Err(Error::forbidden("a conversation's report is the team's"));
        }
        ConversationService::new(self.deps.clone()).get(ctx, conversation).await?;
        let found = self.deps.read(ctx).reports().get(ctx.organization, conversation).await?;
        found.ok_or_else(|| Error::not_found("call report"))
    }
}
