//! What organizations used.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{
        ConversationId, OrganizationId, UsageId,
        billing::{Meter, Usage},
        time::Timestamp,
    },
    ports::{Between, UsageRepository},
};
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Bind, Fields, all, number},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "organization_id, id, meter, quantity, event_key, conversation_id, occurred_at, reported_at"
    };
}

statements! {
    RECORD = [
        "INSERT INTO usage_records (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (organization_id, meter, event_key) DO NOTHING"
    ];
    TOTAL = [
        "SELECT coalesce(sum(quantity), 0) FROM usage_records \
         WHERE organization_id = ? AND meter = ? AND occurred_at >= ? AND occurred_at < ?"
    ];
    MARK_REPORTED = [
        "UPDATE usage_records SET reported_at = ? WHERE organization_id = ? AND id = ? AND reported_at IS NULL"
    ];
    @global {
        /// The provider is told of every organization's usage in one pass.
        UNREPORTED = [
            "SELECT ", columns!(), " FROM usage_records WHERE reported_at IS NULL ORDER BY occurred_at, id LIMIT ?"
        ];
    }
}

repository! {
    /// Keeps metered usage.
    SqliteUsageRepository
}

fn read(row: &SqliteRow) -> Result<Usage> {
    let mut f = Fields::new("usage_records", row);
    Ok(Usage {
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(UsageId::from_uuid)?,
        meter: f.word()?,
        quantity: f.int()?,
        event_key: f.text()?,
        conversation_id: f.opt_id(ConversationId::from_uuid)?,
        occurred_at: f.at()?,
        reported_at: f.opt_at()?,
    })
}

#[async_trait]
impl UsageRepository for SqliteUsageRepository {
    async fn record(&self, usage: &Usage) -> Result<bool> {
        let record = query(RECORD)
            .bind(usage.organization_id.as_uuid())
            .bind(usage.id.as_uuid())
            .bind(usage.meter.as_str())
            .bind(usage.quantity)
            .bind(usage.event_key.as_str())
            .bind(usage.conversation_id.map(ConversationId::as_uuid))
            .at(usage.occurred_at)
            .opt_at(usage.reported_at);
        Ok(self.db.write().await?.execute(record).await? > 0)
    }

    async fn total(&self, organization: OrganizationId, meter: Meter, between: Between) -> Result<i64> {
        let total = query(TOTAL)
            .bind(organization.as_uuid())
            .bind(meter.as_str())
            .bind(between.from.map_or(i64::MIN, |from| from.timestamp_micros()))
            .bind(between.to.map_or(i64::MAX, |to| to.timestamp_micros()));
        number(self.db.row(total).await?)
    }

    async fn unreported(&self, limit: u32) -> Result<Vec<Usage>> {
        all(&self.db.rows(query(UNREPORTED).bind(limit)).await?, read)
    }

    async fn mark_reported(&self, organization: OrganizationId, ids: &[UsageId], at: Timestamp) -> Result<()> {
        let mut write = self.db.write().await?;
        write.begin_many();
        for id in ids {
            write.execute(query(MARK_REPORTED).at(at).bind(organization.as_uuid()).bind(id.as_uuid())).await?;
        }
        write.whole();
        Ok(())
    }
}
