//! Rate limits.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::Result;

/// How much is allowed: `burst` at once, and `burst` again over each `period`, evenly (GCRA).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// At once, at least 1.
    pub burst: u32,
    /// The time in which as much becomes free again. Above [`Quota::MAX_PERIOD`] it is that.
    pub period: Duration,
}

impl Quota {
    /// The longest period, 100 days: of longer ones not every limiter could count the nanoseconds.
    pub const MAX_PERIOD: Duration = Duration::from_hours(100 * 24);

    /// How long one request takes to become free again, rounded down to nanoseconds: waiting exactly the period frees
    /// the whole burst.
    pub fn one(self) -> Duration {
        self.period.min(Self::MAX_PERIOD) / self.burst.max(1)
    }

    /// How long the whole burst takes.
    pub fn all(self) -> Duration {
        self.one() * self.burst.max(1)
    }

    /// The answer to a request, when everything is free again after `reset_after`.
    pub fn verdict(self, allowed: bool, reset_after: Duration) -> Verdict {
        let (one, left) = (self.one(), self.all().saturating_sub(reset_after));
        let remaining = left.as_nanos().checked_div(one.as_nanos());
        let remaining = remaining.map_or(self.burst.max(1), |count| u32::try_from(count).unwrap_or(u32::MAX));
        let retry_after = if remaining > 0 { Duration::ZERO } else { one.saturating_sub(left) };
        Verdict { allowed, remaining, retry_after, reset_after }
    }
}

/// The answer to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// It may go on.
    pub allowed: bool,
    /// How many more would be allowed at this moment.
    pub remaining: u32,
    /// Until one more is allowed; zero when one is.
    pub retry_after: Duration,
    /// Until everything is free again.
    pub reset_after: Duration,
}

/// Counts requests.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one request of a key, unless it is refused; a refused one costs nothing.
    ///
    /// Every limiter gives the same answers to the same requests at the same times. After a change of a key's quota, or
    /// when the clock was set back, a key is never further from being free than the whole burst.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when a limiter that is shared cannot be reached; nobody knows then whether the request
    /// was counted.
    ///
    /// # Ordering
    /// Requests of a key at the same time are counted one after the other.
    ///
    /// # Cancel safety
    /// A request whose future is dropped may have been counted.
    async fn check(&self, key: &str, quota: Quota) -> Result<Verdict>;
}
