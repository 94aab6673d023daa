//! A cache in memory before a shared one, in processes that tell each other what they delete.

use std::{
    ops::Deref,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use spotlight_core::{
    Error, ErrorKind, Result,
    conformance::{cache::CacheFixture, samples, watched_bus::WatchedBus},
    decorators::{BreakerSettings, TwoLevelCache, TwoLevelSettings},
    domain::{OrganizationId, time::Timestamp},
    memory::{MemoryCache, MemoryEventBus},
    ports::{Cache, Cached, Clock, Event, EventBus, Fill, FillToken, Filled, Heard, SystemIds},
};
use tokio::sync::Semaphore;
use uuid::Uuid;

const HOUR: Duration = Duration::from_hours(1);
const MAX_AGE: Duration = Duration::from_secs(5);

/// A clock that is put forward by hand.
struct Hands(Mutex<Timestamp>);

impl Hands {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(samples::at(0))))
    }

    fn pass(&self, time: Duration) {
        *self.0.lock().expect("nobody panics with the clock") += time;
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panics with the clock")
    }
}

/// What is shared, and whether it is there.
struct Remote {
    cache: MemoryCache,
    bus: MemoryEventBus,
    cache_is_away: AtomicBool,
    bus_is_away: AtomicBool,
    reads: AtomicU64,
    /// So many reads are answered; more wait between the shared cache and the caller.
    answers: Semaphore,
}

fn there(away: &AtomicBool) -> Result<()> {
    if away.load(Ordering::SeqCst) { Err(Error::new(ErrorKind::Unavailable, "away")) } else { Ok(()) }
}

struct RemoteCache(Arc<Remote>);

#[async_trait]
impl Cache for RemoteCache {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Cached>> {
        there(&self.0.cache_is_away)?;
        let found = self.0.cache.get(organization, key).await;
        self.0.reads.fetch_add(1, Ordering::SeqCst);
        self.0.answers.acquire().await.expect("it is never closed").forget();
        found
    }

    async fn set(&self, org: OrganizationId, key: &str, value: Bytes, ttl: Duration, tags: &[String]) -> Result<()> {
        there(&self.0.cache_is_away)?;
        self.0.cache.set(org, key, value, ttl, tags).await
    }

    async fn begin_fill(&self, organization: OrganizationId, key: &str, lease: Duration) -> Result<Fill> {
        there(&self.0.cache_is_away)?;
        self.0.cache.begin_fill(organization, key, lease).await
    }

    async fn end_fill(&self, org: OrganizationId, key: &str, token: FillToken, filled: Option<Filled>) -> Result<bool> {
        there(&self.0.cache_is_away)?;
        self.0.cache.end_fill(org, key, token, filled).await
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        there(&self.0.cache_is_away)?;
        self.0.cache.delete(organization, key).await
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        there(&self.0.cache_is_away)?;
        self.0.cache.delete_tag(organization, tag).await
    }
}

struct RemoteBus(Arc<Remote>);

#[async_trait]
impl EventBus for RemoteBus {
    async fn publish(&self, organization: OrganizationId, channel: &str, dedup: Uuid, event: Event) -> Result<u64> {
        there(&self.0.bus_is_away)?;
        self.0.bus.publish(organization, channel, dedup, event).await
    }

    async fn subscribe(
        &self,
        organization: OrganizationId,
        channel: &str,
        after: Option<u64>,
    ) -> Result<BoxStream<'static, Result<Heard>>> {
        self.0.bus.subscribe(organization, channel, after).await
    }

    async fn unread(&self, org: OrganizationId, channel: &str, reader: &str, limit: u32) -> Result<Vec<Heard>> {
        self.0.bus.unread(org, channel, reader, limit).await
    }

    async fn acknowledge(&self, org: OrganizationId, channel: &str, reader: &str, id: u64) -> Result<()> {
        self.0.bus.acknowledge(org, channel, reader, id).await
    }
}

/// A process, and how far it has heard.
struct Process {
    cache: TwoLevelCache,
    bus: Arc<WatchedBus>,
}

impl Deref for Process {
    type Target = TwoLevelCache;

    fn deref(&self) -> &TwoLevelCache {
        &self.cache
    }
}

impl Process {
    /// Waits until this one has heard what another has told.
    async fn hears(&self, other: &Self) {
        self.bus.heard(other.bus.published()).await;
    }
}

/// A fleet of processes with one clock.
struct Fleet {
    clock: Arc<Hands>,
    remote: Arc<Remote>,
    organization: OrganizationId,
}

impl Fleet {
    fn new() -> Self {
        let clock = Hands::new();
        let remote = Remote {
            cache: MemoryCache::new(clock.clone(), 10_000_000),
            bus: MemoryEventBus::new(clock.clone()),
            cache_is_away: AtomicBool::new(false),
            bus_is_away: AtomicBool::new(false),
            reads: AtomicU64::new(0),
            answers: Semaphore::new(Semaphore::MAX_PERMITS),
        };
        Self { clock, remote: Arc::new(remote), organization: samples::Samples::new().organization().id }
    }

    async fn process(&self) -> Process {
        self.process_with(Arc::new(RemoteCache(Arc::clone(&self.remote)))).await
    }

    async fn process_with(&self, cache: Arc<dyn Cache>) -> Process {
        let bus = Arc::new(WatchedBus::new(Arc::new(RemoteBus(Arc::clone(&self.remote)))));
        // A test that holds an answer back is in no hurry.
        let breaker = BreakerSettings { patience: Duration::from_mins(1), ..BreakerSettings::default() };
        let settings = TwoLevelSettings { max_bytes: 10_000_000, max_age: MAX_AGE, breaker };
        let cache = TwoLevelCache::new(cache, bus.clone(), self.clock.clone(), Arc::new(SystemIds), settings);
        cache.listening().await;
        Process { cache, bus }
    }

    async fn set(&self, cache: &TwoLevelCache, key: &str, value: &'static str) {
        let (value, tags) = (Bytes::from_static(value.as_bytes()), ["tag".to_owned()]);
        cache.set(self.organization, key, value, HOUR, &tags).await.expect("it is there");
    }

    async fn get(&self, cache: &TwoLevelCache, key: &str) -> Option<Bytes> {
        cache.get(self.organization, key).await.expect("it is there").map(|found| found.value)
    }

    fn reads(&self) -> u64 {
        self.remote.reads.load(Ordering::SeqCst)
    }
}

struct Alone(Fleet);

#[async_trait]
impl CacheFixture for Alone {
    async fn fresh(&self) -> Arc<dyn Cache> {
        // The suite's caches share nothing.
        let fleet = Fleet { clock: Arc::clone(&self.0.clock), ..Fleet::new() };
        let clock = Arc::clone(&self.0.clock);
        let remote = Arc::new(MemoryCache::new(clock, 10_000_000));
        Arc::new(fleet.process_with(remote).await.cache)
    }

    async fn pass(&self, time: Duration) {
        self.0.clock.pass(time);
    }
}

spotlight_core::cache_conformance!(Alone(Fleet::new()));

#[tokio::test]
async fn a_value_is_read_from_the_shared_cache_once_in_each_process() {
    let fleet = Fleet::new();
    let (here, there) = (fleet.process().await, fleet.process().await);
    fleet.set(&here, "a", "one").await;
    for _ in 0..3 {
        assert_eq!(fleet.get(&here, "a").await.as_deref(), Some(&b"one"[..]));
        assert_eq!(fleet.get(&there, "a").await.as_deref(), Some(&b"one"[..]));
    }
    assert_eq!(fleet.reads(), 1, "the process that set it has it already");
}

#[tokio::test]
async fn what_one_process_deletes_or_replaces_others_forget() {
    let fleet = Fleet::new();
    let (here, there) = (fleet.process().await, fleet.process().await);
    for key in ["key", "tagged", "replaced"] {
        fleet.set(&here, key, "old").await;
        assert!(fleet.get(&there, key).await.is_some());
    }
    here.delete(fleet.organization, "key").await.expect("it is there");
    there.hears(&here).await;
    assert!(fleet.get(&there, "key").await.is_none());
    fleet.set(&here, "replaced", "new").await;
    there.hears(&here).await;
    assert_eq!(fleet.get(&there, "replaced").await.as_deref(), Some(&b"new"[..]));
    here.delete_tag(fleet.organization, "tag").await.expect("it is there");
    there.hears(&here).await;
    assert!(fleet.get(&there, "tagged").await.is_none());
    assert!(fleet.get(&here, "tagged").await.is_none());
}

#[tokio::test]
async fn what_was_read_before_a_delete_does_not_land_after_it() {
    for by_tag in [false, true] {
        let fleet = Fleet::new();
        let (here, there) = (fleet.process().await, Arc::new(fleet.process().await));
        fleet.set(&here, "a", "old").await;
        fleet.remote.answers.forget_permits(Semaphore::MAX_PERMITS);
        let (slow, organization) = (Arc::clone(&there), fleet.organization);
        let reads = fleet.reads();
        let read = tokio::spawn(async move { slow.get(organization, "a").await });
        while fleet.reads() == reads {
            tokio::task::yield_now().await;
        }
        if by_tag {
            here.delete_tag(organization, "tag").await.expect("it is there");
        } else {
            here.delete(organization, "a").await.expect("it is there");
        }
        // The reader hears of the delete before its answer comes.
        there.hears(&here).await;
        fleet.remote.answers.add_permits(1_000);
        let found = read.await.expect("nothing panics").expect("it is there");
        assert!(found.is_some(), "it was read before the delete");
        assert!(fleet.get(&there, "a").await.is_none(), "but is not kept");
    }
}

#[tokio::test]
async fn while_the_bus_is_away_a_value_lives_for_a_short_time() {
    let fleet = Fleet::new();
    let (here, there) = (fleet.process().await, fleet.process().await);
    fleet.set(&here, "a", "old").await;
    assert!(fleet.get(&there, "a").await.is_some());
    fleet.remote.bus_is_away.store(true, Ordering::SeqCst);
    here.delete(fleet.organization, "a").await.expect("the cache is there");
    assert!(fleet.get(&here, "a").await.is_none());
    fleet.clock.pass(MAX_AGE.checked_sub(Duration::from_millis(1)).expect("it is longer"));
    assert!(fleet.get(&there, "a").await.is_some(), "nobody told it");
    fleet.clock.pass(Duration::from_millis(1));
    assert!(fleet.get(&there, "a").await.is_none());
}

#[tokio::test]
async fn deletes_of_an_outage_take_effect_when_it_is_over() {
    let fleet = Fleet::new();
    let (here, there) = (fleet.process().await, fleet.process().await);
    for key in ["a", "b"] {
        fleet.set(&here, key, "old").await;
        assert!(fleet.get(&there, key).await.is_some());
    }
    for away in [&fleet.remote.cache_is_away, &fleet.remote.bus_is_away] {
        away.store(true, Ordering::SeqCst);
    }
    here.delete(fleet.organization, "a").await.expect("it is remembered");
    here.delete_tag(fleet.organization, "tag").await.expect("it is remembered");
    assert!(fleet.get(&here, "a").await.is_none());
    let told = here.bus.published();
    for away in [&fleet.remote.cache_is_away, &fleet.remote.bus_is_away] {
        away.store(false, Ordering::SeqCst);
    }
    // Nobody calls the process that deleted any more. It deletes twice, and tells of each.
    there.bus.heard(told + 2).await;
    assert!(fleet.get(&there, "a").await.is_none());
    assert!(fleet.get(&there, "b").await.is_none());
    let shared = fleet.remote.cache.get(fleet.organization, "a").await.expect("it is there");
    assert!(shared.is_none(), "not in the shared cache either");
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_nothing_deleted_in_memory() {
    let fleet = Fleet::new();
    let cache = fleet.process().await;
    for _ in 0..20 {
        fleet.set(&cache, "a", "old").await;
        let told = cache.bus.published();
        let mut delete = Box::pin(cache.delete(fleet.organization, "a"));
        let _ = futures::poll!(&mut delete);
        drop(delete);
        // It goes on without its caller, and tells at its end.
        cache.bus.heard(told + 1).await;
        let shared = fleet.remote.cache.get(fleet.organization, "a").await.expect("it is there");
        assert!(shared.is_none() && fleet.get(&cache, "a").await.is_none());
    }
}
