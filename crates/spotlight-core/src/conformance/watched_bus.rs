//! A bus whose listener says how far it is, for tests that wait until something was heard.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt};
use tokio::sync::watch;
use uuid::Uuid;

use super::support::PATIENCE;
use crate::{
    domain::OrganizationId,
    error::Result,
    ports::{Event, EventBus, Heard},
};

/// One process's end of a bus, for tests of what a process does with events of one channel.
pub struct WatchedBus {
    bus: Arc<dyn EventBus>,
    published: AtomicU64,
    done: Arc<watch::Sender<u64>>,
}

impl WatchedBus {
    /// This process's end of `bus`.
    pub fn new(bus: Arc<dyn EventBus>) -> Self {
        Self { bus, published: AtomicU64::new(0), done: Arc::default() }
    }

    /// The number of the last event that was published over this end; 0 before the first.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::SeqCst)
    }

    /// Waits until the listener at this end is done with the event of this number.
    ///
    /// # Panics
    /// When it is not within 20 seconds.
    pub async fn heard(&self, number: u64) {
        let mut done = self.done.subscribe();
        let heard = tokio::time::timeout(PATIENCE, done.wait_for(|done| *done >= number)).await;
        assert!(heard.is_ok_and(|heard| heard.is_ok()), "event {number} was not heard");
    }
}

impl fmt::Debug for WatchedBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedBus").field("published", &self.published).finish_non_exhaustive()
    }
}

#[async_trait]
impl EventBus for WatchedBus {
    async fn publish(&self, organization: OrganizationId, channel: &str, dedup: Uuid, event: Event) -> Result<u64> {
        let id = self.bus.publish(organization, channel, dedup, event).await?;
        self.published.fetch_max(id, Ordering::SeqCst);
        Ok(id)
    }

    async fn subscribe(
        &self,
        organization: OrganizationId,
        channel: &str,
        after: Option<u64>,
    ) -> Result<BoxStream<'static, Result<Heard>>> {
        let heard = self.bus.subscribe(organization, channel, after).await?;
        let done = Arc::clone(&self.done);
        // Who asks for the next event is done with the one before.
        Ok(futures::stream::unfold((heard, 0), move |(mut heard, before)| {
            done.send_if_modified(|done| {
                let is_new = *done < before;
                *done = before.max(*done);
                is_new
            });
            async move {
                let next = heard.next().await?;
                let id = if let Ok(Heard::Event(event)) = &next { event.id } else { before };
                Some((next, (heard, id)))
            }
        })
        .boxed())
    }

    async fn unread(&self, org: OrganizationId, channel: &str, reader: &str, limit: u32) -> Result<Vec<Heard>> {
        self.bus.unread(org, channel, reader, limit).await
    }

    async fn acknowledge(&self, org: OrganizationId, channel: &str, reader: &str, id: u64) -> Result<()> {
        self.bus.acknowledge(org, channel, reader, id).await
    }
}
