//! The ports on a real Redis.

use std::time::Duration;

use spotlight_core::{
    ErrorKind,
    domain::OrganizationId,
    ports::{Cache, Event, EventBus, Fill, Filled, Heard, IdGenerator, Quota, RateLimiter, SystemIds},
};
use spotlight_storage::redis::{RedisCache, RedisClient, RedisEventBus, RedisOptions, RedisRateLimiter};
use spotlight_tests::redis::{
    RedisPorts, RedisServer, client, namespace,
    traffic::{hear, news, publish},
};

/// A client whose keys are its own, which does not wait for long.
fn hasty(server: &RedisServer) -> RedisClient {
    let short = Duration::from_millis(300);
    let options = RedisOptions { namespace: namespace(), response_timeout: short, ..RedisOptions::new(server.url()) };
    RedisClient::new(options).expect("the options can be read")
}

fn redis() -> RedisPorts {
    RedisPorts(|| RedisServer::shared().url())
}

spotlight_core::cache_conformance!(redis());
spotlight_core::event_bus_conformance!(redis());
spotlight_core::rate_limiter_conformance!(redis());

const QUOTA: Quota = Quota { burst: 1, period: Duration::from_mins(1) };

#[tokio::test]
async fn a_server_that_went_away_is_said_to_be_and_used_again_when_it_is_back() {
    let mut server = RedisServer::start();
    let limiter = RedisRateLimiter::new(client(server.url()));
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
    let cache = RedisCache::new(client(server.url()));
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

#[tokio::test]
async fn what_redis_drops_for_want_of_memory_brings_no_deleted_value_back() {
    let server = RedisServer::start();
    let cache = RedisCache::new(RedisClient::new(RedisOptions::new(server.url())).expect("the options can be read"));
    let organization = OrganizationId::from_uuid(SystemIds.uuid());
    let (minute, tags) = (Duration::from_mins(1), ["tag".to_owned()]);
    let prefix = format!("spotlight:{{cache:{organization}}}");
    let found = async || cache.get(organization, "a").await.expect("the server is there").is_some();
    // A tag: nobody could delete by it any more.
    cache.set(organization, "a", "one".into(), minute, &tags).await.expect("the server is there");
    server.drop_key(&format!("{prefix}:t:tag"));
    assert!(!found().await);
    cache.set(organization, "b", "other".into(), minute, &tags).await.expect("the server is there");
    assert!(!found().await, "the tag's new version is not the old one");
    // What was deleted since a fill began.
    let Ok(Fill::Yours(token)) = cache.begin_fill(organization, "a", minute).await else { panic!("nobody fills it") };
    cache.delete_tag(organization, "tag").await.expect("the server is there");
    server.drop_key(&format!("{prefix}:d"));
    cache.delete_tag(organization, "another").await.expect("the server is there");
    let filled = Filled { value: "old".into(), ttl: minute, stale_for: Duration::ZERO, tags: tags.to_vec() };
    assert!(!cache.end_fill(organization, "a", token, Some(filled)).await.expect("the server is there"));
    assert!(!found().await);
}

#[tokio::test]
async fn listeners_in_another_process_lose_nothing_with_a_connection() {
    let server = RedisServer::start();
    let options = RedisOptions::new(server.url());
    let [here, there] =
        [(); 2].map(|()| RedisEventBus::new(RedisClient::new(options.clone()).expect("the options can be read")));
    let organization = OrganizationId::from_uuid(SystemIds.uuid());
    let mut listener = there.subscribe(organization, "leads", None).await.expect("the server is there");
    let first = publish(&here, organization, "leads", 0).await;
    assert_eq!(hear(&mut listener).await, Heard::Event(Event { id: first, ..news(0) }));
    for number in 1..=20 {
        server.cut("pubsub");
        let id = publish(&here, organization, "leads", number).await;
        assert_eq!(id, first + number);
        server.cut("normal");
        assert_eq!(hear(&mut listener).await, Heard::Event(Event { id, ..news(number) }));
    }
}

#[tokio::test]
async fn listeners_hear_of_the_gap_when_the_server_lost_its_events() {
    let mut server = RedisServer::start();
    let bus = RedisEventBus::new(client(server.url()));
    let organization = OrganizationId::from_uuid(SystemIds.uuid());
    let mut listener = bus.subscribe(organization, "leads", None).await.expect("the server is there");
    let before = publish(&bus, organization, "leads", 1).await;
    assert!(matches!(hear(&mut listener).await, Heard::Event(event) if event.id == before));
    server.stop();
    let away = bus.publish(organization, "leads", SystemIds.uuid(), news(2)).await;
    assert_eq!(away.expect_err("the server is away").kind(), ErrorKind::Unavailable);
    let away = bus.subscribe(organization, "leads", None).await.err().expect("the server is away");
    assert_eq!(away.kind(), ErrorKind::Unavailable, "{}", away.chain());
    server.start_again();
    let after = publish(&bus, organization, "leads", 3).await;
    assert!(after > before + 1);
    assert_eq!(hear(&mut listener).await, Heard::Gap { next: after });
    assert_eq!(hear(&mut listener).await, Heard::Event(Event { id: after, ..news(3) }));
}
