//! Where organizations want to hear of events.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{
        OrganizationId, WebhookEndpointId,
        webhook::{DisabledReason, SigningSecret, WebhookEndpoint},
    },
    ports::EndpointRepository,
};
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Bind, Fields, all, json, one},
    db::query,
    repositories::repository,
    sql::statements,
    writer::Query,
};

macro_rules! columns {
    () => {
        "url, events, secret, previous_secret, previous_secret_until, enabled, consecutive_failures, disabled_at, \
         disabled_reason, created_at, updated_at, organization_id, id, version"
    };
}

statements! {
    INSERT = ["INSERT INTO webhook_endpoints (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"];
    GET = ["SELECT ", columns!(), " FROM webhook_endpoints WHERE organization_id = ? AND id = ?"];
    LIST = ["SELECT ", columns!(), " FROM webhook_endpoints WHERE organization_id = ? ORDER BY created_at, id"];
    UPDATE = [
        "UPDATE webhook_endpoints SET url = ?, events = ?, secret = ?, previous_secret = ?, \
         previous_secret_until = ?, enabled = ?, consecutive_failures = ?, disabled_at = ?, disabled_reason = ?, \
         created_at = ?, updated_at = ?, version = version + 1 WHERE organization_id = ? AND id = ? AND version = ?"
    ];
    EXISTS = ["SELECT 1 FROM webhook_endpoints WHERE organization_id = ? AND id = ?"];
    DELETE = ["DELETE FROM webhook_endpoints WHERE organization_id = ? AND id = ?"];
}

repository! {
    /// Keeps webhook endpoints.
    SqliteEndpointRepository
}

fn read(row: &SqliteRow) -> Result<WebhookEndpoint> {
    let mut f = Fields::new("webhook_endpoints", row);
    Ok(WebhookEndpoint {
        url: f.text()?,
        events: f.json()?,
        secret: f.text().map(SigningSecret::new)?,
        previous_secret: f.opt_text()?.map(SigningSecret::new),
        previous_secret_until: f.opt_at()?,
        enabled: f.flag()?,
        consecutive_failures: f.int()?,
        disabled_at: f.opt_at()?,
        disabled_reason: f.opt_word()?,
        created_at: f.at()?,
        updated_at: f.at()?,
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(WebhookEndpointId::from_uuid)?,
        version: f.int()?,
    })
}

/// The arguments of `INSERT` and `UPDATE`, which have the same order.
fn bind<'q>(query: Query<'q>, endpoint: &WebhookEndpoint) -> Result<Query<'q>> {
    Ok(query
        .bind(endpoint.url.clone())
        .bind(json(&endpoint.events)?)
        .bind(endpoint.secret.expose().to_owned())
        .bind(endpoint.previous_secret.as_ref().map(|secret| secret.expose().to_owned()))
        .opt_at(endpoint.previous_secret_until)
        .bind(endpoint.enabled)
        .bind(endpoint.consecutive_failures)
        .opt_at(endpoint.disabled_at)
        .bind(endpoint.disabled_reason.map(DisabledReason::as_str))
        .at(endpoint.created_at)
        .at(endpoint.updated_at)
        .bind(endpoint.organization_id.as_uuid())
        .bind(endpoint.id.as_uuid())
        .bind(endpoint.version))
}

#[async_trait]
impl EndpointRepository for SqliteEndpointRepository {
    async fn insert(&self, endpoint: &WebhookEndpoint) -> Result<()> {
        let insert = bind(query(INSERT), endpoint)?;
        self.db.write().await?.execute(insert).await?;
        Ok(())
    }

    async fn get(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<Option<WebhookEndpoint>> {
        one(self.db.row(query(GET).bind(organization.as_uuid()).bind(id.as_uuid())).await?, read)
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<WebhookEndpoint>> {
        all(&self.db.rows(query(LIST).bind(organization.as_uuid())).await?, read)
    }

    async fn update(&self, endpoint: &WebhookEndpoint) -> Result<()> {
        let exists = query(EXISTS).bind(endpoint.organization_id.as_uuid()).bind(endpoint.id.as_uuid());
        let update = bind(query(UPDATE), endpoint)?;
        self.db.write().await?.replace("webhook endpoint", update, exists).await
    }

    async fn delete(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<bool> {
        let delete = query(DELETE).bind(organization.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(delete).await? > 0)
    }
}
