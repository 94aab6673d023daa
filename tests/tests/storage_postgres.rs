//! The storage contract on Postgres, directly and through a transaction pooler.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use spotlight_core::{
    conformance::StorageFixture,
    ports::{JobPlacement, JobQueue, Storage},
};
use spotlight_storage::postgres::{PgOptions, PgQueue, PgStorage};
use spotlight_tests::{pgbouncer::PgBouncer, postgres::TestDatabase};

/// Storages on databases of their own, which go when the test is over.
struct Fixture {
    pooler: bool,
    databases: Mutex<Vec<TestDatabase>>,
}

impl Fixture {
    fn new(pooler: bool) -> Self {
        Self { pooler, databases: Mutex::default() }
    }

    async fn options(&self, max_connections: u32) -> PgOptions {
        let database = TestDatabase::fresh().await;
        let url = if self.pooler { PgBouncer::shared().url(&database) } else { database.url() };
        self.databases.lock().expect("no test panicked here").push(database);
        PgOptions { max_connections, pooler: self.pooler, ..PgOptions::new(url) }
    }

    async fn storage(&self, max_connections: u32) -> Arc<dyn Storage> {
        open(self.options(max_connections).await).await
    }
}

async fn open(options: PgOptions) -> Arc<dyn Storage> {
    Arc::new(PgStorage::connect(options).await.expect("the database takes connections"))
}

#[async_trait]
impl StorageFixture for Fixture {
    async fn fresh(&self) -> Arc<dyn Storage> {
        self.storage(8).await
    }

    async fn narrow(&self) -> Arc<dyn Storage> {
        self.storage(1).await
    }

    async fn with_queue(&self) -> (Arc<dyn Storage>, Arc<dyn JobQueue>) {
        let options = self.options(8).await;
        let queue = PgQueue::connect(options.clone()).await.expect("the database takes connections");
        (open(options).await, Arc::new(queue))
    }

    async fn with_outbox(&self) -> Arc<dyn Storage> {
        open(PgOptions { jobs: JobPlacement::Outbox, ..self.options(8).await }).await
    }
}

mod direct {
    use super::Fixture;

    spotlight_core::storage_conformance!(Fixture::new(false));
}

mod pooled {
    use super::Fixture;

    spotlight_core::storage_conformance!(Fixture::new(true));
}
