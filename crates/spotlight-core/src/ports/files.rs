//! Recordings and other files.

use async_trait::async_trait;
use bytes::Bytes;

use crate::{domain::OrganizationId, error::Result};

/// Keeps files by key. Keys are 1 to 200 of `a-z 0-9 . _ - /`, without `..`, and belong to one organization.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait FileStore: Send + Sync {
    /// Keeps a file; one of the same key is replaced. A reader sees the old file or the new one, whole.
    ///
    /// # Errors
    /// `Validation` for a bad key.
    async fn put(&self, organization: OrganizationId, key: &str, body: Bytes) -> Result<()>;

    /// The file of a key.
    ///
    /// # Errors
    /// `Validation` for a bad key.
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Bytes>>;

    /// Removes a file. True when there was one.
    ///
    /// # Errors
    /// `Validation` for a bad key.
    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<bool>;
}
