//! The ports on a Redis, as the conformance suites want them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use spotlight_core::{
    conformance::{cache::CacheFixture, events::EventBusFixture, limit::RateLimiterFixture, samples},
    domain::time::Timestamp,
    ports::{Cache, Clock, EventBus, RateLimiter},
};
use spotlight_storage::redis::{
    RedisCache, RedisClient, RedisEventBus, RedisEventLimits, RedisOptions, RedisRateLimiter,
};

use super::namespace;

/// A client of the Redis at `url`, whose keys are its own.
///
/// # Panics
/// When the URL cannot be read.
pub fn client(url: String) -> RedisClient {
    let options = RedisOptions { namespace: namespace(), ..RedisOptions::new(url) };
    RedisClient::new(options).expect("the options can be read")
}

/// Fresh ports on the Redis that this function names.
#[derive(Debug, Clone, Copy)]
pub struct RedisPorts(pub fn() -> String);

/// A clock that is put forward by hand.
struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panics with the clock")
    }
}

#[async_trait]
impl RateLimiterFixture for RedisPorts {
    async fn fresh(&self) -> Arc<dyn RateLimiter> {
        Arc::new(RedisRateLimiter::new(client((self.0)())))
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn by_hand(&self) -> (Arc<dyn RateLimiter>, Box<dyn Fn(Duration) + Send + Sync>) {
        let hands = Arc::new(Hands(Mutex::new(samples::at(0))));
        let limiter = RedisRateLimiter::new(client((self.0)())).with_clock(hands.clone());
        let advance = move |time| *hands.0.lock().expect("nobody panics with the clock") += time;
        (Arc::new(limiter), Box::new(advance))
    }
}

#[async_trait]
impl CacheFixture for RedisPorts {
    async fn fresh(&self) -> Arc<dyn Cache> {
        Arc::new(RedisCache::new(client((self.0)())))
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

#[async_trait]
impl EventBusFixture for RedisPorts {
    async fn fresh(&self) -> Arc<dyn EventBus> {
        let limits = RedisEventLimits { events_per_channel: 64, ..RedisEventLimits::default() };
        Arc::new(RedisEventBus::with_limits(client((self.0)()), limits))
    }

    fn too_many(&self) -> usize {
        65
    }
}
