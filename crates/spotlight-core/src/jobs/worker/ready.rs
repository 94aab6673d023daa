//! Works off what is ready and no more, for tests and tools.

use futures::future::join_all;

use super::Worker;
use crate::{
    domain::ProcessId,
    error::Result,
    ports::{Progress, Settlement},
};

/// Jobs that run at once.
const AT_ONCE: u32 = 4;

impl<S: Send + Sync + 'static> Worker<S> {
    /// Runs every job that is ready, those that become ready meanwhile too, as a process of its own. Gives how many. Jobs
    /// that wait for a later time stay, and schedules add none.
    ///
    /// # Errors
    /// Those of the queue.
    ///
    /// # Cancel safety
    /// A dropped future leaves the fleet to find out by the lease.
    pub async fn run_ready(&self) -> Result<usize> {
        let shared = &self.shared;
        let (process, options) = (ProcessId::from_uuid(shared.ids.uuid()), &shared.options);
        shared.queue.register(process, &options.label, options.lease).await?;
        let beating = async {
            loop {
                tokio::time::sleep(options.lease / 3).await;
                let progress: Vec<Progress> = shared.running.progress(process);
                // One that fails is made up for by the next.
                let _ = shared.queue.heartbeat(process, &progress).await;
            }
        };
        let ran = tokio::select! {
            ran = self.work_off(process) => ran,
            () = beating => Ok(0),
        };
        shared.queue.deregister(process).await?;
        ran
    }

    async fn work_off(&self, process: ProcessId) -> Result<usize> {
        let shared = &self.shared;
        let mut queues: Vec<String> = Vec::new();
        for queue in shared.options.pools.iter().flat_map(|pool| &pool.queues) {
            if !queues.contains(queue) {
                queues.push(queue.clone());
            }
        }
        let mut ran = 0;
        loop {
            while shared.queue.upkeep(shared.options.batch_size).await?.promoted >= shared.options.batch_size {}
            let jobs = shared.queue.claim(process, &queues, AT_ONCE).await?;
            if jobs.is_empty() {
                return Ok(ran);
            }
            let working = jobs.iter().map(async |job| {
                let outcome = shared.work(process, job).await;
                Settlement { id: job.id, claim: job.claim, outcome }
            });
            let settlements = join_all(working).await;
            shared.queue.settle(process, &settlements).await?;
            ran += jobs.len();
        }
    }
}
