//! Call reports.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{CallReportId, ConversationId, OrganizationId, report::CallReport},
    ports::ReportRepository,
};
use sqlx::{postgres::PgRow, types::Json};

use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::statements,
};

macro_rules! columns {
    () => {
        "organization_id, conversation_id, id, ended_reason, summary, latencies, costs, data, success, created_at"
    };
}

statements! {
    PUT = [
        "INSERT INTO call_reports (", columns!(), ") SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 \
         WHERE EXISTS (SELECT 1 FROM conversations WHERE organization_id = $1 AND id = $2) \
         ON CONFLICT (organization_id, conversation_id) DO UPDATE SET ended_reason = excluded.ended_reason, \
         summary = excluded.summary, latencies = excluded.latencies, costs = excluded.costs, data = excluded.data, \
         success = excluded.success"
    ];
    GET = ["SELECT ", columns!(), " FROM call_reports WHERE organization_id = $1 AND conversation_id = $2"];
}

fn read(row: &PgRow) -> Result<CallReport> {
    let mut row = Row::new("call_reports", row);
    Ok(CallReport {
        organization_id: row.id(OrganizationId::from_uuid)?,
        conversation_id: row.id(ConversationId::from_uuid)?,
        id: row.id(CallReportId::from_uuid)?,
        ended_reason: row.word()?,
        summary: row.take()?,
        latencies: row.json()?,
        costs: row.json()?,
        data: row.maybe_json()?,
        success: row.take()?,
        created_at: row.at()?,
    })
}

/// Keeps call reports.
pub(super) struct PgReportRepository {
    db: PgDb,
}

impl PgReportRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ReportRepository for PgReportRepository {
    async fn put(&self, report: &CallReport) -> Result<()> {
        let put = query(PUT)
            .bind(report.organization_id.as_uuid())
            .bind(report.conversation_id.as_uuid())
            .bind(report.id.as_uuid())
            .bind(report.ended_reason.as_str())
            .bind(report.summary.as_str())
            .bind(Json(&report.latencies))
            .bind(Json(&report.costs))
            .bind(report.data.as_ref().map(Json))
            .bind(report.success)
            .bind(report.created_at);
        match self.db.write().await?.execute(put).await? {
            0 => Err(Error::not_found("conversation")),
            _ => Ok(()),
        }
    }

    async fn get(&self, organization: OrganizationId, conversation: ConversationId) -> Result<Option<CallReport>> {
        let get = query(GET).bind(organization.as_uuid()).bind(conversation.as_uuid());
        row::one(self.db.fetch_optional(get).await?.as_ref(), read)
    }
}
