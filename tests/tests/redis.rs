//! The ports on a real Redis.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use spotlight_core::{
    ErrorKind,
    conformance::{cache::CacheFixture, limit::RateLimiterFixture, samples},
    domain::{OrganizationId, time::Timestamp},
    ports::{Cache, Clock, Fill, Filled, IdGenerator, Quota, RateLimiter, SystemIds},
};
use spotlight_storage::redis::{RedisCache, RedisClient, RedisOptions, RedisRateLimiter};
use spotlight_tests::redis::{RedisServer, namespace};

/// A client whose keys are its own.
fn client(server: &RedisServer) -> RedisClient {
    let options = RedisOptions { namespace: namespace(), ..RedisOptions::new(server.url()) };
    RedisClient::new(options).expect("the options can be read")
}

/// The same, which does not wait for long.
fn hasty(server: &RedisServer) -> RedisClient {
    let short = Duration::from_millis(300);
    let options = RedisOptions { namespace: namespace(), response_timeout: short, ..RedisOptions::new(server.url()) };
    RedisClient::new(options).expect("the options can be read")
}

/// A clock that is put forward by hand.
struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panics with the clock")
    }
}

struct Redis;

#[async_trait]
impl RateLimiterFixture for Redis {
    async fn fresh(&self) -> Arc<dyn RateLimiter> {
        Arc::new(RedisRateLimiter::new(client(RedisServer::shared())))
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    async fn by_hand(&self) -> (Arc<dyn RateLimiter>, Box<dyn Fn(Duration) + Send + Sync>) {
        let hands = Arc::new(Hands(Mutex::new(samples::at(0))));
        let limiter = RedisRateLimiter::new(client(RedisServer::shared())).with_clock(hands.clone());
        let advance = move |time| *hands.0.lock().expect("nobody panics with the clock") += time;
        (Arc::new(limiter), Box::new(advance))
    }
}

#[async_trait]
impl CacheFixture for Redis {
    async fn fresh(&self) -> Arc<dyn Cache> {
        Arc::new(RedisCache::new(client(RedisServer::shared())))
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

spotlight_core::cache_conformance!(Redis);
spotlight_core::rate_limiter_conformance!(Redis);

const QUOTA: Quota = Quota { burst: 1, period: Duration::from_mins(1) };

#[tokio::test]
async fn a_server_that_went_away_is_said_to_be_and_used_again_when_it_is_back() {
    let mut server = RedisServer::start();
    let limiter = RedisRateLimiter::new(client(&server));
    assert!(limiter.check("a", QUOTA).await.expect("the server is there").allowed);
    assert!(!limiter.check("a", QUOTA).await.expect("the server is there").allowed);
    server.stop();
    for _ in 0..3 {
        let error = limiter.check("a", QUOTA).await.expect_err("the server is away");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.chain());
    }
    server.start_again();
    let back = async {
        loop {
            match limiter.check("a", QUOTA).await {
                Ok(verdict) => break verdict,
                // The attempt to connect began before the server was back.
                Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.chain()),
            }
        }
    };
    let verdict = tokio::time::timeout(Duration::from_secs(20), back).await.expect("it is found again");
    assert!(verdict.allowed, "it has forgotten everything");
}

#[tokio::test]
async fn a_server_that_does_not_answer_costs_no_more_than_the_time_that_is_given() {
    let server = RedisServer::start();
    let limiter = RedisRateLimiter::new(hasty(&server));
    assert!(limiter.check("a", QUOTA).await.expect("the server answers").allowed);
    server.hang(Duration::from_secs(2));
    let call = limiter.check("b", QUOTA);
    let error = tokio::time::timeout(Duration::from_millis(1_500), call).await.expect("it gives up by itself");
    let error = error.expect_err("the server hangs");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{}", error.chain());
}

#[tokio::test]
async fn an_error_tells_neither_the_key_nor_the_password() {
    let server = RedisServer::start();
    let url = server.url().replace("redis://", "redis://ada:hunter2@");
    let refused = RedisRateLimiter::new(RedisClient::new(RedisOptions::new(url)).expect("it can be read"));
    let error = refused.check("ada@example.com", QUOTA).await.expect_err("there is no such user");
    assert_eq!(error.kind(), ErrorKind::Misconfigured, "{}", error.chain());
    let told = format!("{} {error:?} {refused:?}", error.chain());
    assert!(!told.contains("hunter2") && !told.contains("ada"), "{told}");

    for url in ["nonsense hunter2", "redis://ada:hunter2@host:port", "http://ada:hunter2@host"] {
        let error = RedisClient::new(RedisOptions::new(url)).expect_err("it cannot be read");
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    for namespace in ["", "a:b", "{a}", "a b"] {
        let options = RedisOptions { namespace: namespace.to_owned(), ..RedisOptions::new(server.url()) };
        assert_eq!(RedisClient::new(options).expect_err("no namespace").kind(), ErrorKind::Misconfigured);
    }
}

#[tokio::test]
async fn a_fill_that_outlives_what_redis_held_does_not_land() {
    let mut server = RedisServer::start();
    let cache = RedisCache::new(client(&server));
    let organization = OrganizationId::from_uuid(SystemIds.uuid());
    let minute = Duration::from_mins(1);
    let Ok(Fill::Yours(token)) = cache.begin_fill(organization, "a", minute).await else { panic!("nobody fills it") };
    server.stop();
    let deleted = cache.delete_tag(organization, "tag").await;
    assert_eq!(deleted.expect_err("the server is away").kind(), ErrorKind::Unavailable);
    server.start_again();
    let filled = Filled { value: "old".into(), ttl: minute, stale_for: Duration::ZERO, tags: vec!["tag".to_owned()] };
    let ended = async {
        loop {
            match cache.end_fill(organization, "a", token, Some(filled.clone())).await {
                Ok(landed) => break landed,
                Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{}", error.chain()),
            }
        }
    };
    let landed = tokio::time::timeout(Duration::from_secs(20), ended).await.expect("it is found again");
    assert!(!landed, "nobody knows what was deleted meanwhile");
    assert_eq!(cache.get(organization, "a").await.expect("the server is there"), None);
}
