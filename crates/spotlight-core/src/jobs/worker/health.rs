//! How a worker is, for health checks and metrics.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use tokio::time::Instant;

/// How a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WorkerHealth {
    /// Jobs that ended well.
    pub done: u64,
    /// Tries that failed.
    pub failed: u64,
    /// Ends that were refused, since the claim was lost.
    pub refused: u64,
    /// Milliseconds since the store began to fail; none while it answers.
    pub failing_ms: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Health {
    pub(super) done: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) refused: AtomicU64,
    failing_since: Mutex<Option<Instant>>,
}

impl Health {
    pub(super) fn look(&self) -> WorkerHealth {
        let since = *self.failing_since.lock().unwrap_or_else(PoisonError::into_inner);
        WorkerHealth {
            done: self.done.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            failing_ms: since.map(|since| u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)),
        }
    }

    /// The store answered, or did not.
    pub(super) fn answered(&self, well: bool) {
        let mut since = self.failing_since.lock().unwrap_or_else(PoisonError::into_inner);
        *since = if well { None } else { since.or_else(|| Some(Instant::now())) };
    }
}
