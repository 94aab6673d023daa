//! A cache in memory in front of one that is shared.

mod envelope;
mod near;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::near::Near;
use super::{
    BreakerCache, BreakerSettings,
    hear::{self, Forget, Shared, Side},
};
use crate::{
    domain::OrganizationId,
    error::Result,
    metrics::Metrics,
    ports::{Cache, Cached, Clock, EventBus, Fill, FillToken, Filled, IdGenerator},
};

/// How much is kept in memory. [`TwoLevelSettings::default`] gives the usual values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoLevelSettings {
    /// Bytes of values, keys, tags and overhead. 64 MiB.
    pub max_bytes: usize,
    /// The longest that a value is in memory before the shared cache is asked again. 5 s.
    ///
    /// So long a value can be found here at most that another process has deleted or replaced while the bus was away.
    pub max_age: Duration,
    /// When the shared cache, and the bus, are taken to be away.
    pub breaker: BreakerSettings,
}

impl Default for TwoLevelSettings {
    fn default() -> Self {
        Self { max_bytes: 64 << 20, max_age: Duration::from_secs(5), breaker: BreakerSettings::default() }
    }
}

/// A [`Cache`] in memory in front of a shared one. What one process deletes or replaces, others forget when they hear of
/// it over an [`EventBus`].
///
/// In the process that deletes, everything the port promises holds. In others a delete takes effect when they hear of
/// it, milliseconds later; while the bus is away, after [`TwoLevelSettings::max_age`] at the latest. A fill begun before
/// a delete lands nowhere, in whichever process either was. Only fresh values are kept in memory, and none until this
/// process hears what others delete.
///
/// While the shared cache is away, it is done without as by a [`BreakerCache`]. Deletes that it did not take, or of which
/// others could not be told, are done and told again until that succeeds: they take effect everywhere when both are back,
/// whether this process is called or not.
///
/// Values are kept in the shared cache with their tags before them: all who share it read it through this type.
pub struct TwoLevelCache {
    shared: Arc<Shared<Levels>>,
    _until_dropped: DropGuard,
}

/// Memory, and what is shared.
struct Levels {
    near: Near,
    /// The shared cache, done without when it is away.
    remote: BreakerCache,
    /// The same without a breaker.
    far: Arc<dyn Cache>,
}

impl Side for Levels {
    fn forget(&self, forget: &Forget) {
        self.near.forget(forget);
    }

    fn set_open(&self, open: bool) {
        self.near.set_open(open);
    }

    fn owes(&self) -> bool {
        self.remote.has_missed()
    }

    async fn delete_again(&self, forget: &Forget) -> Result<()> {
        forget.within(&*self.far).await
    }
}

impl TwoLevelCache {
    /// A cache in front of `remote`, told of deletes over `bus`, in a channel that belongs to no organization. What is
    /// around `remote` must not hide that it is away; this is done here.
    ///
    /// Needs a runtime of tokio, on which a task listens until the cache is dropped.
    pub fn new(
        remote: Arc<dyn Cache>,
        bus: Arc<dyn EventBus>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
        settings: TwoLevelSettings,
    ) -> Self {
        let near = Near::new(Arc::clone(&clock), settings);
        let stop = CancellationToken::new();
        let breaker = BreakerCache::new(Arc::clone(&remote), Arc::clone(&clock), settings.breaker);
        let levels = Levels { near, remote: breaker, far: remote };
        let shared = Arc::new(Shared::new(levels, bus, settings.breaker, clock, ids, stop.clone()));
        tokio::spawn(stop.clone().run_until_cancelled_owned(hear::listen(Arc::clone(&shared))));
        Self { shared, _until_dropped: stop.drop_guard() }
    }

    /// The same, with the circuits of the shared cache and of the bus shown in metrics.
    #[must_use]
    pub fn watched_by(self, metrics: &Metrics) -> Self {
        self.shared.side.remote.watch(metrics);
        self.shared.watched_by(metrics);
        self
    }

    /// Waits until this process hears what others delete, from when on values are kept in memory.
    ///
    /// # Cancel safety
    /// Nothing happens but the wait.
    pub async fn listening(&self) {
        self.shared.side.near.listening().await;
    }

    /// Changes the shared cache, then what is here, then what is elsewhere.
    async fn write<F>(&self, organization: OrganizationId, key: &str, filled: Filled, change: F) -> Result<bool>
    where
        F: AsyncWrite,
    {
        let key = key.to_owned();
        self.shared
            .whole(move |shared| async move {
                let ticket = shared.side.near.ticket();
                let sealed = Filled { value: envelope::seal(&filled, shared.now()), ..filled.clone() };
                let landed = change.call(&shared.side.remote, organization, &key, sealed).await;
                match landed {
                    Ok(true) => shared.side.near.replace(ticket, organization, &key, filled),
                    // What is there has not changed.
                    Ok(false) => return Ok(false),
                    Err(_) => shared.side.near.forget(&Forget::Key(organization, key.clone())),
                }
                shared.tell(Forget::Key(organization, key)).await;
                landed
            })
            .await
    }

    async fn delete_everywhere(&self, forget: Forget) -> Result<()> {
        self.shared
            .whole(move |shared| async move {
                let deleted = forget.within(&shared.side.remote).await;
                // Whoever reads the shared cache from here on does not find it, and who began before does not land.
                shared.side.near.forget(&forget);
                shared.tell(forget).await;
                deleted
            })
            .await
    }
}

/// A change of a key in the shared cache. True when it landed.
trait AsyncWrite: Send + 'static {
    fn call(
        self,
        cache: &dyn Cache,
        organization: OrganizationId,
        key: &str,
        filled: Filled,
    ) -> impl Future<Output = Result<bool>> + Send;
}

struct Set;

impl AsyncWrite for Set {
    async fn call(self, cache: &dyn Cache, organization: OrganizationId, key: &str, filled: Filled) -> Result<bool> {
        cache.set(organization, key, filled.value, filled.ttl, &filled.tags).await.map(|()| true)
    }
}

struct End(FillToken);

impl AsyncWrite for End {
    async fn call(self, cache: &dyn Cache, organization: OrganizationId, key: &str, filled: Filled) -> Result<bool> {
        cache.end_fill(organization, key, self.0, Some(filled)).await
    }
}

impl fmt::Debug for TwoLevelCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwoLevelCache").field("near", &self.shared.side.near).finish_non_exhaustive()
    }
}

#[async_trait]
impl Cache for TwoLevelCache {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Cached>> {
        let shared = &self.shared;
        if let Some(found) = shared.side.near.look(organization, key) {
            return Ok(Some(found));
        }
        let ticket = shared.side.near.ticket();
        let Some(Cached { value, fresh }) = shared.side.remote.get(organization, key).await? else { return Ok(None) };
        let (value, kept) = envelope::open(&value, shared.now());
        if let (true, Some((ttl, tags))) = (fresh, kept) {
            let filled = Filled { value: value.clone(), ttl, stale_for: Duration::ZERO, tags };
            shared.side.near.land(ticket, organization, key, filled);
        }
        Ok(Some(Cached { value, fresh }))
    }

    async fn set(
        &self,
        organization: OrganizationId,
        key: &str,
        value: Bytes,
        ttl: Duration,
        tags: &[String],
    ) -> Result<()> {
        let filled = Filled { value, ttl, stale_for: Duration::ZERO, tags: tags.to_vec() };
        self.write(organization, key, filled, Set).await.map(drop)
    }

    async fn begin_fill(&self, organization: OrganizationId, key: &str, lease: Duration) -> Result<Fill> {
        self.shared.side.remote.begin_fill(organization, key, lease).await
    }

    async fn end_fill(
        &self,
        organization: OrganizationId,
        key: &str,
        token: FillToken,
        filled: Option<Filled>,
    ) -> Result<bool> {
        match filled {
            Some(filled) => self.write(organization, key, filled, End(token)).await,
            None => self.shared.side.remote.end_fill(organization, key, token, None).await,
        }
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        self.delete_everywhere(Forget::Key(organization, key.to_owned())).await
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        self.delete_everywhere(Forget::Tag(organization, tag.to_owned())).await
    }
}
