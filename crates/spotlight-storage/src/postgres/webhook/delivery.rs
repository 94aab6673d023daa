//! What was sent to webhook endpoints.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{OrganizationId, WebhookDeliveryId, WebhookEndpointId, time::Timestamp, webhook::WebhookDelivery},
    ports::{Cursor, DeliveryRepository, Listing, Order, Paging},
};
use sqlx::{postgres::PgRow, types::Json};

use super::{PgDb, Row, query, row, statements, write};
use crate::{
    postgres::sql::{KeyKind, List, SortKey},
    shared::cursor,
};

macro_rules! columns {
    () => {
        "organization_id, id, endpoint_id, event_type, payload, status, attempts, next_attempt_at, created_at, \
         updated_at"
    };
}

statements! {
    INSERT = [
        "INSERT INTO webhook_deliveries (", columns!(), ") SELECT $1, $2, $3, $4, $5::json, $6, $7, $8, $9, $10 \
         WHERE EXISTS (SELECT 1 FROM webhook_endpoints WHERE organization_id = $1 AND id = $3) ON CONFLICT DO NOTHING"
    ];
    ENDPOINT_EXISTS = ["SELECT EXISTS (SELECT 1 FROM webhook_endpoints WHERE organization_id = $1 AND id = $2)"];
    GET = ["SELECT ", columns!(), " FROM webhook_deliveries WHERE organization_id = $1 AND id = $2"];
    // Over every organization at once.
    LATE = [
        "SELECT organization_id, id FROM webhook_deliveries WHERE status = 'pending' AND next_attempt_at < $1 \
         ORDER BY next_attempt_at, id LIMIT $2"
    ];
    UPDATE = [
        "UPDATE webhook_deliveries SET status = $3, attempts = $4, next_attempt_at = $5, updated_at = $6 \
         WHERE organization_id = $1 AND id = $2"
    ];
}

const KEY: SortKey = SortKey { column: "created_at", kind: KeyKind::Instant, nullable: false };

fn read(row: &PgRow) -> Result<WebhookDelivery> {
    let mut row = Row::new("webhook_deliveries", row);
    Ok(WebhookDelivery {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(WebhookDeliveryId::from_uuid)?,
        endpoint_id: row.id(WebhookEndpointId::from_uuid)?,
        event_type: row.take()?,
        payload: row.json()?,
        status: row.word()?,
        attempts: row.json()?,
        next_attempt_at: row.maybe_at()?,
        created_at: row.at()?,
        updated_at: row.at()?,
    })
}

fn of_endpoint(organization: OrganizationId, endpoint: WebhookEndpointId) -> List {
    let mut list = List::new("webhook_deliveries", columns!(), organization.as_uuid());
    list.with("endpoint_id = ?", endpoint.as_uuid());
    list
}

/// The statements of lists.
pub(in crate::postgres) fn built(organization: OrganizationId) -> Result<Vec<String>> {
    let endpoint = WebhookEndpointId::from_uuid(organization.as_uuid());
    crate::postgres::statements::pages(|| of_endpoint(organization, endpoint), KEY, Order::Desc)
}

/// Keeps webhook deliveries.
pub(in crate::postgres) struct PgDeliveryRepository {
    db: PgDb,
}

impl PgDeliveryRepository {
    pub(in crate::postgres) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl DeliveryRepository for PgDeliveryRepository {
    async fn insert(&self, delivery: &WebhookDelivery) -> Result<()> {
        let mut tx = self.db.write().await?;
        let insert = query(INSERT)
            .bind(delivery.organization_id.as_uuid())
            .bind(delivery.id.as_uuid())
            .bind(delivery.endpoint_id.as_uuid())
            .bind(delivery.event_type.as_str())
            .bind(delivery.payload.to_string())
            .bind(delivery.status.as_str())
            .bind(Json(&delivery.attempts))
            .bind(delivery.next_attempt_at)
            .bind(delivery.created_at)
            .bind(delivery.updated_at);
        if tx.execute(insert).await? > 0 {
            return Ok(());
        }
        let endpoint =
            query(ENDPOINT_EXISTS).bind(delivery.organization_id.as_uuid()).bind(delivery.endpoint_id.as_uuid());
        Err(write::refused(&mut tx, endpoint, ("webhook endpoint", "the delivery's id is taken")).await?)
    }

    async fn get(&self, organization: OrganizationId, id: WebhookDeliveryId) -> Result<Option<WebhookDelivery>> {
        let get = query(GET).bind(organization.as_uuid()).bind(id.as_uuid());
        row::one(self.db.fetch_optional(get).await?.as_ref(), read)
    }

    async fn list(
        &self,
        organization: OrganizationId,
        endpoint: WebhookEndpointId,
        paging: &Paging,
    ) -> Result<Listing<WebhookDelivery>> {
        let cursor_of = |delivery: &WebhookDelivery| Cursor {
            key: Some(cursor::instant(delivery.created_at)),
            id: delivery.id.as_uuid(),
        };
        of_endpoint(organization, endpoint).fetch(&self.db, KEY, Order::Desc, paging, read, cursor_of).await
    }

    async fn late(&self, before: Timestamp, limit: u32) -> Result<Vec<(OrganizationId, WebhookDeliveryId)>> {
        row::all(&self.db.fetch_all(query(LATE).bind(before).bind(i64::from(limit))).await?, |row| {
            let mut row = Row::new("webhook_deliveries", row);
            Ok((row.id(OrganizationId::from_uuid)?, row.id(WebhookDeliveryId::from_uuid)?))
        })
    }

    async fn update(&self, delivery: &WebhookDelivery) -> Result<()> {
        let update = query(UPDATE)
            .bind(delivery.organization_id.as_uuid())
            .bind(delivery.id.as_uuid())
            .bind(delivery.status.as_str())
            .bind(Json(&delivery.attempts))
            .bind(delivery.next_attempt_at)
            .bind(delivery.updated_at);
        match self.db.write().await?.execute(update).await? {
            0 => Err(Error::not_found("webhook delivery")),
            _ => Ok(()),
        }
    }
}
