//! Sample entities: every optional field is filled, ids and contacts come from a counter, instants are fixed.

mod people;
mod records;
mod talks;

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::Duration;
use uuid::{Builder, Uuid};

use crate::domain::time::Timestamp;

/// 2 March 2026, 9:00:00.123456 UTC: a Monday, with microseconds so that a storage that cuts them is found out.
const START_MICROS: i64 = 1_772_442_000_123_456;

/// The instant so many minutes after the samples' start, or before it.
pub fn at(minutes: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(START_MICROS).unwrap() + Duration::minutes(minutes)
}

/// Makes sample entities. Ids ascend in the order they are made.
#[derive(Debug, Default)]
pub struct Samples {
    made: AtomicU64,
}

impl Samples {
    /// Begins counting.
    pub fn new() -> Self {
        Self::default()
    }

    /// A number that no other sample has.
    pub fn number(&self) -> u64 {
        self.made.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// An id of any kind, as in `LeadId::from_uuid(samples.uuid())`.
    pub fn uuid(&self) -> Uuid {
        let mut random = [0; 10];
        random[2..].copy_from_slice(&self.number().to_be_bytes());
        Builder::from_unix_timestamp_millis(START_MICROS as u64 / 1000, &random).into_uuid()
    }

    /// The hash of a secret, another one each time.
    pub fn hash(&self) -> crate::domain::user::SecretHash {
        let mut hash = [7; 32];
        hash[..8].copy_from_slice(&self.number().to_le_bytes());
        crate::domain::user::SecretHash(hash)
    }
}
