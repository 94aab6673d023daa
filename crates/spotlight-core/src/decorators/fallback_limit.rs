//! Falling back to limits of one's own.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::{BreakerSettings, breaker::Breaker};
use crate::{
    error::Result,
    metrics::Metrics,
    ports::{Clock, Quota, RateLimiter, Verdict},
};

/// A [`RateLimiter`] that asks one that a fleet shares, and while that is away one of its own: there is always a limit.
///
/// What the shared one has counted is unknown to the other, so each server then allows as much as the fleet did.
pub struct FallbackRateLimiter {
    shared: Arc<dyn RateLimiter>,
    own: Arc<dyn RateLimiter>,
    breaker: Breaker,
}

impl FallbackRateLimiter {
    /// Asks `shared`, and `own` when that fails or takes too long.
    pub fn new(
        shared: Arc<dyn RateLimiter>,
        own: Arc<dyn RateLimiter>,
        clock: Arc<dyn Clock>,
        settings: BreakerSettings,
    ) -> Self {
        Self { shared, own, breaker: Breaker::new("rate limiter", clock, settings) }
    }

    /// The same, with its circuit shown in metrics as `rate limiter`.
    #[must_use]
    pub fn watched_by(self, metrics: &Metrics) -> Self {
        self.breaker.watched_by(metrics);
        self
    }
}

impl fmt::Debug for FallbackRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FallbackRateLimiter").finish_non_exhaustive()
    }
}

#[async_trait]
impl RateLimiter for FallbackRateLimiter {
    async fn check(&self, key: &str, quota: Quota) -> Result<Verdict> {
        match self.breaker.call(self.shared.check(key, quota)).await {
            Some(verdict) => Ok(verdict),
            None => self.own.check(key, quota).await,
        }
    }
}
