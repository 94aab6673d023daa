//! Rate limits.

use std::time::Duration;

use async_trait::async_trait;

use crate::error::Result;

/// How much is allowed: `burst` at once, and `burst` again over each `period`, evenly (GCRA).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// At once, at least 1.
    pub burst: u32,
    /// The time in which as much becomes free again.
    pub period: Duration,
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
    async fn check(&self, key: &str, quota: Quota) -> Result<Verdict>;
}
