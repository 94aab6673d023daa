//! Consent.

use async_trait::async_trait;

use crate::{
    domain::{
        LeadId, OrganizationId,
        consent::{Consent, ConsentKind},
        conversation::Channel,
    },
    error::Result,
};

/// Keeps consent. Append-only.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ConsentRepository: Send + Sync {
    /// Appends a change of consent.
    ///
    /// # Errors
    /// `Conflict` when the id is taken; `NotFound` when the lead does not exist, is merged or erased, or when the
    /// conversation does not exist.
    async fn append(&self, consent: &Consent) -> Result<()>;

    /// The newest change for a lead, kind and channel.
    async fn current(
        &self,
        organization: OrganizationId,
        lead: LeadId,
        kind: ConsentKind,
        channel: Channel,
    ) -> Result<Option<Consent>>;

    /// A lead's changes of consent, oldest first, then by id.
    async fn list(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<Consent>>;
}
