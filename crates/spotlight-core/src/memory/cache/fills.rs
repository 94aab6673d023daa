//! Fills that have begun, and what was deleted meanwhile.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::Key;
use crate::{
    domain::{OrganizationId, time::Timestamp},
    ports::{Fill, FillToken},
};

/// So many tags are remembered as deleted while fills are open. Of more, the open fills are taken to be lost.
const MAX_DELETED: usize = 10_000;

/// So many fills are open before those whose lease is over are looked for.
const SWEEP_AT: usize = 1_024;

#[derive(Default)]
pub(super) struct Fills {
    open: HashMap<Key, (u64, Timestamp)>,
    /// Tags, and the number of their last deletion since the oldest open fill began.
    deleted: HashMap<Key, u64>,
    /// Fills and deletions so far.
    last: u64,
}

impl Fills {
    pub(super) fn begin(&mut self, key: Key, until: Timestamp, now: Timestamp) -> Fill {
        if self.open.get(&key).is_some_and(|(_, until)| *until > now) {
            return Fill::Busy;
        }
        if self.open.len() >= SWEEP_AT {
            self.open.retain(|_, (_, until)| *until > now);
        }
        self.last += 1;
        self.open.insert(key, (self.last, until));
        Fill::Yours(FillToken(self.last))
    }

    /// Ends a fill. True when a value under these tags may land.
    pub(super) fn end(&mut self, key: &Key, token: FillToken, tags: &HashSet<&str>, now: Timestamp) -> bool {
        let Some((number, until)) = self.open.get(key).copied() else { return false };
        if number != token.0 {
            return false;
        }
        self.open.remove(key);
        let untouched = tags
            .iter()
            .all(|tag| self.deleted.get(&(key.0, Arc::from(*tag))).is_none_or(|deletion| *deletion < number));
        self.tidy();
        untouched && until > now
    }

    /// The key was set or deleted.
    pub(super) fn lose(&mut self, key: &Key) {
        self.open.remove(key);
        self.tidy();
    }

    /// The tag was deleted.
    pub(super) fn delete_tag(&mut self, organization: OrganizationId, tag: &str) {
        if self.open.is_empty() {
            return;
        }
        self.last += 1;
        self.deleted.insert((organization, Arc::from(tag)), self.last);
        if self.deleted.len() > MAX_DELETED {
            self.lose_all();
        }
    }

    /// Everything was deleted.
    pub(super) fn lose_all(&mut self) {
        self.open.clear();
        self.tidy();
    }

    /// Deletions matter to fills that began before them.
    fn tidy(&mut self) {
        if self.open.is_empty() {
            self.deleted.clear();
        }
    }
}
