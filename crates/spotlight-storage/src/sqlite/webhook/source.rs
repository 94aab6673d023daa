//! Systems that tell us of what happens there.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{
        OrganizationId, WebhookSourceId,
        webhook::{SigningSecret, WebhookSource},
    },
    ports::SourceRepository,
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
        "name, accepts, secret, previous_secret, previous_secret_until, enabled, created_at, updated_at, \
         organization_id, id, version"
    };
}

statements! {
    INSERT = ["INSERT INTO webhook_sources (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"];
    GET = ["SELECT ", columns!(), " FROM webhook_sources WHERE organization_id = ? AND id = ?"];
    LIST = ["SELECT ", columns!(), " FROM webhook_sources WHERE organization_id = ? ORDER BY created_at, id"];
    UPDATE = [
        "UPDATE webhook_sources SET name = ?, accepts = ?, secret = ?, previous_secret = ?, \
         previous_secret_until = ?, enabled = ?, created_at = ?, updated_at = ?, version = version + 1 \
         WHERE organization_id = ? AND id = ? AND version = ?"
    ];
    EXISTS = ["SELECT 1 FROM webhook_sources WHERE organization_id = ? AND id = ?"];
    DELETE = ["DELETE FROM webhook_sources WHERE organization_id = ? AND id = ?"];
}

repository! {
    /// Keeps the sources of incoming webhooks.
    SqliteSourceRepository
}

fn read(row: &SqliteRow) -> Result<WebhookSource> {
    let mut f = Fields::new("webhook_sources", row);
    Ok(WebhookSource {
        name: f.text()?,
        accepts: f.json()?,
        secret: f.text().map(SigningSecret::new)?,
        previous_secret: f.opt_text()?.map(SigningSecret::new),
        previous_secret_until: f.opt_at()?,
        enabled: f.flag()?,
        created_at: f.at()?,
        updated_at: f.at()?,
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(WebhookSourceId::from_uuid)?,
        version: f.int()?,
    })
}

/// The arguments of `INSERT` and `UPDATE`, which have the same order.
fn bind<'q>(query: Query<'q>, source: &WebhookSource) -> Result<Query<'q>> {
    Ok(query
        .bind(source.name.clone())
        .bind(json(&source.accepts)?)
        .bind(source.secret.expose().to_owned())
        .bind(source.previous_secret.as_ref().map(|secret| secret.expose().to_owned()))
        .opt_at(source.previous_secret_until)
        .bind(source.enabled)
        .at(source.created_at)
        .at(source.updated_at)
        .bind(source.organization_id.as_uuid())
        .bind(source.id.as_uuid())
        .bind(source.version))
}

#[async_trait]
impl SourceRepository for SqliteSourceRepository {
    async fn insert(&self, source: &WebhookSource) -> Result<()> {
        let insert = bind(query(INSERT), source)?;
        self.db.write().await?.execute(insert).await?;
        Ok(())
    }

    async fn get(&self, organization: OrganizationId, id: WebhookSourceId) -> Result<Option<WebhookSource>> {
        one(self.db.row(query(GET).bind(organization.as_uuid()).bind(id.as_uuid())).await?, read)
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<WebhookSource>> {
        all(&self.db.rows(query(LIST).bind(organization.as_uuid())).await?, read)
    }

    async fn update(&self, source: &WebhookSource) -> Result<()> {
        let exists = query(EXISTS).bind(source.organization_id.as_uuid()).bind(source.id.as_uuid());
        let update = bind(query(UPDATE), source)?;
        self.db.write().await?.replace("webhook source", update, exists).await
    }

    async fn delete(&self, organization: OrganizationId, id: WebhookSourceId) -> Result<bool> {
        let delete = query(DELETE).bind(organization.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(delete).await? > 0)
    }
}
