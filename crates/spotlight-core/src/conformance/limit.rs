//! Rate limiters: one line, `spotlight_core::rate_limiter_conformance!(MyFixture::new());`.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::support::together;
use crate::ports::{Quota, RateLimiter, Verdict};

/// Gives rate limiters to the suite.
#[async_trait]
pub trait RateLimiterFixture: Send + Sync + 'static {
    /// A fresh limiter that has counted nothing.
    async fn fresh(&self) -> Arc<dyn RateLimiter>;

    /// Lets time pass for the limiters it gave: by their clock, or really.
    async fn pass(&self, time: Duration);

    /// A fresh limiter, and what puts its clock forward. No other time passes for it.
    async fn by_hand(&self) -> (Arc<dyn RateLimiter>, Box<dyn Fn(Duration) + Send + Sync>);
}

/// One test per promise of a [`RateLimiter`](crate::ports::RateLimiter), from an expression that makes a
/// [`RateLimiterFixture`](crate::conformance::limit::RateLimiterFixture). The tests stand in a module of their own,
/// `limit`.
#[macro_export]
macro_rules! rate_limiter_conformance {
    ($fixture:expr) => {
        fn rate_limiter_conformance_fixture() -> impl $crate::conformance::limit::RateLimiterFixture {
            $fixture
        }

        $crate::__conformance_tests! {
            (rate_limiter_conformance_fixture)
            limit {
                a_burst_is_allowed_at_once
                a_refused_request_costs_nothing
                requests_come_back_evenly
                keys_are_counted_apart
                requests_at_once_are_all_counted
                a_recorded_trace_has_its_answers
            }
        }
    };
}

/// A fixture whose time is real has spent some of it since the limiter counted.
const SLACK: Duration = Duration::from_secs(20);

#[track_caller]
fn near(found: Duration, expected: Duration) {
    assert!(found <= expected && found + SLACK >= expected, "{found:?} instead of {expected:?}");
}

#[track_caller]
fn allowed(verdict: Verdict, remaining: u32) {
    assert!(verdict.allowed, "{verdict:?}");
    assert_eq!(verdict.remaining, remaining, "{verdict:?}");
}

/// A burst is allowed at once; each verdict says what is left and when there is more.
pub async fn a_burst_is_allowed_at_once(fixture: &dyn RateLimiterFixture) {
    let limiter = fixture.fresh().await;
    let quota = Quota { burst: 4, period: Duration::from_secs(4000) };
    for left in (0..4).rev() {
        let verdict = limiter.check("a", quota).await.unwrap();
        allowed(verdict, left);
        near(verdict.reset_after, Duration::from_secs(1000 * u64::from(4 - left)));
        if left > 0 {
            assert_eq!(verdict.retry_after, Duration::ZERO, "one more is allowed");
        } else {
            near(verdict.retry_after, Duration::from_secs(1000));
        }
    }
    let refused = limiter.check("a", quota).await.unwrap();
    assert!(!refused.allowed && refused.remaining == 0, "{refused:?}");
    near(refused.retry_after, Duration::from_secs(1000));
    near(refused.reset_after, Duration::from_secs(4000));
}

/// A refused request moves nothing further away.
pub async fn a_refused_request_costs_nothing(fixture: &dyn RateLimiterFixture) {
    let limiter = fixture.fresh().await;
    let quota = Quota { burst: 1, period: Duration::from_secs(1) };
    allowed(limiter.check("a", quota).await.unwrap(), 0);
    let mut refusals = 0;
    for _ in 0..10 {
        let verdict = limiter.check("a", quota).await.unwrap();
        assert!(verdict.retry_after <= quota.period && verdict.reset_after <= quota.period, "{verdict:?}");
        refusals += u32::from(!verdict.allowed);
    }
    assert!(refusals > 0, "a burst of one is one");
    fixture.pass(quota.period).await;
    allowed(limiter.check("a", quota).await.unwrap(), 0);
}

/// What was used becomes free evenly over the period, up to the burst and no further.
pub async fn requests_come_back_evenly(fixture: &dyn RateLimiterFixture) {
    let limiter = fixture.fresh().await;
    let quota = Quota { burst: 2, period: Duration::from_secs(3) };
    allowed(limiter.check("a", quota).await.unwrap(), 1);
    allowed(limiter.check("a", quota).await.unwrap(), 0);
    assert!(!limiter.check("a", quota).await.unwrap().allowed);
    fixture.pass(Duration::from_millis(1500)).await;
    allowed(limiter.check("a", quota).await.unwrap(), 0);
    assert!(!limiter.check("a", quota).await.unwrap().allowed, "half the period frees half the burst");
    fixture.pass(Duration::from_secs(6)).await;
    allowed(limiter.check("a", quota).await.unwrap(), 1);
    allowed(limiter.check("a", quota).await.unwrap(), 0);
    assert!(!limiter.check("a", quota).await.unwrap().allowed, "waiting longer saves nothing up");
}

/// One key's requests are nothing to another's.
pub async fn keys_are_counted_apart(fixture: &dyn RateLimiterFixture) {
    let limiter = fixture.fresh().await;
    let quota = Quota { burst: 1, period: Duration::from_secs(1000) };
    for key in ["a", "a:b", "b", "ü {*}", ""] {
        allowed(limiter.check(key, quota).await.unwrap(), 0);
        assert!(!limiter.check(key, quota).await.unwrap().allowed, "{key:?}");
    }
}

/// Of requests at once, as many are allowed as the burst says.
pub async fn requests_at_once_are_all_counted(fixture: &dyn RateLimiterFixture) {
    let limiter = fixture.fresh().await;
    let quota = Quota { burst: 7, period: Duration::from_secs(10_000) };
    let client = |_| {
        let limiter = Arc::clone(&limiter);
        async move {
            let mut allowed = 0;
            for _ in 0..10 {
                allowed += u32::from(limiter.check("a", quota).await.unwrap().allowed);
            }
            allowed
        }
    };
    let allowed: u32 = together((0..5).map(client)).await.into_iter().sum();
    assert_eq!(allowed, quota.burst);
}

/// What was asked of a limiter once, and what it said: the time since the line before, the key, burst and period; whether
/// it was allowed, how many more were, and the times until one more and until everything was free. Times in nanoseconds.
const TRACE: &str = include_str!("limit_trace.txt");

/// Every limiter gives the same answers to the same requests at the same times.
pub async fn a_recorded_trace_has_its_answers(fixture: &dyn RateLimiterFixture) {
    let (limiter, advance) = fixture.by_hand().await;
    for (number, line) in TRACE.lines().enumerate() {
        let fields: Vec<_> = line.split(' ').collect();
        let [step, key, burst, period, allowed, remaining, retry, reset] = fields[..] else { panic!("line {number}") };
        let time = |field: &str| Duration::from_nanos(field.parse().unwrap());
        advance(time(step));
        let quota = Quota { burst: burst.parse().unwrap(), period: time(period) };
        let expected = Verdict {
            allowed: allowed == "1",
            remaining: remaining.parse().unwrap(),
            retry_after: time(retry),
            reset_after: time(reset),
        };
        let found = limiter.check(key, quota).await.unwrap();
        assert_eq!(found, expected, "line {}: {line}", number + 1);
    }
}
