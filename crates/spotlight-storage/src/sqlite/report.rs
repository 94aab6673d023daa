//! Call reports.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{CallReportId, ConversationId, OrganizationId, report::CallReport},
    ports::ReportRepository,
};

use super::{
    codec::{Bind, Fields, json, one},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "organization_id, conversation_id, id, ended_reason, summary, latencies, costs, data, success, created_at"
    };
}

statements! {
    PUT = [
        "INSERT INTO call_reports (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (organization_id, conversation_id) DO UPDATE SET ended_reason = excluded.ended_reason, \
         summary = excluded.summary, latencies = excluded.latencies, costs = excluded.costs, data = excluded.data, \
         success = excluded.success"
    ];
    GET = ["SELECT ", columns!(), " FROM call_reports WHERE organization_id = ? AND conversation_id = ?"];
}

repository! {
    /// Keeps call reports.
    SqliteReportRepository
}

#[async_trait]
impl ReportRepository for SqliteReportRepository {
    async fn put(&self, report: &CallReport) -> Result<()> {
        let put = query(PUT)
            .bind(report.organization_id.as_uuid())
            .bind(report.conversation_id.as_uuid())
            .bind(report.id.as_uuid())
            .bind(report.ended_reason.as_str())
            .bind(report.summary.as_str())
            .bind(json(&report.latencies)?)
            .bind(json(&report.costs)?)
            .bind(report.data.as_ref().map(json).transpose()?)
            .bind(report.success)
            .at(report.created_at);
        let done = self.db.write().await?.execute(put).await;
        done.map_err(|failure| failure.or_reference(|| Error::not_found("conversation")))?;
        Ok(())
    }

    async fn get(&self, organization: OrganizationId, conversation: ConversationId) -> Result<Option<CallReport>> {
        let get = query(GET).bind(organization.as_uuid()).bind(conversation.as_uuid());
        one(self.db.row(get).await?, |row| {
            let mut f = Fields::new("call_reports", row);
            Ok(CallReport {
                organization_id: f.id(OrganizationId::from_uuid)?,
                conversation_id: f.id(ConversationId::from_uuid)?,
                id: f.id(CallReportId::from_uuid)?,
                ended_reason: f.word()?,
                summary: f.text()?,
                latencies: f.json()?,
                costs: f.json()?,
                data: f.opt_json()?,
                success: f.opt_flag()?,
                created_at: f.at()?,
            })
        })
    }
}
