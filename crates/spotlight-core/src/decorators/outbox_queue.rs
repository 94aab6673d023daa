//! A queue beside the database: the outbox keeps each job until it has ended.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    domain::{BatchId, JobId, ProcessId, time::Timestamp},
    error::Result,
    ports::{
        BatchRecord, BatchSpec, ClaimedJob, Enqueued, JobConsumer, JobFilter, JobInspector, JobProducer, JobQueue,
        JobRecord, JobSpec, JobState, Outcome, Progress, Pulse, QueueSnapshot, Settlement, Storage, Upkeep,
    },
};

/// A [`JobQueue`] that takes the rows of ended jobs out of the outbox, for a storage whose units leave their jobs there.
///
/// It keeps the promises of the queue that it is around. A row that could not be taken out is left to the relay, which
/// looks after it by itself.
pub struct OutboxQueue {
    inner: Arc<dyn JobQueue>,
    storage: Arc<dyn Storage>,
}

impl OutboxQueue {
    /// Around a queue, with the storage that holds the outbox.
    pub fn new(inner: Arc<dyn JobQueue>, storage: Arc<dyn Storage>) -> Self {
        Self { inner, storage }
    }

    /// Takes the rows of jobs out.
    async fn remove(&self, jobs: &[JobId]) -> Result<()> {
        let unit = self.storage.begin().await?;
        unit.outbox().finish(jobs).await?;
        unit.commit().await
    }

    async fn finish(&self, jobs: &[JobId]) {
        if jobs.is_empty() {
            return;
        }
        if let Err(error) = self.remove(jobs).await {
            tracing::warn!(jobs = jobs.len(), error = error.chain(), "jobs that ended stay in the outbox for a while");
        }
    }
}

#[async_trait]
impl JobProducer for OutboxQueue {
    async fn enqueue(&self, jobs: Vec<JobSpec>) -> Result<Vec<Enqueued>> {
        self.inner.enqueue(jobs).await
    }

    async fn enqueue_with_ids(&self, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Enqueued>> {
        self.inner.enqueue_with_ids(jobs).await
    }

    async fn enqueue_batch(&self, batch: BatchSpec) -> Result<BatchId> {
        self.inner.enqueue_batch(batch).await
    }

    async fn tick(&self, schedule: &str, at: Timestamp, job: JobSpec) -> Result<bool> {
        self.inner.tick(schedule, at, job).await
    }

    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>> {
        self.inner.last_tick(schedule).await
    }
}

#[async_trait]
impl JobConsumer for OutboxQueue {
    async fn register(&self, process: ProcessId, label: &str, lease: Duration) -> Result<()> {
        self.inner.register(process, label, lease).await
    }

    async fn heartbeat(&self, process: ProcessId, progress: &[Progress]) -> Result<Pulse> {
        self.inner.heartbeat(process, progress).await
    }

    async fn deregister(&self, process: ProcessId) -> Result<()> {
        self.inner.deregister(process).await
    }

    async fn claim(&self, process: ProcessId, queues: &[String], limit: u32) -> Result<Vec<ClaimedJob>> {
        self.inner.claim(process, queues, limit).await
    }

    async fn settle(&self, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>> {
        let accepted = self.inner.settle(process, settlements).await?;
        // A dead job keeps its row: a person may have it run again.
        let ended = settlements.iter().zip(&accepted).filter(|(settlement, accepted)| {
            **accepted && matches!(settlement.outcome, Outcome::Done(_) | Outcome::Cancelled)
        });
        let ended: Vec<_> = ended.map(|(settlement, _)| settlement.id).collect();
        self.finish(&ended).await;
        Ok(accepted)
    }

    async fn wait(&self, queues: &[String], patience: Duration) -> Result<()> {
        self.inner.wait(queues, patience).await
    }

    async fn upkeep(&self, limit: u32) -> Result<Upkeep> {
        self.inner.upkeep(limit).await
    }
}

#[async_trait]
impl JobInspector for OutboxQueue {
    async fn find(&self, id: JobId) -> Result<Option<JobRecord>> {
        self.inner.find(id).await
    }

    async fn list(&self, filter: &JobFilter, after: Option<JobId>, limit: u32) -> Result<Vec<JobRecord>> {
        self.inner.list(filter, after, limit).await
    }

    async fn retry(&self, id: JobId) -> Result<bool> {
        self.inner.retry(id).await
    }

    async fn discard(&self, id: JobId) -> Result<bool> {
        let dead = self.inner.find(id).await?.is_some_and(|job| job.state == JobState::Dead);
        if dead {
            // Before the queue forgets it: else the relay would send it again.
            self.remove(&[id]).await?;
        }
        self.inner.discard(id).await
    }

    async fn cancel(&self, id: JobId) -> Result<bool> {
        let cancelled = self.inner.cancel(id).await?;
        // A running one ends when its process settles it.
        if cancelled && self.inner.find(id).await?.is_some_and(|job| job.state == JobState::Cancelled) {
            self.remove(&[id]).await?;
        }
        Ok(cancelled)
    }

    async fn set_paused(&self, queue: &str, paused: bool) -> Result<()> {
        self.inner.set_paused(queue, paused).await
    }

    async fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>> {
        self.inner.batch(id).await
    }

    async fn snapshot(&self) -> Result<QueueSnapshot> {
        self.inner.snapshot().await
    }
}
