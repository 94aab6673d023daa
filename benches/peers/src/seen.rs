//! Which jobs have run: each must, and once.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use crate::Result;

/// The jobs that have started in this process, a bit each.
#[derive(Debug)]
pub struct Seen {
    bits: Vec<AtomicU64>,
    count: AtomicU64,
    again: AtomicU64,
    timed: bool,
    epoch: Instant,
    started_at: AtomicU64,
    started: Notify,
}

impl Seen {
    /// Expects the jobs from 0 up to `jobs`.
    pub fn new(jobs: u64) -> Self {
        Self {
            bits: (0..jobs.div_ceil(64)).map(|_| AtomicU64::new(0)).collect(),
            count: AtomicU64::new(0),
            again: AtomicU64::new(0),
            timed: false,
            epoch: Instant::now(),
            started_at: AtomicU64::new(0),
            started: Notify::new(),
        }
    }

    /// The same, and notes when each starts.
    #[must_use]
    pub fn timed(mut self) -> Self {
        self.timed = true;
        self
    }

    /// A job has started. This is all that a job does.
    pub fn mark(&self, number: u64) {
        let bit = 1 << (number % 64);
        let place = usize::try_from(number / 64).ok().and_then(|place| self.bits.get(place));
        let before = place.map_or(bit, |bits| bits.fetch_or(bit, Ordering::Relaxed));
        if before & bit == 0 {
            self.count.fetch_add(1, Ordering::Release);
        } else {
            self.again.fetch_add(1, Ordering::Relaxed);
        }
        if self.timed {
            let at = u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.started_at.store(at, Ordering::Release);
            self.started.notify_one();
        }
    }

    /// Different jobs that have started.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Waits until so many have.
    pub async fn until(&self, count: u64) {
        while self.count() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits for the next start, and gives when that was, since `began`.
    pub(crate) async fn next(&self, began: Instant) -> Duration {
        self.started.notified().await;
        let at = self.epoch + Duration::from_nanos(self.started_at.load(Ordering::Acquire));
        at.saturating_duration_since(began)
    }

    /// Every job has run, and once.
    ///
    /// # Errors
    /// How many have not, and how many ran again.
    pub fn all_once(&self, jobs: u64) -> Result<()> {
        let (count, again) = (self.count(), self.again.load(Ordering::Relaxed));
        if count == jobs && again == 0 {
            return Ok(());
        }
        Err(format!("of {jobs} jobs {count} have run, and {again} starts were repetitions or unknown").into())
    }
}
