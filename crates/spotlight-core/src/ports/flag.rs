//! Feature flags.

use async_trait::async_trait;

use crate::{domain::flag::FeatureFlag, error::Result};

/// Keeps feature flags, over the whole deployment.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait FlagRepository: Send + Sync {
    /// Adds or replaces a flag.
    async fn set(&self, flag: &FeatureFlag) -> Result<()>;

    /// Every flag, by key.
    async fn list(&self) -> Result<Vec<FeatureFlag>>;

    /// Removes a flag. True when there was one.
    async fn delete(&self, key: &str) -> Result<bool>;
}
