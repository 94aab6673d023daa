//! One channel of an organization, as every connection of this process hears it: the bus is listened to once.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use spotlight_derive::RedactedDebug;
use tokio::sync::{Notify, OnceCell};
use tokio_util::task::AbortOnDropHandle;

use super::hub::Hub;
use crate::{
    domain::{OrganizationId, UserId},
    error::Result,
    ports::{Event, EventBus, Heard},
};

/// Events kept for connections that lag or come back; as much as the buses keep, and some more for bursts.
const KEPT: usize = 1024;
/// The reader that has acknowledged nothing: it is given everything that is kept.
const READER: &str = "live";
/// The pause after a bus that ended a stream, which none does while it works.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// A channel's name on the bus.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) organization: OrganizationId,
    pub(super) channel: String,
}

/// An event that connections share, with its forms on the wire.
#[derive(RedactedDebug)]
pub(super) struct Item {
    pub(super) event: Event,
    /// As the team is shown it, and as a visitor is.
    pub(super) encoded: [OnceLock<Bytes>; 2],
    /// Whose own it is, for those who see nothing else.
    pub(super) audience: OnceCell<Vec<UserId>>,
}

/// What a listener finds next.
#[derive(Debug)]
pub(super) enum Next {
    Nothing,
    Item(Arc<Item>),
    /// Events before this number are lost to everybody.
    Gap(u64),
    /// Events were here, and this listener was too slow for them.
    Slow,
}

#[derive(Default)]
struct Ring {
    items: VecDeque<Arc<Item>>,
    /// The last number that was heard; 0 for none.
    newest: u64,
    /// Events up to this number are no longer kept.
    gone: u64,
    /// Those to wake.
    listeners: HashMap<u64, Arc<Notify>>,
    next_listener: u64,
}

/// A channel that somebody in this process listens to.
pub(super) struct Feed {
    name: Name,
    hub: Weak<Hub>,
    ring: Mutex<Ring>,
    pump: OnceCell<AbortOnDropHandle<()>>,
}

impl Feed {
    pub(super) fn new(name: Name, hub: Weak<Hub>) -> Self {
        Self { name, hub, ring: Mutex::default(), pump: OnceCell::new() }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens to the bus, unless that was done. What is kept there is here afterwards.
    ///
    /// # Errors
    /// Those of the bus; the next call tries again.
    pub(super) async fn start(self: &Arc<Self>, bus: &Arc<dyn EventBus>) -> Result<()> {
        let begin = async {
            let Name { organization, channel } = &self.name;
            let kept = bus.unread(*organization, channel, READER, u32::try_from(KEPT).unwrap_or(u32::MAX)).await?;
            for heard in kept {
                match heard {
                    Heard::Gap { next } => self.ring().gone = next.saturating_sub(1),
                    Heard::Event(event) => self.hear(event),
                }
            }
            let newest = self.ring().newest;
            let stream = bus.subscribe(*organization, channel, Some(newest)).await?;
            let pump = pump(Arc::downgrade(self), Arc::clone(bus), self.name.clone(), stream);
            Ok(AbortOnDropHandle::new(tokio::spawn(pump)))
        };
        self.pump.get_or_try_init(|| begin).await.map(drop)
    }

    fn hear(&self, event: Event) {
        let mut ring = self.ring();
        if event.id <= ring.newest {
            return;
        }
        ring.newest = event.id;
        let item = Item { event, encoded: Default::default(), audience: OnceCell::new() };
        ring.items.push_back(Arc::new(item));
        if ring.items.len() > KEPT
            && let Some(first) = ring.items.pop_front()
        {
            ring.gone = ring.gone.max(first.event.id);
        }
        for listener in ring.listeners.values() {
            listener.notify_one();
        }
    }
}

/// Hands on what the bus tells, for as long as somebody listens.
async fn pump(feed: Weak<Feed>, bus: Arc<dyn EventBus>, name: Name, mut stream: BoxStream<'static, Result<Heard>>) {
    loop {
        match stream.next().await {
            // Whoever has heard of events before a gap sees by the next number that some are missing.
            Some(Ok(Heard::Gap { .. })) => continue,
            Some(Ok(Heard::Event(event))) => {
                let Some(feed) = feed.upgrade() else { return };
                feed.hear(event);
                continue;
            }
            Some(Err(error)) => tracing::warn!(error = error.chain(), "a live channel was cut off; trying again"),
            None => tracing::warn!("a live channel ended; trying again"),
        }
        tokio::time::sleep(TRY_AGAIN).await;
        let Some(newest) = feed.upgrade().map(|feed| feed.ring().newest) else { return };
        match bus.subscribe(name.organization, &name.channel, Some(newest)).await {
            Ok(again) => stream = again,
            Err(_) => stream = futures::stream::empty().boxed(),
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.forget(&self.name);
        }
    }
}

/// One connection's place in a feed.
pub(super) struct Subscription {
    feed: Arc<Feed>,
    key: u64,
    /// The last number that was looked at; 0 for none.
    cursor: u64,
}

impl Subscription {
    /// A place after number `after`, or at the end. Gives too where the next kept event is, when some between are lost.
    ///
    /// A number that was not given yet is waited for: another process can be ahead of this one.
    pub(super) fn new(feed: Arc<Feed>, wake: &Arc<Notify>, after: Option<u64>) -> (Self, Option<u64>) {
        let mut ring = feed.ring();
        let key = ring.next_listener;
        ring.next_listener += 1;
        ring.listeners.insert(key, Arc::clone(wake));
        let mut cursor = after.unwrap_or(ring.newest);
        let gap = (cursor < ring.gone).then(|| {
            cursor = ring.gone;
            ring.gone + 1
        });
        drop(ring);
        // There can be something to hear at once.
        wake.notify_one();
        (Self { feed, key, cursor }, gap)
    }

    /// The last number that was looked at.
    pub(super) fn position(&self) -> u64 {
        self.cursor
    }

    /// What comes after the cursor. It stays there until [`advance`](Self::advance).
    pub(super) fn peek(&self) -> Next {
        let ring = self.feed.ring();
        if self.cursor < ring.gone {
            return Next::Slow;
        }
        let at = ring.items.partition_point(|item| item.event.id <= self.cursor);
        match ring.items.get(at) {
            None => Next::Nothing,
            // Whoever has heard nothing has missed nothing.
            Some(item) if self.cursor > 0 && item.event.id > self.cursor + 1 => Next::Gap(item.event.id),
            Some(item) => Next::Item(Arc::clone(item)),
        }
    }

    /// Goes on behind what was missed.
    pub(super) fn skip(&mut self) {
        let gone = self.feed.ring().gone;
        self.advance(gone);
    }

    pub(super) fn advance(&mut self, to: u64) {
        self.cursor = self.cursor.max(to);
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.feed.ring().listeners.remove(&self.key);
    }
}
