//! What an operator sets for the whole deployment.

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::{map::Map, unit::MemoryRepositories};
use crate::{domain::deployment::DeploymentSetting, error::Result, ports::DeploymentRepository};

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct DeploymentSettings {
    rows: Map<String, DeploymentSetting>,
}

#[async_trait]
impl DeploymentRepository for MemoryRepositories {
    async fn set(&self, setting: &DeploymentSetting) -> Result<()> {
        self.write(|tables| {
            tables.deployment.rows.insert(setting.key.clone(), setting.clone());
            Ok(())
        })
    }

    async fn list(&self) -> Result<Vec<DeploymentSetting>> {
        self.read(|tables| Ok(tables.deployment.rows.values().cloned().collect()))
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        self.write(|tables| Ok(tables.deployment.rows.remove(&key.to_owned())))
    }
}
