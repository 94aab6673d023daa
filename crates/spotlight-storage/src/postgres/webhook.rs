//! Outgoing webhooks, and the ids of incoming ones.

mod delivery;
mod source;

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{
        OrganizationId, WebhookEndpointId,
        time::Timestamp,
        webhook::{DisabledReason, SigningSecret, WebhookEndpoint},
    },
    ports::{EndpointRepository, ProcessedRepository},
};
use sqlx::{postgres::PgRow, types::Json};

pub(super) use self::{
    delivery::{PgDeliveryRepository, built as built_statements},
    source::PgSourceRepository,
};
use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::statements,
    tx::Query,
    write,
};

macro_rules! columns {
    () => {
        "organization_id, id, url, events, secret, previous_secret, previous_secret_until, enabled, \
         consecutive_failures, disabled_at, disabled_reason, created_at, updated_at, version"
    };
}

statements! {
    INSERT = [
        "INSERT INTO webhook_endpoints (organization_id, id, version, url, events, secret, previous_secret, \
         previous_secret_until, enabled, consecutive_failures, disabled_at, disabled_reason, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING"
    ];
    GET = ["SELECT ", columns!(), " FROM webhook_endpoints WHERE organization_id = $1 AND id = $2"];
    LIST = ["SELECT ", columns!(), " FROM webhook_endpoints WHERE organization_id = $1 ORDER BY created_at, id"];
    VERSION = ["SELECT version FROM webhook_endpoints WHERE organization_id = $1 AND id = $2"];
    UPDATE = [
        "UPDATE webhook_endpoints SET url = $4, events = $5, secret = $6, previous_secret = $7, \
         previous_secret_until = $8, enabled = $9, consecutive_failures = $10, disabled_at = $11, \
         disabled_reason = $12, created_at = $13, updated_at = $14, version = version + 1 \
         WHERE organization_id = $1 AND id = $2 AND version = $3"
    ];
    DELETE = ["DELETE FROM webhook_endpoints WHERE organization_id = $1 AND id = $2"];
    ACCEPT = [
        "INSERT INTO processed_events (source, event_id, accepted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    ];
    DELETE_BEFORE = [
        "DELETE FROM processed_events WHERE (source, event_id) IN (SELECT source, event_id FROM processed_events \
         WHERE accepted_at < $1 ORDER BY accepted_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
    ];
}

/// Every statement about webhooks.
pub(super) fn all_statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, delivery::STATEMENTS, source::STATEMENTS].into_iter().flatten()
}

fn read(row: &PgRow) -> Result<WebhookEndpoint> {
    let mut row = Row::new("webhook_endpoints", row);
    Ok(WebhookEndpoint {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(WebhookEndpointId::from_uuid)?,
        url: row.take()?,
        events: row.json()?,
        secret: SigningSecret::new(row.take::<String>()?),
        previous_secret: row.take::<Option<String>>()?.map(SigningSecret::new),
        previous_secret_until: row.maybe_at()?,
        enabled: row.take()?,
        consecutive_failures: row.number()?,
        disabled_at: row.maybe_at()?,
        disabled_reason: row.maybe_word()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.take()?,
    })
}

/// The arguments shared by insert and update.
fn bind<'q>(sql: &'static str, endpoint: &'q WebhookEndpoint) -> Query<'q> {
    query(sql)
        .bind(endpoint.organization_id.as_uuid())
        .bind(endpoint.id.as_uuid())
        .bind(endpoint.version)
        .bind(endpoint.url.as_str())
        .bind(Json(&endpoint.events))
        .bind(endpoint.secret.expose())
        .bind(endpoint.previous_secret.as_ref().map(SigningSecret::expose))
        .bind(endpoint.previous_secret_until)
        .bind(endpoint.enabled)
        .bind(i64::from(endpoint.consecutive_failures))
        .bind(endpoint.disabled_at)
        .bind(endpoint.disabled_reason.map(DisabledReason::as_str))
        .bind(endpoint.created_at)
        .bind(endpoint.updated_at)
}

/// Keeps webhook endpoints.
pub(super) struct PgEndpointRepository {
    db: PgDb,
}

impl PgEndpointRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl EndpointRepository for PgEndpointRepository {
    async fn insert(&self, endpoint: &WebhookEndpoint) -> Result<()> {
        match self.db.write().await?.execute(bind(INSERT, endpoint)).await? {
            0 => Err(Error::conflict("the webhook endpoint's id is taken")),
            _ => Ok(()),
        }
    }

    async fn get(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<Option<WebhookEndpoint>> {
        let get = query(GET).bind(organization.as_uuid()).bind(id.as_uuid());
        row::one(self.db.fetch_optional(get).await?.as_ref(), read)
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<WebhookEndpoint>> {
        row::all(&self.db.fetch_all(query(LIST).bind(organization.as_uuid())).await?, read)
    }

    async fn update(&self, endpoint: &WebhookEndpoint) -> Result<()> {
        let mut tx = self.db.write().await?;
        let version = query(VERSION).bind(endpoint.organization_id.as_uuid()).bind(endpoint.id.as_uuid());
        write::update(&mut tx, bind(UPDATE, endpoint), version, "webhook endpoint").await
    }

    async fn delete(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<bool> {
        let delete = query(DELETE).bind(organization.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(delete).await? > 0)
    }
}

/// Keeps the ids of incoming webhook events.
pub(super) struct PgProcessedRepository {
    db: PgDb,
}

impl PgProcessedRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ProcessedRepository for PgProcessedRepository {
    async fn accept(&self, source: &str, event_id: &str, now: Timestamp) -> Result<bool> {
        let accept = query(ACCEPT).bind(source).bind(event_id).bind(now);
        Ok(self.db.write().await?.execute(accept).await? > 0)
    }

    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.db.write().await?.execute(query(DELETE_BEFORE).bind(before).bind(i64::from(limit))).await
    }
}
