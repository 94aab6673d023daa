//! Subscriptions and usage.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{
        ConversationId, OrganizationId, UsageId,
        billing::{Meter, Subscription, Usage},
        time::Timestamp,
    },
    ports::{Between, SubscriptionRepository, UsageRepository},
};
use sqlx::postgres::PgRow;

use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::{maybe_conversation, statements},
    tx::Query,
    write,
};

macro_rules! columns {
    () => {
        "organization_id, plan, status, external_customer_id, external_id, period_start, period_end, \
         cancel_at_period_end, created_at, updated_at, version"
    };
}

macro_rules! update {
    () => {
        "UPDATE subscriptions SET plan = $3, status = $4, external_customer_id = $5, external_id = $6, \
         period_start = $7, period_end = $8, cancel_at_period_end = $9, created_at = $10, updated_at = $11, \
         version = version + 1 WHERE organization_id = $1 AND version = $2"
    };
}

macro_rules! usage_columns {
    () => {
        "organization_id, id, meter, quantity, event_key, conversation_id, occurred_at, reported_at"
    };
}

statements! {
    GET = ["SELECT ", columns!(), " FROM subscriptions WHERE organization_id = $1"];
    INSERT = [
        "INSERT INTO subscriptions (organization_id, version, plan, status, external_customer_id, external_id, \
         period_start, period_end, cancel_at_period_end, created_at, updated_at) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 \
         WHERE EXISTS (SELECT 1 FROM organizations WHERE id = $1) ON CONFLICT DO NOTHING"
    ];
    ORGANIZATION_EXISTS = ["SELECT EXISTS (SELECT 1 FROM organizations WHERE id = $1)"];
    VERSION = ["SELECT version FROM subscriptions WHERE organization_id = $1"];
    UPDATE = [update!()];
    UPDATE_SAME_IDS = [update!(), " AND external_id IS NOT DISTINCT FROM $6"];
    RECORD = [
        "INSERT INTO usage_records (", usage_columns!(), ") SELECT $1, $2, $3, $4, $5, $6, $7, $8 \
         WHERE ", maybe_conversation!("$6"), " ON CONFLICT DO NOTHING"
    ];
    RECORDED = [
        "SELECT EXISTS (SELECT 1 FROM usage_records WHERE organization_id = $1 AND meter = $2 AND event_key = $3)"
    ];
    CONVERSATION_EXISTS = ["SELECT ", maybe_conversation!("$2")];
    TOTAL = [
        "SELECT coalesce(sum(quantity), 0)::bigint FROM usage_records WHERE organization_id = $1 AND meter = $2 \
         AND occurred_at >= coalesce($3::timestamptz, '-infinity') AND occurred_at < coalesce($4::timestamptz, 'infinity')"
    ];
    UNREPORTED = [
        "SELECT ", usage_columns!(), " FROM usage_records WHERE reported_at IS NULL ORDER BY occurred_at, id LIMIT $1"
    ];
    MARK_REPORTED = [
        "UPDATE usage_records SET reported_at = $3 \
         WHERE organization_id = $1 AND id = ANY($2) AND reported_at IS NULL"
    ];
}

fn read(row: &PgRow) -> Result<Subscription> {
    let mut row = Row::new("subscriptions", row);
    Ok(Subscription {
        organization_id: row.id(OrganizationId::from_uuid)?,
        plan: row.word()?,
        status: row.word()?,
        external_customer_id: row.take()?,
        external_id: row.take()?,
        period_start: row.at()?,
        period_end: row.at()?,
        cancel_at_period_end: row.take()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.take()?,
    })
}

fn read_usage(row: &PgRow) -> Result<Usage> {
    let mut row = Row::new("usage_records", row);
    Ok(Usage {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(UsageId::from_uuid)?,
        meter: row.word()?,
        quantity: row.take()?,
        event_key: row.take()?,
        conversation_id: row.maybe_id(ConversationId::from_uuid)?,
        occurred_at: row.at()?,
        reported_at: row.maybe_at()?,
    })
}

/// The arguments shared by insert and update.
fn bind<'q>(sql: &'static str, subscription: &'q Subscription) -> Query<'q> {
    query(sql)
        .bind(subscription.organization_id.as_uuid())
        .bind(subscription.version)
        .bind(subscription.plan.as_str())
        .bind(subscription.status.as_str())
        .bind(subscription.external_customer_id.as_deref())
        .bind(subscription.external_id.as_deref())
        .bind(subscription.period_start)
        .bind(subscription.period_end)
        .bind(subscription.cancel_at_period_end)
        .bind(subscription.created_at)
        .bind(subscription.updated_at)
}

/// Keeps subscriptions.
pub(super) struct PgSubscriptionRepository {
    db: PgDb,
}

impl PgSubscriptionRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl SubscriptionRepository for PgSubscriptionRepository {
    async fn get(&self, organization: OrganizationId) -> Result<Option<Subscription>> {
        row::one(self.db.fetch_optional(query(GET).bind(organization.as_uuid())).await?.as_ref(), read)
    }

    async fn insert(&self, subscription: &Subscription) -> Result<()> {
        let mut tx = self.db.write().await?;
        if tx.execute(bind(INSERT, subscription)).await? > 0 {
            return Ok(());
        }
        let organization = query(ORGANIZATION_EXISTS).bind(subscription.organization_id.as_uuid());
        let words = ("organization", "the organization has a subscription, or the provider's id is taken");
        Err(write::refused(&mut tx, organization, words).await?)
    }

    async fn update(&self, subscription: &Subscription) -> Result<()> {
        let mut tx = self.db.write().await?;
        let version = query(VERSION).bind(subscription.organization_id.as_uuid());
        let updates = (bind(UPDATE_SAME_IDS, subscription), bind(UPDATE, subscription));
        let words = ("subscription", "the provider's id is taken");
        write::update_unique(&mut tx, subscription.version, updates, version, None, words).await
    }
}

/// Keeps metered usage.
pub(super) struct PgUsageRepository {
    db: PgDb,
}

impl PgUsageRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl UsageRepository for PgUsageRepository {
    async fn record(&self, usage: &Usage) -> Result<bool> {
        let record = query(RECORD)
            .bind(usage.organization_id.as_uuid())
            .bind(usage.id.as_uuid())
            .bind(usage.meter.as_str())
            .bind(usage.quantity)
            .bind(usage.event_key.as_str())
            .bind(usage.conversation_id.map(ConversationId::as_uuid))
            .bind(usage.occurred_at)
            .bind(usage.reported_at);
        let mut tx = self.db.write().await?;
        if tx.execute(record).await? > 0 {
            return Ok(true);
        }
        let of_organization = |sql| query(sql).bind(usage.organization_id.as_uuid());
        let recorded = of_organization(RECORDED).bind(usage.meter.as_str()).bind(usage.event_key.as_str());
        if row::yes(tx.fetch_optional(recorded).await?.as_ref())? {
            return Ok(false);
        }
        let conversation =
            of_organization(CONVERSATION_EXISTS).bind(usage.conversation_id.map(ConversationId::as_uuid));
        Err(write::refused(&mut tx, conversation, ("conversation", "the usage's id is taken")).await?)
    }

    async fn total(&self, organization: OrganizationId, meter: Meter, between: Between) -> Result<i64> {
        let total = query(TOTAL).bind(organization.as_uuid()).bind(meter.as_str()).bind(between.from).bind(between.to);
        let row = self.db.fetch_optional(total).await?;
        row.as_ref().map_or(Ok(0), |row| Row::new("usage_records", row).take())
    }

    async fn unreported(&self, limit: u32) -> Result<Vec<Usage>> {
        row::all(&self.db.fetch_all(query(UNREPORTED).bind(i64::from(limit))).await?, read_usage)
    }

    async fn mark_reported(&self, organization: OrganizationId, ids: &[UsageId], at: Timestamp) -> Result<()> {
        let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
        let mark = query(MARK_REPORTED).bind(organization.as_uuid()).bind(ids).bind(at);
        self.db.write().await?.execute(mark).await?;
        Ok(())
    }
}
