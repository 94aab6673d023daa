//! The cache of two levels on Redis, in two processes that tell each other what they delete.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use spotlight_core::{
    Result,
    conformance::cache::CacheFixture,
    decorators::{BreakerSettings, TwoLevelCache, TwoLevelSettings},
    domain::OrganizationId,
    ports::{Cache, Cached, Event, EventBus, Fill, FillToken, Filled, Heard, SystemClock, SystemIds},
};
use spotlight_storage::redis::{RedisCache, RedisClient, RedisEventBus, RedisOptions};
use spotlight_tests::redis::{RedisServer, namespace};
use tokio::sync::watch;
use uuid::Uuid;

/// A bus that knows what was published over it, and what its listener is done with.
struct Watched {
    bus: RedisEventBus,
    published: AtomicU64,
    done: Arc<watch::Sender<u64>>,
}

#[async_trait]
impl EventBus for Watched {
    async fn publish(&self, organization: OrganizationId, channel: &str, dedup: Uuid, event: Event) -> Result<u64> {
        let id = self.bus.publish(organization, channel, dedup, event).await?;
        self.published.fetch_max(id, Ordering::SeqCst);
        Ok(id)
    }

    async fn subscribe(
        &self,
        organization: OrganizationId,
        channel: &str,
        after: Option<u64>,
    ) -> Result<BoxStream<'static, Result<Heard>>> {
        let heard = self.bus.subscribe(organization, channel, after).await?;
        let done = Arc::clone(&self.done);
        // Who asks for the next event is done with the one before.
        Ok(futures::stream::unfold((heard, 0), move |(mut heard, before)| {
            done.send_if_modified(|done| {
                let is_new = *done < before;
                *done = before.max(*done);
                is_new
            });
            async move {
                let next = heard.next().await?;
                let id = if let Ok(Heard::Event(event)) = &next { event.id } else { before };
                Some((next, (heard, id)))
            }
        })
        .boxed())
    }

    async fn unread(&self, org: OrganizationId, channel: &str, reader: &str, limit: u32) -> Result<Vec<Heard>> {
        self.bus.unread(org, channel, reader, limit).await
    }

    async fn acknowledge(&self, org: OrganizationId, channel: &str, reader: &str, id: u64) -> Result<()> {
        self.bus.acknowledge(org, channel, reader, id).await
    }
}

struct Process {
    cache: TwoLevelCache,
    bus: Arc<Watched>,
}

impl Process {
    async fn start(options: &RedisOptions) -> Self {
        let client = RedisClient::new(options.clone()).expect("the options can be read");
        let bus = RedisEventBus::new(client.clone());
        let bus = Arc::new(Watched { bus, published: AtomicU64::new(0), done: Arc::default() });
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
        let published = writer.bus.published.load(Ordering::SeqCst);
        let mut done = other.bus.done.subscribe();
        let heard = tokio::time::timeout(Duration::from_secs(20), done.wait_for(|done| *done >= published)).await;
        heard.expect("it hears of it").expect("the bus is there");
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
