//! Adding jobs.

use async_trait::async_trait;

use super::{BatchSpec, Enqueued, JobSpec};
use crate::{
    domain::{BatchId, JobId, time::Timestamp},
    error::Result,
};

/// Adds jobs. What is acknowledged is durable as far as the adapter's documentation says, and runs at least once.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait JobProducer: Send + Sync {
    /// Adds jobs, all or none, and gives what became of each in the same order.
    ///
    /// Calls at once may share one commit; none is answered before its own jobs are durable.
    ///
    /// # Errors
    /// `Validation` when a job is not acceptable; `Unavailable` or `Timeout` when the store cannot answer, and then the
    /// jobs may or may not have been added.
    ///
    /// # Ordering
    /// Of jobs with one queue, priority and time, those of one call start in its order, and those of an earlier
    /// acknowledged call start before those of a later one.
    ///
    /// # Idempotency
    /// None, save by [`Unique`](super::Unique): repeating adds the jobs again.
    ///
    /// # Cancel safety
    /// A dropped future has added all or none.
    async fn enqueue(&self, jobs: Vec<JobSpec>) -> Result<Vec<Enqueued>>;

    /// Adds jobs under ids that the caller has chosen, all or none, and gives what became of each in the same order.
    ///
    /// An id that the queue knows, as [`find`](super::JobInspector::find) would tell of it, adds nothing and gives
    /// [`Kept`](Enqueued::Kept) of that id, whatever else the job says. One that is new is added as by
    /// [`enqueue`](Self::enqueue): where its unique key is held, it gives the holder's id and stays unknown.
    ///
    /// # Errors
    /// As [`enqueue`](Self::enqueue).
    ///
    /// # Ordering
    /// As [`enqueue`](Self::enqueue).
    ///
    /// # Idempotency
    /// Repeating adds nothing for as long as a job is kept. Of calls with one id at once, one adds it.
    ///
    /// # Cancel safety
    /// A dropped future has added all or none.
    async fn enqueue_with_ids(&self, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Enqueued>>;

    /// Adds jobs that belong together, all or none.
    ///
    /// # Ordering
    /// The job that follows starts after the last of them has finished, exactly once per batch.
    ///
    /// # Errors
    /// As [`enqueue`](Self::enqueue).
    async fn enqueue_batch(&self, batch: BatchSpec) -> Result<BatchId>;

    /// Adds the job of one tick of a schedule, unless that tick or a later one was added before. True when it was
    /// added: of all processes that call it for one tick, one is told so.
    ///
    /// The note of the tick and the job are written together.
    ///
    /// # Errors
    /// `Conflict` when the store's clock reaches the tick only after [`MAX_TICK_LEAD`](super::MAX_TICK_LEAD): a process
    /// whose clock is ahead must not use up the ticks of the others. Else as [`enqueue`](Self::enqueue).
    async fn tick(&self, schedule: &str, at: Timestamp, job: JobSpec) -> Result<bool>;

    /// The newest tick of a schedule that was added.
    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>>;
}
