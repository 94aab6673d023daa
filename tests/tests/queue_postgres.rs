//! The queue contract on Postgres, directly and through a transaction pooler.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use spotlight_core::{conformance::queue::JobQueueFixture, ports::JobQueue};
use spotlight_storage::postgres::{PgOptions, PgQueue};
use spotlight_tests::{pgbouncer::PgBouncer, postgres::TestDatabase};

/// Queues on databases of their own, which go when the test is over.
struct Fixture {
    pooler: bool,
    /// By the address of the queue that was given.
    databases: Mutex<HashMap<usize, Arc<TestDatabase>>>,
}

impl Fixture {
    fn new(pooler: bool) -> Self {
        Self { pooler, databases: Mutex::default() }
    }

    async fn open(&self, database: Arc<TestDatabase>) -> Arc<dyn JobQueue> {
        let url = if self.pooler { PgBouncer::shared().url(&database) } else { database.url() };
        let options = PgOptions { pooler: self.pooler, ..PgOptions::new(url) };
        let queue: Arc<dyn JobQueue> = Arc::new(PgQueue::connect(options).await.expect("the database answers"));
        let mut databases = self.databases.lock().unwrap_or_else(PoisonError::into_inner);
        databases.insert(address(&queue), database);
        queue
    }
}

fn address(queue: &Arc<dyn JobQueue>) -> usize {
    Arc::as_ptr(queue).cast::<()>() as usize
}

#[async_trait]
impl JobQueueFixture for Fixture {
    async fn fresh(&self) -> Arc<dyn JobQueue> {
        self.open(Arc::new(TestDatabase::fresh().await)).await
    }

    async fn another(&self, queue: &Arc<dyn JobQueue>) -> Arc<dyn JobQueue> {
        let database = {
            let databases = self.databases.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&databases[&address(queue)])
        };
        self.open(database).await
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

mod direct {
    use super::Fixture;

    spotlight_core::job_queue_conformance!(Fixture::new(false));
}

mod pooled {
    use super::Fixture;

    spotlight_core::job_queue_conformance!(Fixture::new(true));
}
