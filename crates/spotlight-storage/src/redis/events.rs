//! Events that are published to whoever listens.

mod feed;
mod wake;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use redis::Script;
use spotlight_core::{
    Error, Result,
    domain::OrganizationId,
    ports::{Event, EventBus, Heard},
};
use uuid::Uuid;

use self::{
    feed::{Listener, Names},
    wake::Wakes,
};
use super::client::RedisClient;

/// How much a [`RedisEventBus`] keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedisEventLimits {
    /// The newest events of a channel, at least 1. 256.
    pub events_per_channel: usize,
    /// How long a channel is kept in which nothing happens. A day.
    pub keep: Duration,
}

impl Default for RedisEventLimits {
    fn default() -> Self {
        Self { events_per_channel: 256, keep: Duration::from_hours(24) }
    }
}

/// An [`EventBus`] that a fleet shares.
///
/// Events are in a stream of Redis for each channel, numbered by the script that adds them. Listeners of a process are
/// woken over one connection for all of them, whatever the number of channels, and read the stream once for all listeners
/// of a channel. What wakes them is only a sign: events are read from the stream, so none is lost with a connection.
///
/// While the server is away, publishing and new subscriptions fail, and listeners wait. When it comes back without its
/// events, numbers go on from its clock's milliseconds and listeners hear of a gap.
pub struct RedisEventBus {
    client: RedisClient,
    limits: RedisEventLimits,
    publish: Script,
    acknowledge: Script,
    wakes: Wakes,
}

impl RedisEventBus {
    /// A bus of the usual size, whose keys begin with the client's namespace and `:{events:`.
    ///
    /// Needs a runtime of tokio, on which a task listens as long as the bus or a stream of it is used.
    pub fn new(client: RedisClient) -> Self {
        Self::with_limits(client, RedisEventLimits::default())
    }

    /// A bus that keeps this much.
    pub fn with_limits(client: RedisClient, limits: RedisEventLimits) -> Self {
        let wakes = Wakes::start(client.clone());
        let [publish, acknowledge] =
            [include_str!("events_publish.lua"), include_str!("events_acknowledge.lua")].map(Script::new);
        Self { client, limits, publish, acknowledge, wakes }
    }
}

impl fmt::Debug for RedisEventBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisEventBus")
            .field("client", &self.client)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl EventBus for RedisEventBus {
    async fn publish(&self, organization: OrganizationId, channel: &str, dedup: Uuid, event: Event) -> Result<u64> {
        let names = Names::new(self.client.namespace(), organization, channel);
        let event = serde_json::to_string(&event)
            .map_err(|error| Error::internal("an event cannot be written").with_source(error))?;
        let mut call = self.publish.key(&names.events);
        call.key(&names.known)
            .arg(dedup.to_string())
            .arg(event)
            .arg(self.limits.events_per_channel.max(1))
            .arg(self.limits.keep.as_millis().max(1).to_string())
            .arg(&names.wake);
        self.client.run(&call).await
    }

    async fn subscribe(
        &self,
        organization: OrganizationId,
        channel: &str,
        after: Option<u64>,
    ) -> Result<BoxStream<'static, Result<Heard>>> {
        let names = Names::new(self.client.namespace(), organization, channel);
        // First be woken, then look: what is published in between is either seen or wakes.
        let feed = self.wakes.feed(names).await?;
        let last = match after {
            Some(after) => after,
            None => feed.last(&self.client).await?,
        };
        let listener = Listener::new(self.client.clone(), feed, last);
        Ok(stream::unfold(listener, |listener| async { Some(listener.next().await) }).boxed())
    }

    async fn unread(
        &self,
        organization: OrganizationId,
        channel: &str,
        reader: &str,
        limit: u32,
    ) -> Result<Vec<Heard>> {
        let names = Names::new(self.client.namespace(), organization, channel);
        let mut get = redis::cmd("HGET");
        get.arg(&names.readers).arg(reader);
        let last: Option<u64> = self.client.call(get).await?;
        names.unread(&self.client, last.unwrap_or_default(), limit.max(1)).await
    }

    async fn acknowledge(&self, organization: OrganizationId, channel: &str, reader: &str, id: u64) -> Result<()> {
        let names = Names::new(self.client.namespace(), organization, channel);
        let mut call = self.acknowledge.key(&names.readers);
        call.arg(reader).arg(id).arg(self.limits.keep.as_millis().max(1).to_string());
        self.client.run(&call).await
    }
}
