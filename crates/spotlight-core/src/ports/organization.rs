//! Tenants.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::{
    domain::{OrganizationId, organization::Organization},
    error::Result,
};

/// Keeps organizations.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait OrganizationRepository: Send + Sync {
    /// Adds an organization.
    ///
    /// # Errors
    /// `Conflict` when the id or slug is taken.
    async fn insert(&self, organization: &Organization) -> Result<()>;

    /// The organization with this id.
    async fn get(&self, id: OrganizationId) -> Result<Option<Organization>>;

    /// The organization with this slug.
    async fn find_by_slug(&self, slug: &str) -> Result<Option<Organization>>;

    /// Replaces an organization that is stored at `organization.version`, and stores it at one more.
    ///
    /// # Errors
    /// `StaleVersion` when the stored version differs, `NotFound`, `Conflict` when the slug is taken.
    async fn update(&self, organization: &Organization) -> Result<()>;

    /// The ids of organizations after `after`, ascending, at most `limit`.
    async fn ids(&self, after: Option<OrganizationId>, limit: u32) -> Result<Vec<OrganizationId>>;

    /// The feature flags that organizations have set for themselves, by id of the organization, ascending. Those that have
    /// set none are left out.
    async fn feature_overrides(&self) -> Result<Vec<(OrganizationId, BTreeMap<String, bool>)>>;
}
