//! The audit log.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{AuditEntryId, OrganizationId, audit::AuditEntry, time::Timestamp},
    ports::{AuditFilter, AuditRepository, Listing, Order, Paging},
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::{
    codec::{Bind, Fields, json},
    db::query,
    list::{By, Conditions, List},
    repositories::repository,
    sql::statements,
};
use crate::shared::cursor;

macro_rules! columns {
    () => {
        "organization_id, id, actor_kind, actor_id, action, record_type, record_id, details, request_id, \
         source_address, created_at"
    };
}

statements! {
    APPEND = ["INSERT INTO audit_entries (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"];
    PURGE = [
        "DELETE FROM audit_entries WHERE organization_id = ?1 AND id IN (SELECT id FROM audit_entries \
         WHERE organization_id = ?1 AND created_at < ?2 ORDER BY created_at, id LIMIT ?3)"
    ];
}

repository! {
    /// Keeps the audit log.
    SqliteAuditRepository
}

fn read(row: &SqliteRow) -> Result<AuditEntry> {
    let mut f = Fields::new("audit_entries", row);
    Ok(AuditEntry {
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(AuditEntryId::from_uuid)?,
        actor_kind: f.text()?,
        actor_id: f.opt_text()?,
        action: f.text()?,
        record_type: f.text()?,
        record_id: f.text()?,
        details: f.json()?,
        request_id: f.opt_text()?,
        source_address: f.opt_text()?,
        created_at: f.at()?,
    })
}

fn place(entry: &AuditEntry, _: &'static str) -> (Uuid, Option<String>) {
    (entry.id.as_uuid(), Some(cursor::instant(entry.created_at)))
}

#[async_trait]
impl AuditRepository for SqliteAuditRepository {
    async fn append(&self, entry: &AuditEntry) -> Result<()> {
        let append = query(APPEND)
            .bind(entry.organization_id.as_uuid())
            .bind(entry.id.as_uuid())
            .bind(entry.actor_kind.as_str())
            .bind(entry.actor_id.as_deref())
            .bind(entry.action.as_str())
            .bind(entry.record_type.as_str())
            .bind(entry.record_id.as_str())
            .bind(json(&entry.details)?)
            .bind(entry.request_id.as_deref())
            .bind(entry.source_address.as_deref())
            .at(entry.created_at);
        self.db.write().await?.execute(append).await?;
        Ok(())
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AuditFilter,
        paging: &Paging,
    ) -> Result<Listing<AuditEntry>> {
        let mut conditions = Conditions::of(organization.as_uuid());
        // Without a record's id, the index by record would have to be sorted.
        let record_type = if filter.record_id.is_some() { "record_type = ?" } else { "+record_type = ?" };
        conditions.equal(record_type, filter.record_type.clone());
        conditions.equal("record_id = ?", filter.record_id.clone());
        conditions.equal("actor_id = ?", filter.actor_id.clone());
        conditions.equal("action = ?", filter.action.clone());
        conditions.between("created_at >= ?", "created_at < ?", filter.created);
        let by = By::instant("created_at", Order::Desc);
        let list = List { from: "audit_entries", columns: columns!(), conditions, by, read, place, total: None };
        list.fetch(&self.db, paging).await
    }

    async fn purge(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<u64> {
        let purge = query(PURGE).bind(organization.as_uuid()).at(before).bind(limit);
        Ok(self.db.write().await?.execute(purge).await?)
    }
}
