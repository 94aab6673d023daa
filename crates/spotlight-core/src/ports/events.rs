//! Events that are published to whoever listens.

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    domain::{ConversationId, OrganizationId, time::Timestamp},
    error::Result,
};

/// An event as listeners see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number in the channel: ascending, given when it is published.
    pub id: u64,
    /// What happened, as `transcript_update`.
    #[serde(rename = "type")]
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
}
