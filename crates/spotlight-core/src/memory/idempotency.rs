//! Answers to requests that are repeated.

use std::{ops::Bound, sync::Arc};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::{
    map::{Ends, Map},
    tables::free,
    unit::MemoryRepositories,
};
use crate::{
    domain::{OrganizationId, time::Timestamp},
    error::{Error, Result},
    ports::{IdempotencyRecord, IdempotencyRepository},
};

type Key = (OrganizationId, String, String);

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct IdempotencyRecords {
    rows: Map<Key, Arc<IdempotencyRecord>>,
    by_expiry: Map<(Timestamp, Key), ()>,
}

#[async_trait]
impl IdempotencyRepository for MemoryRepositories {
    async fn find(
        &self,
        organization: OrganizationId,
        scope: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>> {
        self.read(|tables| {
            let record = tables.idempotency.rows.get(&(organization, scope.to_owned(), key.to_owned()));
            Ok(record.filter(|record| now < record.expires_at).map(|record| IdempotencyRecord::clone(record)))
        })
    }

    async fn insert(&self, record: &IdempotencyRecord, now: Timestamp) -> Result<()> {
        self.write(|tables| {
            let table = &mut tables.idempotency;
            let key = (record.organization_id, record.scope.clone(), record.key.clone());
            let old = table.rows.get(&key).map(|old| old.expires_at);
            free("idempotency key", old.is_some_and(|expires_at| now < expires_at))?;
            let old = old.map(|expires_at| (expires_at, key.clone()));
            table.by_expiry.rekey(old, Some((record.expires_at, key.clone())), ());
            table.rows.insert(key, Arc::new(record.clone()));
            Ok(())
        })
    }

    async fn replace(&self, record: &IdempotencyRecord) -> Result<()> {
        self.write(|tables| {
            let table = &mut tables.idempotency;
            let key = (record.organization_id, record.scope.clone(), record.key.clone());
            let old = table.rows.get(&key).filter(|old| old.fingerprint == record.fingerprint);
            let old =
                old.map(|old| (old.expires_at, key.clone())).ok_or_else(|| Error::not_found("idempotency key"))?;
            table.by_expiry.rekey(Some(old), Some((record.expires_at, key.clone())), ());
            table.rows.insert(key, Arc::new(record.clone()));
            Ok(())
        })
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64> {
        self.write(|tables| {
            let table = &mut tables.idempotency;
            let end = Bound::Excluded((now, (OrganizationId::LOW, String::new(), String::new())));
            let expired = table.by_expiry.range(Bound::Unbounded, end).map(|(rank, ())| rank.clone());
            let expired: Vec<_> = expired.take(limit as usize).collect();
            for rank in &expired {
                table.by_expiry.remove(rank);
                table.rows.remove(&rank.1);
            }
            Ok(expired.len() as u64)
        })
    }
}
