//! Event buses: one line, `spotlight_core::event_bus_conformance!(MyFixture::new());`.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use serde_json::json;

use super::{
    samples::{Samples, at},
    support::{cut_off, soon, together},
};
use crate::{
    domain::{ConversationId, OrganizationId},
    error::Result,
    ports::{Event, EventBus, Heard},
};

/// Gives event buses to the suite.
#[async_trait]
pub trait EventBusFixture: Send + Sync + 'static {
    /// A fresh bus.
    async fn fresh(&self) -> Arc<dyn EventBus>;

    /// So many events in one channel are more than its buses keep.
    fn too_many(&self) -> usize;
}

/// One test per promise of an [`EventBus`](crate::ports::EventBus), from an expression that makes an
/// [`EventBusFixture`](crate::conformance::events::EventBusFixture). The tests stand in a module of their own,
/// `events`.
#[macro_export]
macro_rules! event_bus_conformance {
    ($fixture:expr) => {
        fn event_bus_conformance_fixture() -> impl $crate::conformance::events::EventBusFixture {
            $fixture
        }

        $crate::__conformance_tests! {
            (event_bus_conformance_fixture)
            events {
                listeners_hear_new_events
                listeners_hear_what_they_missed
                an_event_is_published_once
                channels_are_apart
                a_lost_event_is_a_gap
                a_slow_listener_holds_nobody_up
                many_publishers_make_one_order
                a_dropped_listener_is_forgotten
                an_event_of_any_size_is_whole
                a_reader_is_given_what_it_has_not_acknowledged
                a_reader_that_is_too_slow_hears_of_the_gap
            }
        }
    };
}

struct Bench {
    bus: Arc<dyn EventBus>,
    samples: Arc<Samples>,
    org: OrganizationId,
}

type Listener = BoxStream<'static, Result<Heard>>;

impl Bench {
    async fn new(fixture: &dyn EventBusFixture) -> Self {
        let samples = Arc::new(Samples::new());
        Self { bus: fixture.fresh().await, org: samples.organization().id, samples }
    }

    fn event(&self, number: u64) -> Event {
        Event {
            id: 0,
            event_type: "transcript_update".to_owned(),
            conversation_id: Some(ConversationId::from_uuid(self.samples.uuid())),
            data: json!({ "number": number, "text": "ü" }),
            at: at(1),
        }
    }

    async fn publish(&self, channel: &str, number: u64) -> Event {
        let event = self.event(number);
        let id = soon(self.bus.publish(self.org, channel, self.samples.uuid(), event.clone())).await.unwrap();
        Event { id, ..event }
    }

    async fn listen(&self, channel: &str, after: Option<u64>) -> Listener {
        soon(self.bus.subscribe(self.org, channel, after)).await.unwrap()
    }
}

async fn hear(listener: &mut Listener) -> Heard {
    soon(listener.next()).await.expect("the stream goes on").unwrap()
}

async fn hears(listener: &mut Listener, expected: &[&Event]) {
    for event in expected {
        assert_eq!(hear(listener).await, Heard::Event((*event).clone()));
    }
}

/// Who listens hears what is published from then on, whole, in order, each once; numbers ascend by one.
pub async fn listeners_hear_new_events(fixture: &dyn EventBusFixture) {
    let it = Bench::new(fixture).await;
    it.publish("leads", 1).await;
    let mut first = it.listen("leads", None).await;
    let one = it.publish("leads", 2).await;
    let mut second = it.listen("leads", None).await;
    let bare = Event { conversation_id: None, data: json!(null), ..it.event(3) };
    let id = it.bus.publish(it.org, "leads", it.samples.uuid(), bare.clone()).await.unwrap();
    let two = Event { id, ..bare };
    assert_eq!(two.id, one.id + 1);
    hears(&mut first, &[&one, &two]).await;
    hears(&mut second, &[&two]).await;
    let three = it.publish("leads", 4).await;
    assert_eq!(three.id, two.id + 1);
    hears(&mut first, &[&three]).await;
    hears(&mut second, &[&three]).await;
}

/// Who was away hears what was published since, then what is new.
pub async fn listeners_hear_what_they_missed(fixture: &dyn EventBusFixture) {
    let it = Bench::new(fixture).await;
    let mut events = Vec::new();
    for number in 1..=4 {
        events.push(it.publish("leads", number).await);
    }
    let mut back = it.listen("leads", Some(events[1].id)).await;
    let mut current = it.listen("leads", Some(events[3].id)).await;
    let new = it.publish("leads", 5).await;
    hears(&mut back, &[&events[2], &events[3], &new]).await;
    hears(&mut current, &[&new]).await;
}

/// The same event again publishes nothing and gives the first number.
pub async fn an_event_is_published_once(fixture: &dyn EventBusFixture) {
    let it = Bench::new(fixture).await;
    let mut listener = it.listen("leads", None).await;
    let (dedup, event) = (it.samples.uuid(), it.event(1));
    let first = it.bus.publish(it.org, "leads", dedup, event.clone()).await.unwrap();
    let between = it.publish("leads", 2).await;
    assert_eq!(it.bus.publish(it.org, "leads", dedup, event.clone()).await.unwrap(), first);
    let last = it.publish("leads", 3).await;
    assert_eq!(last.id, between.id + 1);
    hears(&mut listener, &[&Event { id: first, ..event.clone() }, &between, &last]).await;
    // In another channel it is another event.
    let mut other = it.listen("notifications", None).await;
    let id = it.bus.publish(it.org, "notifications", dedup, event.clone()).await.unwrap();
    hears(&mut other, &[&Event { id, ..event }]).await;
}

/// What is published in one channel, or for one organization, is heard in no other.
pub async fn channels_are_apart(fixture: &dyn EventBusFixture) {
    let it = Bench::new(fixture).await;
    let stranger = it.samples.organization().id;
    let mut leads = it.listen("leads", None).await;
    let mut notifications = it.listen("notifications", None).await;
    let mut foreign = it.bus.subscribe(stranger, "leads", None).await.unwrap();
    let lead = it.publish("leads", 1).await;
    let notification = it.publish("notifications", 2).await;
    let event = it.event(3);
    let id = it.bus.publish(stranger, "leads", it.samples.uuid(), event.clone()).await.unwrap();
    let theirs = Event { id, ..event };
    hears(&mut leads, &[&lead]).await;
    hears(&mut notifications, &[&notification]).await;
    hears(&mut foreign, &[&theirs]).await;
    // Numbers are a channel's own too.
    assert_eq!(it.publish("leads", 4).await.id, lead.id + 1);
    assert_eq!(it.publish("notifications", 5).await.id, notification.id + 1);
}

/// Who asks for events that are no longer kept hears where the kept ones begin, and then those.
pub async fn a_lost_event_is_a_gap(fixture: &dyn EventBusFixture) {
    let it = Bench::new(fixture).await;
    let first = it.publish("leads", 0).await;
    let mut last = first.clone();
    for number in 0..=fixture.too_many() {
        last = it.publish("leads", number as u64).await;
    }
    let mut listener = it.listen("leads", Some(first.id)).await;
    let Heard::Gap { next } = hear(&mut listener).await else { panic!("the first events are no longer kept") };
    assert!(next > first.id + 1 && next <= last.id, "a gap from {} to {next}, with {} the last", first.id, last.id);
    for id in next..=last.id {
        match hear(&mut listener).await {
            Heard::Event(event) => assert_eq!(event.id, id),
            Heard::Gap { next } => panic!("a second gap to {next} where {id} should be"),
        }
    }
}

/// Who does not listen fast enough loses events, and nobody waits for them.
pub async fn a_slow_listener_holds_nobody_up(fixture: &dyn EventBusFixture) {
    let it = Bench::new(fixture).await;
    let mut slow = it.listen("leads", None).await;
    let mut last = it.publish("leads", 0).await;
    let first = last.id;
    for number in 0..=2 * fixture.too_many() {
        last = it.publish("leads", number as u64).await;
    }
    let (mut expected, mut gaps) = (first, 0);
    while expected <= last.id {
        match hear(&mut slow).await {
            Heard::Event(event) => {
                assert_eq!(event.id, expected, "ascending, each once, and no loss without a gap");
                expected += 1;
            }
            Heard::Gap { next } => {
                assert!(next > expected, "a gap to {next} where {expected} comes next");
                expected = next;
                gaps += 1;
            }
        }
    }
    assert!(gaps > 0, "some were lost");
    let new = it.publish("leads", 1).await;
    hears(&mut slow, &[&new]).await;
}

/// Publishers at once are given numbers without gap or repetition, and every listener hears the same order.
pub async fn many_publishers_make_one_order(fixture: &dyn EventBusFixture) {
    const PUBLISHERS: u64 = 4;
    const EVENTS: u64 = 10;
    let it = Bench::new(fixture).await;
    let before = it.publish("leads", 0).await;
    let mut early = it.listen("leads", None).await;
    let publisher = |publisher| {
        let (bus, samples, org) = (Arc::clone(&it.bus), Arc::clone(&it.samples), it.org);
        let events: Vec<_> = (0..EVENTS).map(|number| it.event(publisher * 100 + number)).collect();
        async move {
            let mut ids = Vec::new();
            for event in events {
                ids.push(bus.publish(org, "leads", samples.uuid(), event).await.unwrap());
            }
            ids
        }
    };
    let mut given = BTreeSet::new();
    for ids in together((0..PUBLISHERS).map(publisher)).await {
        assert!(ids.is_sorted(), "one publisher's events keep their order: {ids:?}");
        given.extend(ids);
    }
    let expected: BTreeSet<_> = (before.id + 1..=before.id + PUBLISHERS * EVENTS).collect();
    assert_eq!(given, expected);
    let mut late = it.listen("leads", Some(before.id)).await;
    for id in expected {
        let Heard::Event(heard) = hear(&mut early).await else { panic!("nothing was lost") };
        assert_eq!(heard.id, id);
        hears(&mut late, &[&heard]).await;
    }
}

/// Dropping a stream ends the subscription and nothing else.
pub async fn a_dropped_listener_is_forgotten(fixture: &dyn EventBusFixture) {
    let it = Bench::new(fixture).await;
    let mut stays = it.listen("leads", None).await;
    let mut goes = it.listen("leads", None).await;
    let one = it.publish("leads", 1).await;
    hears(&mut goes, &[&one]).await;
    drop(goes);
    let two = it.publish("leads", 2).await;
    hears(&mut stays, &[&one, &two]).await;
    // Giving up the wait for the next event loses nothing.
    let mut waiting = it.listen("leads", None).await;
    assert!(cut_off(waiting.next(), 1).await.is_none(), "nothing was published");
    let three = it.publish("leads", 3).await;
    hears(&mut waiting, &[&three]).await;
    hears(&mut stays, &[&three]).await;
}

/// An event can be as long as what is said in it, with every sign that a text can hold.
pub async fn an_event_of_any_size_is_whole(fixture: &dyn EventBusFixture) {
    let it = Bench::new(fixture).await;
    let mut listener = it.listen("leads", None).await;
    for text in ["ü".repeat(8_000), "\u{0}\u{1f}\"\\\u{2028}".to_owned(), "x".repeat(300_000)] {
        let event = Event { data: json!({ "text": text }), ..it.event(1) };
        let id = soon(it.bus.publish(it.org, "leads", it.samples.uuid(), event.clone())).await.unwrap();
        hears(&mut listener, &[&Event { id, ..event }]).await;
    }
}

/// A reader of a name is given events until it has acknowledged them, from the oldest on, and knows nothing of other
/// names and other channels.
pub async fn a_reader_is_given_what_it_has_not_acknowledged(fixture: &dyn EventBusFixture) {
    let it = Bench::new(fixture).await;
    let unread = async |channel: &str, reader: &str, limit: u32| {
        let heard = soon(it.bus.unread(it.org, channel, reader, limit)).await.unwrap();
        let ids = heard.into_iter().map(|heard| match heard {
            Heard::Event(event) => event.id,
            Heard::Gap { next } => panic!("nothing before {next} was lost"),
        });
        ids.collect::<Vec<_>>()
    };
    let acknowledge = async |reader: &str, id: u64| it.bus.acknowledge(it.org, "leads", reader, id).await.unwrap();
    assert!(unread("leads", "mail", 10).await.is_empty());
    let mut ids = Vec::new();
    for number in 1..=4 {
        ids.push(it.publish("leads", number).await.id);
    }
    assert_eq!(unread("leads", "mail", 2).await, ids[..2]);
    assert_eq!(unread("leads", "mail", 2).await, ids[..2], "they are not acknowledged");
    acknowledge("mail", ids[0]).await;
    assert_eq!(unread("leads", "mail", 2).await, ids[1..3]);
    acknowledge("mail", ids[2]).await;
    acknowledge("mail", ids[1]).await;
    assert_eq!(unread("leads", "mail", 10).await, ids[3..], "what was acknowledged stays so");
    assert_eq!(unread("leads", "mail", 0).await, ids[3..], "at least one");
    assert_eq!(unread("leads", "search", 10).await, ids, "another reader is another");
    let other = it.publish("notifications", 5).await.id;
    assert_eq!(unread("notifications", "mail", 10).await, [other], "another channel is another");
    assert!(it.bus.unread(it.samples.organization().id, "leads", "mail", 10).await.unwrap().is_empty());
    acknowledge("mail", ids[3]).await;
    assert!(unread("leads", "mail", 10).await.is_empty());
    let event = it.publish("leads", 6).await;
    assert_eq!(soon(it.bus.unread(it.org, "leads", "mail", 10)).await.unwrap(), [Heard::Event(event)]);
}

/// A reader for whom events are no longer kept hears where the kept ones begin, and that again until it acknowledges.
pub async fn a_reader_that_is_too_slow_hears_of_the_gap(fixture: &dyn EventBusFixture) {
    let it = Bench::new(fixture).await;
    let first = it.publish("leads", 0).await;
    it.bus.acknowledge(it.org, "leads", "mail", first.id).await.unwrap();
    for number in 0..=fixture.too_many() {
        it.publish("leads", number as u64).await;
    }
    for reader in ["mail", "new"] {
        for _ in 0..2 {
            let heard = soon(it.bus.unread(it.org, "leads", reader, 1)).await.unwrap();
            let [Heard::Gap { next }, Heard::Event(event)] = &heard[..] else { panic!("{heard:?} with a gap") };
            assert!(*next == event.id && *next > first.id + 1);
        }
    }
}
