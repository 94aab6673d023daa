//! Events that are published to whoever listens.

mod feed;
mod log;
mod wake;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use spotlight_core::{
    Result,
    domain::OrganizationId,
    ports::{Event, EventBus, Heard, PoolFigures},
};
use uuid::Uuid;

use self::{
    feed::{Listener, Name},
    log::Log,
    wake::Wake,
};
use super::{db::Database, migrate, options::PgOptions};

/// How much a [`PgEventBus`] keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PgEventLimits {
    /// The newest events of a channel, at least 1. 256.
    pub events_per_channel: u32,
    /// How long a channel is kept in which nothing happens, at least. A day.
    pub keep: Duration,
}

impl Default for PgEventLimits {
    fn default() -> Self {
        Self { events_per_channel: 256, keep: Duration::from_hours(24) }
    }
}

/// An [`EventBus`] on Postgres, 14 or newer. Cheap to clone.
///
/// Events are rows, so they can be of any size; a notification tells only the channel and the number. One connection per
/// process listens, whatever the number of channels, and a channel's rows are read once for all its listeners. Behind a
/// transaction pooler, [`PgOptions::direct_url`] serves that connection; without it the numbers of the channels that
/// somebody listens to are looked at four times a second, in one statement.
///
/// While the database is away, publishing and new subscriptions fail, and listeners wait. Nothing that was published is
/// lost with it, but by [`PgEventLimits`].
#[derive(Clone)]
pub struct PgEventBus {
    inner: Arc<Inner>,
}

struct Inner {
    log: Arc<Log>,
    wake: Arc<Wake>,
}

impl PgEventBus {
    /// Connects, and brings the schema up to date where the options say so.
    ///
    /// Connections belong to the runtime that opened them: all calls come from one.
    ///
    /// # Errors
    /// As [`PgStorage::connect`](super::PgStorage::connect).
    pub async fn connect(options: PgOptions) -> Result<Self> {
        Self::with_limits(options, PgEventLimits::default()).await
    }

    /// A bus that keeps this much.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn with_limits(options: PgOptions, limits: PgEventLimits) -> Result<Self> {
        let log = Arc::new(Log::new(Database::new(&options)?, limits));
        let wake = Arc::new(Wake::new(Arc::clone(&log), options.listen_options()?));
        migrate::bring_up_to_date(&options).await?;
        Ok(Self { inner: Arc::new(Inner { log, wake }) })
    }

    /// How its pool of connections stands, for metrics; none once it is closed. What listens has a connection beside it.
    pub fn pool(&self) -> Option<PoolFigures> {
        self.inner.log.pool()
    }

    /// Has pooled connections made anew: those there are now are closed when they are next wanted.
    pub fn renew_connections(&self) {
        self.inner.log.renew();
    }

    /// Ends every connection once the work on it is done.
    pub async fn close(&self) {
        self.inner.wake.stop();
        self.inner.log.close().await;
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.wake.stop();
    }
}

impl fmt::Debug for PgEventBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgEventBus").field("log", &self.inner.log).finish_non_exhaustive()
    }
}

#[async_trait]
impl EventBus for PgEventBus {
    async fn publish(&self, organization: OrganizationId, channel: &str, dedup: Uuid, event: Event) -> Result<u64> {
        let name = Name::new(organization, channel);
        let id = self.inner.log.add(&name, dedup, &event).await?;
        self.inner.wake.tell(&name, id);
        Ok(id)
    }

    async fn subscribe(
        &self,
        organization: OrganizationId,
        channel: &str,
        after: Option<u64>,
    ) -> Result<BoxStream<'static, Result<Heard>>> {
        // First be woken, then look: what is published in between is either seen or wakes.
        let feed = self.inner.wake.feed(Name::new(organization, channel));
        let last = self.inner.log.last(&feed.name).await?;
        let listener = Listener::new(feed, after.unwrap_or(last));
        Ok(stream::unfold(listener, |listener| async { Some(listener.next().await) }).boxed())
    }

    async fn unread(
        &self,
        organization: OrganizationId,
        channel: &str,
        reader: &str,
        limit: u32,
    ) -> Result<Vec<Heard>> {
        self.inner.log.unread(&Name::new(organization, channel), reader, limit).await
    }

    async fn acknowledge(&self, organization: OrganizationId, channel: &str, reader: &str, id: u64) -> Result<()> {
        self.inner.log.acknowledge(&Name::new(organization, channel), reader, id).await
    }
}

/// Every statement of the bus.
pub(super) fn all_statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    log::STATEMENTS.iter()
}
