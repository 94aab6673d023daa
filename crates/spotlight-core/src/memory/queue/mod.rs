//! A job queue in memory: for tests and tiny tools. What it holds is gone with the process.

mod consume;
mod finish;
mod inspect;
mod produce;
mod state;
mod unit;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use self::state::State;
pub(super) use self::unit::Staged;
use crate::{
    domain::{JobId, time::Timestamp},
    ports::{Clock, IdGenerator},
};

/// A [`JobQueue`](crate::ports::JobQueue) in memory. Cheap to clone; clones share their jobs.
///
/// A finished job is kept for an hour, or for as long as its result is.
#[derive(Clone)]
pub struct MemoryQueue {
    state: Arc<Mutex<State>>,
    woken: Arc<Notify>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl MemoryQueue {
    /// An empty queue on a clock, which also counts leases.
    pub fn new(clock: Arc<dyn Clock>, ids: Arc<dyn IdGenerator>) -> Self {
        Self { state: Arc::default(), woken: Arc::default(), clock, ids }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn job_id(&self) -> JobId {
        JobId::from_uuid(self.ids.uuid())
    }

    /// The state. Every change is whole before the lock is given back, so a panicking caller leaves it sound.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who wait that something may have become ready.
    fn wake(&self) {
        self.woken.notify_waiters();
    }
}
