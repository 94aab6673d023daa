//! Values as callers get them: the same bytes are understood once.

use std::{
    any::Any,
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use crate::{domain::OrganizationId, error::Result};

/// Bytes that the values of one generation were read from. There are two generations.
const MOST: usize = 8 << 20;

type Key = (OrganizationId, String);

/// What was understood lately. It is looked up by the bytes that the cache gives, so nothing is found here that the cache
/// has forgotten.
#[derive(Default)]
pub(super) struct Decoded(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    new: HashMap<Key, One>,
    /// Goes when the new one is full, save what was asked for meanwhile.
    old: HashMap<Key, One>,
    bytes: usize,
}

struct One {
    bytes: Bytes,
    value: Arc<dyn Any + Send + Sync>,
}

impl Decoded {
    /// The value that these bytes stand for.
    pub(super) fn get<T: Send + Sync + 'static>(
        &self,
        organization: OrganizationId,
        key: &str,
        bytes: &Bytes,
        read: impl FnOnce(&[u8]) -> Result<Option<T>>,
    ) -> Result<Option<Arc<T>>> {
        let key = (organization, key.to_owned());
        let known = self.lock().find(&key, bytes).and_then(|value| value.downcast().ok());
        if known.is_some() {
            return Ok(known);
        }
        let Some(value) = read(bytes)?.map(Arc::new) else { return Ok(None) };
        self.lock().keep(key, One { bytes: bytes.clone(), value: Arc::clone(&value) as _ });
        Ok(Some(value))
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn find(&mut self, key: &Key, bytes: &Bytes) -> Option<Arc<dyn Any + Send + Sync>> {
        if let Some(one) = self.new.get(key) {
            return one.of(bytes);
        }
        let one = self.old.remove(key)?;
        let value = one.of(bytes)?;
        self.keep(key.clone(), one);
        Some(value)
    }

    fn keep(&mut self, key: Key, one: One) {
        if one.bytes.len() > MOST {
            return;
        }
        if self.bytes + one.bytes.len() > MOST {
            self.old = mem::take(&mut self.new);
            self.bytes = 0;
        }
        self.bytes += one.bytes.len();
        if let Some(before) = self.new.insert(key, one) {
            self.bytes -= before.bytes.len();
        }
    }
}

impl One {
    fn of(&self, bytes: &Bytes) -> Option<Arc<dyn Any + Send + Sync>> {
        // A cache in memory gives the same buffer each time.
        let is_same = self.bytes.as_ptr() == bytes.as_ptr() && self.bytes.len() == bytes.len();
        (is_same || self.bytes == *bytes).then(|| Arc::clone(&self.value))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn org() -> OrganizationId {
        OrganizationId::from_uuid(uuid::Uuid::from_u128(1))
    }

    #[test]
    fn the_same_bytes_are_read_once_and_others_anew() {
        let (decoded, reads) = (Decoded::default(), Cell::new(0));
        let get = |bytes: &'static [u8]| {
            let read = |bytes: &[u8]| {
                reads.set(reads.get() + 1);
                Ok(Some(bytes.len()))
            };
            // A buffer of its own each time.
            decoded.get(org(), "a", &Bytes::copy_from_slice(bytes), read).map(|value| value.map(|value| *value))
        };
        for (bytes, length, count) in [(&b"one"[..], 3, 1), (b"one", 3, 1), (b"four", 4, 2), (b"one", 3, 3)] {
            assert_eq!(get(bytes).ok().flatten(), Some(length));
            assert_eq!(reads.get(), count);
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_asked_for_stays() {
        let decoded = Decoded::default();
        let large = Bytes::from(vec![7; MOST / 4]);
        let get = |key: &str, seen: &Cell<u32>| {
            let read = |_: &[u8]| {
                seen.set(seen.get() + 1);
                Ok(Some(()))
            };
            assert!(decoded.get(org(), key, &large, read).is_ok_and(|found| found.is_some()));
        };
        let (asked, others) = (Cell::new(0), Cell::new(0));
        for number in 0..100 {
            get("asked", &asked);
            get(&number.to_string(), &others);
            let kept = decoded.lock();
            assert!(kept.new.len() <= 4 && kept.old.len() <= 4, "{} and {}", kept.new.len(), kept.old.len());
        }
        assert_eq!((asked.get(), others.get()), (1, 100));
    }
}
