//! A queue whose ended jobs leave the outbox keeps the promises of the queue that it is around.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use spotlight_core::{
    conformance::{queue::JobQueueFixture, samples},
    decorators::OutboxQueue,
    domain::time::Timestamp,
    memory::{MemoryQueue, MemoryStorage},
    ports::{Clock, JobPlacement, JobQueue, SystemIds},
};

/// A clock that is put forward by hand.
struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panics with the clock")
    }
}

struct Fixture(Arc<Hands>);

#[async_trait]
impl JobQueueFixture for Fixture {
    async fn fresh(&self) -> Arc<dyn JobQueue> {
        let storage = Arc::new(MemoryStorage::with_jobs(self.0.clone(), JobPlacement::Outbox));
        Arc::new(OutboxQueue::new(Arc::new(MemoryQueue::new(self.0.clone(), Arc::new(SystemIds))), storage))
    }

    async fn another(&self, queue: &Arc<dyn JobQueue>) -> Arc<dyn JobQueue> {
        Arc::clone(queue)
    }

    async fn pass(&self, time: Duration) {
        *self.0.0.lock().expect("nobody panics with the clock") += time;
    }
}

spotlight_core::job_queue_conformance!(Fixture(Arc::new(Hands(Mutex::new(samples::at(0))))));
