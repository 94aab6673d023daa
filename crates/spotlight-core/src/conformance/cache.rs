//! Caches: one line, `spotlight_core::cache_conformance!(MyFixture::new());`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    rounds,
    samples::Samples,
    support::{rivals, soon, together},
};
use crate::{
    caching::{CacheReader, Keep},
    domain::OrganizationId,
    ports::{Cache, Cached, Fill, FillToken, Filled},
};

/// Gives caches to the suite.
#[async_trait]
pub trait CacheFixture: Send + Sync + 'static {
    /// A fresh, empty cache with room for a few megabytes.
    async fn fresh(&self) -> Arc<dyn Cache>;

    /// Lets time pass for the caches it gave: by their clock, or really.
    async fn pass(&self, time: Duration);
}

/// One test per promise of a [`Cache`](crate::ports::Cache), from an expression that makes a
/// [`CacheFixture`](crate::conformance::cache::CacheFixture). The tests stand in a module of their own, `cache`.
#[macro_export]
macro_rules! cache_conformance {
    ($fixture:expr) => {
        fn cache_conformance_fixture() -> impl $crate::conformance::cache::CacheFixture {
            $fixture
        }

        $crate::__conformance_tests! {
            (cache_conformance_fixture)
            cache {
                a_value_stays_until_it_is_replaced
                a_value_goes_with_its_time
                a_deleted_value_is_gone
                a_tag_takes_its_values
                the_last_tags_count
                organizations_keep_their_own
                a_value_is_whole
                one_fills_at_a_time
                a_fill_ends_with_its_lease
                a_fill_begun_before_a_delete_never_lands
                other_deletes_do_not_matter_to_a_fill
                a_stale_value_is_said_to_be_stale
                a_thousand_misses_compute_once
                readers_never_keep_what_was_deleted
            }
        }
    };
}

const LONG: Duration = Duration::from_hours(1);

struct Bench {
    cache: Arc<dyn Cache>,
    org: OrganizationId,
    other: OrganizationId,
}

impl Bench {
    async fn new(fixture: &dyn CacheFixture) -> Self {
        let samples = Samples::new();
        let [org, other] = [samples.organization().id, samples.organization().id];
        Self { cache: fixture.fresh().await, org, other }
    }

    async fn set(&self, key: &str, value: &'static str, ttl: Duration, tags: &[&str]) {
        let tags: Vec<_> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        self.cache.set(self.org, key, Bytes::from_static(value.as_bytes()), ttl, &tags).await.unwrap();
    }

    async fn get(&self, key: &str) -> Option<String> {
        let Cached { value, fresh } = self.cache.get(self.org, key).await.unwrap()?;
        assert!(fresh, "{key:?} is stale");
        Some(String::from_utf8(value.to_vec()).unwrap())
    }

    async fn begin(&self, key: &str) -> Fill {
        self.cache.begin_fill(self.org, key, LONG).await.unwrap()
    }

    async fn begins(&self, key: &str) -> FillToken {
        let Fill::Yours(token) = self.begin(key).await else { panic!("nobody else fills {key:?}") };
        token
    }

    async fn end(&self, key: &str, token: FillToken, value: &'static str, tags: &[&str]) -> bool {
        self.cache.end_fill(self.org, key, token, Some(filled(value, tags))).await.unwrap()
    }
}

fn filled(value: &'static str, tags: &[&str]) -> Filled {
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    Filled { value: Bytes::from_static(value.as_bytes()), ttl: LONG, stale_for: Duration::ZERO, tags }
}

/// A value is given back as it is, until it is replaced.
pub async fn a_value_stays_until_it_is_replaced(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    assert_eq!(it.get("a").await, None);
    it.set("a", "one", LONG, &[]).await;
    it.set("a:b {*} ü\n", "", LONG, &[]).await;
    assert_eq!(it.get("a").await.as_deref(), Some("one"));
    assert_eq!(it.get("a:b {*} ü\n").await.as_deref(), Some(""), "an empty value is a value");
    assert_eq!(it.get("a:b").await, None);
    it.set("a", "two", LONG, &[]).await;
    assert_eq!(it.get("a").await.as_deref(), Some("two"));
    let binary: Bytes = (0..=255).cycle().take(300_000).collect::<Vec<u8>>().into();
    it.cache.set(it.org, "binary", binary.clone(), LONG, &[]).await.unwrap();
    assert_eq!(it.cache.get(it.org, "binary").await.unwrap(), Some(Cached { value: binary, fresh: true }));
}

/// A value goes when its time is over, which counts from the last set.
pub async fn a_value_goes_with_its_time(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    let short = Duration::from_millis(400);
    it.set("long", "stays", LONG, &[]).await;
    it.set("short", "goes", short, &[]).await;
    it.set("renewed", "goes", short, &[]).await;
    it.set("renewed", "stays", LONG, &[]).await;
    it.set("cut", "stays", LONG, &[]).await;
    it.set("cut", "goes", short, &[]).await;
    assert_eq!(it.get("long").await.as_deref(), Some("stays"));
    fixture.pass(short).await;
    assert_eq!(it.get("short").await, None);
    assert_eq!(it.get("cut").await, None);
    assert_eq!(it.get("long").await.as_deref(), Some("stays"));
    assert_eq!(it.get("renewed").await.as_deref(), Some("stays"));
    it.set("short", "is back", LONG, &[]).await;
    assert_eq!(it.get("short").await.as_deref(), Some("is back"));
}

/// A deleted value is gone; deleting nothing is nothing.
pub async fn a_deleted_value_is_gone(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    it.set("a", "one", LONG, &["tag"]).await;
    it.set("b", "two", LONG, &["tag"]).await;
    it.cache.delete(it.org, "a").await.unwrap();
    it.cache.delete(it.org, "a").await.unwrap();
    it.cache.delete(it.org, "never").await.unwrap();
    assert_eq!(it.get("a").await, None);
    assert_eq!(it.get("b").await.as_deref(), Some("two"));
}

/// A tag takes every value that was set under it, and no other.
pub async fn a_tag_takes_its_values(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    it.set("a", "one", LONG, &["lead:1", "leads"]).await;
    it.set("b", "two", LONG, &["lead:2", "leads"]).await;
    it.set("c", "three", LONG, &["lead:1"]).await;
    it.set("d", "four", LONG, &[]).await;
    it.cache.delete_tag(it.org, "lead:1").await.unwrap();
    assert_eq!((it.get("a").await, it.get("c").await), (None, None));
    assert_eq!(it.get("b").await.as_deref(), Some("two"));
    it.cache.delete_tag(it.org, "lead").await.unwrap();
    assert_eq!(it.get("b").await.as_deref(), Some("two"), "the beginning of a tag is another tag");
    it.set("a", "again", LONG, &["leads"]).await;
    it.cache.delete_tag(it.org, "lead:1").await.unwrap();
    assert_eq!(it.get("a").await.as_deref(), Some("again"), "what was set since is not touched");
    it.cache.delete_tag(it.org, "leads").await.unwrap();
    assert_eq!((it.get("a").await, it.get("b").await), (None, None));
    assert_eq!(it.get("d").await.as_deref(), Some("four"));
    it.cache.delete_tag(it.org, "never").await.unwrap();
}

/// Of several sets of a key, the last one's tags count.
pub async fn the_last_tags_count(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    it.set("a", "one", LONG, &["old", "both"]).await;
    it.set("a", "two", LONG, &["new", "both"]).await;
    it.cache.delete_tag(it.org, "old").await.unwrap();
    assert_eq!(it.get("a").await.as_deref(), Some("two"));
    it.cache.delete_tag(it.org, "new").await.unwrap();
    assert_eq!(it.get("a").await, None);
    it.set("a", "three", LONG, &["new"]).await;
    it.set("a", "four", LONG, &[]).await;
    it.cache.delete_tag(it.org, "new").await.unwrap();
    assert_eq!(it.get("a").await.as_deref(), Some("four"));
}

/// Keys and tags of one organization are nothing to another.
pub async fn organizations_keep_their_own(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    it.set("a", "mine", LONG, &["tag"]).await;
    assert_eq!(it.cache.get(it.other, "a").await.unwrap(), None);
    it.cache.set(it.other, "a", Bytes::from_static(b"theirs"), LONG, &["tag".to_owned()]).await.unwrap();
    assert_eq!(it.get("a").await.as_deref(), Some("mine"));
    it.cache.delete(it.other, "a").await.unwrap();
    it.cache.delete_tag(it.other, "tag").await.unwrap();
    assert_eq!(it.get("a").await.as_deref(), Some("mine"));
}

/// Of values set at once, a reader sees one or the other, whole.
pub async fn a_value_is_whole(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    let write = |byte: u8| {
        let (cache, org) = (Arc::clone(&it.cache), it.org);
        async move {
            for _ in 0..30 {
                let value = Bytes::from(vec![byte; 50_000]);
                cache.set(org, "a", value, LONG, &["tag".to_owned()]).await.unwrap();
                let read = cache.get(org, "a").await.unwrap().expect("it was set").value;
                assert!(read.len() == 50_000 && read.iter().all(|found| *found == read[0]), "a value in halves");
            }
        }
    };
    rivals(write(b'a'), write(b'b')).await;
    soon(it.cache.delete_tag(it.org, "tag")).await.unwrap();
    assert_eq!(it.get("a").await, None);
}

/// One caller fills a key at a time; the value is found under its tags, and the key can be filled again.
pub async fn one_fills_at_a_time(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    let token = it.begins("a").await;
    assert_eq!(it.begin("a").await, Fill::Busy);
    let other = it.begins("b").await;
    let theirs = it.cache.begin_fill(it.other, "a", LONG).await.unwrap();
    assert!(matches!(theirs, Fill::Yours(_)), "another organization's key is another");
    assert_eq!(it.get("a").await, None, "a fill that has begun is no value");
    assert!(it.end("a", token, "one", &["tag"]).await);
    assert_eq!(it.get("a").await.as_deref(), Some("one"));
    assert!(!it.end("a", token, "twice", &["tag"]).await, "a fill ends once");
    assert_eq!(it.get("a").await.as_deref(), Some("one"));
    // A fill begins whether there is a value or not, and leaves it as it is when it is given up.
    let again = it.begins("a").await;
    assert!(!it.end("a", token, "late", &[]).await, "the token of an earlier fill");
    assert_eq!(it.begin("a").await, Fill::Busy, "which ends no other");
    assert!(!it.cache.end_fill(it.org, "a", again, None).await.unwrap());
    assert_eq!(it.get("a").await.as_deref(), Some("one"));
    let third = it.begins("a").await;
    assert!(it.end("a", third, "three", &[]).await);
    assert_eq!(it.begin("b").await, Fill::Busy);
    assert!(it.end("b", other, "other", &["tag"]).await);
    it.cache.delete_tag(it.org, "tag").await.unwrap();
    assert_eq!(it.get("a").await.as_deref(), Some("three"), "the last fill's tags count");
    assert_eq!(it.get("b").await, None);
}

/// When its lease is over a fill is anybody's, and the first one does not land.
pub async fn a_fill_ends_with_its_lease(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    let short = Duration::from_millis(300);
    let Fill::Yours(slow) = it.cache.begin_fill(it.org, "a", short).await.unwrap() else { panic!("nobody fills it") };
    let Fill::Yours(slower) = it.cache.begin_fill(it.org, "b", short).await.unwrap() else { panic!("nobody fills it") };
    assert_eq!(it.begin("a").await, Fill::Busy);
    fixture.pass(short).await;
    let next = it.begins("a").await;
    assert!(!it.end("a", slow, "late", &[]).await);
    assert!(!it.end("b", slower, "late", &[]).await, "late, even if nobody else has begun");
    assert_eq!((it.get("a").await, it.get("b").await), (None, None));
    assert!(it.end("a", next, "in time", &[]).await);
    assert_eq!(it.get("a").await.as_deref(), Some("in time"));
}

/// What was read before a delete, or before somebody set the value, is not kept after it.
pub async fn a_fill_begun_before_a_delete_never_lands(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    let token = it.begins("a").await;
    it.cache.delete(it.org, "a").await.unwrap();
    let next = it.begins("a").await;
    assert!(!it.end("a", token, "old", &[]).await);
    assert_eq!(it.get("a").await, None);
    assert!(it.end("a", next, "new", &["tag"]).await, "this one has begun since");

    let token = it.begins("a").await;
    it.cache.delete_tag(it.org, "tag").await.unwrap();
    assert_eq!(it.get("a").await, None);
    assert!(!it.end("a", token, "old", &["other", "tag"]).await);
    assert_eq!(it.get("a").await, None);
    // A tag that nothing was ever set under counts too.
    let token = it.begins("b").await;
    it.cache.delete_tag(it.org, "never").await.unwrap();
    assert!(!it.end("b", token, "old", &["never"]).await);
    let token = it.begins("b").await;
    assert!(it.end("b", token, "new", &["never"]).await);

    let token = it.begins("a").await;
    it.set("a", "set", LONG, &[]).await;
    assert!(!it.end("a", token, "old", &[]).await);
    assert_eq!(it.get("a").await.as_deref(), Some("set"));
}

/// Deletes of other keys, other tags and other organizations keep no fill from landing, nor do earlier ones.
pub async fn other_deletes_do_not_matter_to_a_fill(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    it.cache.delete(it.org, "a").await.unwrap();
    it.cache.delete_tag(it.org, "tag").await.unwrap();
    let token = it.begins("a").await;
    it.cache.delete(it.org, "b").await.unwrap();
    it.cache.delete_tag(it.org, "ta").await.unwrap();
    it.cache.delete_tag(it.org, "a").await.unwrap();
    it.cache.delete(it.other, "a").await.unwrap();
    it.cache.delete_tag(it.other, "tag").await.unwrap();
    assert!(it.end("a", token, "one", &["tag"]).await);
    assert_eq!(it.get("a").await.as_deref(), Some("one"));
}

/// A stale value is given as such for its time, and is deleted like any other.
pub async fn a_stale_value_is_said_to_be_stale(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    let short = Duration::from_millis(300);
    for (key, ttl, stale_for) in [("a", short, LONG), ("b", short, LONG), ("short", short, short), ("c", LONG, LONG)] {
        let token = it.begins(key).await;
        let filled = Filled { ttl, stale_for, ..filled("old", &[key]) };
        assert!(it.cache.end_fill(it.org, key, token, Some(filled)).await.unwrap());
    }
    fixture.pass(short).await;
    let old = |fresh| Some(Cached { value: Bytes::from_static(b"old"), fresh });
    assert_eq!(it.cache.get(it.org, "a").await.unwrap(), old(false));
    assert_eq!(it.cache.get(it.org, "c").await.unwrap(), old(true));
    it.cache.delete_tag(it.org, "a").await.unwrap();
    it.cache.delete(it.org, "b").await.unwrap();
    assert_eq!((it.get("a").await, it.get("b").await), (None, None));
    fixture.pass(short).await;
    assert_eq!(it.get("short").await, None, "both times are over");
    let token = it.begins("a").await;
    assert!(it.end("a", token, "new", &[]).await);
    assert_eq!(it.get("a").await.as_deref(), Some("new"));
}

/// Of a thousand who miss a value at once, in two processes, one computes it.
pub async fn a_thousand_misses_compute_once(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    let readers = [(); 2].map(|()| Arc::new(CacheReader::new(Arc::clone(&it.cache))));
    let computed = Arc::new(AtomicU64::new(0));
    let caller = |number: usize| {
        let (reader, computed, org) = (Arc::clone(&readers[number % 2]), Arc::clone(&computed), it.org);
        async move {
            let compute = async || {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Ok(Some(computed.fetch_add(1, Ordering::SeqCst)))
            };
            reader.get_or_compute(org, "a", &Keep::new(LONG), compute).await.unwrap()
        }
    };
    let found = together((0..1_000).map(caller)).await;
    assert!(found.iter().all(|found| *found == Some(0)), "everybody has the same value");
    assert_eq!(computed.load(Ordering::SeqCst), 1);
}

/// Whoever reads after a change and its delete reads the change, however many read, compute and change at once.
pub async fn readers_never_keep_what_was_deleted(fixture: &dyn CacheFixture) {
    let it = Bench::new(fixture).await;
    let keep = Arc::new(Keep { tags: vec!["tag".to_owned()], ..Keep::new(LONG) });
    let readers = [(); 2].map(|()| Arc::new(CacheReader::new(Arc::clone(&it.cache))));
    let stored = Arc::new(AtomicU64::new(0));
    let changes = u64::from(rounds(50, 1_000));
    let client = |number: usize| {
        let (reader, keep, stored) = (Arc::clone(&readers[number % 2]), Arc::clone(&keep), Arc::clone(&stored));
        let (cache, org) = (Arc::clone(&it.cache), it.org);
        async move {
            for _ in 0..changes {
                let least = stored.load(Ordering::SeqCst);
                if number == 0 {
                    stored.fetch_add(1, Ordering::SeqCst);
                    cache.delete_tag(org, "tag").await.unwrap();
                }
                let expected = if number == 0 { least + 1 } else { 0 };
                let compute = async || {
                    let value = stored.load(Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    Ok(Some(value))
                };
                let found = reader.get_or_compute(org, "a", &keep, compute).await.unwrap();
                assert!(found >= Some(expected), "{found:?} after the change to {expected}");
            }
        }
    };
    together((0..6).map(client)).await;
    let last = readers[0].get_or_compute(it.org, "a", &keep, async || Ok(Some(changes))).await.unwrap();
    assert_eq!(last, Some(changes));
}
