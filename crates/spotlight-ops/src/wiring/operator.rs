//! What a command stands on that changes what is stored, and does nothing else.

use std::sync::Arc;

use spotlight_core::{
    Context, Result, Spotlight,
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryQueue, MemoryRateLimiter},
    ports::{Clock, Storage, SystemClock, SystemIds},
    scripted::ScriptedChatModel,
};

use super::stores;
use crate::config::Config;

/// The deployment's storage, for the operator's commands. Nothing is started: no job is worked on, nothing is sent, nobody
/// listens, and the schema stays as it is. Ends with [`close`](Self::close).
pub struct Operator {
    platform: Spotlight,
    storage: Arc<dyn Storage>,
    described: String,
}

impl std::fmt::Debug for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Operator({})", self.described)
    }
}

impl Operator {
    /// Opens the storage that the settings name, as a server does.
    ///
    /// # Errors
    /// `Misconfigured` for what cannot be used, a database that is not there yet and a schema that is not this program's;
    /// `Unavailable` and `Timeout` when the database is away.
    pub async fn open(config: &Config) -> Result<Self> {
        let (storage, described) = stores::alone(config).await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        // Flags and settings touch the storage alone; the rest only has to be there.
        let platform = Spotlight::builder()
            .storage(Arc::clone(&storage))
            .queue(Arc::new(MemoryQueue::new(Arc::clone(&clock), Arc::new(SystemIds))))
            .chat(Arc::new(ScriptedChatModel::new()))
            .events(Arc::new(MemoryEventBus::new(Arc::clone(&clock))))
            .mailer(Arc::new(MemoryMailer::new()))
            .files(Arc::new(MemoryFileStore::new()))
            .limiter(Arc::new(MemoryRateLimiter::new(Arc::clone(&clock))))
            .clock(clock)
            .flag_overrides(config.flags.clone())
            .maintenance(config.general.maintenance)
            .build()?;
        Ok(Self { platform, storage, described })
    }

    /// The platform over it. Its flags, settings and organizations are the deployment's; its queue, events, mail and files
    /// are nobody's.
    pub fn platform(&self) -> &Spotlight {
        &self.platform
    }

    /// The operator at the command line: the platform itself, whose changes stand in the audit log of the organization
    /// that was made first.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn context(&self) -> Result<Context> {
        let deployment = Context::deployment();
        let own = self.platform.deployment().operator(&deployment).await?;
        Ok(own.map_or(deployment, Context::system))
    }

    /// Ends every connection.
    pub async fn close(&self) {
        self.storage.close().await;
    }
}
