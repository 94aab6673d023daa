//! A channel, as the listeners of this process read it together.

use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
    time::Duration,
};

use spotlight_core::{
    Result,
    domain::OrganizationId,
    ports::{Event, Heard},
};
use spotlight_derive::RedactedDebug;
use tokio::sync::{Mutex, watch};

use super::{
    log::{Log, heard},
    wake::Feeds,
};

/// So many events are read at once, and kept for the channel's other listeners.
const PART: u32 = 256;

/// The pause after a read that failed.
const TRY_AGAIN: Duration = Duration::from_millis(200);

/// A channel of an organization.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) organization: OrganizationId,
    pub(super) channel: String,
}

impl Name {
    pub(super) fn new(organization: OrganizationId, channel: &str) -> Self {
        Self { organization, channel: channel.to_owned() }
    }
}

pub(super) struct Feed {
    pub(super) name: Name,
    log: Arc<Log>,
    /// There are events up to this number.
    pub(super) newest: watch::Sender<u64>,
    tail: Mutex<VecDeque<Event>>,
    feeds: Weak<Feeds>,
}

impl Feed {
    pub(super) fn new(name: Name, log: Arc<Log>, feeds: Weak<Feeds>) -> Self {
        Self { name, log, newest: watch::Sender::default(), tail: Mutex::default(), feeds }
    }

    /// Some of what a listener hears next who has heard everything up to `last`.
    async fn after(&self, last: u64) -> Result<VecDeque<Heard>> {
        let mut tail = self.tail.lock().await;
        let end = tail.back().map_or(0, |event| event.id);
        if last < end {
            if tail.front().is_some_and(|event| event.id <= last + 1) {
                let events = tail.iter().filter(|event| event.id > last).cloned().collect();
                return Ok(heard(events, 0, last));
            }
            // A slow one reads by itself, and holds nobody up.
            drop(tail);
            let (events, begins) = self.log.after(&self.name, last, PART).await?;
            return Ok(heard(events, begins, last));
        }
        let (events, begins) = self.log.after(&self.name, last, PART).await?;
        if last > end {
            tail.clear();
        }
        tail.extend(events.iter().cloned());
        let over = tail.len().saturating_sub(PART as usize);
        tail.drain(..over);
        Ok(heard(events, begins, last))
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Some(feeds) = self.feeds.upgrade() {
            feeds.forget(&self.name);
        }
    }
}

pub(super) struct Listener {
    feed: Arc<Feed>,
    newest: watch::Receiver<u64>,
    last: u64,
    /// There can be more than what is known of.
    look: bool,
    heard: VecDeque<Heard>,
}

impl Listener {
    pub(super) fn new(feed: Arc<Feed>, last: u64) -> Self {
        let newest = feed.newest.subscribe();
        Self { feed, newest, last, look: true, heard: VecDeque::new() }
    }

    /// Waits for what comes next.
    pub(super) async fn next(mut self) -> (Result<Heard>, Self) {
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return (Ok(heard), self);
            }
            // Seen before the events are read: what is published in between wakes the wait below.
            let newest = *self.newest.borrow_and_update();
            if self.look || newest > self.last {
                match self.feed.after(self.last).await {
                    Ok(heard) => {
                        self.heard = heard;
                        self.look = self.heard.len() >= PART as usize;
                        if let Some(Heard::Event(event)) = self.heard.back() {
                            self.last = event.id;
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
            if self.newest.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
