//! Feature flags.

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::{map::Map, unit::MemoryRepositories};
use crate::{domain::flag::FeatureFlag, error::Result, ports::FlagRepository};

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Flags {
    rows: Map<String, FeatureFlag>,
}

#[async_trait]
impl FlagRepository for MemoryRepositories {
    async fn set(&self, flag: &FeatureFlag) -> Result<()> {
        self.write(|tables| {
            tables.flags.rows.insert(flag.key.clone(), flag.clone());
            Ok(())
        })
    }

    async fn list(&self) -> Result<Vec<FeatureFlag>> {
        self.read(|tables| Ok(tables.flags.rows.values().cloned().collect()))
    }

    async fn delete(&self, key: &str) -> Result<bool> {
        self.write(|tables| Ok(tables.flags.rows.remove(&key.to_owned())))
    }
}
