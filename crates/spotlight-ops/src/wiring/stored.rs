//! What is stored, for those who only look.

use std::sync::Arc;

use spotlight_core::{
    Result,
    ports::{JobQueue, Storage},
};

use super::{
    shared,
    stores::{self, Stores},
};
use crate::config::Config;

/// Storage and queue of a deployment, of which nothing is changed: no schema, no place of jobs. Ends with
/// [`close`](Self::close).
pub(crate) struct Stored(Stores);

impl Stored {
    /// Opens what the settings name.
    pub(crate) async fn open(config: &Config) -> Result<Self> {
        let redis = shared::redis(config)?;
        stores::with_queue(config, redis.as_ref()).await.map(Self)
    }

    /// The storage.
    pub(crate) fn storage(&self) -> &Arc<dyn Storage> {
        &self.0.storage
    }

    /// The queue, as it is.
    pub(crate) fn queue(&self) -> &Arc<dyn JobQueue> {
        &self.0.queue
    }

    /// Ends every connection.
    pub(crate) async fn close(&self) {
        if let Some(queue) = &self.0.connected {
            queue.close().await;
        }
        self.0.storage.close().await;
    }
}
