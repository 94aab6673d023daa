//! A cache in the memory of each process of a fleet.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::{runtime::Handle, sync::watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    BreakerSettings,
    hear::{self, Forget, Shared, Side},
};
use crate::{
    domain::OrganizationId,
    error::Result,
    memory::MemoryCache,
    metrics::Metrics,
    ports::{Cache, Cached, Clock, EventBus, Fill, FillToken, Filled, IdGenerator},
};

/// A [`Cache`] in memory that each process of a fleet has for itself. What one deletes or replaces, others forget when
/// they hear of it over an [`EventBus`]: for fleets that share an event bus and no cache.
///
/// In the process that deletes, everything the port promises holds. In others a delete takes effect when they hear of it,
/// milliseconds later; while the bus is away they keep what they have for its time, and are told when it is back. A fill
/// is one process's own: others do not wait for it. Nothing is kept until this process hears what others delete, and
/// nothing stays when it no longer does.
pub struct FleetCache {
    shared: Arc<Shared<Own>>,
    stop: CancellationToken,
    _until_dropped: DropGuard,
}

struct Own {
    cache: MemoryCache,
    /// What others delete is heard.
    open: watch::Sender<bool>,
    /// Somebody listens, or will in a moment.
    listens: AtomicBool,
}

impl Own {
    fn is_open(&self) -> bool {
        *self.open.borrow()
    }
}

impl Side for Own {
    fn forget(&self, forget: &Forget) {
        match forget {
            Forget::Key(organization, key) => self.cache.forget(*organization, key),
            Forget::Tag(organization, tag) => self.cache.forget_tag(*organization, tag),
            Forget::Everything => self.cache.clear(),
        }
    }

    fn set_open(&self, open: bool) {
        if !open {
            self.open.send_replace(false);
        }
        // Fills that have begun until here are lost. Those that begin from here on hear of every delete, or see the sign
        // when they end.
        self.cache.clear();
        self.open.send_replace(open);
    }

    fn owes(&self) -> bool {
        false
    }

    async fn delete_again(&self, _: &Forget) -> Result<()> {
        Ok(())
    }
}

impl FleetCache {
    /// A cache of at most `max_bytes`, keys, tags and overhead included, told of deletes over `bus` in a channel that
    /// belongs to no organization.
    ///
    /// It begins to listen when it is first asked for something, on the runtime of tokio that asks; when that ends, on the
    /// next one's.
    pub fn new(bus: Arc<dyn EventBus>, clock: Arc<dyn Clock>, ids: Arc<dyn IdGenerator>, max_bytes: usize) -> Self {
        let cache = MemoryCache::new(Arc::clone(&clock), max_bytes);
        let own = Own { cache, open: watch::Sender::new(false), listens: AtomicBool::new(false) };
        let stop = CancellationToken::new();
        let shared = Shared::new(own, bus, BreakerSettings::default(), clock, ids, stop.clone());
        Self { shared: Arc::new(shared), stop: stop.clone(), _until_dropped: stop.drop_guard() }
    }

    /// The same, with the circuit of the bus shown in metrics.
    #[must_use]
    pub fn watched_by(self, metrics: &Metrics) -> Self {
        self.shared.watched_by(metrics);
        self
    }

    /// Waits until this process hears what others delete, from when on values are kept.
    ///
    /// # Cancel safety
    /// Nothing happens but the wait.
    pub async fn listening(&self) {
        self.listen();
        // The sender lives as long as this.
        let _ = self.own().open.subscribe().wait_for(|open| *open).await;
    }

    fn own(&self) -> &Own {
        &self.shared.side
    }

    fn listen(&self) {
        let listens = &self.own().listens;
        if listens.load(Ordering::Acquire) || listens.swap(true, Ordering::AcqRel) {
            return;
        }
        // Made before the task: a runtime can end before it begins.
        let until_it_ends = Ends(Arc::clone(&self.shared));
        if let Ok(runtime) = Handle::try_current() {
            let (stop, shared) = (self.stop.clone(), Arc::clone(&self.shared));
            runtime.spawn(async move {
                let _until_it_ends = until_it_ends;
                stop.run_until_cancelled_owned(hear::listen(shared)).await;
            });
        }
    }
}

/// Another has to listen once this is dropped.
struct Ends(Arc<Shared<Own>>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.side.listens.store(false, Ordering::Release);
    }
}

impl fmt::Debug for FleetCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetCache").field("cache", &self.own().cache).finish_non_exhaustive()
    }
}

#[async_trait]
impl Cache for FleetCache {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Cached>> {
        self.listen();
        let own = self.own();
        Ok(own.cache.look(organization, key).filter(|_| own.is_open()))
    }

    async fn set(
        &self,
        organization: OrganizationId,
        key: &str,
        value: Bytes,
        ttl: Duration,
        tags: &[String],
    ) -> Result<()> {
        self.listen();
        let filled = Filled { value, ttl, stale_for: Duration::ZERO, tags: tags.to_vec() };
        let key = key.to_owned();
        let work = |shared: Arc<Shared<Own>>| async move {
            shared.side.cache.put(organization, &key, &filled);
            shared.tell(Forget::Key(organization, key)).await;
            Ok(())
        };
        self.shared.whole(work).await
    }

    async fn begin_fill(&self, organization: OrganizationId, key: &str, lease: Duration) -> Result<Fill> {
        self.listen();
        self.own().cache.begin_fill(organization, key, lease).await
    }

    async fn end_fill(
        &self,
        organization: OrganizationId,
        key: &str,
        token: FillToken,
        filled: Option<Filled>,
    ) -> Result<bool> {
        // Others are not told: what they have is as good.
        let own = self.own();
        let filled = filled.filter(|_| own.is_open());
        own.cache.end_fill(organization, key, token, filled).await
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        self.delete_everywhere(Forget::Key(organization, key.to_owned())).await
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        self.delete_everywhere(Forget::Tag(organization, tag.to_owned())).await
    }
}

impl FleetCache {
    async fn delete_everywhere(&self, forget: Forget) -> Result<()> {
        let work = |shared: Arc<Shared<Own>>| async move {
            shared.side.forget(&forget);
            shared.tell(forget).await;
            Ok(())
        };
        self.shared.whole(work).await
    }
}
