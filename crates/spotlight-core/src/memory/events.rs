//! Events that are published to whoever listens.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    domain::OrganizationId,
    error::Result,
    ports::{Clock, Event, EventBus, Heard},
};

/// How much a [`MemoryEventBus`] keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventLimits {
    /// The newest events of a channel, at least 1.
    pub events_per_channel: usize,
    /// Channels nobody listens to; of half as many more, those in which nothing happened for longest are forgotten.
    pub idle_channels: usize,
}

impl Default for EventLimits {
    fn default() -> Self {
        Self { events_per_channel: 256, idle_channels: 4096 }
    }
}

/// An [`EventBus`] in the process.
///
/// Listeners read from the channel's log at their own speed, so a slow one costs nothing but a gap of its own. The
/// numbers of a channel go on from the clock's milliseconds, so that a listener who comes back after a restart hears of
/// the gap instead of waiting for a number that was given long ago.
pub struct MemoryEventBus {
    limits: EventLimits,
    state: Mutex<State>,
}

type Name = (OrganizationId, String);

struct State {
    channels: HashMap<Name, Channel>,
    /// Publications and subscriptions so far.
    uses: u64,
    /// With so many channels, idle ones are looked for.
    sweep_at: usize,
    /// The number before the first one of a new channel: no channel that was forgotten has given a greater one.
    floor: u64,
    /// A channel was forgotten, so a new one can be an old one that lost its events.
    has_forgotten: bool,
}

struct Channel {
    log: Arc<Mutex<Log>>,
    newest: watch::Sender<u64>,
    /// Up to which number each reader has acknowledged.
    readers: HashMap<String, u64>,
    /// The number of its last use.
    used: u64,
}

/// What a channel keeps: the events with the numbers from `first` on.
struct Log {
    first: u64,
    events: VecDeque<(Uuid, Event)>,
    numbers: HashMap<Uuid, u64>,
    /// There were events before `first`, as far as anybody knows.
    has_lost: bool,
}

impl MemoryEventBus {
    /// A bus of the usual size.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_limits(clock, EventLimits::default())
    }

    /// A bus that keeps this much.
    pub fn with_limits(clock: Arc<dyn Clock>, limits: EventLimits) -> Self {
        let floor = u64::try_from(clock.now().timestamp_millis()).unwrap_or_default();
        let sweep_at = limits.idle_channels.saturating_add(limits.idle_channels / 2 + 1);
        let state = State { channels: HashMap::new(), uses: 0, sweep_at, floor, has_forgotten: false };
        Self { limits, state: Mutex::new(state) }
    }

    /// How many channels are kept.
    pub fn channels(&self) -> usize {
        self.lock().channels.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for MemoryEventBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryEventBus").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl State {
    /// The channel of a name, made when there is none.
    fn channel(&mut self, name: Name, limits: EventLimits) -> &mut Channel {
        self.uses += 1;
        if !self.channels.contains_key(&name) && self.channels.len() >= self.sweep_at {
            self.forget_idle(limits.idle_channels);
        }
        let channel = self.channels.entry(name).or_insert_with(|| Channel::new(self.floor, self.has_forgotten));
        channel.used = self.uses;
        channel
    }

    /// Forgets channels nobody listens to, the longest unused first, so that `limit` of them stay.
    fn forget_idle(&mut self, limit: usize) {
        let idle = self.channels.iter().filter(|(_, channel)| channel.newest.receiver_count() == 0);
        let mut idle: Vec<_> = idle.map(|(name, channel)| (channel.used, name.clone())).collect();
        idle.sort_unstable();
        idle.truncate(idle.len().saturating_sub(limit));
        for (_, name) in idle {
            if let Some(channel) = self.channels.remove(&name) {
                self.floor = self.floor.max(*channel.newest.borrow());
                self.has_forgotten = true;
            }
        }
        // Looking at every channel is paid for by those that are made until the next time.
        self.sweep_at = self.channels.len().saturating_add(limit / 2 + 1);
    }
}

impl Channel {
    fn new(floor: u64, has_lost: bool) -> Self {
        let log = Log { first: floor + 1, events: VecDeque::new(), numbers: HashMap::new(), has_lost };
        Self { log: Arc::new(Mutex::new(log)), newest: watch::Sender::new(floor), readers: HashMap::new(), used: 0 }
    }
}

impl Log {
    fn lock(log: &Mutex<Self>) -> MutexGuard<'_, Self> {
        log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of an event that is published.
    fn append(&mut self, dedup: Uuid, mut event: Event, limit: usize) -> u64 {
        if let Some(number) = self.numbers.get(&dedup) {
            return *number;
        }
        event.id = self.first + self.events.len() as u64;
        let number = event.id;
        self.numbers.insert(dedup, number);
        self.events.push_back((dedup, event));
        while self.events.len() > limit.max(1) {
            if let Some((dropped, _)) = self.events.pop_front() {
                self.numbers.remove(&dropped);
            }
            self.first += 1;
            self.has_lost = true;
        }
        number
    }

    /// What a listener hears next who has heard everything up to `last`.
    fn after(&self, last: u64) -> Option<Heard> {
        let missed = last.saturating_add(1) < self.first && (last > 0 || self.has_lost);
        let next = last.max(self.first - 1) - (self.first - 1);
        let (_, event) = self.events.get(usize::try_from(next).ok()?)?;
        Some(if missed { Heard::Gap { next: event.id } } else { Heard::Event(event.clone()) })
    }
}

#[async_trait]
impl EventBus for MemoryEventBus {
    async fn publish(&self, organization: OrganizationId, channel: &str, dedup: Uuid, event: Event) -> Result<u64> {
        let mut state = self.lock();
        let channel = state.channel((organization, channel.to_owned()), self.limits);
        let mut log = Log::lock(&channel.log);
        let number = log.append(dedup, event, self.limits.events_per_channel);
        drop(log);
        channel.newest.send_if_modified(|newest| {
            let is_new = *newest < number;
            *newest = number.max(*newest);
            is_new
        });
        Ok(number)
    }

    async fn subscribe(
        &self,
        organization: OrganizationId,
        channel: &str,
        after: Option<u64>,
    ) -> Result<BoxStream<'static, Result<Heard>>> {
        let mut state = self.lock();
        let channel = state.channel((organization, channel.to_owned()), self.limits);
        let newest = channel.newest.subscribe();
        let last = after.unwrap_or_else(|| *newest.borrow());
        let listener = Listener { log: Arc::clone(&channel.log), newest, last };
        Ok(stream::unfold(listener, Listener::next).boxed())
    }

    async fn unread(
        &self,
        organization: OrganizationId,
        channel: &str,
        reader: &str,
        limit: u32,
    ) -> Result<Vec<Heard>> {
        let mut state = self.lock();
        let channel = state.channel((organization, channel.to_owned()), self.limits);
        let mut last = channel.readers.get(reader).copied().unwrap_or_default();
        let log = Log::lock(&channel.log);
        let (mut heard, mut events) = (Vec::new(), 0);
        while events < limit.max(1) {
            let Some(next) = log.after(last) else { break };
            last = match &next {
                Heard::Event(event) => {
                    events += 1;
                    event.id
                }
                Heard::Gap { next } => next.saturating_sub(1),
            };
            heard.push(next);
        }
        Ok(heard)
    }

    async fn acknowledge(&self, organization: OrganizationId, channel: &str, reader: &str, id: u64) -> Result<()> {
        let mut state = self.lock();
        let channel = state.channel((organization, channel.to_owned()), self.limits);
        let last = channel.readers.entry(reader.to_owned()).or_default();
        *last = id.max(*last);
        Ok(())
    }
}

struct Listener {
    log: Arc<Mutex<Log>>,
    newest: watch::Receiver<u64>,
    last: u64,
}

impl Listener {
    /// Waits for what comes next. None when the bus is gone.
    async fn next(mut self) -> Option<(Result<Heard>, Self)> {
        loop {
            // Seen before the log is read: what is published in between wakes the wait below.
            self.newest.borrow_and_update();
            let heard = Log::lock(&self.log).after(self.last);
            if let Some(heard) = heard {
                self.last = match &heard {
                    Heard::Event(event) => event.id,
                    Heard::Gap { next } => next.saturating_sub(1),
                };
                return Some((Ok(heard), self));
            }
            self.newest.changed().await.ok()?;
        }
    }
}
