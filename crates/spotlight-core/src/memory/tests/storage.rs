use std::{sync::Arc, time::Duration};

use super::TestClock;
use crate::{
    domain::flag::FeatureFlag,
    error::ErrorKind,
    memory::MemoryStorage,
    ports::{Clock, JobPlacement, JobSpec, OutboxKind, ReadConsistency, Storage},
};

fn flag(clock: &TestClock, key: &str) -> FeatureFlag {
    FeatureFlag { key: key.to_owned(), enabled: true, percentage: 100, updated_at: clock.now() }
}

async fn keys(storage: &MemoryStorage) -> Vec<String> {
    let flags = storage.read(ReadConsistency::Strong).flags().list().await.unwrap();
    flags.into_iter().map(|flag| flag.key).collect()
}

#[tokio::test]
async fn readers_see_what_was_committed_and_never_wait() {
    let clock = TestClock::new();
    let storage = MemoryStorage::new(clock.clone());
    let unit = storage.begin().await.unwrap();
    unit.flags().set(&flag(&clock, "one")).await.unwrap();
    assert_eq!(unit.flags().list().await.unwrap().len(), 1);
    assert!(keys(&storage).await.is_empty());
    unit.commit().await.unwrap();
    assert_eq!(keys(&storage).await, ["one"]);

    let unit = storage.begin().await.unwrap();
    unit.flags().set(&flag(&clock, "two")).await.unwrap();
    drop(unit);
    assert_eq!(keys(&storage).await, ["one"]);
}

#[tokio::test(start_paused = true)]
async fn a_unit_waits_for_the_one_before_but_not_for_ever() {
    let storage = MemoryStorage::new(TestClock::new());
    let first = storage.begin().await.unwrap();
    let refused = storage.begin().await.map(drop).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Timeout);
    let (second, ()) = tokio::join!(storage.begin(), async {
        tokio::time::sleep(Duration::from_secs(9)).await;
        drop(first);
    });
    second.unwrap();
}

#[tokio::test]
async fn a_dropped_wait_holds_nothing() {
    let storage = MemoryStorage::new(TestClock::new());
    let first = storage.begin().await.unwrap();
    let mut waiting = Box::pin(storage.begin());
    assert!(futures::poll!(waiting.as_mut()).is_pending());
    drop(waiting);
    drop(first);
    storage.begin().await.unwrap();
}

#[tokio::test]
async fn closing_lets_the_open_unit_finish() {
    let clock = TestClock::new();
    let storage = Arc::new(MemoryStorage::new(clock.clone()));
    let unit = storage.begin().await.unwrap();
    let mut closing = Box::pin(storage.close());
    assert!(futures::poll!(closing.as_mut()).is_pending());
    let refused = storage.begin().await.map(drop).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    unit.flags().set(&flag(&clock, "last")).await.unwrap();
    unit.commit().await.unwrap();
    closing.await;
    let refused = storage.read(ReadConsistency::Strong).flags().list().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(storage.ping().await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn jobs_of_one_unit_keep_their_order_when_the_clock_is_set_back() {
    let clock = TestClock::new();
    let storage = MemoryStorage::with_jobs(clock.clone(), JobPlacement::Outbox);
    let job = |name: &str| JobSpec::new(name, "{}");
    let unit = storage.begin().await.unwrap();
    unit.enqueue(job("first")).await.unwrap();
    clock.advance(chrono::Duration::hours(-1));
    unit.enqueue(job("second")).await.unwrap();
    clock.advance(chrono::Duration::hours(1));
    let rows = unit.outbox().claim(OutboxKind::Job, clock.now(), 30, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["first", "second"]);
}

#[tokio::test]
async fn leases_that_nobody_gives_back_are_forgotten() {
    let clock = TestClock::new();
    let storage = MemoryStorage::new(clock.clone());
    let unit = storage.begin().await.unwrap();
    let lost = unit.leases().acquire("lost", 1000).await.unwrap().unwrap();
    clock.advance(chrono::Duration::seconds(2));
    unit.leases().acquire("other", 1000).await.unwrap().unwrap();
    let again = unit.leases().acquire("lost", 1000).await.unwrap().unwrap();
    assert!(again.fence > lost.fence, "a fence grows although its lease was forgotten");
}
