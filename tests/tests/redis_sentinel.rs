//! The ports on a Redis whose master sentinels choose.

use std::time::Duration;

use spotlight_core::{
    domain::OrganizationId,
    ports::{Cache, EventBus, IdGenerator, Quota, RateLimiter, SystemIds},
};
use spotlight_storage::redis::{RedisCache, RedisClient, RedisEventBus, RedisOptions, RedisRateLimiter};
use spotlight_tests::redis::{
    RedisPorts, RedisSentinel, namespace,
    traffic::{at_last, hear_until, publish},
};

fn sentinel() -> RedisPorts {
    RedisPorts(|| RedisSentinel::shared().url())
}

spotlight_core::cache_conformance!(sentinel());
spotlight_core::event_bus_conformance!(sentinel());
spotlight_core::rate_limiter_conformance!(sentinel());

const QUOTA: Quota = Quota { burst: 4, period: Duration::from_hours(1) };
const LONG: Duration = Duration::from_mins(5);

/// What all adapters do before and after.
async fn goes_on(servers: &mut RedisSentinel, lose: impl FnOnce(&mut RedisSentinel)) {
    let options = RedisOptions {
        namespace: namespace(),
        connect_timeout: Duration::from_millis(700),
        response_timeout: Duration::from_secs(1),
        ..RedisOptions::new(servers.url())
    };
    let client = RedisClient::connect(options).await.expect("the master is there");
    let (cache, limiter) = (RedisCache::new(client.clone()), RedisRateLimiter::new(client.clone()));
    let bus = RedisEventBus::new(client);
    let organization = OrganizationId::from_uuid(SystemIds.uuid());
    let mut listener = bus.subscribe(organization, "leads", None).await.expect("the master is there");
    let before = publish(&bus, organization, "leads", 1).await;
    assert_eq!(hear_until(&mut listener, before).await, 0);
    assert!(limiter.check("a", QUOTA).await.expect("the master is there").allowed);

    lose(servers);
    let verdict = at_last("a request is counted", async || limiter.check("a", QUOTA).await).await;
    assert!(verdict.allowed);
    at_last("a value is kept", async || cache.set(organization, "b", "two".into(), LONG, &[]).await).await;
    let found = at_last("a value is found", async || cache.get(organization, "b").await).await;
    assert_eq!(found.expect("it was just kept").value, "two");
    let after = publish(&bus, organization, "leads", 2).await;
    assert!(after > before + 1, "what the lost master gave last is not given again");
    assert_eq!(hear_until(&mut listener, after).await, 1, "events may have been lost with it");
}

#[tokio::test]
async fn the_ports_go_on_when_the_master_is_lost() {
    goes_on(&mut RedisSentinel::start(), RedisSentinel::stop_master).await;
}

#[tokio::test]
async fn the_ports_go_on_when_the_master_hangs() {
    goes_on(&mut RedisSentinel::start(), |servers| servers.freeze_master()).await;
}

#[tokio::test]
async fn one_sentinel_less_is_no_matter() {
    let mut servers = RedisSentinel::start();
    let options = RedisOptions { namespace: namespace(), ..RedisOptions::new(servers.url()) };
    servers.stop_a_sentinel();
    let client = RedisClient::connect(options).await.expect("the others know the master");
    let limiter = RedisRateLimiter::new(client);
    assert!(limiter.check("a", QUOTA).await.expect("the master is there").allowed);
}
