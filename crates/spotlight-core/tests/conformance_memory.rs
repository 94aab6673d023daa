//! The memory adapters keep every promise of their ports.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use spotlight_core::{
    conformance::{
        StorageFixture,
        cache::CacheFixture,
        delivery::{DeliveryFixture, relay},
        events::EventBusFixture,
        files::FileStoreFixture,
        limit::RateLimiterFixture,
        mail::MailerFixture,
        queue::JobQueueFixture,
        samples,
    },
    domain::time::Timestamp,
    memory::{
        EventLimits, MemoryCache, MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryQueue, MemoryRateLimiter,
        MemoryStorage,
    },
    ports::{
        Cache, Clock, EventBus, FileStore, JobPlacement, JobQueue, Mailer, Message, RateLimiter, Storage, SystemClock,
        SystemIds,
    },
};

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

struct Memory;

#[async_trait]
impl StorageFixture for Memory {
    async fn fresh(&self) -> Arc<dyn Storage> {
        // Leases end by themselves, so the clock is a real one.
        Arc::new(MemoryStorage::new(Arc::new(SystemClock)))
    }

    async fn narrow(&self) -> Arc<dyn Storage> {
        StorageFixture::fresh(self).await
    }

    async fn with_queue(&self) -> (Arc<dyn Storage>, Arc<dyn JobQueue>) {
        let storage = MemoryStorage::new(Arc::new(SystemClock));
        let queue = Arc::new(storage.queue());
        (Arc::new(storage), queue)
    }

    async fn with_outbox(&self) -> Arc<dyn Storage> {
        Arc::new(MemoryStorage::with_jobs(Arc::new(SystemClock), JobPlacement::Outbox))
    }
}

#[async_trait]
impl EventBusFixture for Memory {
    async fn fresh(&self) -> Arc<dyn EventBus> {
        let limits = EventLimits { events_per_channel: 64, ..EventLimits::default() };
        Arc::new(MemoryEventBus::with_limits(Arc::new(SystemClock), limits))
    }

    fn too_many(&self) -> usize {
        65
    }
}

#[async_trait]
impl FileStoreFixture for Memory {
    async fn fresh(&self) -> Arc<dyn FileStore> {
        Arc::new(MemoryFileStore::new())
    }
}
#[async_trait]
impl DeliveryFixture for Memory {
    async fn fresh(&self) -> (Arc<dyn Storage>, Arc<dyn EventBus>) {
        let clock = Arc::new(SystemClock);
        (Arc::new(MemoryStorage::new(clock.clone())), Arc::new(MemoryEventBus::new(clock)))
    }

    async fn relay(&self, storage: &Arc<dyn Storage>, bus: &Arc<dyn EventBus>) {
        relay(storage, bus).await;
    }
}

struct Timed(Arc<Hands>);

#[async_trait]
impl CacheFixture for Timed {
    async fn fresh(&self) -> Arc<dyn Cache> {
        Arc::new(MemoryCache::new(self.0.clone(), 10_000_000))
    }

    async fn pass(&self, time: Duration) {
        self.0.pass(time);
    }
}

#[async_trait]
impl RateLimiterFixture for Timed {
    async fn fresh(&self) -> Arc<dyn RateLimiter> {
        Arc::new(MemoryRateLimiter::new(self.0.clone()))
    }

    async fn pass(&self, time: Duration) {
        self.0.pass(time);
    }

    async fn by_hand(&self) -> (Arc<dyn RateLimiter>, Box<dyn Fn(Duration) + Send + Sync>) {
        let hands = Arc::clone(&self.0);
        (RateLimiterFixture::fresh(self).await, Box::new(move |time| hands.pass(time)))
    }
}

#[async_trait]
impl JobQueueFixture for Timed {
    async fn fresh(&self) -> Arc<dyn JobQueue> {
        Arc::new(MemoryQueue::new(self.0.clone(), Arc::new(SystemIds)))
    }

    async fn another(&self, queue: &Arc<dyn JobQueue>) -> Arc<dyn JobQueue> {
        Arc::clone(queue)
    }

    async fn pass(&self, time: Duration) {
        self.0.pass(time);
    }
}

struct Post(Arc<MemoryMailer>);

#[async_trait]
impl MailerFixture for Post {
    async fn mailer(&self) -> Arc<dyn Mailer> {
        self.0.clone()
    }

    async fn delivered(&self) -> Vec<Message> {
        self.0.sent()
    }
}

spotlight_core::storage_conformance!(Memory);
spotlight_core::cache_conformance!(Timed(Hands::new()));
spotlight_core::event_bus_conformance!(Memory);
spotlight_core::delivery_conformance!(Memory);
spotlight_core::job_queue_conformance!(Timed(Hands::new()));
spotlight_core::rate_limiter_conformance!(Timed(Hands::new()));
spotlight_core::mailer_conformance!(Post(Arc::new(MemoryMailer::new())));
spotlight_core::file_store_conformance!(Memory);
spotlight_core::clock_conformance!(SystemClock);
spotlight_core::id_generator_conformance!(SystemIds);
