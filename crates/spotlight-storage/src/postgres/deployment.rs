//! What an operator sets for the whole deployment.

use async_trait::async_trait;
use spotlight_core::{Result, domain::deployment::DeploymentSetting, ports::DeploymentRepository};
use sqlx::{postgres::PgRow, types::Json};

use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::statements,
};

statements! {
    SET = [
        "INSERT INTO deployment_settings (key, value, updated_at) VALUES ($1, $2, $3) \
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at"
    ];
    LIST = ["SELECT key, value, updated_at FROM deployment_settings ORDER BY key"];
    DELETE = ["DELETE FROM deployment_settings WHERE key = $1"];
}

fn read(row: &PgRow) -> Result<DeploymentSetting> {
    let mut row = Row::new("deployment_settings", row);
    Ok(DeploymentSetting { key: row.take()?, value: row.json()?, updated_at: row.at()? })
}

/// Keeps the settings of the whole deployment.
pub(super) struct PgDeploymentRepository {
    db: PgDb,
}

impl PgDeploymentRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl DeploymentRepository for PgDeploymentRepository {
    async fn set(&self, setting: &DeploymentSetting) -> Result<()> {
        let set = query(SET).bind(setting.key.as_str()).bind(Json(&setting.value)).bind(setting.updated_at);
        self.db.write().await?.execute(set).await?;
        Ok(())
    }

    async fn list(&self) -> Result<Vec<DeploymentSetting>> {
        row::all(&self.db.fetch_all(query(LIST)).await?, read)
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        Ok(self.db.write().await?.execute(query(DELETE).bind(key)).await? > 0)
    }
}
