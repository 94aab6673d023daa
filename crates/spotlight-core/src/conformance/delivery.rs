//! What a storage, a bus and whoever carries events from one to the other promise together: one line,
//! `spotlight_core::delivery_conformance!(MyFixture::new());`.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};

use super::support::{World, soon};
use crate::{
    Spotlight,
    error::Result,
    memory::{MemoryFileStore, MemoryMailer, MemoryQueue, MemoryRateLimiter},
    ports::{Event, EventBus, Heard, NewEvent, Storage, SystemClock, SystemIds},
    scripted::ScriptedChatModel,
};

/// How long a unit is waited for that begins while another one is open. A storage with one writer has it wait.
const OVERLAP: Duration = Duration::from_millis(500);

/// Gives storages and buses to the suite.
#[async_trait]
pub trait DeliveryFixture: Send + Sync + 'static {
    /// A fresh storage, and a fresh bus.
    async fn fresh(&self) -> (Arc<dyn Storage>, Arc<dyn EventBus>);

    /// Publishes what units have left in the storage, as often as there is something: [`relay`], unless another one is to
    /// be tried.
    async fn relay(&self, storage: &Arc<dyn Storage>, bus: &Arc<dyn EventBus>);
}

/// One test per promise of a storage and an [`EventBus`] together, from an expression that makes a [`DeliveryFixture`].
/// The tests stand in a module of their own, `delivery`.
#[macro_export]
macro_rules! delivery_conformance {
    ($fixture:expr) => {
        fn delivery_conformance_fixture() -> impl $crate::conformance::delivery::DeliveryFixture {
            $fixture
        }

        $crate::__conformance_tests! {
            (delivery_conformance_fixture)
            delivery {
                a_unit_that_commits_late_is_not_skipped
            }
        }
    };
}

/// The platform's own relay.
pub async fn relay(storage: &Arc<dyn Storage>, bus: &Arc<dyn EventBus>) {
    let clock = Arc::new(SystemClock);
    let platform = Spotlight::builder()
        .storage(Arc::clone(storage))
        .queue(Arc::new(MemoryQueue::new(clock.clone(), Arc::new(SystemIds))))
        .events(Arc::clone(bus))
        .chat(Arc::new(ScriptedChatModel::new()))
        .mailer(Arc::new(MemoryMailer::new()))
        .files(Arc::new(MemoryFileStore::new()))
        .limiter(Arc::new(MemoryRateLimiter::new(clock.clone())))
        .clock(clock)
        .build()
        .unwrap();
    platform.run_until_idle().await.unwrap();
}

type Listener = BoxStream<'static, Result<Heard>>;

async fn hear(listener: &mut Listener) -> Event {
    match soon(listener.next()).await.unwrap().unwrap() {
        Heard::Event(event) => event,
        Heard::Gap { next } => panic!("nothing before {next} was lost"),
    }
}

/// A unit that takes its place in the outbox early and commits late is published all the same, and above whatever was
/// published before: a listener who has heard later units hears it too, and never a number twice.
pub async fn a_unit_that_commits_late_is_not_skipped(fixture: &dyn DeliveryFixture) {
    let (storage, bus) = fixture.fresh().await;
    let world = World::new(Arc::clone(&storage)).await;
    let event = |name: &str| NewEvent { channel: "late".to_owned(), ..world.samples.event(world.org(), name) };
    let mut listener = soon(bus.subscribe(world.org(), "late", Some(0))).await.unwrap();
    let mut last = 0;
    for round in 0..3 {
        let (early, later) = (format!("early_{round}"), format!("later_{round}"));
        let slow = storage.begin().await.unwrap();
        slow.publish(event(&early)).await.unwrap();
        let quick = tokio::time::timeout(OVERLAP, storage.begin()).await;
        let expected = if let Ok(quick) = quick {
            let quick = quick.unwrap();
            quick.publish(event(&later)).await.unwrap();
            quick.commit().await.unwrap();
            fixture.relay(&storage, &bus).await;
            // It is heard while the early one is not even committed.
            let heard = hear(&mut listener).await;
            assert_eq!(heard.event_type, later);
            assert!(heard.id > last, "{} after {last}", heard.id);
            last = heard.id;
            slow.commit().await.unwrap();
            vec![early]
        } else {
            slow.commit().await.unwrap();
            let quick = storage.begin().await.unwrap();
            quick.publish(event(&later)).await.unwrap();
            quick.commit().await.unwrap();
            vec![early, later]
        };
        fixture.relay(&storage, &bus).await;
        for name in expected {
            let heard = hear(&mut listener).await;
            assert_eq!(heard.event_type, name);
            assert!(heard.id > last, "{} after {last}", heard.id);
            last = heard.id;
        }
    }
    // Nor does one who comes back.
    let mut again = soon(bus.subscribe(world.org(), "late", Some(0))).await.unwrap();
    let mut names = Vec::new();
    for _ in 0..6 {
        names.push(hear(&mut again).await.event_type);
    }
    names.sort();
    assert_eq!(names, ["early_0", "early_1", "early_2", "later_0", "later_1", "later_2"]);
}
