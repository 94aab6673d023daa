//! Answers to requests that are repeated.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{OrganizationId, time::Timestamp},
    ports::{IdempotencyRecord, IdempotencyRepository},
};
use sqlx::{postgres::PgRow, types::Json};

use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::statements,
    tx::Query,
};

statements! {
    FIND = [
        "SELECT organization_id, scope, key, fingerprint, answer, expires_at FROM idempotency_records \
         WHERE organization_id = $1 AND scope = $2 AND key = $3 AND expires_at > $4"
    ];
    INSERT = [
        "INSERT INTO idempotency_records AS r (organization_id, scope, key, fingerprint, answer, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, scope, key) DO UPDATE SET \
         fingerprint = excluded.fingerprint, answer = excluded.answer, expires_at = excluded.expires_at \
         WHERE r.expires_at <= $7"
    ];
    REPLACE = [
        "UPDATE idempotency_records SET answer = $5, expires_at = $6 \
         WHERE organization_id = $1 AND scope = $2 AND key = $3 AND fingerprint = $4"
    ];
    DELETE_EXPIRED = [
        "DELETE FROM idempotency_records WHERE (organization_id, scope, key) IN \
         (SELECT organization_id, scope, key FROM idempotency_records WHERE expires_at < $1 ORDER BY expires_at \
         LIMIT $2 FOR UPDATE SKIP LOCKED)"
    ];
}

fn read(row: &PgRow) -> Result<IdempotencyRecord> {
    let mut row = Row::new("idempotency_records", row);
    Ok(IdempotencyRecord {
        organization_id: row.id(OrganizationId::from_uuid)?,
        scope: row.take()?,
        key: row.take()?,
        fingerprint: row.hash()?,
        answer: row.json()?,
        expires_at: row.at()?,
    })
}

/// The columns of a record, as arguments.
pub(super) fn bind<'q>(query: Query<'q>, record: &'q IdempotencyRecord) -> Query<'q> {
    query
        .bind(record.organization_id.as_uuid())
        .bind(record.scope.as_str())
        .bind(record.key.as_str())
        .bind(record.fingerprint.0.as_slice())
        .bind(Json(&record.answer))
        .bind(record.expires_at)
}

/// Keeps answers to repeated requests.
pub(super) struct PgIdempotencyRepository {
    db: PgDb,
}

impl PgIdempotencyRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl IdempotencyRepository for PgIdempotencyRepository {
    async fn find(
        &self,
        organization: OrganizationId,
        scope: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>> {
        let find = query(FIND).bind(organization.as_uuid()).bind(scope).bind(key).bind(now);
        row::one(self.db.fetch_optional(find).await?.as_ref(), read)
    }

    async fn insert(&self, record: &IdempotencyRecord, now: Timestamp) -> Result<()> {
        let insert = bind(query(INSERT), record).bind(now);
        match self.db.write().await?.execute(insert).await? {
            0 => Err(Error::conflict("a request with this idempotency key was answered already")),
            _ => Ok(()),
        }
    }

    async fn replace(&self, record: &IdempotencyRecord) -> Result<()> {
        let replace = bind(query(REPLACE), record);
        match self.db.write().await?.execute(replace).await? {
            0 => Err(Error::not_found("idempotency key")),
            _ => Ok(()),
        }
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64> {
        self.db.write().await?.execute(query(DELETE_EXPIRED).bind(now).bind(i64::from(limit))).await
    }
}
