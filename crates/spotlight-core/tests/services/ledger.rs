//! A cache of which a test reads all that it is given.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use spotlight_core::{
    Error, ErrorKind, Result,
    domain::OrganizationId,
    memory::MemoryCache,
    ports::{Cache, Cached, Fill, FillToken, Filled},
};

use crate::world::TestClock;

/// Bytes it has room for.
const ROOM: usize = 10_000_000;

/// A cache that writes down what it is given, or that cannot be reached.
pub(crate) struct Ledger {
    cache: MemoryCache,
    written: Mutex<Vec<String>>,
    is_away: bool,
}

impl Ledger {
    pub(crate) fn new(is_away: bool) -> Arc<Self> {
        let cache = MemoryCache::new(Arc::new(TestClock::new()), ROOM);
        Arc::new(Self { cache, written: Mutex::default(), is_away })
    }

    /// Keys, values and tags so far, each line with its organization before it.
    pub(crate) fn written(&self) -> Vec<String> {
        self.written.lock().expect("nobody panicked").clone()
    }

    fn note(&self, organization: OrganizationId, words: &[&str]) -> Result<()> {
        if self.is_away {
            return Err(Error::new(ErrorKind::Unavailable, "away"));
        }
        let line = format!("{organization} {}", words.join(" "));
        self.written.lock().expect("nobody panicked").push(line);
        Ok(())
    }
}

#[async_trait]
impl Cache for Ledger {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Cached>> {
        self.note(organization, &[key])?;
        self.cache.get(organization, key).await
    }

    async fn set(&self, org: OrganizationId, key: &str, value: Bytes, ttl: Duration, tags: &[String]) -> Result<()> {
        self.note(org, &[key, &String::from_utf8_lossy(&value), &tags.join(" ")])?;
        self.cache.set(org, key, value, ttl, tags).await
    }

    async fn begin_fill(&self, organization: OrganizationId, key: &str, lease: Duration) -> Result<Fill> {
        self.note(organization, &[key])?;
        self.cache.begin_fill(organization, key, lease).await
    }

    async fn end_fill(&self, org: OrganizationId, key: &str, token: FillToken, filled: Option<Filled>) -> Result<bool> {
        if let Some(filled) = &filled {
            self.note(org, &[key, &String::from_utf8_lossy(&filled.value), &filled.tags.join(" ")])?;
        }
        self.cache.end_fill(org, key, token, filled).await
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        self.note(organization, &[key])?;
        self.cache.delete(organization, key).await
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        self.note(organization, &[tag])?;
        self.cache.delete_tag(organization, tag).await
    }
}
