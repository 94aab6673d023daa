//! An adapter of your own: a cache that passes the SDK's conformance suite.
//!
//! `cargo test -p spotlight-examples --example custom_adapter` runs the suite; the last lines of this file are all it takes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use spotlight_core::{
    Result,
    domain::OrganizationId,
    ports::{Cache, Clock, SystemClock},
};

/// A value, when it expires, and its tags.
type Entry = (Bytes, DateTime<Utc>, Vec<String>);

/// The simplest cache that keeps the port's promises: one map behind a lock, without a bound.
struct MapCache {
    clock: Arc<dyn Clock>,
    entries: Mutex<HashMap<(OrganizationId, String), Entry>>,
}

impl MapCache {
    fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, entries: Mutex::default() }
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, HashMap<(OrganizationId, String), Entry>> {
        // A thread that panicked left a whole map behind: every change is one call.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Cache for MapCache {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Bytes>> {
        let now = self.clock.now();
        let entries = self.entries();
        let found = entries.get(&(organization, key.to_owned()));
        Ok(found.filter(|(_, expires, _)| now < *expires).map(|(value, _, _)| value.clone()))
    }

    async fn set(
        &self,
        organization: OrganizationId,
        key: &str,
        value: Bytes,
        ttl: Duration,
        tags: &[String],
    ) -> Result<()> {
        let expires = self.clock.now() + ttl;
        self.entries().insert((organization, key.to_owned()), (value, expires, tags.to_vec()));
        Ok(())
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        self.entries().remove(&(organization, key.to_owned()));
        Ok(())
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        self.entries().retain(|(owner, _), (_, _, tags)| *owner != organization || !tags.iter().any(|t| t == tag));
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let cache = MapCache::new(Arc::new(SystemClock));
    let organization =
        OrganizationId::from_uuid(spotlight_core::ports::IdGenerator::uuid(&spotlight_core::ports::SystemIds));
    cache.set(organization, "greeting", Bytes::from_static(b"hello"), Duration::from_mins(1), &[]).await?;
    assert_eq!(cache.get(organization, "greeting").await?.as_deref(), Some(b"hello".as_slice()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use spotlight_core::conformance::cache::CacheFixture;

    use super::*;

    /// A clock that is put forward by hand.
    struct Hands(Mutex<DateTime<Utc>>);

    impl Clock for Hands {
        fn now(&self) -> DateTime<Utc> {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    struct Fixture(Arc<Hands>);

    #[async_trait]
    impl CacheFixture for Fixture {
        async fn fresh(&self) -> Arc<dyn Cache> {
            Arc::new(MapCache::new(self.0.clone()))
        }

        async fn pass(&self, time: Duration) {
            *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) += time;
        }
    }

    spotlight_core::cache_conformance!(Fixture(Arc::new(Hands(Mutex::default()))));
}
