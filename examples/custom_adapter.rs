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
    ports::{Cache, Cached, Clock, Fill, FillToken, Filled, MAX_FILL_LEASE, SystemClock},
};

type Key = (OrganizationId, String);

/// A value, until when it is fresh and kept, and its tags.
struct Entry {
    value: Bytes,
    fresh_until: DateTime<Utc>,
    expires: DateTime<Utc>,
    tags: Vec<String>,
}

/// The simplest cache that keeps the port's promises: maps behind a lock, without a bound.
struct MapCache {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    entries: HashMap<Key, Entry>,
    /// Fills that have begun: their number, and when their lease is over.
    fills: HashMap<Key, (u64, DateTime<Utc>)>,
    /// The number of each tag's last deletion.
    deleted: HashMap<Key, u64>,
    /// Fills and deletions so far.
    last: u64,
}

impl MapCache {
    fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // A thread that panicked left whole maps behind: every change is a few calls that do not.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, key: Key, filled: Filled, now: DateTime<Utc>) {
        let years = Duration::from_hours(10 * 365 * 24);
        let fresh_until = now + filled.ttl.min(years);
        let expires = fresh_until + filled.stale_for.min(years);
        self.entries.insert(key, Entry { value: filled.value, fresh_until, expires, tags: filled.tags });
    }
}

#[async_trait]
impl Cache for MapCache {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Cached>> {
        let now = self.clock.now();
        let state = self.state();
        let found = state.entries.get(&(organization, key.to_owned())).filter(|entry| now < entry.expires);
        Ok(found.map(|entry| Cached { value: entry.value.clone(), fresh: now < entry.fresh_until }))
    }

    async fn set(
        &self,
        organization: OrganizationId,
        key: &str,
        value: Bytes,
        ttl: Duration,
        tags: &[String],
    ) -> Result<()> {
        let key = (organization, key.to_owned());
        let mut state = self.state();
        state.fills.remove(&key);
        let filled = Filled { value, ttl, stale_for: Duration::ZERO, tags: tags.to_vec() };
        state.keep(key, filled, self.clock.now());
        Ok(())
    }

    async fn begin_fill(&self, organization: OrganizationId, key: &str, lease: Duration) -> Result<Fill> {
        let (now, key) = (self.clock.now(), (organization, key.to_owned()));
        let mut state = self.state();
        if state.fills.get(&key).is_some_and(|(_, until)| *until > now) {
            return Ok(Fill::Busy);
        }
        state.last += 1;
        let number = state.last;
        state.fills.insert(key, (number, now + lease.min(MAX_FILL_LEASE)));
        Ok(Fill::Yours(FillToken(number)))
    }

    async fn end_fill(
        &self,
        organization: OrganizationId,
        key: &str,
        token: FillToken,
        filled: Option<Filled>,
    ) -> Result<bool> {
        let (now, key) = (self.clock.now(), (organization, key.to_owned()));
        let mut state = self.state();
        let Some((number, until)) = state.fills.get(&key).copied().filter(|(number, _)| *number == token.0) else {
            return Ok(false);
        };
        state.fills.remove(&key);
        let Some(filled) = filled.filter(|_| until > now) else { return Ok(false) };
        let since = |tag: &String| state.deleted.get(&(organization, tag.clone())).is_some_and(|at| *at > number);
        if filled.tags.iter().any(since) {
            return Ok(false);
        }
        state.keep(key, filled, now);
        Ok(true)
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        let key = (organization, key.to_owned());
        let mut state = self.state();
        state.fills.remove(&key);
        state.entries.remove(&key);
        Ok(())
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        let mut state = self.state();
        state.last += 1;
        let number = state.last;
        state.deleted.insert((organization, tag.to_owned()), number);
        state.entries.retain(|(owner, _), entry| *owner != organization || !entry.tags.iter().any(|one| one == tag));
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let cache = MapCache::new(Arc::new(SystemClock));
    let organization =
        OrganizationId::from_uuid(spotlight_core::ports::IdGenerator::uuid(&spotlight_core::ports::SystemIds));
    cache.set(organization, "greeting", Bytes::from_static(b"hello"), Duration::from_mins(1), &[]).await?;
    let found = cache.get(organization, "greeting").await?;
    assert_eq!(found.map(|found| found.value).as_deref(), Some(b"hello".as_slice()));
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
