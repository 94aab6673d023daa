//! What a worker process calls.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use spotlight_core::{
    Result,
    domain::ProcessId,
    ports::{ClaimedJob, JobConsumer, Progress, Pulse, Settlement, Upkeep},
};
use tokio::time::Instant;

use super::RedisQueue;

/// How often queues are looked at while nothing is told of them.
const POLL: Duration = Duration::from_millis(250);

#[async_trait]
impl JobConsumer for RedisQueue {
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
        self.take_jobs(process, queues, limit).await
    }

    async fn settle(&self, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>> {
        self.end(process, settlements).await
    }

    async fn wait(&self, queues: &[String], patience: Duration) -> Result<()> {
        let until = Instant::now() + patience;
        let rooms: Vec<_> = queues.iter().filter_map(|name| self.room(name).ok()).collect();
        // Joined before the look, so that nothing falls between both.
        let waiter = self.inner.wake.join(queues);
        loop {
            let looks = rooms
                .iter()
                .map(|room| async { self.inner.client.run::<bool>(&self.call(&self.scripts().waits, room)).await });
            let looked = join_all(looks).await;
            if looked.iter().any(|ready| matches!(ready, Ok(true))) {
                return Ok(());
            }
            // One that is away does not keep the others waiting; nor is it slept through.
            looked.into_iter().collect::<Result<Vec<_>>>()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
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
