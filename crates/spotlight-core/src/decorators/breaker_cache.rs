//! A cache that fails no request.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use spotlight_derive::RedactedDebug;

use super::{BreakerSettings, breaker::Breaker};
use crate::{
    domain::OrganizationId,
    error::{Error, ErrorKind, Result},
    metrics::Metrics,
    ports::{Cache, Cached, Clock, Fill, FillToken, Filled},
};

/// So many deletes are remembered until the cache is back.
const MAX_MISSED: usize = 100_000;

/// The token of a fill that the cache does not know of. Caches count from 1.
const NOWHERE: FillToken = FillToken(0);

/// A [`Cache`] around another that can be away. Then nothing is found and nothing is kept, fills are everybody's and land
/// nowhere, and calls cost next to nothing until it is tried again.
///
/// Deletes that failed are made up for before anything else is asked of the cache, so a value that was deleted here
/// during an outage is not found here after it.
pub struct BreakerCache {
    inner: Arc<dyn Cache>,
    breaker: Breaker,
    missed: Mutex<Missed>,
    making_up: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Missed {
    /// By the number of the last time each failed.
    deletes: HashMap<Delete, u64>,
    last: u64,
}

#[derive(RedactedDebug, Clone, PartialEq, Eq, Hash)]
enum Delete {
    Key(OrganizationId, String),
    Tag(OrganizationId, String),
}

impl BreakerCache {
    /// A cache that does without `inner` when that fails or takes too long.
    pub fn new(inner: Arc<dyn Cache>, clock: Arc<dyn Clock>, settings: BreakerSettings) -> Self {
        let breaker = Breaker::new("cache", clock, settings);
        Self { inner, breaker, missed: Mutex::default(), making_up: tokio::sync::Mutex::default() }
    }

    /// The same, with its circuit shown in metrics as `cache`.
    #[must_use]
    pub fn watched_by(self, metrics: &Metrics) -> Self {
        self.watch(metrics);
        self
    }

    pub(super) fn watch(&self, metrics: &Metrics) {
        self.breaker.watched_by(metrics);
    }

    /// True while something that was deleted here can be there still.
    pub(super) fn has_missed(&self) -> bool {
        !self.missed().deletes.is_empty()
    }

    async fn call<T>(&self, call: impl Future<Output = Result<T>>) -> Option<T> {
        let after_deletes = async {
            self.make_up().await?;
            call.await
        };
        self.breaker.call(after_deletes).await
    }

    /// Deletes what should have been deleted before.
    async fn make_up(&self) -> Result<()> {
        if self.missed().deletes.is_empty() {
            return Ok(());
        }
        let _one_at_a_time = self.making_up.lock().await;
        loop {
            let next = self.missed().deletes.iter().next().map(|(delete, number)| (delete.clone(), *number));
            let Some((delete, number)) = next else { return Ok(()) };
            self.delete_inside(&delete).await?;
            let mut missed = self.missed();
            // Unless it failed once more meanwhile.
            if missed.deletes.get(&delete) == Some(&number) {
                missed.deletes.remove(&delete);
            }
        }
    }

    async fn delete_inside(&self, delete: &Delete) -> Result<()> {
        match delete {
            Delete::Key(organization, key) => self.inner.delete(*organization, key).await,
            Delete::Tag(organization, tag) => self.inner.delete_tag(*organization, tag).await,
        }
    }

    async fn delete_now_or_later(&self, delete: Delete) -> Result<()> {
        if self.call(self.delete_inside(&delete)).await.is_some() {
            return Ok(());
        }
        let mut missed = self.missed();
        if missed.deletes.len() >= MAX_MISSED && !missed.deletes.contains_key(&delete) {
            let message = "the cache is away, and no more deletes can be remembered until it is back";
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        missed.last += 1;
        let number = missed.last;
        missed.deletes.insert(delete, number);
        Ok(())
    }

    fn missed(&self) -> MutexGuard<'_, Missed> {
        self.missed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for BreakerCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerCache").finish_non_exhaustive()
    }
}

#[async_trait]
impl Cache for BreakerCache {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Cached>> {
        Ok(self.call(self.inner.get(organization, key)).await.flatten())
    }

    async fn set(
        &self,
        organization: OrganizationId,
        key: &str,
        value: Bytes,
        ttl: Duration,
        tags: &[String],
    ) -> Result<()> {
        if self.call(self.inner.set(organization, key, value, ttl, tags)).await.is_some() {
            return Ok(());
        }
        // The value before must not be found again.
        self.delete_now_or_later(Delete::Key(organization, key.to_owned())).await
    }

    async fn begin_fill(&self, organization: OrganizationId, key: &str, lease: Duration) -> Result<Fill> {
        let fill = self.call(self.inner.begin_fill(organization, key, lease)).await;
        Ok(fill.unwrap_or(Fill::Yours(NOWHERE)))
    }

    async fn end_fill(
        &self,
        organization: OrganizationId,
        key: &str,
        token: FillToken,
        filled: Option<Filled>,
    ) -> Result<bool> {
        if token == NOWHERE {
            return Ok(false);
        }
        Ok(self.call(self.inner.end_fill(organization, key, token, filled)).await.unwrap_or(false))
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        self.delete_now_or_later(Delete::Key(organization, key.to_owned())).await
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        self.delete_now_or_later(Delete::Tag(organization, tag.to_owned())).await
    }
}
