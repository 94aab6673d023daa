//! A cache in the memory of each process, in processes that tell each other what they delete.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use spotlight_core::{
    Error, ErrorKind, Result,
    conformance::{cache::CacheFixture, samples, watched_bus::WatchedBus},
    decorators::FleetCache,
    domain::{OrganizationId, time::Timestamp},
    memory::MemoryEventBus,
    ports::{Cache, Clock, Event, EventBus, Fill, Filled, Heard, SystemIds},
};
use uuid::Uuid;

const HOUR: Duration = Duration::from_hours(1);
const ROOM: usize = 10_000_000;

/// A clock that is put forward by hand.
struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panics with the clock")
    }
}

/// A bus that can be away for those who publish.
struct Bus {
    bus: MemoryEventBus,
    is_away: AtomicBool,
}

#[async_trait]
impl EventBus for Bus {
    async fn publish(&self, organization: OrganizationId, channel: &str, dedup: Uuid, event: Event) -> Result<u64> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "away"));
        }
        self.bus.publish(organization, channel, dedup, event).await
    }

    async fn subscribe(
        &self,
        organization: OrganizationId,
        channel: &str,
        after: Option<u64>,
    ) -> Result<BoxStream<'static, Result<Heard>>> {
        self.bus.subscribe(organization, channel, after).await
    }

    async fn unread(&self, org: OrganizationId, channel: &str, reader: &str, limit: u32) -> Result<Vec<Heard>> {
        self.bus.unread(org, channel, reader, limit).await
    }

    async fn acknowledge(&self, org: OrganizationId, channel: &str, reader: &str, id: u64) -> Result<()> {
        self.bus.acknowledge(org, channel, reader, id).await
    }
}

struct Fleet {
    clock: Arc<Hands>,
    bus: Arc<Bus>,
    organization: OrganizationId,
}

struct Process {
    cache: FleetCache,
    bus: Arc<WatchedBus>,
    organization: OrganizationId,
}

impl Fleet {
    fn new() -> Self {
        let clock = Arc::new(Hands(Mutex::new(samples::at(0))));
        let bus = Bus { bus: MemoryEventBus::new(clock.clone()), is_away: AtomicBool::new(false) };
        Self { clock, bus: Arc::new(bus), organization: samples::Samples::new().organization().id }
    }

    fn deaf(&self) -> Process {
        let bus = Arc::new(WatchedBus::new(self.bus.clone()));
        let cache = FleetCache::new(bus.clone(), self.clock.clone(), Arc::new(SystemIds), ROOM);
        Process { cache, bus, organization: self.organization }
    }

    async fn process(&self) -> Process {
        let process = self.deaf();
        process.cache.listening().await;
        process
    }
}

impl Process {
    async fn fills(&self, key: &str, value: &'static str) -> bool {
        let Fill::Yours(token) = self.cache.begin_fill(self.organization, key, HOUR).await.expect("memory") else {
            panic!("nobody else fills here")
        };
        self.cache.end_fill(self.organization, key, token, Some(filled(value))).await.expect("memory")
    }

    async fn get(&self, key: &str) -> Option<Bytes> {
        self.cache.get(self.organization, key).await.expect("memory").map(|found| found.value)
    }

    async fn hears(&self, other: &Self) {
        self.bus.heard(other.bus.published()).await;
    }
}

fn filled(value: &'static str) -> Filled {
    let value = Bytes::from_static(value.as_bytes());
    Filled { value, ttl: HOUR, stale_for: Duration::ZERO, tags: vec!["tag".to_owned()] }
}

struct Alone(Fleet);

#[async_trait]
impl CacheFixture for Alone {
    async fn fresh(&self) -> Arc<dyn Cache> {
        let fleet = Fleet { clock: Arc::clone(&self.0.clock), ..Fleet::new() };
        Arc::new(fleet.process().await.cache)
    }

    async fn pass(&self, time: Duration) {
        *self.0.clock.0.lock().expect("nobody panics with the clock") += time;
    }
}

spotlight_core::cache_conformance!(Alone(Fleet::new()));

#[tokio::test]
async fn what_one_process_deletes_or_replaces_others_forget() {
    let fleet = Fleet::new();
    let (here, there) = (fleet.process().await, fleet.process().await);
    for key in ["key", "replaced", "tagged"] {
        assert!(here.fills(key, "old").await && there.fills(key, "old").await);
        assert!(here.get(key).await.is_some(), "what another fills takes nothing away");
    }
    here.cache.delete(fleet.organization, "key").await.expect("memory");
    here.cache.set(fleet.organization, "replaced", Bytes::from_static(b"new"), HOUR, &[]).await.expect("memory");
    there.hears(&here).await;
    assert!(there.get("key").await.is_none() && there.get("replaced").await.is_none());
    assert!(there.get("tagged").await.is_some());
    here.cache.delete_tag(fleet.organization, "tag").await.expect("memory");
    there.hears(&here).await;
    assert!(there.get("tagged").await.is_none());
    assert_eq!(here.get("replaced").await.as_deref(), Some(&b"new"[..]));
}

#[tokio::test]
async fn a_fill_begun_before_a_delete_elsewhere_lands_nowhere() {
    let fleet = Fleet::new();
    let (here, there) = (fleet.process().await, fleet.process().await);
    let fill = there.cache.begin_fill(fleet.organization, "a", HOUR).await.expect("memory");
    let Fill::Yours(token) = fill else { panic!("nobody else fills here") };
    here.cache.delete_tag(fleet.organization, "tag").await.expect("memory");
    there.hears(&here).await;
    let landed = there.cache.end_fill(fleet.organization, "a", token, Some(filled("old"))).await.expect("memory");
    assert!(!landed && there.get("a").await.is_none());
}

#[tokio::test]
async fn nothing_is_kept_before_others_are_heard() {
    let fleet = Fleet::new();
    let process = fleet.deaf();
    assert!(!process.fills("a", "old").await, "somebody may have deleted it unheard");
    let begun = process.cache.begin_fill(fleet.organization, "b", HOUR).await.expect("memory");
    let Fill::Yours(token) = begun else { panic!("nobody else fills here") };
    process.cache.listening().await;
    let landed = process.cache.end_fill(fleet.organization, "b", token, Some(filled("old"))).await.expect("memory");
    assert!(!landed, "it was read before others were heard");
    assert!(process.fills("a", "new").await);
}

#[tokio::test]
async fn others_are_told_when_the_bus_is_back() {
    let fleet = Fleet::new();
    let (here, there) = (fleet.process().await, fleet.process().await);
    assert!(there.fills("a", "old").await);
    fleet.bus.is_away.store(true, Ordering::SeqCst);
    here.cache.delete(fleet.organization, "a").await.expect("it is remembered");
    assert!(there.get("a").await.is_some(), "nobody told it");
    let told = here.bus.published();
    fleet.bus.is_away.store(false, Ordering::SeqCst);
    there.bus.heard(told + 1).await;
    assert!(there.get("a").await.is_none());
}

#[test]
fn it_listens_again_when_the_runtime_on_which_it_listened_is_gone() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let fleet = Fleet::new();
    let process = runtime().block_on(async {
        let process = fleet.process().await;
        assert!(process.fills("a", "old").await);
        process
    });
    runtime().block_on(async {
        assert!(process.get("a").await.is_none(), "somebody may have deleted it unheard");
        process.cache.listening().await;
        assert!(process.fills("a", "new").await);
        assert_eq!(process.get("a").await.as_deref(), Some(&b"new"[..]));
    });
}
