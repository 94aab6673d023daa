//! What a worker process calls.

use std::time::Duration;

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::ProcessId,
    ports::{ClaimedJob, JobConsumer, Progress, Pulse, Settlement, Upkeep},
};
use tokio::time::Instant;

use super::PgQueue;
use crate::postgres::{db::query, row, sql::statements};

/// How often queues are looked at while nothing is told of them.
const POLL: Duration = Duration::from_millis(250);

statements! {
    HAS_READY = [
        "SELECT EXISTS (SELECT FROM unnest($1::text[]) AS q (queue) \
         WHERE EXISTS (SELECT FROM job_ready r WHERE r.queue = q.queue) \
         AND NOT EXISTS (SELECT FROM job_paused p WHERE p.queue = q.queue))"
    ];
}

#[async_trait]
impl JobConsumer for PgQueue {
    async fn register(&self, process: ProcessId, label: &str, lease: Duration) -> Result<()> {
        self.join_fleet(process, label, lease).await
    }

    async fn heartbeat(&self, process: ProcessId, progress: &[Progress]) -> Result<Pulse> {
        self.beat(process, progress).await
    }

    async fn deregister(&self, process: ProcessId) -> Result<()> {
        self.leave_fleet(process).await
    }

    async fn claim(&self, process: ProcessId, queues: &[String], limit: u32) -> Result<Vec<ClaimedJob>> {
        self.take(process, queues, limit).await
    }

    async fn settle(&self, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>> {
        self.end(process, settlements).await
    }

    async fn wait(&self, queues: &[String], patience: Duration) -> Result<()> {
        let until = Instant::now() + patience;
        // Joined before the look, so that nothing falls between both.
        let waiter = self.inner.wake.join(queues);
        loop {
            let ready = self.database().fetch_all(query(HAS_READY).bind(queues)).await?;
            let left = until.saturating_duration_since(Instant::now());
            if row::yes(ready.first())? || left.is_zero() {
                return Ok(());
            }
            let pause = if self.inner.wake.is_listening() { left } else { left.min(POLL) };
            if tokio::time::timeout(pause, waiter.woken()).await.is_ok() {
                return Ok(());
            }
        }
    }

    async fn upkeep(&self, limit: u32) -> Result<Upkeep> {
        self.keep_up(limit).await
    }
}
