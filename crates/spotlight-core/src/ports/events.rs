//! Events that are published to whoever listens.

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{ConversationId, OrganizationId, time::Timestamp},
    error::Result,
};

/// An event as listeners see it.
#[derive(RedactedDebug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number in the channel: ascending, given when it is published.
    pub id: u64,
    /// What happened, as `transcript_update`.
    #[serde(rename = "type")]
    #[debug(shown = "the program names its events")]
    pub event_type: String,
    /// The conversation it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// The facts.
    pub data: Value,
    /// When it was published.
    pub at: Timestamp,
}

/// What a listener hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// An event.
    Event(Event),
    /// Events between the number asked for (or last heard) and this one are no longer kept.
    Gap {
        /// The number of the next event that is kept.
        next: u64,
    },
}

/// Publishes events to listeners.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Publishes an event and gives its number.
    ///
    /// # Idempotency
    /// The same `dedup` in the same channel again, within the events that are kept, publishes nothing and gives the
    /// first number.
    ///
    /// # Ordering
    /// Numbers ascend by one in the order of publication; a listener that heard n never later hears less than n.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when a bus that is shared cannot be reached; the event may have been published.
    ///
    /// # Cancel safety
    /// An event whose publication is dropped may have been published.
    async fn publish(
        &self,
        organization: OrganizationId,
        channel: &str,
        dedup: uuid::Uuid,
        event: Event,
    ) -> Result<u64>;

    /// Listens to a channel: events after number `after`, as far as they are kept, then new ones as they come. None
    /// begins with new ones.
    ///
    /// # Ordering
    /// Ascending by number, each once. A listener that is too slow hears `Gap`.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when a bus that is shared cannot be reached. A stream that has begun waits until it can
    /// be again, and hears `Gap` when events were lost.
    ///
    /// # Cancel safety
    /// Dropping the stream ends the subscription.
    async fn subscribe(
        &self,
        organization: OrganizationId,
        channel: &str,
        after: Option<u64>,
    ) -> Result<BoxStream<'static, Result<Heard>>>;

    /// The oldest events of a channel that the reader of this name has not acknowledged, at most `limit` of them (0 counts
    /// as 1), as far as they are kept: for a reader that must see every event at least once, wherever it runs.
    ///
    /// A reader that has acknowledged nothing begins with the oldest event that is kept. Whoever asks under the same name
    /// before they are acknowledged is given the same events.
    ///
    /// # Ordering
    /// Ascending by number, with `Gap` before an event where others are no longer kept.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when a bus that is shared cannot be reached.
    async fn unread(&self, organization: OrganizationId, channel: &str, reader: &str, limit: u32)
    -> Result<Vec<Heard>>;

    /// Notes that a reader is done with every event up to number `id`. A reader is forgotten with its channel, when
    /// nothing has happened there for as long as the bus keeps channels; it then begins anew.
    ///
    /// # Idempotency
    /// A number below one that was acknowledged changes nothing.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when a bus that is shared cannot be reached; it may have been noted. A bus that lost
    /// what it held can give events again.
    ///
    /// # Cancel safety
    /// An acknowledgement whose future is dropped may have been noted.
    async fn acknowledge(&self, organization: OrganizationId, channel: &str, reader: &str, id: u64) -> Result<()>;
}
