//! Rate limits.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use crate::{
    error::Result,
    ports::{Clock, Quota, RateLimiter, Verdict},
};

/// Keys kept at once by [`MemoryRateLimiter::new`].
const DEFAULT_MAX_KEYS: usize = 100_000;

/// A [`RateLimiter`] in the process, for one server.
///
/// It keeps a bounded number of keys: of more, the one that is nearest to being free again is forgotten.
pub struct MemoryRateLimiter {
    clock: Arc<dyn Clock>,
    max_keys: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When each key is free again, in nanoseconds since 1970: the theoretical arrival time of GCRA.
    free_at: HashMap<Arc<str>, i128>,
    by_time: BTreeSet<(i128, Arc<str>)>,
}

impl MemoryRateLimiter {
    /// A limiter of the usual size.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_max_keys(clock, DEFAULT_MAX_KEYS)
    }

    /// A limiter that keeps at most this many keys.
    pub fn with_max_keys(clock: Arc<dyn Clock>, max_keys: usize) -> Self {
        Self { clock, max_keys, state: Mutex::default() }
    }
}

impl std::fmt::Debug for MemoryRateLimiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryRateLimiter").field("max_keys", &self.max_keys).finish_non_exhaustive()
    }
}

impl State {
    fn set(&mut self, key: &str, free_at: i128, now: i128, max_keys: usize) {
        let key = Arc::from(key);
        if let Some(old) = self.free_at.insert(Arc::clone(&key), free_at) {
            self.by_time.remove(&(old, Arc::clone(&key)));
        }
        // Two at once, so that keys that are free again do not pile up.
        for _ in 0..2 {
            let is_spare = |(at, _): &&(i128, Arc<str>)| *at <= now || self.free_at.len() > max_keys;
            let Some((at, spare)) = self.by_time.first().filter(is_spare).cloned() else { break };
            self.free_at.remove(&spare);
            self.by_time.remove(&(at, spare));
        }
        // After the others: were the new key itself forgotten, a full table would let everybody new pass.
        self.by_time.insert((free_at, key));
    }
}

#[async_trait]
impl RateLimiter for MemoryRateLimiter {
    async fn check(&self, key: &str, quota: Quota) -> Result<Verdict> {
        let now = i128::from(self.clock.now().timestamp_micros()) * 1_000;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = state.free_at.get(key).copied();
        let (free_at, verdict) = decide(stored, quota, now);
        if stored != Some(free_at) {
            state.set(key, free_at, now, self.max_keys);
        }
        Ok(verdict)
    }
}

/// When a key is free again after this request, and the answer. Times in nanoseconds.
fn decide(stored: Option<i128>, quota: Quota, now: i128) -> (i128, Verdict) {
    let (one, all) = (quota.one().as_nanos().cast_signed(), quota.all().as_nanos().cast_signed());
    let before = stored.unwrap_or(now).clamp(now, now + all);
    let after = before + one;
    let allowed = after <= now + all;
    let free_at = if allowed { after } else { before };
    // At most the whole burst, which is below 2^63.
    let reset_after = Duration::from_nanos(u64::try_from(free_at - now).unwrap_or_default());
    (free_at, quota.verdict(allowed, reset_after))
}
