//! A queue whose answers to a relay are lost on their way.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use spotlight_core::{
    Error, ErrorKind, Result,
    domain::{BatchId, JobId, ProcessId, time::Timestamp},
    ports::{
        BatchRecord, BatchSpec, ClaimedJob, Enqueued, JobConsumer, JobFilter, JobInspector, JobProducer, JobQueue,
        JobRecord, JobSpec, Progress, Pulse, QueueSnapshot, Settlement, Upkeep,
    },
};

/// Takes jobs, and does not say so while `silent`.
pub(crate) struct Answerless {
    pub(crate) inner: Arc<dyn JobQueue>,
    pub(crate) silent: AtomicBool,
}

#[async_trait]
impl JobProducer for Answerless {
    async fn enqueue(&self, jobs: Vec<JobSpec>) -> Result<Vec<Enqueued>> {
        self.inner.enqueue(jobs).await
    }

    async fn enqueue_with_ids(&self, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Enqueued>> {
        let answers = self.inner.enqueue_with_ids(jobs).await?;
        if self.silent.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "the connection broke"));
        }
        Ok(answers)
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
impl JobConsumer for Answerless {
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
        self.inner.settle(process, settlements).await
    }

    async fn wait(&self, queues: &[String], patience: Duration) -> Result<()> {
        self.inner.wait(queues, patience).await
    }

    async fn upkeep(&self, limit: u32) -> Result<Upkeep> {
        self.inner.upkeep(limit).await
    }
}

#[async_trait]
impl JobInspector for Answerless {
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
        self.inner.discard(id).await
    }

    async fn cancel(&self, id: JobId) -> Result<bool> {
        self.inner.cancel(id).await
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
