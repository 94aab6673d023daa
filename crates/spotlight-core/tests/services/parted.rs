//! A queue in parts, of which one can be away for a relay.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use spotlight_core::{
    Error, ErrorKind, Result,
    domain::JobId,
    pass_on,
    ports::{Enqueued, JobConsumer, JobInspector, JobProducer, JobQueue, JobSpec},
};

/// Takes no call with a job of the queue `low` while that is away, and notes the jobs of it in their order.
pub(crate) struct Parted {
    pub(crate) inner: Arc<dyn JobQueue>,
    pub(crate) away: AtomicBool,
    pub(crate) came: Mutex<Vec<JobId>>,
}

pass_on! { JobProducer for Parted, to inner: enqueue, enqueue_batch, tick, last_tick;
    async fn enqueue_with_ids(&self, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Enqueued>> {
        let low: Vec<_> = jobs.iter().filter(|(_, job)| job.queue == "low").map(|(id, _)| *id).collect();
        if self.away.load(Ordering::SeqCst) && !low.is_empty() {
            return Err(Error::new(ErrorKind::Unavailable, "a part of the store is away"));
        }
        self.came.lock().expect("nobody panics with it").extend(low);
        self.inner.enqueue_with_ids(jobs).await
    }
}

pass_on! { JobConsumer for Parted, to inner: register, heartbeat, deregister, claim, settle, wait, upkeep }

pass_on! { JobInspector for Parted, to inner: find, states, list, retry, discard, cancel, set_paused, batch, waiting, snapshot }
