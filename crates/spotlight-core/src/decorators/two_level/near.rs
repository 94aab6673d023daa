//! What is in memory, and what may get there.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::TwoLevelSettings;
use crate::{
    decorators::hear::Forget,
    domain::OrganizationId,
    memory::MemoryCache,
    ports::{Cached, Clock, Filled},
};

/// So many deletes are remembered for reads that are under way. Of more, these reads land nothing.
const MAX_DELETED: usize = 10_000;

/// The moment at which somebody began to ask the shared cache.
#[derive(Clone, Copy)]
pub(super) struct Ticket(u64);

pub(super) struct Near {
    cache: MemoryCache,
    max_age: Duration,
    marks: Mutex<Marks>,
    /// What others delete is heard.
    open: watch::Sender<bool>,
}

#[derive(Default)]
struct Marks {
    /// Deletes so far.
    last: u64,
    /// What was asked before this delete does not land.
    floor: u64,
    /// Keys and tags, and the number of their last delete, since the floor.
    deleted: HashMap<Forget, u64>,
}

impl Near {
    pub(super) fn new(clock: Arc<dyn Clock>, settings: TwoLevelSettings) -> Self {
        Self {
            cache: MemoryCache::new(clock, settings.max_bytes),
            max_age: settings.max_age,
            marks: Mutex::default(),
            open: watch::Sender::new(false),
        }
    }

    pub(super) fn look(&self, organization: OrganizationId, key: &str) -> Option<Cached> {
        self.cache.look(organization, key)
    }

    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.marks().last)
    }

    /// Keeps what was read from the shared cache, unless it was deleted since the ticket.
    pub(super) fn land(&self, ticket: Ticket, organization: OrganizationId, key: &str, filled: Filled) {
        let marks = self.marks();
        if self.may_land(&marks, ticket, organization, key, &filled) {
            self.put(organization, key, filled);
        }
    }

    /// Keeps what was written to the shared cache. When something was written or deleted since the ticket, nobody here
    /// knows what came last there, and nothing is kept.
    pub(super) fn replace(&self, ticket: Ticket, organization: OrganizationId, key: &str, filled: Filled) {
        let mut marks = self.marks();
        let may_land = self.may_land(&marks, ticket, organization, key, &filled);
        marks.delete(Forget::Key(organization, key.to_owned()));
        if may_land {
            self.put(organization, key, filled);
        } else {
            self.cache.forget(organization, key);
        }
    }

    pub(super) fn forget(&self, forget: &Forget) {
        let mut marks = self.marks();
        match forget {
            Forget::Key(organization, key) => self.cache.forget(*organization, key),
            Forget::Tag(organization, tag) => self.cache.forget_tag(*organization, tag),
            Forget::Everything => return self.clear(&mut marks),
        }
        marks.delete(forget.clone());
    }

    /// From here on everything that others delete is heard, or not any more.
    pub(super) fn set_open(&self, open: bool) {
        let mut marks = self.marks();
        self.clear(&mut marks);
        self.open.send_replace(open);
    }

    pub(super) async fn listening(&self) {
        // The sender lives as long as this.
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }

    fn clear(&self, marks: &mut Marks) {
        marks.last += 1;
        marks.floor = marks.last;
        marks.deleted.clear();
        self.cache.clear();
    }

    fn put(&self, organization: OrganizationId, key: &str, filled: Filled) {
        let ttl = filled.ttl.min(self.max_age);
        self.cache.put(organization, key, &Filled { ttl, stale_for: Duration::ZERO, ..filled });
    }

    fn may_land(&self, marks: &Marks, ticket: Ticket, org: OrganizationId, key: &str, filled: &Filled) -> bool {
        let tags = filled.tags.iter().map(|tag| Forget::Tag(org, tag.clone()));
        let mut reasons = tags.chain([Forget::Key(org, key.to_owned())]);
        let untouched = |reason| marks.deleted.get(&reason).is_none_or(|delete| *delete <= ticket.0);
        *self.open.borrow() && ticket.0 >= marks.floor && reasons.all(untouched)
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Marks {
    fn delete(&mut self, forget: Forget) {
        self.last += 1;
        if self.deleted.len() >= MAX_DELETED {
            self.deleted.clear();
            self.floor = self.last;
        } else {
            self.deleted.insert(forget, self.last);
        }
    }
}

impl fmt::Debug for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Near").field("cache", &self.cache).field("max_age", &self.max_age).finish_non_exhaustive()
    }
}
