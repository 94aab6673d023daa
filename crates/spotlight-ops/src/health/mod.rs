//! Checks of what the core knows nothing of: they are shown in `/health` beside database and queue.
//!
//! To add one, implement [`HealthCheck`] in a file of this folder and name it in `checks`.

mod disk;

use std::sync::Arc;

use spotlight_core::{Result, ports::HealthCheck};
use spotlight_storage::redis::{RedisClient, RedisHealthCheck};

pub use self::disk::DiskCheck;
use crate::config::Config;

/// The checks of a deployment.
pub(crate) fn checks(config: &Config, redis: Option<&RedisClient>) -> Result<Vec<Arc<dyn HealthCheck>>> {
    let folder = config.health.disk.as_ref().unwrap_or(&config.general.data_dir);
    let mut checks: Vec<Arc<dyn HealthCheck>> = Vec::new();
    if cfg!(unix) {
        checks.push(Arc::new(DiskCheck::new(folder)));
    }
    if let Some(client) = redis {
        checks.push(Arc::new(RedisHealthCheck::new(client)?));
    }
    Ok(checks)
}
