//! The storage contract on Postgres, directly and through a transaction pooler.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use spotlight_core::{conformance::StorageFixture, ports::Storage};
use spotlight_storage::postgres::{PgOptions, PgStorage};
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

    async fn storage(&self, max_connections: u32) -> Arc<dyn Storage> {
        let database = TestDatabase::fresh().await;
        let url = if self.pooler { PgBouncer::shared().url(&database) } else { database.url() };
        self.databases.lock().expect("no test panicked here").push(database);
        let options = PgOptions { max_connections, pooler: self.pooler, ..PgOptions::new(url) };
        Arc::new(PgStorage::connect(options).await.expect("the database takes connections"))
    }
}

#[async_trait]
impl StorageFixture for Fixture {
    async fn fresh(&self) -> Arc<dyn Storage> {
        self.storage(8).await
    }

    async fn narrow(&self) -> Arc<dyn Storage> {
        self.storage(1).await
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
