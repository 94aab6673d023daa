//! Rate limits.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::Script;
use spotlight_core::{
    Error, ErrorKind, Result,
    ports::{Clock, Quota, RateLimiter, Verdict},
};

use super::client::RedisClient;

/// A [`RateLimiter`] for a fleet: every server counts the same requests, by the time of Redis.
///
/// A key is kept until it is free again. When Redis loses what it holds, counting begins anew.
pub struct RedisRateLimiter {
    client: RedisClient,
    script: Script,
    clock: Option<Arc<dyn Clock>>,
}

impl RedisRateLimiter {
    /// A limiter whose keys begin with the client's namespace and `:limit:`.
    pub fn new(client: RedisClient) -> Self {
        Self { client, script: Script::new(include_str!("limit.lua")), clock: None }
    }

    /// The same by another clock than the server's, to repeat what happened at known times.
    ///
    /// Servers of a fleet do not agree on the time, so it is not for them.
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..self }
    }
}

impl fmt::Debug for RedisRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRateLimiter").field("client", &self.client).finish_non_exhaustive()
    }
}

#[async_trait]
impl RateLimiter for RedisRateLimiter {
    async fn check(&self, key: &str, quota: Quota) -> Result<Verdict> {
        let mut call = self.script.key(format!("{}:limit:{key}", self.client.namespace()));
        call.arg(quota.one().as_nanos().to_string()).arg(quota.all().as_nanos().to_string());
        if let Some(clock) = &self.clock {
            let now = clock.now();
            call.arg(now.timestamp()).arg(now.timestamp_subsec_nanos());
        }
        let (allowed, wait): (bool, String) = self.client.run(&call).await?;
        let wait = wait.parse().map_err(|error: std::num::ParseIntError| {
            Error::new(ErrorKind::Corrupt, "Redis gave no time for a limit").with_source(error)
        })?;
        Ok(quota.verdict(allowed, Duration::from_nanos(wait)))
    }
}
