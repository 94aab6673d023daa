//! Decorators keep the promises of what they wrap, and do without it when it is away.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use spotlight_core::{
    Error, ErrorKind, Result,
    caching::{CacheReader, Keep},
    conformance::{cache::CacheFixture, limit::RateLimiterFixture, samples},
    decorators::{BreakerCache, BreakerSettings, FallbackRateLimiter},
    domain::{OrganizationId, time::Timestamp},
    memory::{MemoryCache, MemoryRateLimiter},
    ports::{Cache, Cached, Clock, Fill, FillToken, Filled, Quota, RateLimiter, Verdict},
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

/// Whether a dependency is there.
#[derive(Default)]
struct Link {
    away: AtomicBool,
    hangs: AtomicBool,
    calls: AtomicU64,
}

impl Link {
    async fn call<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.away.load(Ordering::SeqCst) { Err(Error::new(ErrorKind::Unavailable, "away")) } else { call.await }
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

/// An adapter behind a link.
struct Remote<A>(Arc<Link>, A);

#[async_trait]
impl RateLimiter for Remote<MemoryRateLimiter> {
    async fn check(&self, key: &str, quota: Quota) -> Result<Verdict> {
        self.0.call(self.1.check(key, quota)).await
    }
}

#[async_trait]
impl Cache for Remote<MemoryCache> {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Cached>> {
        self.0.call(self.1.get(organization, key)).await
    }

    async fn set(&self, org: OrganizationId, key: &str, value: Bytes, ttl: Duration, tags: &[String]) -> Result<()> {
        self.0.call(self.1.set(org, key, value, ttl, tags)).await
    }

    async fn begin_fill(&self, organization: OrganizationId, key: &str, lease: Duration) -> Result<Fill> {
        self.0.call(self.1.begin_fill(organization, key, lease)).await
    }

    async fn end_fill(&self, org: OrganizationId, key: &str, token: FillToken, filled: Option<Filled>) -> Result<bool> {
        self.0.call(self.1.end_fill(org, key, token, filled)).await
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        self.0.call(self.1.delete(organization, key)).await
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        self.0.call(self.1.delete_tag(organization, tag)).await
    }
}

fn cache(link: &Arc<Link>, clock: &Arc<Hands>) -> BreakerCache {
    let inner = Remote(Arc::clone(link), MemoryCache::new(clock.clone(), 10_000_000));
    BreakerCache::new(Arc::new(inner), clock.clone(), BreakerSettings::default())
}

/// Shared, and one of its own.
fn limiter(link: &Arc<Link>, clock: &Arc<Hands>) -> FallbackRateLimiter {
    let shared = Arc::new(Remote(Arc::clone(link), MemoryRateLimiter::new(clock.clone())));
    let own = Arc::new(MemoryRateLimiter::new(clock.clone()));
    FallbackRateLimiter::new(shared, own, clock.clone(), BreakerSettings::default())
}

struct Decorated {
    clock: Arc<Hands>,
    link: Arc<Link>,
}

#[async_trait]
impl CacheFixture for Decorated {
    async fn fresh(&self) -> Arc<dyn Cache> {
        Arc::new(cache(&self.link, &self.clock))
    }

    async fn pass(&self, time: Duration) {
        self.clock.pass(time);
    }
}

#[async_trait]
impl RateLimiterFixture for Decorated {
    async fn fresh(&self) -> Arc<dyn RateLimiter> {
        Arc::new(limiter(&self.link, &self.clock))
    }

    async fn pass(&self, time: Duration) {
        self.clock.pass(time);
    }

    async fn by_hand(&self) -> (Arc<dyn RateLimiter>, Box<dyn Fn(Duration) + Send + Sync>) {
        let hands = Arc::clone(&self.clock);
        (RateLimiterFixture::fresh(self).await, Box::new(move |time| hands.pass(time)))
    }
}

/// With the shared one there, or with its own alone.
fn decorated(away: bool) -> Decorated {
    Decorated { clock: Hands::new(), link: Arc::new(Link { away: AtomicBool::new(away), ..Link::default() }) }
}

mod healthy {
    spotlight_core::cache_conformance!(super::decorated(false));
    spotlight_core::rate_limiter_conformance!(super::decorated(false));
}

mod away {
    spotlight_core::rate_limiter_conformance!(super::decorated(true));
}

const QUOTA: Quota = Quota { burst: 2, period: Duration::from_mins(1) };
const HOUR: Duration = Duration::from_hours(1);

fn org() -> OrganizationId {
    samples::Samples::new().organization().id
}

#[tokio::test]
async fn limits_are_local_while_the_shared_ones_are_away() {
    let Decorated { clock, link } = decorated(false);
    let limiter = limiter(&link, &clock);
    let allowed = async || limiter.check("a", QUOTA).await.expect("it never fails").allowed;
    assert!(allowed().await && allowed().await && !allowed().await);
    link.away.store(true, Ordering::SeqCst);
    assert!(allowed().await && allowed().await && !allowed().await && !allowed().await, "never none");
    assert_eq!(link.calls(), 6, "after three failures it is left alone");
    link.away.store(false, Ordering::SeqCst);
    clock.pass(BreakerSettings::default().cool_down);
    assert!(!allowed().await, "the shared one has counted two");
    assert_eq!(link.calls(), 7);
}

#[tokio::test]
async fn a_broken_cache_costs_next_to_nothing_and_fails_no_request() {
    let Decorated { clock, link } = decorated(false);
    link.hangs.store(true, Ordering::SeqCst);
    let reader = CacheReader::new(Arc::new(cache(&link, &clock)));
    let (organization, keep) = (org(), Keep::new(HOUR));
    for number in 0..2 {
        let found = reader.get_or_compute(organization, "a", &keep, async || Ok(Some(number))).await;
        assert_eq!(found.expect("computing works"), Some(number));
    }
    let (calls, begun) = (link.calls(), Instant::now());
    for number in 0..1_000 {
        let found = reader.get_or_compute(organization, "a", &keep, async || Ok(Some(number))).await;
        assert_eq!(found.expect("computing works"), Some(number));
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?} for a thousand", begun.elapsed());
    assert_eq!(link.calls(), calls);
}

#[tokio::test]
async fn what_was_deleted_during_an_outage_is_not_found_after_it() {
    let Decorated { clock, link } = decorated(false);
    let (cache, organization) = (cache(&link, &clock), org());
    let set = async |key: &str, tag: &str| {
        let set = cache.set(organization, key, Bytes::from_static(b"old"), HOUR, &[tag.to_owned()]).await;
        set.expect("it never fails");
    };
    for (key, tag) in [("key", "x"), ("tagged", "tag"), ("replaced", "x"), ("stays", "x")] {
        set(key, tag).await;
    }
    link.away.store(true, Ordering::SeqCst);
    for _ in 0..10 {
        cache.delete(organization, "key").await.expect("it is remembered");
        cache.delete_tag(organization, "tag").await.expect("it is remembered");
    }
    set("replaced", "x").await;
    let found = async |key: &str| cache.get(organization, key).await.expect("it never fails").is_some();
    assert!(!found("stays").await, "nothing is found during an outage");
    link.away.store(false, Ordering::SeqCst);
    clock.pass(BreakerSettings::default().cool_down);
    assert!(found("stays").await);
    assert!(!found("key").await && !found("tagged").await && !found("replaced").await);
    set("key", "x").await;
    assert!(found("key").await, "a delete is made up for once");
}
