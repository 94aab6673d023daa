//! A channel, as the listeners of this process read it together.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use redis::cmd;
use spotlight_core::{
    Result,
    domain::OrganizationId,
    ports::{Event, Heard},
};
use spotlight_derive::RedactedDebug;
use tokio::sync::{Mutex, mpsc, watch};

use super::{super::client::RedisClient, wake::Command};

/// So many events are read at once, and kept for the channel's other listeners.
const PART: usize = 256;

/// The pause after a read that failed.
const TRY_AGAIN: Duration = Duration::from_millis(200);

/// The keys of a channel, and where its listeners are woken.
#[derive(RedactedDebug, Clone)]
pub(super) struct Names {
    pub(super) events: String,
    pub(super) known: String,
    pub(super) wake: String,
    pub(super) readers: String,
}

impl Names {
    pub(super) fn new(namespace: &str, organization: OrganizationId, channel: &str) -> Self {
        let name = |kind| format!("{namespace}:{{events:{organization}}}:{kind}:{channel}");
        Self { events: name("e"), known: name("k"), wake: name("w"), readers: name("r") }
    }

    /// What comes after `last`, of at most so many events.
    pub(super) async fn unread(&self, client: &RedisClient, last: u64, limit: u32) -> Result<Vec<Heard>> {
        let events = self.read(client, last, limit as usize).await?;
        Ok(self.heard(client, events, last).await?.into())
    }

    async fn heard(&self, client: &RedisClient, events: Vec<Event>, last: u64) -> Result<VecDeque<Heard>> {
        let Some(first) = events.first().filter(|_| last == 0) else { return Ok(heard(events, last)) };
        // Whoever has heard nothing has missed nothing when the first event of all is still there.
        let mut get = cmd("HGET");
        get.arg(&self.known).arg("first");
        let begins: Option<u64> = client.call(get).await?;
        let last = if begins == Some(first.id) { first.id.saturating_sub(1) } else { 0 };
        Ok(heard(events, last))
    }

    async fn read(&self, client: &RedisClient, last: u64, limit: usize) -> Result<Vec<Event>> {
        let mut range = cmd("XRANGE");
        range.arg(&self.events).arg(format!("({last}-0")).arg("+").arg("COUNT").arg(limit);
        let entries: Vec<(String, HashMap<String, Bytes>)> = client.call(range).await?;
        Ok(entries.into_iter().filter_map(|(id, fields)| event(&id, &fields)).collect())
    }
}

/// What a listener is told without asking.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sign {
    /// Signs come since this is true.
    pub(super) ready: bool,
    /// There are events up to this number.
    pub(super) newest: u64,
    /// So often signs can have been lost.
    pub(super) lost: u64,
}

pub(super) struct Feed {
    names: Names,
    pub(super) sign: watch::Sender<Sign>,
    tail: Mutex<VecDeque<Event>>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Feed {
    pub(super) fn new(names: Names, commands: mpsc::UnboundedSender<Command>) -> Self {
        Self { names, sign: watch::Sender::default(), tail: Mutex::default(), commands }
    }

    /// The number of the last event; 0 when there was none.
    pub(super) async fn last(&self, client: &RedisClient) -> Result<u64> {
        let mut get = cmd("HGET");
        get.arg(&self.names.known).arg("last");
        let last: Option<u64> = client.call(get).await?;
        Ok(last.unwrap_or_default())
    }

    /// Some of what a listener hears next who has heard everything up to `last`.
    async fn after(&self, client: &RedisClient, last: u64) -> Result<VecDeque<Heard>> {
        let mut tail = self.tail.lock().await;
        let end = tail.back().map_or(0, |event| event.id);
        if last < end && tail.front().is_some_and(|event| event.id <= last + 1) {
            let events = tail.iter().filter(|event| event.id > last).cloned().collect();
            return Ok(heard(events, last));
        }
        if last < end {
            // A slow one reads by itself, and holds nobody up.
            drop(tail);
            let events = self.names.read(client, last, PART).await?;
            return self.names.heard(client, events, last).await;
        }
        let events = self.names.read(client, last, PART).await?;
        if last > end {
            tail.clear();
        }
        tail.extend(events.iter().cloned());
        let over = tail.len().saturating_sub(PART);
        tail.drain(..over);
        drop(tail);
        self.names.heard(client, events, last).await
    }
}

/// An event as it is stored. One that cannot be understood is lost to listeners, who hear of a gap.
fn event(id: &str, fields: &HashMap<String, Bytes>) -> Option<Event> {
    let (number, _) = id.split_once('-')?;
    let read = || -> Option<Event> {
        let event: Event = serde_json::from_slice(fields.get("e")?).ok()?;
        Some(Event { id: number.parse().ok()?, ..event })
    };
    let event = read();
    if event.is_none() {
        tracing::warn!(number, "an event in Redis cannot be understood");
    }
    event
}

fn heard(events: Vec<Event>, mut last: u64) -> VecDeque<Heard> {
    let mut heard = VecDeque::with_capacity(events.len() + 1);
    for event in events {
        if event.id > last + 1 {
            heard.push_back(Heard::Gap { next: event.id });
        }
        last = event.id;
        heard.push_back(Heard::Event(event));
    }
    heard
}

impl Drop for Feed {
    fn drop(&mut self) {
        // Where nobody takes commands any more, there is nobody to be woken by.
        let _ = self.commands.send(Command::Forget(std::mem::take(&mut self.names.wake)));
    }
}

pub(super) struct Listener {
    client: RedisClient,
    feed: Arc<Feed>,
    sign: watch::Receiver<Sign>,
    last: u64,
    /// Signs that can have been lost, as of the last read. None before the first.
    lost: Option<u64>,
    heard: VecDeque<Heard>,
}

impl Listener {
    pub(super) fn new(client: RedisClient, feed: Arc<Feed>, last: u64) -> Self {
        let sign = feed.sign.subscribe();
        Self { client, feed, sign, last, lost: None, heard: VecDeque::new() }
    }

    /// Waits for what comes next.
    pub(super) async fn next(mut self) -> (Result<Heard>, Self) {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return (Ok(heard), self);
            }
            // Seen before the events are read: what is published in between wakes the wait below.
            let sign = *self.sign.borrow_and_update();
            if sign.newest > self.last || self.lost != Some(sign.lost) {
                match self.feed.after(&self.client, self.last).await {
                    Ok(heard) => {
                        self.lost = Some(sign.lost);
                        self.heard = heard;
                        if let Some(Heard::Event(event)) = self.heard.back() {
                            self.last = event.id;
                            // Of a long way back only a part was read.
                            self.lost = self.lost.filter(|_| self.heard.len() < PART);
                            continue;
                        }
                    }
                    Err(error) => {
                        tracing::debug!(error = %error.chain(), "events could not be read; a listener waits");
                        tokio::time::sleep(TRY_AGAIN).await;
                        continue;
                    }
                }
            }
            // The listener holds the feed, and so the sender.
            if self.sign.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
