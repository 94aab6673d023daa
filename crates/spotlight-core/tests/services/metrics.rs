//! What a platform counts of its own work.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use spotlight_core::{
    Error, ErrorKind, Result,
    conformance::files::FileStoreFixture,
    decorators::{BreakerSettings, FallbackRateLimiter, Measured},
    domain::OrganizationId,
    memory::{MemoryFileStore, MemoryRateLimiter, MemoryStorage},
    metrics::Metrics,
    ports::{
        Figure, FigureValue, FileStore, Finding, HealthCheck, HealthStatus, HealthSubject, HealthValue, Quota,
        RateLimiter, SchemaState, SystemClock, Verdict,
    },
};

use crate::{
    health::{Migrated, builder},
    world::World,
};

/// How much there is of a metric with these labels: a number, or how many values a histogram has.
fn of(figures: &[Figure], name: &str, labels: &[&str]) -> u64 {
    let found = figures.iter().find(|figure| figure.of.name == name && figure.labels == labels);
    match found.map(|figure| &figure.value) {
        Some(FigureValue::Number(number)) => *number as u64,
        Some(FigureValue::Distribution { count, .. }) => *count,
        None => 0,
    }
}

#[tokio::test]
async fn conversations_turns_jobs_and_events_are_counted() {
    let world = World::new().await;
    let (conversation, visitor) = world.visitor().await;
    world.model.says("We have two.");
    world.turn(&visitor, &conversation, "Which bikes do you have?").await;
    world.work().await;
    let figures = world.platform.figures().await;
    let of = |name: &str, labels: &[&str]| of(&figures, name, labels);
    assert_eq!(of("conversations_total", &["chat"]), 1);
    assert_eq!(of("turns_total", &["answered"]), 1);
    assert_eq!(of("turn_time_to_first_token_seconds", &[]), 1);
    assert!(of("provider_calls_total", &["chat", "ok"]) >= 1, "{figures:?}");
    assert!(of("provider_call_duration_seconds", &["chat"]) >= 1);
    assert!(of("job_duration_seconds", &["analyze_conversation", "done"]) >= 1, "{figures:?}");
    assert!(of("event_publish_delay_seconds", &[]) >= 1);
    assert!(of("cache_reads_total", &["miss"]) >= 1);
    assert_eq!(of("metrics_source_up", &["queue"]), 1);
}

/// Two platforms in one program do not know of each other.
#[tokio::test]
async fn platforms_count_apart() {
    let (one, other) = (World::new().await, World::new().await);
    one.visitor().await;
    let begun = async |world: &World| of(&world.platform.figures().await, "conversations_total", &["chat"]);
    assert_eq!((begun(&one).await, begun(&other).await), (1, 0));
}

/// The schema, and what the checks of `/health` find, are shown as they are; of what is not used, no figure is made up.
#[tokio::test]
async fn what_the_platform_depends_on_is_shown() {
    struct Disk;

    #[async_trait]
    impl HealthCheck for Disk {
        fn subject(&self) -> HealthSubject {
            HealthSubject::new("disk_space")
        }

        async fn check(&self) -> Result<Finding> {
            Ok(Finding::new(HealthStatus::Warning).with("usage", HealthValue::Percent(83), "percent"))
        }
    }

    let world = World::new().await;
    let figures = world.platform.figures().await;
    for (check, status) in [("database", "ok"), ("queue", "ok"), ("redis", "disabled"), ("disk_space", "disabled")] {
        for one in ["ok", "warning", "error", "disabled"] {
            let expected = u64::from(one == status);
            assert_eq!(of(&figures, "health_check_status", &[check, one]), expected, "{check} {one}");
        }
    }
    for state in ["pending", "newer"] {
        let shown = figures.iter().find(|figure| figure.of.name == "schema_migrations" && figure.labels == [state]);
        assert_eq!(shown.map(|figure| &figure.value), Some(&FigureValue::Number(0.0)), "{state}");
    }
    assert!(figures.iter().any(|figure| figure.of.name == "health_check_response_seconds"), "the database tells");
    assert!(figures.iter().all(|figure| figure.of.name != "disk_used_ratio" && !figure.of.name.starts_with("backup")));

    let inner = MemoryStorage::new(Arc::new(SystemClock));
    let schema = Mutex::new(SchemaState { pending: vec![21, 22], newer: vec![30] });
    let behind = builder().storage(Arc::new(Migrated { inner, schema })).health_check(Arc::new(Disk));
    let platform = behind.build().expect("a platform");
    let figures = platform.figures().await;
    assert_eq!(of(&figures, "health_check_status", &["disk_space", "warning"]), 1);
    assert_eq!(of(&figures, "schema_migrations", &["pending"]), 2);
    assert_eq!(of(&figures, "schema_migrations", &["newer"]), 1);
    let used = figures.iter().find(|figure| figure.of.name == "disk_used_ratio").expect("it is shown");
    assert_eq!(used.value, FigureValue::Number(0.83));
}

/// A call is counted by how it ended: well, by the kind of its error, or given up by its caller.
#[tokio::test]
async fn failures_are_counted_by_kind() {
    struct Away;

    #[async_trait]
    impl FileStore for Away {
        async fn put(&self, _: OrganizationId, _: &str, _: Bytes) -> Result<()> {
            Err(Error::new(ErrorKind::Timeout, "too late"))
        }

        async fn get(&self, _: OrganizationId, _: &str) -> Result<Option<Bytes>> {
            std::future::pending().await
        }

        async fn delete(&self, _: OrganizationId, _: &str) -> Result<bool> {
            Ok(true)
        }
    }

    let metrics = Arc::new(Metrics::new());
    let files = Measured::new(Arc::new(Away) as Arc<dyn FileStore>, Arc::clone(&metrics));
    let organization = OrganizationId::from_uuid(uuid());
    assert_eq!(files.put(organization, "a", Bytes::new()).await.expect_err("it fails").kind(), ErrorKind::Timeout);
    assert!(files.delete(organization, "a").await.expect("it is deleted"));
    // Given up after it was asked once.
    assert!(futures::future::FutureExt::now_or_never(files.get(organization, "a")).is_none());
    let figures = metrics.figures();
    for outcome in ["timeout", "ok", "abandoned"] {
        assert_eq!(of(&figures, "provider_calls_total", &["files", outcome]), 1, "{outcome}");
    }
    assert_eq!(of(&figures, "provider_call_duration_seconds", &["files"]), 3);
}

fn uuid() -> uuid::Uuid {
    spotlight_core::ports::IdGenerator::uuid(&spotlight_core::ports::SystemIds)
}

/// A circuit is shown in the state it is in, and no more once it is gone.
#[tokio::test]
async fn circuits_are_shown_while_they_are_there() {
    struct Away;

    #[async_trait]
    impl RateLimiter for Away {
        async fn check(&self, _: &str, _: Quota) -> Result<Verdict> {
            Err(Error::new(ErrorKind::Unavailable, "away"))
        }
    }

    let metrics = Metrics::new();
    let clock = Arc::new(SystemClock);
    let own = Arc::new(MemoryRateLimiter::new(clock.clone()));
    let settings = BreakerSettings { failures_to_open: 1, ..BreakerSettings::default() };
    let limiter = FallbackRateLimiter::new(Arc::new(Away), own, clock, settings).watched_by(&metrics);
    let state = |state: &str| of(&metrics.figures(), "circuit_state", &["rate limiter", state]);
    assert_eq!((state("closed"), state("open"), state("half_open")), (1, 0, 0));
    let quota = Quota { burst: 1, period: std::time::Duration::from_secs(1) };
    limiter.check("key", quota).await.expect("its own limit");
    assert_eq!((state("closed"), state("open"), state("half_open")), (0, 1, 0));
    drop(limiter);
    assert!(metrics.figures().iter().all(|figure| figure.of.name != "circuit_state"));
}

/// The decorator keeps the promises of what it is around.
mod files {
    use super::*;

    struct AroundMemory;

    #[async_trait]
    impl FileStoreFixture for AroundMemory {
        async fn fresh(&self) -> Arc<dyn FileStore> {
            let inner: Arc<dyn FileStore> = Arc::new(MemoryFileStore::new());
            Arc::new(Measured::new(inner, Arc::new(Metrics::new())))
        }
    }

    spotlight_core::file_store_conformance!(AroundMemory);
}
