use std::{sync::Arc, time::Duration};

use super::TestClock;
use crate::{
    memory::MemoryRateLimiter,
    ports::{Quota, RateLimiter, Verdict},
};

const QUOTA: Quota = Quota { burst: 3, period: Duration::from_secs(3) };

fn verdict(allowed: bool, remaining: u32, retry_s: f64, reset_s: f64) -> Verdict {
    let seconds = Duration::from_secs_f64;
    Verdict { allowed, remaining, retry_after: seconds(retry_s), reset_after: seconds(reset_s) }
}

fn limiter(max_keys: usize) -> (Arc<TestClock>, MemoryRateLimiter) {
    let clock = TestClock::new();
    (clock.clone(), MemoryRateLimiter::with_max_keys(clock, max_keys))
}

#[tokio::test]
async fn a_burst_passes_and_then_one_at_a_time() {
    let (clock, limiter) = limiter(10);
    let check = async || limiter.check("a", QUOTA).await.unwrap();
    assert_eq!(check().await, verdict(true, 2, 0.0, 1.0));
    assert_eq!(check().await, verdict(true, 1, 0.0, 2.0));
    assert_eq!(check().await, verdict(true, 0, 1.0, 3.0));
    assert_eq!(check().await, verdict(false, 0, 1.0, 3.0));
    assert_eq!(check().await, verdict(false, 0, 1.0, 3.0), "a refusal costs nothing");
    clock.advance(chrono::Duration::milliseconds(999));
    assert_eq!(check().await, verdict(false, 0, 0.001, 2.001));
    clock.advance(chrono::Duration::milliseconds(1));
    assert_eq!(check().await, verdict(true, 0, 1.0, 3.0));
    assert_eq!(limiter.check("b", QUOTA).await.unwrap(), verdict(true, 2, 0.0, 1.0), "keys do not share");
    clock.advance(chrono::Duration::seconds(3));
    assert_eq!(check().await, verdict(true, 2, 0.0, 1.0));
}

#[tokio::test]
async fn a_clock_that_is_set_back_locks_nobody_out() {
    let (clock, limiter) = limiter(10);
    for _ in 0..3 {
        limiter.check("a", QUOTA).await.unwrap();
    }
    clock.advance(chrono::Duration::hours(-1));
    assert_eq!(limiter.check("a", QUOTA).await.unwrap(), verdict(false, 0, 1.0, 3.0));
    clock.advance(chrono::Duration::seconds(1));
    assert!(limiter.check("a", QUOTA).await.unwrap().allowed);
}

#[tokio::test]
async fn the_key_nearest_to_free_is_forgotten_first() {
    let (_, limiter) = limiter(2);
    for key in ["a", "a", "a", "b", "b", "c", "c"] {
        limiter.check(key, QUOTA).await.unwrap();
    }
    assert!(!limiter.check("a", QUOTA).await.unwrap().allowed);
    assert_eq!(limiter.check("b", QUOTA).await.unwrap().remaining, 2, "b was forgotten for c");
}

#[tokio::test]
async fn quotas_without_sense_do_no_harm() {
    let (_, limiter) = limiter(2);
    let free = Quota { burst: 0, period: Duration::ZERO };
    for _ in 0..5 {
        assert!(limiter.check("a", free).await.unwrap().allowed);
    }
    let tight = Quota { burst: u32::MAX, period: Duration::MAX };
    assert!(limiter.check("b", tight).await.unwrap().allowed);
}
