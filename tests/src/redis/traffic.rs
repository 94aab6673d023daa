//! What the ports do while a Redis changes its master.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream::BoxStream};
use serde_json::json;
use spotlight_core::{
    ErrorKind, Result,
    conformance::samples,
    domain::OrganizationId,
    ports::{Event, EventBus, Heard, IdGenerator, SystemIds},
};

/// How long adapters may be without a master: until it is given up, another is chosen, and they have asked once more.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Calls until it succeeds. Whatever fails meanwhile must be said to be away or slow.
///
/// # Panics
/// When it does not within [`PATIENCE`], or fails otherwise.
pub async fn at_last<T>(what: &str, call: impl AsyncFn() -> Result<T>) -> T {
    let started = Instant::now();
    loop {
        match call().await {
            Ok(answer) => return answer,
            Err(error) => {
                let away = matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Timeout);
                assert!(away, "{what}: {}", error.chain());
                assert!(started.elapsed() < PATIENCE, "{what} after {PATIENCE:?}: {}", error.chain());
                // A server that is away says so at once.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// An event with this number in its data.
pub fn news(number: u64) -> Event {
    Event { id: 0, event_type: "test".to_owned(), conversation_id: None, data: json!(number), at: samples::at(0) }
}

/// Publishes an event until it is taken, and gives its number.
///
/// # Panics
/// As [`at_last`].
pub async fn publish(bus: &dyn EventBus, organization: OrganizationId, channel: &str, number: u64) -> u64 {
    let dedup = SystemIds.uuid();
    at_last("an event is published", async || bus.publish(organization, channel, dedup, news(number)).await).await
}

/// What a listener hears next.
///
/// # Panics
/// When that is nothing within [`PATIENCE`], or an error.
pub async fn hear(listener: &mut BoxStream<'static, Result<Heard>>) -> Heard {
    let heard = tokio::time::timeout(PATIENCE, listener.next()).await.expect("something is heard");
    heard.expect("the stream goes on").expect("a listener waits rather than fails")
}

/// Listens until this event comes, and gives how many gaps there were before it.
///
/// # Panics
/// As [`hear`].
pub async fn hear_until(listener: &mut BoxStream<'static, Result<Heard>>, wanted: u64) -> usize {
    let mut gaps = 0;
    loop {
        match hear(listener).await {
            Heard::Event(event) if event.id == wanted => return gaps,
            Heard::Event(event) => assert!(event.id < wanted, "{} is heard before {wanted}", event.id),
            Heard::Gap { .. } => gaps += 1,
        }
    }
}
