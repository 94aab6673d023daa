//! Call reports.

use std::sync::Arc;

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::{map::Map, unit::MemoryRepositories};
use crate::{
    domain::{ConversationId, OrganizationId, report::CallReport},
    error::Result,
    ports::ReportRepository,
};

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Reports {
    rows: Map<(OrganizationId, ConversationId), Arc<CallReport>>,
}

impl Reports {
    pub(super) fn remove(&mut self, organization: OrganizationId, conversation: ConversationId) {
        self.rows.remove(&(organization, conversation));
    }
}

#[async_trait]
impl ReportRepository for MemoryRepositories {
    async fn put(&self, report: &CallReport) -> Result<()> {
        self.write(|tables| {
            tables.need_conversation(report.organization_id, report.conversation_id)?;
            let key = (report.organization_id, report.conversation_id);
            let (id, created_at) =
                tables.reports.rows.get(&key).map_or((report.id, report.created_at), |old| (old.id, old.created_at));
            tables.reports.rows.insert(key, Arc::new(CallReport { id, created_at, ..report.clone() }));
            Ok(())
        })
    }

    async fn get(&self, organization: OrganizationId, conversation: ConversationId) -> Result<Option<CallReport>> {
        self.read(|tables| Ok(tables.reports.rows.get(&(organization, conversation)).map(|row| CallReport::clone(row))))
    }
}
