//! Answers to requests that are repeated.

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{OrganizationId, time::Timestamp, user::SecretHash},
    error::{Error, Result, Retry},
};

/// What a request with an idempotency key did.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct IdempotencyRecord {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Who asked and for what: the key is unique within it.
    pub scope: String,
    /// The key the caller chose, at most 255 characters.
    pub key: String,
    /// SHA-256 of the request.
    pub fingerprint: SecretHash,
    /// What the service answered: as a rule the id of what was made.
    pub answer: serde_json::Value,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}

/// What [`UnitOfWork::remember`](super::UnitOfWork::remember) makes a unit fail with.
pub fn answered_already() -> Error {
    Error::conflict("the same request was answered meanwhile; repeat it").with_retry(Retry::Now)
}

/// Keeps answers to repeated requests. A record commits in the same unit as the request's effect.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait IdempotencyRepository: Send + Sync {
    /// The record of a key that has not expired at `now`.
    async fn find(
        &self,
        organization: OrganizationId,
        scope: &str,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>>;

    /// Adds a record; an expired one of the same key is replaced.
    ///
    /// # Errors
    /// `Conflict` when the key is taken.
    ///
    /// # Ordering
    /// Of two with one key, added at once, one waits for the other's commit and is then refused.
    async fn insert(&self, record: &IdempotencyRecord, now: Timestamp) -> Result<()>;

    /// Replaces answer and expiry of the record with this organization, scope, key and fingerprint.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    ///
    /// # Ordering
    /// Of two at once, one waits for the other's commit and then replaces what that one wrote.
    async fn replace(&self, record: &IdempotencyRecord) -> Result<()>;

    /// Removes at most `limit` records that expired before `now`. Gives how many.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64>;
}
