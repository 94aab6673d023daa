use std::time::Duration;

use bytes::Bytes;

use super::{TestClock, organization};
use crate::{memory::MemoryCache, ports::Cache};

const MINUTE: Duration = Duration::from_mins(1);

async fn set(cache: &MemoryCache, key: &str, len: usize, tags: &[&str]) {
    let tags: Vec<_> = tags.iter().map(|tag| (*tag).to_owned()).collect();
    cache.set(organization(1), key, Bytes::from(vec![7; len]), MINUTE, &tags).await.unwrap();
}

async fn has(cache: &MemoryCache, key: &str) -> bool {
    cache.get(organization(1), key).await.unwrap().is_some()
}

#[tokio::test]
async fn what_was_not_used_for_longest_makes_room() {
    let cache = MemoryCache::new(TestClock::new(), 4_000);
    for key in ["a", "b", "c"] {
        set(&cache, key, 1_000, &["t"]).await;
    }
    // The third did not fit beside the others.
    assert!(!has(&cache, "a").await && has(&cache, "b").await);
    set(&cache, "d", 1_000, &[]).await;
    assert!(has(&cache, "b").await && !has(&cache, "c").await && has(&cache, "d").await);
    assert!(cache.bytes() <= 4_000);
    // Tags of what went are not kept.
    cache.delete_tag(organization(1), "t").await.unwrap();
    assert!(!has(&cache, "b").await && has(&cache, "d").await);
    cache.delete(organization(1), "d").await.unwrap();
    assert_eq!(cache.bytes(), 0);
}

#[tokio::test]
async fn what_expired_goes_before_what_is_alive() {
    let clock = TestClock::new();
    let cache = MemoryCache::new(clock.clone(), 4_000);
    set(&cache, "alive", 1_000, &[]).await;
    cache.set(organization(1), "brief", Bytes::from(vec![7; 1_000]), Duration::from_secs(1), &[]).await.unwrap();
    clock.advance(chrono::Duration::seconds(1));
    set(&cache, "new", 1_500, &[]).await;
    assert!(has(&cache, "alive").await && has(&cache, "new").await);
    let before = cache.bytes();
    assert!(!has(&cache, "brief").await);
    assert_eq!(cache.bytes(), before, "it went when its room was needed");
}

#[tokio::test]
async fn a_value_larger_than_the_cache_replaces_the_old_one_by_nothing() {
    let cache = MemoryCache::new(TestClock::new(), 1_000);
    set(&cache, "a", 10, &[]).await;
    set(&cache, "a", 1_001, &[]).await;
    assert!(!has(&cache, "a").await);
    assert_eq!(cache.bytes(), 0);
}
