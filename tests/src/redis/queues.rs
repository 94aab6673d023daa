//! Job queues on a Redis, as the conformance suite wants them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use spotlight_core::{
    conformance::queue::JobQueueFixture,
    ports::{JobQueue, SystemIds},
};
use spotlight_storage::redis::{RedisClient, RedisOptions, RedisQueue};

use super::namespace;

/// Queues on the Redis that a function names, in namespaces of their own.
pub struct RedisQueues {
    url: fn() -> String,
    opened: Mutex<Vec<(Arc<dyn JobQueue>, String)>>,
}

impl RedisQueues {
    /// Queues on the Redis at what `url` gives.
    pub fn new(url: fn() -> String) -> Self {
        Self { url, opened: Mutex::default() }
    }

    async fn open(&self, namespace: &str) -> Arc<dyn JobQueue> {
        let options = RedisOptions { namespace: namespace.to_owned(), ..RedisOptions::new((self.url)()) };
        let client = RedisClient::new(options).expect("the options can be read");
        Arc::new(RedisQueue::connect(client, Arc::new(SystemIds)).await.expect("Redis answers"))
    }
}

#[async_trait]
impl JobQueueFixture for RedisQueues {
    async fn fresh(&self) -> Arc<dyn JobQueue> {
        let namespace = namespace();
        let queue = self.open(&namespace).await;
        self.opened.lock().expect("no test panicked here").push((Arc::clone(&queue), namespace));
        queue
    }

    async fn another(&self, queue: &Arc<dyn JobQueue>) -> Arc<dyn JobQueue> {
        let namespace = {
            let opened = self.opened.lock().expect("no test panicked here");
            let found = opened.iter().find(|(known, _)| Arc::ptr_eq(known, queue));
            found.expect("the queue is of this fixture").1.clone()
        };
        self.open(&namespace).await
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
