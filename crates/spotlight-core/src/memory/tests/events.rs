use futures::{StreamExt, stream::BoxStream};
use serde_json::json;
use uuid::Uuid;

use super::{TestClock, organization};
use crate::{
    error::Result,
    memory::{EventLimits, MemoryEventBus},
    ports::{Clock, Event, EventBus, Heard},
};

fn bus(events_per_channel: usize, idle_channels: usize) -> MemoryEventBus {
    MemoryEventBus::with_limits(TestClock::new(), EventLimits { events_per_channel, idle_channels })
}

async fn publish(bus: &MemoryEventBus, channel: &str, what: u128) -> u64 {
    let event = Event {
        id: 0,
        event_type: "test".to_owned(),
        conversation_id: None,
        data: json!(what as u64),
        at: TestClock::new().now(),
    };
    bus.publish(organization(1), channel, Uuid::from_u128(what), event).await.unwrap()
}

async fn listen(bus: &MemoryEventBus, channel: &str, after: Option<u64>) -> BoxStream<'static, Result<Heard>> {
    bus.subscribe(organization(1), channel, after).await.unwrap()
}

/// What can be heard without waiting: numbers, and gaps as negative numbers.
async fn heard(stream: &mut BoxStream<'static, Result<Heard>>) -> Vec<i64> {
    let mut numbers = Vec::new();
    while let std::task::Poll::Ready(Some(heard)) = futures::poll!(stream.next()) {
        numbers.push(match heard.unwrap() {
            Heard::Event(event) => event.id as i64,
            Heard::Gap { next } => -(next as i64),
        });
    }
    numbers
}

#[tokio::test]
async fn a_slow_listener_hears_of_the_gap() {
    let bus = bus(2, 10);
    let first = publish(&bus, "a", 1).await;
    let mut slow = listen(&bus, "a", None).await;
    assert_eq!(heard(&mut slow).await, Vec::<i64>::new());
    for what in 2..=5 {
        publish(&bus, "a", what).await;
    }
    let fourth = first as i64 + 3;
    assert_eq!(heard(&mut slow).await, [-fourth, fourth, fourth + 1]);
    // Whoever asks for the beginning hears that it is gone.
    let mut late = listen(&bus, "a", Some(0)).await;
    assert_eq!(heard(&mut late).await, [-fourth, fourth, fourth + 1]);
    let mut next = listen(&bus, "a", Some(first + 3)).await;
    assert_eq!(heard(&mut next).await, [fourth + 1]);
}

#[tokio::test]
async fn the_same_event_is_published_once_while_it_is_kept() {
    let bus = bus(2, 10);
    let mut all = listen(&bus, "a", None).await;
    let first = publish(&bus, "a", 1).await;
    assert_eq!(publish(&bus, "a", 1).await, first);
    assert_eq!(publish(&bus, "a", 2).await, first + 1);
    assert_eq!(heard(&mut all).await, [first as i64, first as i64 + 1]);
}

#[tokio::test]
async fn idle_channels_are_forgotten_and_their_numbers_are_not_given_again() {
    let bus = bus(10, 2);
    let mut kept = listen(&bus, "kept", None).await;
    let last = {
        publish(&bus, "idle", 1).await;
        publish(&bus, "idle", 2).await
    };
    for channel in 0..100 {
        publish(&bus, &channel.to_string(), 100 + channel).await;
    }
    assert!(bus.channels() <= 5, "{} channels", bus.channels());
    let number = publish(&bus, "kept", 3).await;
    assert_eq!(heard(&mut kept).await, [number as i64], "a channel somebody listens to stays");

    // Whoever heard the last one before hears of the gap, and nothing twice.
    let mut back = listen(&bus, "idle", Some(last)).await;
    let next = publish(&bus, "idle", 4).await;
    assert!(next > last);
    assert_eq!(heard(&mut back).await, [-(next as i64), next as i64]);
}

#[tokio::test]
async fn a_listener_of_an_earlier_process_hears_of_the_gap() {
    let clock = TestClock::new();
    let before = publish(&MemoryEventBus::new(clock.clone()), "a", 1).await;
    clock.advance(chrono::Duration::seconds(1));
    let bus = MemoryEventBus::new(clock);
    let mut back = listen(&bus, "a", Some(before)).await;
    let next = publish(&bus, "a", 2).await as i64;
    assert_eq!(heard(&mut back).await, [-next, next]);
}

#[tokio::test]
async fn streams_end_with_the_bus() {
    let bus = bus(10, 10);
    let mut stream = listen(&bus, "a", None).await;
    publish(&bus, "a", 1).await;
    drop(bus);
    assert!(matches!(stream.next().await, Some(Ok(Heard::Event(_)))), "what was published is still heard");
    assert!(stream.next().await.is_none());
}
