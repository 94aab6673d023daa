//! A cache of bytes with tags.

mod fills;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

use self::fills::Fills;
use crate::{
    domain::{OrganizationId, time::Timestamp},
    error::Result,
    ports::{Cache, Cached, Clock, Fill, FillToken, Filled, MAX_FILL_LEASE},
};

/// The longest that anything is kept.
const TEN_YEARS: Duration = Duration::from_hours(10 * 365 * 24);

/// Bytes that a value costs beside its own, its key and its tags: the entries of maps that lead to it.
const OVERHEAD: usize = 256;

/// A [`Cache`] in the process, bounded by bytes: what was not used for longest goes first.
pub struct MemoryCache {
    clock: Arc<dyn Clock>,
    max_bytes: usize,
    state: Mutex<State>,
}

type Key = (OrganizationId, Arc<str>);

struct Entry {
    value: Bytes,
    tags: Vec<Arc<str>>,
    fresh_until: Timestamp,
    expires_at: Timestamp,
    used: u64,
    bytes: usize,
}

#[derive(Default)]
struct State {
    entries: HashMap<Key, Entry>,
    by_tag: HashMap<Key, BTreeSet<Arc<str>>>,
    by_expiry: BTreeSet<(Timestamp, Key)>,
    by_use: BTreeMap<u64, Key>,
    uses: u64,
    bytes: usize,
    fills: Fills,
}

impl MemoryCache {
    /// An empty cache of at most `max_bytes`, keys, tags and overhead included. Values expire by `clock`.
    pub fn new(clock: Arc<dyn Clock>, max_bytes: usize) -> Self {
        Self { clock, max_bytes, state: Mutex::default() }
    }

    /// Bytes in use, expired values included until their place is needed or they are asked for.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Keeps a value, where it has room.
    fn keep(&self, state: &mut State, key: Key, filled: &Filled, now: Timestamp) {
        let fresh_until = now + filled.ttl.min(TEN_YEARS);
        let expires_at = fresh_until + filled.stale_for.min(TEN_YEARS);
        let tags: BTreeSet<Arc<str>> = filled.tags.iter().map(|tag| Arc::from(tag.as_str())).collect();
        let of_tags = tags.iter().map(|tag| tag.len() + OVERHEAD).sum::<usize>();
        let bytes = filled.value.len() + key.1.len() + of_tags + OVERHEAD;
        if bytes > self.max_bytes {
            state.remove(&key);
            return;
        }
        // A slice of a large buffer would keep all of it.
        let value = Bytes::copy_from_slice(&filled.value);
        let tags = tags.into_iter().collect();
        state.insert(key, Entry { value, tags, fresh_until, expires_at, used: 0, bytes });
        state.shrink(self.max_bytes, now);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryCache").field("max_bytes", &self.max_bytes).finish_non_exhaustive()
    }
}

impl State {
    fn insert(&mut self, key: Key, mut entry: Entry) {
        self.remove(&key);
        entry.used = self.next_use(&key);
        for tag in &entry.tags {
            self.by_tag.entry((key.0, Arc::clone(tag))).or_default().insert(Arc::clone(&key.1));
        }
        self.by_expiry.insert((entry.expires_at, key.clone()));
        self.bytes += entry.bytes;
        self.entries.insert(key, entry);
    }

    fn next_use(&mut self, key: &Key) -> u64 {
        self.uses += 1;
        self.by_use.insert(self.uses, key.clone());
        self.uses
    }

    fn remove(&mut self, key: &Key) {
        let Some(entry) = self.entries.remove(key) else { return };
        self.by_use.remove(&entry.used);
        self.by_expiry.remove(&(entry.expires_at, key.clone()));
        self.bytes -= entry.bytes;
        for tag in entry.tags {
            let tag = (key.0, tag);
            if let Some(keys) = self.by_tag.get_mut(&tag) {
                keys.remove(&key.1);
                if keys.is_empty() {
                    self.by_tag.remove(&tag);
                }
            }
        }
    }

    /// Makes room: what has expired goes first, then what was not used for longest.
    fn shrink(&mut self, max_bytes: usize, now: Timestamp) {
        while self.bytes > max_bytes {
            let expired = self.by_expiry.first().filter(|(at, _)| *at <= now).map(|(_, key)| key);
            let Some(key) = expired.or_else(|| self.by_use.values().next()).cloned() else { return };
            self.remove(&key);
        }
    }
}

/// The same without a future, for caches around this one.
impl MemoryCache {
    pub(crate) fn look(&self, organization: OrganizationId, key: &str) -> Option<Cached> {
        let (now, key): (_, Key) = (self.clock.now(), (organization, Arc::from(key)));
        let mut state = self.lock();
        let entry = state.entries.get(&key)?;
        if entry.expires_at <= now {
            state.remove(&key);
            return None;
        }
        let (found, used) = (Cached { value: entry.value.clone(), fresh: now < entry.fresh_until }, entry.used);
        state.by_use.remove(&used);
        let used = state.next_use(&key);
        if let Some(entry) = state.entries.get_mut(&key) {
            entry.used = used;
        }
        Some(found)
    }

    pub(crate) fn put(&self, organization: OrganizationId, key: &str, filled: &Filled) {
        let (now, key): (_, Key) = (self.clock.now(), (organization, Arc::from(key)));
        let mut state = self.lock();
        state.fills.lose(&key);
        self.keep(&mut state, key, filled, now);
    }

    pub(crate) fn forget(&self, organization: OrganizationId, key: &str) {
        let key = (organization, Arc::from(key));
        let mut state = self.lock();
        state.fills.lose(&key);
        state.remove(&key);
    }

    pub(crate) fn forget_tag(&self, organization: OrganizationId, tag: &str) {
        let mut state = self.lock();
        state.fills.delete_tag(organization, tag);
        for key in state.by_tag.remove(&(organization, Arc::from(tag))).unwrap_or_default() {
            state.remove(&(organization, key));
        }
    }

    /// Forgets every value. Fills that have begun are lost.
    pub(crate) fn clear(&self) {
        let mut state = self.lock();
        let mut fills = std::mem::take(&mut state.fills);
        fills.lose_all();
        *state = State { fills, ..State::default() };
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Cached>> {
        Ok(self.look(organization, key))
    }

    async fn set(
        &self,
        organization: OrganizationId,
        key: &str,
        value: Bytes,
        ttl: Duration,
        tags: &[String],
    ) -> Result<()> {
        self.put(organization, key, &Filled { value, ttl, stale_for: Duration::ZERO, tags: tags.to_vec() });
        Ok(())
    }

    async fn begin_fill(&self, organization: OrganizationId, key: &str, lease: Duration) -> Result<Fill> {
        let now = self.clock.now();
        Ok(self.lock().fills.begin((organization, Arc::from(key)), now + lease.min(MAX_FILL_LEASE), now))
    }

    async fn end_fill(
        &self,
        organization: OrganizationId,
        key: &str,
        token: FillToken,
        filled: Option<Filled>,
    ) -> Result<bool> {
        let (now, key): (_, Key) = (self.clock.now(), (organization, Arc::from(key)));
        let tags: HashSet<_> = filled.iter().flat_map(|filled| &filled.tags).map(String::as_str).collect();
        let mut state = self.lock();
        let may_land = state.fills.end(&key, token, &tags, now);
        let Some(filled) = filled.as_ref().filter(|_| may_land) else { return Ok(false) };
        self.keep(&mut state, key, filled, now);
        Ok(true)
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        self.forget(organization, key);
        Ok(())
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        self.forget_tag(organization, tag);
        Ok(())
    }
}
