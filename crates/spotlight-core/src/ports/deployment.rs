//! What an operator sets for the whole deployment.

use async_trait::async_trait;

use crate::{domain::deployment::DeploymentSetting, error::Result};

/// Keeps the settings of the whole deployment, over all organizations.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait DeploymentRepository: Send + Sync {
    /// Adds or replaces a setting.
    ///
    /// # Idempotency
    /// The same again changes nothing.
    async fn set(&self, setting: &DeploymentSetting) -> Result<()>;

    /// Every setting, by key. Those of a newer version too.
    async fn list(&self) -> Result<Vec<DeploymentSetting>>;

    /// Removes a setting. True when there was one.
    async fn delete(&self, key: &str) -> Result<bool>;
}
