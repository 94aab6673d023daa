//! Recordings and other files.

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    domain::OrganizationId,
    error::{Error, Result},
};

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

/// Checks a key, for adapters.
///
/// # Errors
/// [`Validation`](crate::error::ErrorKind::Validation) unless it is 1 to 200 of `a-z 0-9 . _ - /`, without `..`.
pub fn check_file_key(key: &str) -> Result<()> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-' | b'/');
    if (1..=200).contains(&key.len()) && key.bytes().all(is_plain) && !key.contains("..") {
        Ok(())
    } else {
        Err(Error::invalid(
            "key",
            "format",
            "A file's key has 1 to 200 of a-z, 0-9, `.`, `_`, `-` and `/`, without `..`",
        ))
    }
}
