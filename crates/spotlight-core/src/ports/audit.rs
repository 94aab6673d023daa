//! The audit log.

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::page::{Between, Listing, Paging};
use crate::{
    domain::{OrganizationId, audit::AuditEntry, time::Timestamp},
    error::Result,
};

/// Which entries are listed.
#[derive(RedactedDebug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this kind of record.
    pub record_type: Option<String>,
    /// Of this record.
    pub record_id: Option<String>,
    /// By this actor.
    pub actor_id: Option<String>,
    /// This action.
    pub action: Option<String>,
    /// In this span.
    pub created: Between,
}

/// Keeps the audit log. Append-only save retention.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AuditRepository: Send + Sync {
    /// Appends an entry.
    ///
    /// # Errors
    /// `Conflict` when the id is taken.
    async fn append(&self, entry: &AuditEntry) -> Result<()>;

    /// Entries that pass the filter, newest first, then by id descending.
    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AuditFilter,
        paging: &Paging,
    ) -> Result<Listing<AuditEntry>>;

    /// Removes at most `limit` entries made before `before`. Gives how many.
    async fn purge(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<u64>;
}
