//! How long callers wait for connections.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// What was waited for so far.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    times: AtomicU64,
    nanos: AtomicU64,
}

impl Waits {
    /// Does what gives a connection, and counts it where that has to wait.
    ///
    /// # Cancel safety
    /// Who gives up has waited too.
    pub(crate) async fn during<T>(&self, waits: bool, acquire: impl Future<Output = T>) -> T {
        if !waits {
            return acquire.await;
        }
        self.times.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(self, Instant::now());
        acquire.await
    }

    /// How often, and how long all together.
    pub(crate) fn look(&self) -> (u64, Duration) {
        (self.times.load(Ordering::Relaxed), Duration::from_nanos(self.nanos.load(Ordering::Relaxed)))
    }
}

struct Waiting<'a>(&'a Waits, Instant);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let waited = u64::try_from(self.1.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.0.nanos.fetch_add(waited, Ordering::Relaxed);
    }
}
