//! What was sent to endpoints.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{OrganizationId, WebhookDeliveryId, WebhookEndpointId, time::Timestamp, webhook::WebhookDelivery},
    ports::{DeliveryRepository, Listing, Order, Paging},
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::super::{
    codec::{Bind, Fields, all, json, one},
    db::query,
    list::{By, Conditions, List},
    repositories::repository,
    sql::statements,
};
use crate::shared::cursor;

macro_rules! columns {
    () => {
        "organization_id, id, endpoint_id, event_type, payload, status, attempts, next_attempt_at, created_at, updated_at"
    };
}

statements! {
    INSERT = ["INSERT INTO webhook_deliveries (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"];
    GET = ["SELECT ", columns!(), " FROM webhook_deliveries WHERE organization_id = ? AND id = ?"];
    UPDATE = [
        "UPDATE webhook_deliveries SET status = ?, attempts = ?, next_attempt_at = ?, updated_at = ? \
         WHERE organization_id = ? AND id = ?"
    ];
    @global {
        /// What nobody delivers is looked for over every organization at once.
        LATE = [
            "SELECT organization_id, id FROM webhook_deliveries WHERE status = 'pending' AND next_attempt_at < ? \
             ORDER BY next_attempt_at, id LIMIT ?"
        ];
    }
}

repository! {
    /// Keeps webhook deliveries.
    SqliteDeliveryRepository
}

fn read(row: &SqliteRow) -> Result<WebhookDelivery> {
    let mut f = Fields::new("webhook_deliveries", row);
    Ok(WebhookDelivery {
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(WebhookDeliveryId::from_uuid)?,
        endpoint_id: f.id(WebhookEndpointId::from_uuid)?,
        event_type: f.text()?,
        payload: f.json()?,
        status: f.word()?,
        attempts: f.json()?,
        next_attempt_at: f.opt_at()?,
        created_at: f.at()?,
        updated_at: f.at()?,
    })
}

fn place(delivery: &WebhookDelivery, _: &'static str) -> (Uuid, Option<String>) {
    (delivery.id.as_uuid(), Some(cursor::instant(delivery.created_at)))
}

#[async_trait]
impl DeliveryRepository for SqliteDeliveryRepository {
    async fn insert(&self, delivery: &WebhookDelivery) -> Result<()> {
        let insert = query(INSERT)
            .bind(delivery.organization_id.as_uuid())
            .bind(delivery.id.as_uuid())
            .bind(delivery.endpoint_id.as_uuid())
            .bind(delivery.event_type.as_str())
            .bind(json(&delivery.payload)?)
            .bind(delivery.status.as_str())
            .bind(json(&delivery.attempts)?)
            .opt_at(delivery.next_attempt_at)
            .at(delivery.created_at)
            .at(delivery.updated_at);
        let done = self.db.write().await?.execute(insert).await;
        done.map_err(|failure| failure.or_reference(|| Error::not_found("webhook endpoint")))?;
        Ok(())
    }

    async fn get(&self, organization: OrganizationId, id: WebhookDeliveryId) -> Result<Option<WebhookDelivery>> {
        one(self.db.row(query(GET).bind(organization.as_uuid()).bind(id.as_uuid())).await?, read)
    }

    async fn list(
        &self,
        organization: OrganizationId,
        endpoint: WebhookEndpointId,
        paging: &Paging,
    ) -> Result<Listing<WebhookDelivery>> {
        let mut conditions = Conditions::of(organization.as_uuid());
        conditions.with("endpoint_id = ?", endpoint.as_uuid());
        let by = By::instant("created_at", Order::Desc);
        let list = List { from: "webhook_deliveries", columns: columns!(), conditions, by, read, place, total: None };
        list.fetch(&self.db, paging).await
    }

    async fn late(&self, before: Timestamp, limit: u32) -> Result<Vec<(OrganizationId, WebhookDeliveryId)>> {
        all(&self.db.rows(query(LATE).at(before).bind(limit)).await?, |row| {
            let mut f = Fields::new("webhook_deliveries", row);
            Ok((f.id(OrganizationId::from_uuid)?, f.id(WebhookDeliveryId::from_uuid)?))
        })
    }

    async fn update(&self, delivery: &WebhookDelivery) -> Result<()> {
        let update = query(UPDATE)
            .bind(delivery.status.as_str())
            .bind(json(&delivery.attempts)?)
            .opt_at(delivery.next_attempt_at)
            .at(delivery.updated_at)
            .bind(delivery.organization_id.as_uuid())
            .bind(delivery.id.as_uuid());
        match self.db.write().await?.execute(update).await? {
            0 => Err(Error::not_found("webhook delivery")),
            _ => Ok(()),
        }
    }
}
