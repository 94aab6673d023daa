//! Subscriptions and metered usage.

mod usage;

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{OrganizationId, billing::Subscription},
    ports::SubscriptionRepository,
};
use sqlx::sqlite::SqliteRow;

pub(super) use self::usage::SqliteUsageRepository;
use super::{
    codec::{Bind, Fields, one},
    db::query,
    repositories::repository,
    sql::statements,
    writer::Query,
};

/// Every statement of the file below.
#[cfg(test)]
pub(super) use self::usage::STATEMENTS as USAGE_STATEMENTS;

macro_rules! columns {
    () => {
        "plan, status, external_customer_id, external_id, period_start, period_end, cancel_at_period_end, created_at, \
         updated_at, organization_id, version"
    };
}

statements! {
    GET = ["SELECT ", columns!(), " FROM subscriptions WHERE organization_id = ?"];
    INSERT = ["INSERT INTO subscriptions (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"];
    UPDATE = [
        "UPDATE subscriptions SET plan = ?, status = ?, external_customer_id = ?, external_id = ?, period_start = ?, \
         period_end = ?, cancel_at_period_end = ?, created_at = ?, updated_at = ?, version = version + 1 \
         WHERE organization_id = ? AND version = ?"
    ];
    EXISTS = ["SELECT 1 FROM subscriptions WHERE organization_id = ?"];
}

repository! {
    /// Keeps subscriptions.
    SqliteSubscriptionRepository
}

fn read(row: &SqliteRow) -> Result<Subscription> {
    let mut f = Fields::new("subscriptions", row);
    Ok(Subscription {
        plan: f.word()?,
        status: f.word()?,
        external_customer_id: f.opt_text()?,
        external_id: f.opt_text()?,
        period_start: f.at()?,
        period_end: f.at()?,
        cancel_at_period_end: f.flag()?,
        created_at: f.at()?,
        updated_at: f.at()?,
        organization_id: f.id(OrganizationId::from_uuid)?,
        version: f.int()?,
    })
}

/// The arguments of `INSERT` and `UPDATE`, which have the same order.
fn bind<'q>(query: Query<'q>, subscription: &Subscription) -> Query<'q> {
    query
        .bind(subscription.plan.as_str())
        .bind(subscription.status.as_str())
        .bind(subscription.external_customer_id.clone())
        .bind(subscription.external_id.clone())
        .at(subscription.period_start)
        .at(subscription.period_end)
        .bind(subscription.cancel_at_period_end)
        .at(subscription.created_at)
        .at(subscription.updated_at)
        .bind(subscription.organization_id.as_uuid())
        .bind(subscription.version)
}

#[async_trait]
impl SubscriptionRepository for SqliteSubscriptionRepository {
    async fn get(&self, organization: OrganizationId) -> Result<Option<Subscription>> {
        one(self.db.row(query(GET).bind(organization.as_uuid())).await?, read)
    }

    async fn insert(&self, subscription: &Subscription) -> Result<()> {
        let done = self.db.write().await?.execute(bind(query(INSERT), subscription)).await;
        done.map_err(|failure| failure.or_reference(|| Error::not_found("organization")))?;
        Ok(())
    }

    async fn update(&self, subscription: &Subscription) -> Result<()> {
        let exists = query(EXISTS).bind(subscription.organization_id.as_uuid());
        self.db.write().await?.replace("subscription", bind(query(UPDATE), subscription), exists).await
    }
}
