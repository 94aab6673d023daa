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
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::near::Near;
use crate::{
    decorators::{BreakerCache, BreakerSettings, breaker::Breaker},
    domain::{OrganizationId, time::Timestamp},
    error::{Error, Result},
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
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// What can be away.
pub(super) struct Far {
    pub(super) cache: Arc<dyn Cache>,
    pub(super) bus: Arc<dyn EventBus>,
}

#[derive(Serialize, Deserialize)]
struct Message {
    from: Uuid,
    forget: Forget,
}

pub(super) struct Shared {
    pub(super) near: Near,
    /// The shared cache, done without when it is away.
    pub(super) remote: BreakerCache,
    far: Far,
    breaker: Breaker,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    /// By which this process knows its own messages.
    own: Uuid,
    untold: Mutex<HashSet<Forget>>,
    telling: AtomicBool,
    stop: CancellationToken,
}

impl Shared {
    pub(super) fn new(
        near: Near,
        far: Far,
        settings: BreakerSettings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
        stop: CancellationToken,
    ) -> Self {
        let breaker = Breaker::new("event bus of the cache", Arc::clone(&clock), settings);
        let remote = BreakerCache::new(Arc::clone(&far.cache), Arc::clone(&clock), settings);
        let (own, untold, telling) = (ids.uuid(), Mutex::default(), AtomicBool::new(false));
        Self { near, remote, far, breaker, clock, ids, own, untold, telling, stop }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Tells other processes, or remembers to.
    pub(super) async fn tell(self: &Arc<Self>, forget: Forget) {
        // Whoever is told too early reads the old value again.
        if self.remote.has_missed() || self.breaker.call(self.publish(forget.clone())).await.is_none() {
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
        self.far.bus.publish(nobody(), CHANNEL, self.ids.uuid(), event).await.map(drop)
    }

    fn hear(&self, event: Event) {
        match serde_json::from_value::<Message>(event.data) {
            Ok(message) if message.from == self.own => {}
            Ok(message) => self.near.forget(&message.forget),
            // Of a newer version, perhaps.
            Err(_) => self.near.forget(&Forget::Everything),
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
pub(super) async fn listen(shared: Arc<Shared>) {
    loop {
        match shared.far.bus.subscribe(nobody(), CHANNEL, None).await {
            Ok(mut heard) => {
                shared.near.set_open(true);
                loop {
                    match heard.next().await {
                        Some(Ok(Heard::Event(event))) => shared.hear(event),
                        Some(Ok(Heard::Gap { .. })) => shared.near.forget(&Forget::Everything),
                        Some(Err(error)) => {
                            tracing::warn!(error = %error.chain(), "the cache no longer hears what others delete");
                            break;
                        }
                        None => break,
                    }
                }
                shared.near.set_open(false);
            }
            Err(error) => tracing::debug!(error = %error.chain(), "the cache cannot hear what others delete"),
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

/// The task that makes up for what could not be done or told.
async fn catch_up(shared: Arc<Shared>) {
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
                forget.within(&*shared.far.cache).await?;
                shared.near.forget(&forget);
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
