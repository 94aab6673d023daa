//! People who can be booked.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{OrganizationId, UserId, schedule::Host},
    ports::HostRepository,
};
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Bind, Fields, all, json, one},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "organization_id, user_id, time_zone, hours, exceptions, buffer_before_min, buffer_after_min, created_at, \
         updated_at, version"
    };
}

statements! {
    // Adds nothing when the user is no member.
    INSERT = [
        "INSERT INTO hosts (", columns!(), ") SELECT organization_id, user_id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 \
         FROM memberships WHERE organization_id = ?1 AND user_id = ?2"
    ];
    GET = ["SELECT ", columns!(), " FROM hosts WHERE organization_id = ? AND user_id = ?"];
    LIST = ["SELECT ", columns!(), " FROM hosts WHERE organization_id = ? ORDER BY user_id"];
    UPDATE = [
        "UPDATE hosts SET time_zone = ?, hours = ?, exceptions = ?, buffer_before_min = ?, buffer_after_min = ?, \
         created_at = ?, updated_at = ?, version = version + 1 \
         WHERE organization_id = ? AND user_id = ? AND version = ?"
    ];
    EXISTS = ["SELECT 1 FROM hosts WHERE organization_id = ? AND user_id = ?"];
}

repository! {
    /// Keeps hosts.
    SqliteHostRepository
}

fn read(row: &SqliteRow) -> Result<Host> {
    let mut f = Fields::new("hosts", row);
    Ok(Host {
        organization_id: f.id(OrganizationId::from_uuid)?,
        user_id: f.id(UserId::from_uuid)?,
        time_zone: f.word()?,
        hours: f.json()?,
        exceptions: f.json()?,
        buffer_before_min: f.int()?,
        buffer_after_min: f.int()?,
        created_at: f.at()?,
        updated_at: f.at()?,
        version: f.int()?,
    })
}

#[async_trait]
impl HostRepository for SqliteHostRepository {
    async fn insert(&self, host: &Host) -> Result<()> {
        let insert = query(INSERT)
            .bind(host.organization_id.as_uuid())
            .bind(host.user_id.as_uuid())
            .bind(host.time_zone.name())
            .bind(json(&host.hours)?)
            .bind(json(&host.exceptions)?)
            .bind(host.buffer_before_min)
            .bind(host.buffer_after_min)
            .at(host.created_at)
            .at(host.updated_at)
            .bind(host.version);
        match self.db.write().await?.execute(insert).await? {
            0 => Err(Error::not_found("member")),
            _ => Ok(()),
        }
    }

    async fn get(&self, organization: OrganizationId, user: UserId) -> Result<Option<Host>> {
        one(self.db.row(query(GET).bind(organization.as_uuid()).bind(user.as_uuid())).await?, read)
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<Host>> {
        all(&self.db.rows(query(LIST).bind(organization.as_uuid())).await?, read)
    }

    async fn update(&self, host: &Host) -> Result<()> {
        let update = query(UPDATE)
            .bind(host.time_zone.name())
            .bind(json(&host.hours)?)
            .bind(json(&host.exceptions)?)
            .bind(host.buffer_before_min)
            .bind(host.buffer_after_min)
            .at(host.created_at)
            .at(host.updated_at)
            .bind(host.organization_id.as_uuid())
            .bind(host.user_id.as_uuid())
            .bind(host.version);
        let exists = query(EXISTS).bind(host.organization_id.as_uuid()).bind(host.user_id.as_uuid());
        self.db.write().await?.replace("host", update, exists).await
    }
}
