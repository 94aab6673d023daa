//! Leases.

use std::ops::Bound;

use async_trait::async_trait;
use chrono::Duration;
use spotlight_derive::RedactedDebug;

use super::{map::Map, unit::MemoryRepositories};
use crate::{
    domain::time::Timestamp,
    error::Result,
    ports::{Lease, LeaseRepository},
};

/// How many leases that nobody gave back are forgotten each time one is taken: more than one, so that they get fewer.
const FORGOTTEN_AT_ONCE: usize = 2;

#[derive(Debug, Clone, Copy)]
struct Held {
    fence: i64,
    until: Timestamp,
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Leases {
    held: Map<String, Held>,
    by_end: Map<(Timestamp, String), ()>,
}

impl Leases {
    fn is_held(&self, lease: &Lease, now: Timestamp) -> bool {
        self.held.get(&lease.key).is_some_and(|held| held.fence == lease.fence && now < held.until)
    }

    fn set(&mut self, key: &str, new: Option<Held>) {
        let old = self.held.get(&key.to_owned()).map(|held| (held.until, key.to_owned()));
        self.by_end.rekey(old, new.map(|held| (held.until, key.to_owned())), ());
        match new {
            Some(held) => self.held.insert(key.to_owned(), held),
            None => {
                self.held.remove(&key.to_owned());
            }
        }
    }

    fn forget_ended(&mut self, now: Timestamp) {
        let end = Bound::Excluded((now, String::new()));
        let ended = self.by_end.range(Bound::Unbounded, end).map(|((_, key), ())| key.clone());
        let ended: Vec<_> = ended.take(FORGOTTEN_AT_ONCE).collect();
        for key in ended {
            self.set(&key, None);
        }
    }
}

#[async_trait]
impl LeaseRepository for MemoryRepositories {
    async fn acquire(&self, key: &str, ttl_ms: u32) -> Result<Option<Lease>> {
        let now = self.shared().now();
        self.write(|tables| {
            let held = tables.leases.held.get(&key.to_owned());
            if held.is_some_and(|held| now < held.until) {
                return Ok(None);
            }
            // One count for all keys and never undone, so that a lease can be forgotten when it ends.
            let fence = self.shared().next_number().cast_signed();
            tables.leases.forget_ended(now);
            tables.leases.set(key, Some(Held { fence, until: after(now, ttl_ms) }));
            Ok(Some(Lease { key: key.to_owned(), fence }))
        })
    }

    async fn renew(&self, lease: &Lease, ttl_ms: u32) -> Result<bool> {
        let now = self.shared().now();
        self.write(|tables| {
            let is_held = tables.leases.is_held(lease, now);
            if is_held {
                tables.leases.set(&lease.key, Some(Held { fence: lease.fence, until: after(now, ttl_ms) }));
            }
            Ok(is_held)
        })
    }

    async fn check(&self, lease: &Lease) -> Result<bool> {
        let now = self.shared().now();
        self.read(|tables| Ok(tables.leases.is_held(lease, now)))
    }

    async fn release(&self, lease: &Lease) -> Result<bool> {
        let now = self.shared().now();
        self.write(|tables| {
            let is_held = tables.leases.is_held(lease, now);
            if is_held {
                tables.leases.set(&lease.key, None);
            }
            Ok(is_held)
        })
    }
}

fn after(now: Timestamp, ttl_ms: u32) -> Timestamp {
    now.checked_add_signed(Duration::milliseconds(ttl_ms.into())).unwrap_or(Timestamp::MAX_UTC)
}
