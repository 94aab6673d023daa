//! A queue beside the database: the outbox keeps each job until it has ended.

use std::sync::Arc;

use crate::{
    domain::{JobId, ProcessId},
    error::Result,
    pass_on,
    ports::{JobConsumer, JobInspector, JobProducer, JobQueue, JobState, Outcome, Settlement, Storage},
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

pass_on! { JobProducer for OutboxQueue, to inner: enqueue, enqueue_with_ids, enqueue_batch, tick, last_tick }

pass_on! { JobConsumer for OutboxQueue, to inner: register, heartbeat, deregister, claim, wait, upkeep;
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
}

pass_on! { JobInspector for OutboxQueue, to inner: find, states, list, retry, set_paused, batch, waiting, snapshot;
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
}
