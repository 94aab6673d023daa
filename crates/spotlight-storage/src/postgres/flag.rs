//! Feature flags.

use async_trait::async_trait;
use spotlight_core::{Result, domain::flag::FeatureFlag, ports::FlagRepository};
use sqlx::postgres::PgRow;

use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::statements,
};

statements! {
    SET = [
        "INSERT INTO feature_flags (key, enabled, percentage, updated_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (key) DO UPDATE SET enabled = excluded.enabled, percentage = excluded.percentage, \
         updated_at = excluded.updated_at"
    ];
    LIST = ["SELECT key, enabled, percentage, updated_at FROM feature_flags ORDER BY key"];
    DELETE = ["DELETE FROM feature_flags WHERE key = $1"];
}

fn read(row: &PgRow) -> Result<FeatureFlag> {
    let mut row = Row::new("feature_flags", row);
    Ok(FeatureFlag { key: row.take()?, enabled: row.take()?, percentage: row.score()?, updated_at: row.at()? })
}

/// Keeps feature flags.
pub(super) struct PgFlagRepository {
    db: PgDb,
}

impl PgFlagRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl FlagRepository for PgFlagRepository {
    async fn set(&self, flag: &FeatureFlag) -> Result<()> {
        let set = query(SET)
            .bind(flag.key.as_str())
            .bind(flag.enabled)
            .bind(i16::from(flag.percentage))
            .bind(flag.updated_at);
        self.db.write().await?.execute(set).await?;
        Ok(())
    }

    async fn list(&self) -> Result<Vec<FeatureFlag>> {
        row::all(&self.db.fetch_all(query(LIST)).await?, read)
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        Ok(self.db.write().await?.execute(query(DELETE).bind(key)).await? > 0)
    }
}
