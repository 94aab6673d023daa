//! Feature flags.

use async_trait::async_trait;
use spotlight_core::{Result, domain::flag::FeatureFlag, ports::FlagRepository};

use super::{
    codec::{Bind, Fields, all},
    db::query,
    repositories::repository,
    sql::statements,
};

statements! {
    @global {
        /// Flags are global.
        SET = [
            "INSERT INTO feature_flags (key, enabled, percentage, updated_at) VALUES (?, ?, ?, ?) \
             ON CONFLICT (key) DO UPDATE SET enabled = excluded.enabled, percentage = excluded.percentage, \
             updated_at = excluded.updated_at"
        ];
        /// Flags are global.
        LIST = ["SELECT key, enabled, percentage, updated_at FROM feature_flags ORDER BY key"];
        /// Flags are global.
        DELETE = ["DELETE FROM feature_flags WHERE key = ?"];
    }
}

repository! {
    /// Keeps feature flags.
    SqliteFlagRepository
}

#[async_trait]
impl FlagRepository for SqliteFlagRepository {
    async fn set(&self, flag: &FeatureFlag) -> Result<()> {
        let set = query(SET).bind(flag.key.as_str()).bind(flag.enabled).bind(flag.percentage).at(flag.updated_at);
        self.db.write().await?.execute(set).await?;
        Ok(())
    }

    async fn list(&self) -> Result<Vec<FeatureFlag>> {
        all(&self.db.rows(query(LIST)).await?, |row| {
            let mut f = Fields::new("feature_flags", row);
            Ok(FeatureFlag { key: f.text()?, enabled: f.flag()?, percentage: f.int()?, updated_at: f.at()? })
        })
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        Ok(self.db.write().await?.execute(query(DELETE).bind(key)).await? > 0)
    }
}
