#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::join_all;
use tokio::sync::Notify;

use super::{CacheReader, Keep};
use crate::{
    domain::{OrganizationId, time::Timestamp},
    error::{Error, ErrorKind, Result, Retry},
    memory::MemoryCache,
    ports::{Cache, Cached, Clock, Fill, FillToken, Filled},
};

struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn memory() -> (Arc<Hands>, CacheReader) {
    let clock = Arc::new(Hands(Mutex::new(Timestamp::from_timestamp(1_790_000_000, 0).unwrap())));
    let cache = MemoryCache::new(clock.clone(), 1_000_000);
    (clock, CacheReader::new(Arc::new(cache)))
}

fn org() -> OrganizationId {
    OrganizationId::from_uuid(uuid::Uuid::from_u128(1))
}

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn nothing_is_remembered_when_asked_for() {
    let (clock, reader) = memory();
    let count = AtomicU64::new(0);
    let nothing = async || {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(None::<String>)
    };
    let keep = Keep::new(MINUTE);
    for _ in 0..2 {
        assert_eq!(reader.get_or_compute(org(), "a", &keep, nothing).await.unwrap(), None);
    }
    assert_eq!(count.load(Ordering::SeqCst), 2, "it was not asked for");
    let keep = Keep { nothing_for: Duration::from_secs(10), ..keep };
    for _ in 0..2 {
        assert_eq!(reader.get_or_compute(org(), "a", &keep, nothing).await.unwrap(), None);
    }
    assert_eq!(count.load(Ordering::SeqCst), 3);
    *clock.0.lock().unwrap() += Duration::from_secs(10);
    let something = async || Ok(Some("b".to_owned()));
    assert_eq!(reader.get_or_compute(org(), "a", &keep, something).await.unwrap().as_deref(), Some("b"));
    assert_eq!(reader.flights.len(), 0);
}

#[tokio::test]
async fn a_stale_value_is_given_while_one_computes() {
    let (clock, reader) = memory();
    let keep = Keep { stale_for: MINUTE, ..Keep::new(MINUTE) };
    let value = |number: u64| async move || Ok(Some(number));
    reader.get_or_compute(org(), "a", &keep, value(1)).await.unwrap();
    *clock.0.lock().unwrap() += MINUTE;
    let go = Notify::new();
    let slow = reader.get_or_compute(org(), "a", &keep, async || {
        go.notified().await;
        Ok(Some(2))
    });
    let others = async {
        let never = async || -> Result<Option<u64>> { panic!("another one computes") };
        assert_eq!(reader.get_or_compute(org(), "a", &keep, never).await.unwrap(), Some(1));
        // In another process.
        let other = CacheReader::new(Arc::clone(reader.cache()));
        assert_eq!(other.get_or_compute(org(), "a", &keep, never).await.unwrap(), Some(1));
        go.notify_one();
    };
    let (slow, ()) = tokio::join!(slow, others);
    assert_eq!(slow.unwrap(), Some(2));
    assert_eq!(reader.get_or_compute(org(), "a", &keep, value(3)).await.unwrap(), Some(2));

    *clock.0.lock().unwrap() += MINUTE;
    let fails = async || Err::<Option<u64>, _>(Error::new(ErrorKind::Unavailable, "no"));
    assert_eq!(reader.get_or_compute(org(), "a", &keep, fails).await.unwrap(), Some(2), "better than nothing");
    assert_eq!(reader.get_or_compute(org(), "a", &keep, value(3)).await.unwrap(), Some(3));
}

#[tokio::test]
async fn a_failure_is_everybodys_who_waited_and_nobody_elses() {
    let (_, reader) = memory();
    let (count, keep) = (AtomicU64::new(0), Keep::new(MINUTE));
    let fails = async || {
        count.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Err::<Option<u64>, _>(Error::new(ErrorKind::PlanLimit, "enough").with_retry(Retry::After(MINUTE)))
    };
    let failed = join_all((0..100).map(|_| reader.get_or_compute(org(), "a", &keep, fails))).await;
    for failed in failed {
        let error = failed.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::PlanLimit, Retry::After(MINUTE)));
        assert_eq!(error.to_string(), "enough");
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
    let works = async || Ok(Some(1));
    assert_eq!(reader.get_or_compute(org(), "a", &keep, works).await.unwrap(), Some(1));
    assert_eq!(reader.flights.len(), 0);
}

/// A cache that cannot be reached, at all or any more when a fill ends.
struct Broken {
    only_ends: bool,
}

impl Broken {
    fn call<T>(&self, answer: T) -> Result<T> {
        if self.only_ends { Ok(answer) } else { Err(Error::new(ErrorKind::Unavailable, "away")) }
    }
}

#[async_trait]
impl Cache for Broken {
    async fn get(&self, _: OrganizationId, _: &str) -> Result<Option<Cached>> {
        self.call(None)
    }

    async fn set(&self, _: OrganizationId, _: &str, _: Bytes, _: Duration, _: &[String]) -> Result<()> {
        self.call(())
    }

    async fn begin_fill(&self, _: OrganizationId, _: &str, _: Duration) -> Result<Fill> {
        self.call(Fill::Yours(FillToken(1)))
    }

    async fn end_fill(&self, _: OrganizationId, _: &str, _: FillToken, _: Option<Filled>) -> Result<bool> {
        Err(Error::new(ErrorKind::Timeout, "away"))
    }

    async fn delete(&self, _: OrganizationId, _: &str) -> Result<()> {
        self.call(())
    }

    async fn delete_tag(&self, _: OrganizationId, _: &str) -> Result<()> {
        self.call(())
    }
}

#[tokio::test]
async fn a_broken_cache_fails_no_request() {
    let reader = CacheReader::new(Arc::new(Broken { only_ends: false }));
    let (count, keep) = (AtomicU64::new(0), Keep::new(MINUTE));
    let compute = async || {
        tokio::task::yield_now().await;
        Ok(Some(count.fetch_add(1, Ordering::SeqCst)))
    };
    let found = join_all((0..100).map(|_| reader.get_or_compute(org(), "a", &keep, compute))).await;
    assert!(found.into_iter().all(|found| found.unwrap().is_some()));
    // One for who came first, one for those who came while that one was under way.
    assert_eq!(count.load(Ordering::SeqCst), 2);

    let reader = CacheReader::new(Arc::new(Broken { only_ends: true }));
    assert_eq!(reader.get_or_compute(org(), "a", &keep, async || Ok(Some(7))).await.unwrap(), Some(7));
}

#[tokio::test]
async fn what_cannot_be_read_is_computed_anew() {
    let (_, reader) = memory();
    let keep = Keep::new(MINUTE);
    for bytes in [&b""[..], b"1", b"1{", b"0x", b"?", b"1\"text\""] {
        reader.cache().set(org(), "a", Bytes::from_static(bytes), MINUTE, &[]).await.unwrap();
        assert_eq!(reader.get_or_compute(org(), "a", &keep, async || Ok(Some(7))).await.unwrap(), Some(7));
        let never = async || -> Result<Option<u64>> { panic!("it is kept") };
        assert_eq!(reader.get_or_compute(org(), "a", &keep, never).await.unwrap(), Some(7));
    }
}

#[tokio::test]
async fn whoever_waits_takes_over_from_one_who_went_away() {
    let (_, reader) = memory();
    let keep = Keep::new(MINUTE);
    let forever = async || std::future::pending::<Result<Option<u64>>>().await;
    let mut gone = Box::pin(reader.get_or_compute(org(), "a", &keep, forever));
    assert!(futures::poll!(&mut gone).is_pending());
    let mut waits = Box::pin(reader.get_or_compute(org(), "a", &keep, async || Ok(Some(7))));
    assert!(futures::poll!(&mut waits).is_pending());
    drop(gone);
    // Well within the lease.
    let found = tokio::time::timeout(Duration::from_secs(5), waits).await.unwrap();
    assert_eq!(found.unwrap(), Some(7));
    assert_eq!(reader.flights.len(), 0);
}
