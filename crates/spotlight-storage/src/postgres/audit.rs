//! The audit log.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{AuditEntryId, OrganizationId, audit::AuditEntry, time::Timestamp},
    ports::{AuditFilter, AuditRepository, Cursor, Listing, Order, Paging},
};
use sqlx::{postgres::PgRow, types::Json};

use super::{
    db::{PgDb, query},
    row::Row,
    sql::{KeyKind, List, SortKey, statements},
    statements::{pages, whole_span},
    tx::Query,
};
use crate::shared::cursor;

macro_rules! columns {
    () => {
        "organization_id, id, actor_kind, actor_id, action, record_type, record_id, details, request_id, \
         source_address, created_at"
    };
}

/// The columns of an entry, in the order of [`bind`].
pub(super) const COLUMNS: &str = columns!();

statements! {
    APPEND = [
        "INSERT INTO audit_entries (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT DO NOTHING"
    ];
    PURGE = [
        "DELETE FROM audit_entries WHERE organization_id = $1 AND id IN \
         (SELECT id FROM audit_entries WHERE organization_id = $1 AND created_at < $2 ORDER BY created_at, id LIMIT $3)"
    ];
}

const KEY: SortKey = SortKey { column: "created_at", kind: KeyKind::Instant, nullable: false };

fn read(row: &PgRow) -> Result<AuditEntry> {
    let mut row = Row::new("audit_entries", row);
    Ok(AuditEntry {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(AuditEntryId::from_uuid)?,
        actor_kind: row.take()?,
        actor_id: row.take()?,
        action: row.take()?,
        record_type: row.take()?,
        record_id: row.take()?,
        details: row.json()?,
        request_id: row.take()?,
        source_address: row.take()?,
        created_at: row.at()?,
    })
}

fn filtered(organization: OrganizationId, filter: &AuditFilter) -> List {
    let AuditFilter { record_type, record_id, actor_id, action, created } = filter;
    let mut list = List::new("audit_entries", columns!(), organization.as_uuid());
    for (condition, value) in [
        ("record_type = ?", record_type),
        ("record_id = ?", record_id),
        ("actor_id = ?", actor_id),
        ("action = ?", action),
    ] {
        if let Some(value) = value {
            list.with(condition, value.as_str());
        }
    }
    list.between("created_at", *created);
    list
}

/// The statements of lists, without a filter and with every filter.
pub(super) fn built(organization: OrganizationId) -> Result<Vec<String>> {
    let text = || Some("x".to_owned());
    let every =
        AuditFilter { record_type: text(), record_id: text(), actor_id: text(), action: text(), created: whole_span() };
    let mut built = pages(|| filtered(organization, &AuditFilter::default()), KEY, Order::Desc)?;
    built.extend(pages(|| filtered(organization, &every), KEY, Order::Desc)?);
    Ok(built)
}

/// The arguments of an insertion.
pub(super) fn bind<'q>(query: Query<'q>, entry: &'q AuditEntry) -> Query<'q> {
    query
        .bind(entry.organization_id.as_uuid())
        .bind(entry.id.as_uuid())
        .bind(entry.actor_kind.as_str())
        .bind(entry.actor_id.as_deref())
        .bind(entry.action.as_str())
        .bind(entry.record_type.as_str())
        .bind(entry.record_id.as_str())
        .bind(Json(&entry.details))
        .bind(entry.request_id.as_deref())
        .bind(entry.source_address.as_deref())
        .bind(entry.created_at)
}

/// Keeps the audit log.
pub(super) struct PgAuditRepository {
    db: PgDb,
}

impl PgAuditRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl AuditRepository for PgAuditRepository {
    async fn append(&self, entry: &AuditEntry) -> Result<()> {
        match self.db.write().await?.execute(bind(query(APPEND), entry)).await? {
            0 => Err(Error::conflict("the audit entry's id is taken")),
            _ => Ok(()),
        }
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AuditFilter,
        paging: &Paging,
    ) -> Result<Listing<AuditEntry>> {
        let cursor_of =
            |entry: &AuditEntry| Cursor { key: Some(cursor::instant(entry.created_at)), id: entry.id.as_uuid() };
        filtered(organization, filter).fetch(&self.db, KEY, Order::Desc, paging, read, cursor_of).await
    }

    async fn purge(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<u64> {
        let purge = query(PURGE).bind(organization.as_uuid()).bind(before).bind(i64::from(limit));
        self.db.write().await?.execute(purge).await
    }
}
