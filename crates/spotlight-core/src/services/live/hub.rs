//! What the live connections of a process share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use super::feed::{Feed, Name};
use crate::{
    domain::{ConversationId, OrganizationId, UserId},
    error::{Error, ErrorKind, Result, Retry},
};

/// Whose connections are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// A person, with all their browsers and tokens.
    User(UserId),
    /// The visitor of a conversation.
    Visitor(ConversationId),
    /// The platform itself.
    Platform(OrganizationId),
}

/// Feeds by name, and connections by holder.
#[derive(Default)]
pub(crate) struct Hub {
    feeds: Mutex<HashMap<Name, Weak<Feed>>>,
    places: Mutex<HashMap<Holder, u32>>,
}

impl Hub {
    fn feeds(&self) -> MutexGuard<'_, HashMap<Name, Weak<Feed>>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Holder, u32>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The feed of a channel, which has perhaps not been started.
    pub(super) fn feed(self: &Arc<Self>, name: Name) -> Arc<Feed> {
        let mut feeds = self.feeds();
        if let Some(feed) = feeds.get(&name).and_then(Weak::upgrade) {
            return feed;
        }
        let feed = Arc::new(Feed::new(name.clone(), Arc::downgrade(self)));
        feeds.insert(name, Arc::downgrade(&feed));
        feed
    }

    /// Forgets a feed unless somebody listens again.
    pub(super) fn forget(&self, name: &Name) {
        let mut feeds = self.feeds();
        if feeds.get(name).is_some_and(|feed| feed.strong_count() == 0) {
            feeds.remove(name);
        }
    }

    /// A place for one more connection.
    ///
    /// # Errors
    /// `RateLimited` when the holder has `most` already.
    pub(super) fn enter(self: &Arc<Self>, holder: Holder, most: u32) -> Result<Place> {
        let mut places = self.places();
        let open = places.entry(holder).or_default();
        if *open >= most {
            let text = format!("{most} live connections are open already; close one first");
            return Err(Error::new(ErrorKind::RateLimited, text).with_retry(Retry::Backoff));
        }
        *open += 1;
        Ok(Place { hub: Arc::clone(self), holder })
    }

    /// How many channels are listened to, and how many connections are open.
    pub(super) fn figures(&self) -> (usize, usize) {
        (self.feeds().len(), self.places().values().map(|open| *open as usize).sum())
    }
}

/// A connection that counts until it is dropped.
pub(super) struct Place {
    hub: Arc<Hub>,
    holder: Holder,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.hub.places();
        if let Some(open) = places.get_mut(&self.holder) {
            *open -= 1;
            if *open == 0 {
                places.remove(&self.holder);
            }
        }
    }
}
