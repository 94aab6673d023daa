//! A cache of bytes with tags.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    domain::{OrganizationId, time::Timestamp},
    error::Result,
    ports::{Cache, Clock},
};

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

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Bytes>> {
        let (now, key): (_, Key) = (self.clock.now(), (organization, Arc::from(key)));
        let mut state = self.lock();
        let Some(entry) = state.entries.get(&key) else { return Ok(None) };
        if entry.expires_at <= now {
            state.remove(&key);
            return Ok(None);
        }
        let (value, used) = (entry.value.clone(), entry.used);
        state.by_use.remove(&used);
        let used = state.next_use(&key);
        if let Some(entry) = state.entries.get_mut(&key) {
            entry.used = used;
        }
        Ok(Some(value))
    }

    async fn set(
        &self,
        organization: OrganizationId,
        key: &str,
        value: Bytes,
        ttl: Duration,
        tags: &[String],
    ) -> Result<()> {
        let (now, key): (_, Key) = (self.clock.now(), (organization, Arc::from(key)));
        let ttl = chrono::Duration::from_std(ttl).unwrap_or(chrono::Duration::MAX);
        let expires_at = now.checked_add_signed(ttl).unwrap_or(Timestamp::MAX_UTC);
        let tags: BTreeSet<Arc<str>> = tags.iter().map(|tag| Arc::from(tag.as_str())).collect();
        let bytes = value.len() + key.1.len() + tags.iter().map(|tag| tag.len() + OVERHEAD).sum::<usize>() + OVERHEAD;
        let mut state = self.lock();
        if bytes > self.max_bytes {
            state.remove(&key);
            return Ok(());
        }
        // A slice of a large buffer would keep all of it.
        let value = Bytes::copy_from_slice(&value);
        state.insert(key, Entry { value, tags: tags.into_iter().collect(), expires_at, used: 0, bytes });
        state.shrink(self.max_bytes, now);
        Ok(())
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        self.lock().remove(&(organization, Arc::from(key)));
        Ok(())
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        let mut state = self.lock();
        for key in state.by_tag.remove(&(organization, Arc::from(tag))).unwrap_or_default() {
            state.remove(&(organization, key));
        }
        Ok(())
    }
}
