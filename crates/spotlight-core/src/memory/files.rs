//! Files.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::OrganizationId,
    error::Result,
    ports::{FileStore, check_file_key},
};

/// A [`FileStore`] in the process.
#[derive(RedactedDebug, Default)]
pub struct MemoryFileStore {
    files: Mutex<HashMap<(OrganizationId, String), Bytes>>,
}

impl MemoryFileStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(OrganizationId, String), Bytes>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl FileStore for MemoryFileStore {
    async fn put(&self, organization: OrganizationId, key: &str, body: Bytes) -> Result<()> {
        check_file_key(key)?;
        self.lock().insert((organization, key.to_owned()), body);
        Ok(())
    }

    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Bytes>> {
        check_file_key(key)?;
        Ok(self.lock().get(&(organization, key.to_owned())).cloned())
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<bool> {
        check_file_key(key)?;
        Ok(self.lock().remove(&(organization, key.to_owned())).is_some())
    }
}
