//! Telling other processes what to forget, and hearing it from them.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{BreakerSettings, breaker::Breaker};
use crate::{
    domain::{OrganizationId, time::Timestamp},
    error::{Error, Result},
    metrics::Metrics,
    ports::{Cache, Clock, Event, EventBus, Heard, IdGenerator},
};

/// The channel of all caches of a fleet, and the type of what is published in it.
const CHANNEL: &str = "cache";
const FORGET: &str = "cache_forget";

/// The pause before listening or telling is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// So many deletes are remembered until others can be told. Of more, they are told to forget everything.
const MAX_UNTOLD: usize = 100_000;

/// What is no longer in the shared cache.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Forget {
    Key(OrganizationId, String),
    Tag(OrganizationId, String),
    Everything,
}

impl Forget {
    /// Deletes in a cache.
    pub(super) async fn within(&self, cache: &dyn Cache) -> Result<()> {
        match self {
            Self::Key(organization, key) => cache.delete(*organization, key).await,
            Self::Tag(organization, tag) => cache.delete_tag(*organization, tag).await,
            Self::Everything => Ok(()),
        }
    }
}

/// What a process keeps, and what its fleet shares if it shares anything.
pub(super) trait Side: Send + Sync + 'static {
    /// Forgets what is kept in this process, and has fills of it that have begun here land nowhere.
    fn forget(&self, forget: &Forget);

    /// From here on everything that others delete is heard, or not any more.
    fn set_open(&self, open: bool);

    /// True while something that was deleted here can be found by others still.
    fn owes(&self) -> bool;

    /// Deletes once more what others may find still.
    fn delete_again(&self, forget: &Forget) -> impl Future<Output = Result<()>> + Send;
}

#[derive(Serialize, Deserialize)]
struct Message {
    from: Uuid,
    forget: Forget,
}

/// What the calls and the tasks of a cache have in common.
pub(super) struct Shared<S> {
    pub(super) side: S,
    bus: Arc<dyn EventBus>,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    /// By which this process knows its own messages.
    own: Uuid,
    untold: Mutex<HashSet<Forget>>,
    telling: AtomicBool,
    stop: CancellationToken,
}

impl<S: Side> Shared<S> {
    pub(super) fn new(
        side: S,
        bus: Arc<dyn EventBus>,
        settings: BreakerSettings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
        stop: CancellationToken,
    ) -> Self {
        let breaker = Breaker::new("event bus of the cache", Arc::clone(&clock), settings);
        let (own, untold, telling) = (ids.uuid(), Mutex::default(), AtomicBool::new(false));
        Self { side, bus, breaker, clock, ids, own, untold, telling, stop }
    }

    /// Shows the circuit of the bus in metrics.
    pub(super) fn watched_by(&self, metrics: &Metrics) {
        self.breaker.watched_by(metrics);
    }

    /// Work that goes on when its caller goes away.
    pub(super) async fn whole<T, F>(self: &Arc<Self>, work: impl FnOnce(Arc<Self>) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let done = tokio::spawn(work(Arc::clone(self))).await;
        done.unwrap_or_else(|_| Err(Error::internal("a cache failed within")))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Tells other processes, or remembers to.
    pub(super) async fn tell(self: &Arc<Self>, forget: Forget) {
        // Whoever is told too early reads the old value again.
        if self.side.owes() || self.breaker.call(self.publish(forget.clone())).await.is_none() {
            self.tell_later(forget);
        }
    }

    /// Deletes and tells once more, until both succeed.
    fn tell_later(self: &Arc<Self>, forget: Forget) {
        let mut untold = self.untold();
        if untold.len() >= MAX_UNTOLD {
            untold.clear();
            untold.insert(Forget::Everything);
        }
        untold.insert(forget);
        drop(untold);
        if !self.telling.swap(true, Ordering::SeqCst) {
            tokio::spawn(self.stop.clone().run_until_cancelled_owned(catch_up(Arc::clone(self))));
        }
    }

    async fn publish(&self, forget: Forget) -> Result<()> {
        let data = serde_json::to_value(Message { from: self.own, forget })
            .map_err(|error| Error::internal("a message of the cache cannot be written").with_source(error))?;
        let event = Event { id: 0, event_type: FORGET.to_owned(), conversation_id: None, data, at: self.now() };
        self.bus.publish(nobody(), CHANNEL, self.ids.uuid(), event).await.map(drop)
    }

    fn hear(&self, event: Event) {
        match serde_json::from_value::<Message>(event.data) {
            Ok(message) if message.from == self.own => {}
            Ok(message) => self.side.forget(&message.forget),
            // Of a newer version, perhaps.
            Err(_) => self.side.forget(&Forget::Everything),
        }
    }

    fn untold(&self) -> MutexGuard<'_, HashSet<Forget>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The channel belongs to no organization.
fn nobody() -> OrganizationId {
    OrganizationId::from_uuid(Uuid::nil())
}

/// The task that hears what others delete.
pub(super) async fn listen<S: Side>(shared: Arc<Shared<S>>) {
    loop {
        match shared.bus.subscribe(nobody(), CHANNEL, None).await {
            Ok(mut heard) => {
                let open = Open::new(&shared.side);
                loop {
                    match heard.next().await {
                        Some(Ok(Heard::Event(event))) => shared.hear(event),
                        Some(Ok(Heard::Gap { .. })) => shared.side.forget(&Forget::Everything),
                        Some(Err(error)) => {
                            tracing::warn!(error = %error.chain(), "the cache no longer hears what others delete");
                            break;
                        }
                        None => break,
                    }
                }
                drop(open);
            }
            Err(error) => tracing::debug!(error = %error.chain(), "the cache cannot hear what others delete"),
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

/// Hears while it is there, also when its runtime goes away.
struct Open<'a, S: Side>(&'a S);

impl<'a, S: Side> Open<'a, S> {
    fn new(side: &'a S) -> Self {
        side.set_open(true);
        Self(side)
    }
}

impl<S: Side> Drop for Open<'_, S> {
    fn drop(&mut self) {
        self.0.set_open(false);
    }
}

/// The task that makes up for what could not be done or told.
async fn catch_up<S: Side>(shared: Arc<Shared<S>>) {
    loop {
        tokio::time::sleep(TRY_AGAIN).await;
        loop {
            let next = shared.untold().iter().next().cloned();
            let Some(forget) = next else {
                shared.telling.store(false, Ordering::SeqCst);
                // Something can have been added since; whoever added it took this task for running.
                if shared.untold().is_empty() || shared.telling.swap(true, Ordering::SeqCst) {
                    return;
                }
                continue;
            };
            // Taken out first: what fails again meanwhile is put in again.
            shared.untold().remove(&forget);
            let done = async {
                shared.side.delete_again(&forget).await?;
                shared.side.forget(&forget);
                shared.publish(forget.clone()).await
            };
            if let Err(error) = done.await {
                tracing::debug!(error = %error.chain(), "others cannot be told yet what to forget");
                shared.untold().insert(forget);
                break;
            }
        }
    }
}
