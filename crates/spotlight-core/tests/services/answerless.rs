//! A queue whose answers to a relay are lost on their way.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use spotlight_core::{
    Error, ErrorKind, Result,
    domain::JobId,
    pass_on,
    ports::{Enqueued, JobConsumer, JobInspector, JobProducer, JobQueue, JobSpec},
};

/// Takes jobs, and does not say so while `silent`.
pub(crate) struct Answerless {
    pub(crate) inner: Arc<dyn JobQueue>,
    pub(crate) silent: AtomicBool,
}

pass_on! { JobProducer for Answerless, to inner: enqueue, enqueue_batch, tick, last_tick;
    async fn enqueue_with_ids(&self, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Enqueued>> {
        let answers = self.inner.enqueue_with_ids(jobs).await?;
        if self.silent.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "the connection broke"));
        }
        Ok(answers)
    }
}

pass_on! { JobConsumer for Answerless, to inner: register, heartbeat, deregister, claim, settle, wait, upkeep }

pass_on! { JobInspector for Answerless, to inner: find, states, list, retry, discard, cancel, set_paused, batch, waiting,
snapshot }
