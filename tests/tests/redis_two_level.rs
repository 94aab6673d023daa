//! The cache of two levels on Redis, in two processes that tell each other what they delete.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use spotlight_core::{
    Result,
    conformance::{cache::CacheFixture, watched_bus::WatchedBus},
    decorators::{BreakerSettings, TwoLevelCache, TwoLevelSettings},
    domain::OrganizationId,
    ports::{Cache, Cached, Fill, FillToken, Filled, SystemClock, SystemIds},
};
use spotlight_storage::redis::{RedisCache, RedisClient, RedisEventBus, RedisOptions};
use spotlight_tests::redis::{RedisServer, namespace};

struct Process {
    cache: TwoLevelCache,
    bus: Arc<WatchedBus>,
}

impl Process {
    async fn start(options: &RedisOptions) -> Self {
        let client = RedisClient::new(options.clone()).expect("the options can be read");
        let bus = Arc::new(WatchedBus::new(Arc::new(RedisEventBus::new(client.clone()))));
        // A slow machine is not a server that is away.
        let breaker = BreakerSettings { patience: Duration::from_secs(10), ..BreakerSettings::default() };
        let settings = TwoLevelSettings { breaker, ..TwoLevelSettings::default() };
        let remote = Arc::new(RedisCache::new(client));
        let cache = TwoLevelCache::new(remote, bus.clone(), Arc::new(SystemClock), Arc::new(SystemIds), settings);
        cache.listening().await;
        Self { cache, bus }
    }
}

/// Two processes that are called in turn. What one writes, the other has heard of before the call is over.
struct Pair {
    processes: [Process; 2],
    turn: AtomicUsize,
}

impl Pair {
    fn next(&self) -> (&Process, &Process) {
        let [first, second] = &self.processes;
        if self.turn.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) { (first, second) } else { (second, first) }
    }

    async fn heard(writer: &Process, other: &Process) {
        other.bus.heard(writer.bus.published()).await;
    }
}

#[async_trait]
impl Cache for Pair {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Cached>> {
        self.next().0.cache.get(organization, key).await
    }

    async fn set(&self, org: OrganizationId, key: &str, value: Bytes, ttl: Duration, tags: &[String]) -> Result<()> {
        let (writer, other) = self.next();
        writer.cache.set(org, key, value, ttl, tags).await?;
        Self::heard(writer, other).await;
        Ok(())
    }

    async fn begin_fill(&self, organization: OrganizationId, key: &str, lease: Duration) -> Result<Fill> {
        self.next().0.cache.begin_fill(organization, key, lease).await
    }

    async fn end_fill(&self, org: OrganizationId, key: &str, token: FillToken, filled: Option<Filled>) -> Result<bool> {
        let (writer, other) = self.next();
        let landed = writer.cache.end_fill(org, key, token, filled).await?;
        Self::heard(writer, other).await;
        Ok(landed)
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        let (writer, other) = self.next();
        writer.cache.delete(organization, key).await?;
        Self::heard(writer, other).await;
        Ok(())
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        let (writer, other) = self.next();
        writer.cache.delete_tag(organization, tag).await?;
        Self::heard(writer, other).await;
        Ok(())
    }
}

struct Fixture;

#[async_trait]
impl CacheFixture for Fixture {
    async fn fresh(&self) -> Arc<dyn Cache> {
        let options = RedisOptions { namespace: namespace(), ..RedisOptions::new(RedisServer::shared().url()) };
        let processes = [Process::start(&options).await, Process::start(&options).await];
        Arc::new(Pair { processes, turn: AtomicUsize::new(0) })
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

spotlight_core::cache_conformance!(Fixture);
