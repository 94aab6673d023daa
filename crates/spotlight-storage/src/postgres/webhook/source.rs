//! Systems that tell us of what happens there.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{
        OrganizationId, WebhookSourceId,
        webhook::{SigningSecret, WebhookSource},
    },
    ports::SourceRepository,
};
use sqlx::{postgres::PgRow, types::Json};

use super::super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::statements,
    tx::Query,
    write,
};

macro_rules! columns {
    () => {
        "organization_id, id, name, accepts, secret, previous_secret, previous_secret_until, enabled, created_at, \
         updated_at, version"
    };
}

statements! {
    INSERT = [
        "INSERT INTO webhook_sources (organization_id, id, version, name, accepts, secret, previous_secret, \
         previous_secret_until, enabled, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING"
    ];
    GET = ["SELECT ", columns!(), " FROM webhook_sources WHERE organization_id = $1 AND id = $2"];
    LIST = ["SELECT ", columns!(), " FROM webhook_sources WHERE organization_id = $1 ORDER BY created_at, id"];
    VERSION = ["SELECT version FROM webhook_sources WHERE organization_id = $1 AND id = $2"];
    UPDATE = [
        "UPDATE webhook_sources SET name = $4, accepts = $5, secret = $6, previous_secret = $7, \
         previous_secret_until = $8, enabled = $9, created_at = $10, updated_at = $11, version = version + 1 \
         WHERE organization_id = $1 AND id = $2 AND version = $3"
    ];
    DELETE = ["DELETE FROM webhook_sources WHERE organization_id = $1 AND id = $2"];
}

fn read(row: &PgRow) -> Result<WebhookSource> {
    let mut row = Row::new("webhook_sources", row);
    Ok(WebhookSource {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(WebhookSourceId::from_uuid)?,
        name: row.take()?,
        accepts: row.json()?,
        secret: SigningSecret::new(row.take::<String>()?),
        previous_secret: row.take::<Option<String>>()?.map(SigningSecret::new),
        previous_secret_until: row.maybe_at()?,
        enabled: row.take()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.take()?,
    })
}

/// The arguments shared by insert and update.
fn bind<'q>(sql: &'static str, source: &'q WebhookSource) -> Query<'q> {
    query(sql)
        .bind(source.organization_id.as_uuid())
        .bind(source.id.as_uuid())
        .bind(source.version)
        .bind(source.name.as_str())
        .bind(Json(&source.accepts))
        .bind(source.secret.expose())
        .bind(source.previous_secret.as_ref().map(SigningSecret::expose))
        .bind(source.previous_secret_until)
        .bind(source.enabled)
        .bind(source.created_at)
        .bind(source.updated_at)
}

/// Keeps the sources of incoming webhooks.
pub(in crate::postgres) struct PgSourceRepository {
    db: PgDb,
}

impl PgSourceRepository {
    pub(in crate::postgres) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl SourceRepository for PgSourceRepository {
    async fn insert(&self, source: &WebhookSource) -> Result<()> {
        match self.db.write().await?.execute(bind(INSERT, source)).await? {
            0 => Err(Error::conflict("the webhook source's id is taken")),
            _ => Ok(()),
        }
    }

    async fn get(&self, organization: OrganizationId, id: WebhookSourceId) -> Result<Option<WebhookSource>> {
        let get = query(GET).bind(organization.as_uuid()).bind(id.as_uuid());
        row::one(self.db.fetch_optional(get).await?.as_ref(), read)
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<WebhookSource>> {
        row::all(&self.db.fetch_all(query(LIST).bind(organization.as_uuid())).await?, read)
    }

    async fn update(&self, source: &WebhookSource) -> Result<()> {
        let mut tx = self.db.write().await?;
        let version = query(VERSION).bind(source.organization_id.as_uuid()).bind(source.id.as_uuid());
        write::update(&mut tx, bind(UPDATE, source), version, "webhook source").await
    }

    async fn delete(&self, organization: OrganizationId, id: WebhookSourceId) -> Result<bool> {
        let delete = query(DELETE).bind(organization.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(delete).await? > 0)
    }
}
