//! Jobs and events on their way.

mod claims;
mod given_up;
mod sent;
mod unique;
mod void;

use chrono::{TimeZone, Utc};

pub use self::{claims::*, given_up::*, sent::*, unique::*, void::*};
use super::support::World;
use crate::{
    domain::{JobId, OutboxId, time::Timestamp},
    ports::{JobSpec, OutboxKind, OutboxRow, OutboxStats, Unique, UniqueScope, WhenTaken},
};

/// An instant that is later than any clock a storage may have: what is to run at once is due by then.
pub(super) fn far() -> Timestamp {
    Utc.with_ymd_and_hms(2100, 1, 1, 0, 0, 0).unwrap()
}

async fn add(world: &World, job: JobSpec) -> OutboxId {
    row_of(world.write(async |unit| unit.enqueue(job).await).await.unwrap())
}

/// A job's row has its id.
fn row_of(job: JobId) -> OutboxId {
    OutboxId::from_uuid(job.as_uuid())
}

/// A unique key that is held while a job waits.
fn key(key: &str) -> Unique {
    Unique { key: key.to_owned(), scope: UniqueScope::Waiting, taken: WhenTaken::Discard }
}

async fn claim(world: &World, now: Timestamp, limit: u32) -> Vec<OutboxRow> {
    world.write(async |unit| unit.outbox().claim(OutboxKind::Job, now, 30, limit).await).await.unwrap()
}

async fn stats(world: &World, now: Timestamp) -> OutboxStats {
    world.read().outbox().stats(OutboxKind::Job, now).await.unwrap()
}
