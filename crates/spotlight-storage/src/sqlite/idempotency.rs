//! Answers to requests that are repeated.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{OrganizationId, time::Timestamp},
    ports::{IdempotencyRecord, IdempotencyRepository},
};

use super::{
    codec::{Bind, Fields, json, one},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "organization_id, scope, key, fingerprint, answer, expires_at"
    };
}

statements! {
    FIND = [
        "SELECT ", columns!(), " FROM idempotency_records \
         WHERE organization_id = ? AND scope = ? AND key = ? AND expires_at > ?"
    ];
    // Touches no row when the key is taken.
    INSERT = [
        "INSERT INTO idempotency_records AS stored (", columns!(), ") VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (organization_id, scope, key) DO UPDATE SET fingerprint = excluded.fingerprint, \
         answer = excluded.answer, expires_at = excluded.expires_at WHERE stored.expires_at <= ?7"
    ];
    REPLACE = [
        "UPDATE idempotency_records SET answer = ?, expires_at = ? \
         WHERE organization_id = ? AND scope = ? AND key = ? AND fingerprint = ?"
    ];
    @global {
        /// Expired records go over every organization at once.
        DELETE_EXPIRED = [
            "DELETE FROM idempotency_records WHERE rowid IN \
             (SELECT rowid FROM idempotency_records WHERE expires_at < ? ORDER BY expires_at LIMIT ?)"
        ];
    }
}

repository! {
    /// Keeps answers to repeated requests.
    SqliteIdempotencyRepository
}

#[async_trait]
impl IdempotencyRepository for SqliteIdempotencyRepository {
    async fn find(
        &self,
        organization: OrganizationId,
        scope: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>> {
        let find = query(FIND).bind(organization.as_uuid()).bind(scope).bind(key).at(now);
        one(self.db.row(find).await?, |row| {
            let mut f = Fields::new("idempotency_records", row);
            Ok(IdempotencyRecord {
                organization_id: f.id(OrganizationId::from_uuid)?,
                scope: f.text()?,
                key: f.text()?,
                fingerprint: f.hash()?,
                answer: f.json()?,
                expires_at: f.at()?,
            })
        })
    }

    async fn insert(&self, record: &IdempotencyRecord, now: Timestamp) -> Result<()> {
        let insert = query(INSERT)
            .bind(record.organization_id.as_uuid())
            .bind(record.scope.as_str())
            .bind(record.key.as_str())
            .bind(record.fingerprint.0.as_slice())
            .bind(json(&record.answer)?)
            .at(record.expires_at)
            .at(now);
        match self.db.write().await?.execute(insert).await? {
            0 => Err(spotlight_core::Error::conflict("the idempotency key is taken")),
            _ => Ok(()),
        }
    }

    async fn replace(&self, record: &IdempotencyRecord) -> Result<()> {
        let replace = query(REPLACE)
            .bind(json(&record.answer)?)
            .at(record.expires_at)
            .bind(record.organization_id.as_uuid())
            .bind(record.scope.as_str())
            .bind(record.key.as_str())
            .bind(record.fingerprint.0.as_slice());
        match self.db.write().await?.execute(replace).await? {
            0 => Err(spotlight_core::Error::not_found("idempotency key")),
            _ => Ok(()),
        }
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64> {
        Ok(self.db.write().await?.execute(query(DELETE_EXPIRED).at(now).bind(limit)).await?)
    }
}
