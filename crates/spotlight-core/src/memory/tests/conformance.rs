//! The contract of storage.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    conformance::StorageFixture,
    memory::MemoryStorage,
    ports::{Storage, SystemClock},
};

struct MemoryFixture;

#[async_trait]
impl StorageFixture for MemoryFixture {
    async fn fresh(&self) -> Arc<dyn Storage> {
        Arc::new(MemoryStorage::new(Arc::new(SystemClock)))
    }

    async fn narrow(&self) -> Arc<dyn Storage> {
        self.fresh().await
    }
}

crate::storage_conformance!(MemoryFixture);
