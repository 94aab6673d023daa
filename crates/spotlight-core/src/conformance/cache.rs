//! Caches: one line, `spotlight_core::cache_conformance!(MyFixture::new());`.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    samples::Samples,
    support::{rivals, soon},
};
use crate::{domain::OrganizationId, ports::Cache};

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
        let value = self.cache.get(self.org, key).await.unwrap()?;
        Some(String::from_utf8(value.to_vec()).unwrap())
    }
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
    assert_eq!(it.cache.get(it.org, "binary").await.unwrap(), Some(binary));
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
                let read = cache.get(org, "a").await.unwrap().expect("it was set");
                assert!(read.len() == 50_000 && read.iter().all(|found| *found == read[0]), "a value in halves");
            }
        }
    };
    rivals(write(b'a'), write(b'b')).await;
    soon(it.cache.delete_tag(it.org, "tag")).await.unwrap();
    assert_eq!(it.get("a").await, None);
}
