//! A value as it is in the shared cache: with what a process must know to keep it in memory.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use crate::{domain::time::Timestamp, ports::Filled};

/// What such a value begins with; no text does.
const MARK: u8 = 0xE1;

/// The mark and the length of the header.
const BEFORE: usize = 5;

/// Longer is what the shared cache itself keeps nothing for.
const TEN_YEARS: Duration = Duration::from_hours(10 * 365 * 24);

#[derive(Serialize, Deserialize)]
struct Header {
    /// Until when it is fresh, in microseconds since 1970.
    f: i64,
    /// Its tags.
    t: Vec<String>,
}

pub(super) fn seal(filled: &Filled, now: Timestamp) -> Bytes {
    let fresh_until = (now + filled.ttl.min(TEN_YEARS)).timestamp_micros();
    // Numbers and strings can always be written.
    let header = serde_json::to_vec(&Header { f: fresh_until, t: filled.tags.clone() }).unwrap_or_default();
    let mut sealed = BytesMut::with_capacity(BEFORE + header.len() + filled.value.len());
    sealed.put_u8(MARK);
    sealed.put_u32(header.len() as u32);
    sealed.put_slice(&header);
    sealed.put_slice(&filled.value);
    sealed.freeze()
}

/// The value, how much longer it is fresh, and its tags. A value that somebody else wrote is given as it is.
pub(super) fn open(sealed: &Bytes, now: Timestamp) -> (Bytes, Option<(Duration, Vec<String>)>) {
    let read = || {
        let length = sealed.strip_prefix(&[MARK])?.first_chunk::<4>()?;
        let end = BEFORE.checked_add(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        let header: Header = serde_json::from_slice(sealed.get(BEFORE..end)?).ok()?;
        let until = Timestamp::from_timestamp_micros(header.f)?;
        Some((end, (until - now).to_std().unwrap_or_default(), header.t))
    };
    match read() {
        Some((end, ttl, tags)) => (sealed.slice(end..), Some((ttl, tags)).filter(|(ttl, _)| !ttl.is_zero())),
        None => (sealed.clone(), None),
    }
}
