//! What an operator sets for the whole deployment.

use async_trait::async_trait;
use spotlight_core::{Result, domain::deployment::DeploymentSetting, ports::DeploymentRepository};

use super::{
    codec::{Bind, Fields, all, json},
    db::query,
    repositories::repository,
    sql::statements,
};

statements! {
    @global {
        /// Settings of the deployment are global.
        SET = [
            "INSERT INTO deployment_settings (key, value, updated_at) VALUES (?, ?, ?) \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"
        ];
        /// Settings of the deployment are global.
        LIST = ["SELECT key, value, updated_at FROM deployment_settings ORDER BY key"];
        /// Settings of the deployment are global.
        DELETE = ["DELETE FROM deployment_settings WHERE key = ?"];
    }
}

repository! {
    /// Keeps the settings of the whole deployment.
    SqliteDeploymentRepository
}

#[async_trait]
impl DeploymentRepository for SqliteDeploymentRepository {
    async fn set(&self, setting: &DeploymentSetting) -> Result<()> {
        let set = query(SET).bind(setting.key.as_str()).bind(json(&setting.value)?).at(setting.updated_at);
        self.db.write().await?.execute(set).await?;
        Ok(())
    }

    async fn list(&self) -> Result<Vec<DeploymentSetting>> {
        all(&self.db.rows(query(LIST)).await?, |row| {
            let mut f = Fields::new("deployment_settings", row);
            Ok(DeploymentSetting { key: f.text()?, value: f.json()?, updated_at: f.at()? })
        })
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        Ok(self.db.write().await?.execute(query(DELETE).bind(key)).await? > 0)
    }
}
