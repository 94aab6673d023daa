//! People who can be booked.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{OrganizationId, UserId, schedule::Host},
    ports::HostRepository,
};
use sqlx::{postgres::PgRow, types::Json};

use super::{PgDb, Query, Row, query, row, statements, write};

macro_rules! columns {
    () => {
        "organization_id, user_id, time_zone, hours, exceptions, buffer_before_min, buffer_after_min, created_at, \
         updated_at, version"
    };
}

statements! {
    INSERT = [
        "INSERT INTO hosts (organization_id, user_id, version, time_zone, hours, exceptions, buffer_before_min, \
         buffer_after_min, created_at, updated_at) SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 \
         WHERE EXISTS (SELECT 1 FROM memberships WHERE organization_id = $1 AND user_id = $2) ON CONFLICT DO NOTHING"
    ];
    MEMBER_EXISTS = ["SELECT EXISTS (SELECT 1 FROM memberships WHERE organization_id = $1 AND user_id = $2)"];
    GET = ["SELECT ", columns!(), " FROM hosts WHERE organization_id = $1 AND user_id = $2"];
    LIST = ["SELECT ", columns!(), " FROM hosts WHERE organization_id = $1 ORDER BY user_id"];
    VERSION = ["SELECT version FROM hosts WHERE organization_id = $1 AND user_id = $2"];
    UPDATE = [
        "UPDATE hosts SET time_zone = $4, hours = $5, exceptions = $6, buffer_before_min = $7, buffer_after_min = $8, \
         created_at = $9, updated_at = $10, version = version + 1 \
         WHERE organization_id = $1 AND user_id = $2 AND version = $3"
    ];
}

fn read(row: &PgRow) -> Result<Host> {
    let mut row = Row::new("hosts", row);
    Ok(Host {
        organization_id: row.id(OrganizationId::from_uuid)?,
        user_id: row.id(UserId::from_uuid)?,
        time_zone: row.word()?,
        hours: row.json()?,
        exceptions: row.json()?,
        buffer_before_min: row.number()?,
        buffer_after_min: row.number()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.take()?,
    })
}

/// The arguments shared by insert and update.
fn bind<'q>(sql: &'static str, host: &'q Host) -> Query<'q> {
    query(sql)
        .bind(host.organization_id.as_uuid())
        .bind(host.user_id.as_uuid())
        .bind(host.version)
        .bind(host.time_zone.name())
        .bind(Json(&host.hours))
        .bind(Json(&host.exceptions))
        .bind(i64::from(host.buffer_before_min))
        .bind(i64::from(host.buffer_after_min))
        .bind(host.created_at)
        .bind(host.updated_at)
}

/// Keeps hosts.
pub(in crate::postgres) struct PgHostRepository {
    db: PgDb,
}

impl PgHostRepository {
    pub(in crate::postgres) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl HostRepository for PgHostRepository {
    async fn insert(&self, host: &Host) -> Result<()> {
        let mut tx = self.db.write().await?;
        if tx.execute(bind(INSERT, host)).await? > 0 {
            return Ok(());
        }
        let member = query(MEMBER_EXISTS).bind(host.organization_id.as_uuid()).bind(host.user_id.as_uuid());
        Err(write::refused(&mut tx, member, ("member", "the user is a host already")).await?)
    }

    async fn get(&self, organization: OrganizationId, user: UserId) -> Result<Option<Host>> {
        let get = query(GET).bind(organization.as_uuid()).bind(user.as_uuid());
        row::one(self.db.fetch_optional(get).await?.as_ref(), read)
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<Host>> {
        row::all(&self.db.fetch_all(query(LIST).bind(organization.as_uuid())).await?, read)
    }

    async fn update(&self, host: &Host) -> Result<()> {
        let mut tx = self.db.write().await?;
        let version = query(VERSION).bind(host.organization_id.as_uuid()).bind(host.user_id.as_uuid());
        write::update(&mut tx, bind(UPDATE, host), version, "host").await
    }
}
