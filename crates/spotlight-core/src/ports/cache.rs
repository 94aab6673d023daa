//! A cache of bytes with tags.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{domain::OrganizationId, error::Result};

/// Keeps values for a time. A value can go sooner when room is short or a server is lost, so callers never rely on it;
/// otherwise it stays for its time. A value that is there is whole.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Cache: Send + Sync {
    /// The value of a key, unless it has expired or was deleted.
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Bytes>>;

    /// Keeps a value for `ttl` (above zero) under tags of the organization.
    ///
    /// # Idempotency
    /// The last value, time and tags count.
    async fn set(
        &self,
        organization: OrganizationId,
        key: &str,
        value: Bytes,
        ttl: Duration,
        tags: &[String],
    ) -> Result<()>;

    /// Forgets a key. Nothing happens when there is none.
    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()>;

    /// Forgets every key that was set under the tag in this organization.
    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()>;
}
