//! The job queue in the same file as storage.
//!
//! - Jobs stand in one table; partial indexes are the places where they wait. Each call is one transaction of the
//!   connection that writes, and its statements take lists, so that a thousand jobs cost little more than one.
//! - Single additions that come at once share a commit, see `intake`.
//! - Time is the clock of the options: one file means one machine, and one machine has one clock.
//! - Whoever waits is woken by additions of this process, and looks every 50 ms for those of another one.
//!
//! | file | holds |
//! |---|---|
//! | `call` | the transaction of a call, and places among ready jobs |
//! | `row` | a job as it is written, and the follower of a batch |
//! | `produce`, `add`, `intake` | adding |
//! | `consume`, `claim`, `settle`, `upkeep` | working off |
//! | `finish` | the end of tries, whatever ended them |
//! | `inspect`, `look` | what people do and see |

mod add;
mod call;
mod claim;
mod consume;
mod finish;
mod inspect;
mod intake;
mod look;
mod produce;
mod row;
mod settle;
mod upkeep;

use std::sync::Arc;

use chrono::DateTime;
use spotlight_core::{
    Error, Result,
    domain::{JobId, time::Timestamp},
    ports::{Enqueued, JobSpec},
};

use self::{call::Call, intake::Intake};
use super::{
    db::{Database, Db, Write},
    storage::SqliteStorage,
};

/// A [`JobQueue`](spotlight_core::ports::JobQueue) in the file of a [`SqliteStorage`]. Cheap to clone.
///
/// What is acknowledged outlives a crash and a power cut, as every unit of the storage does. A finished job is kept for
/// an hour, or for as long as its result is. Closing the storage closes the queue.
#[derive(Clone)]
pub struct SqliteQueue {
    database: Arc<Database>,
    reads: Db,
    intake: Arc<Intake>,
}

impl SqliteQueue {
    /// The queue in the file of a storage, on its connections, clock and ids.
    pub fn new(storage: &SqliteStorage) -> Self {
        let database = storage.database();
        let reads = Db::Shared(Arc::clone(&database));
        let intake = Arc::new(Intake::new(Arc::clone(&database)));
        Self { database, reads, intake }
    }

    /// Begins a call that writes.
    async fn call(&self) -> Result<Call<'static>> {
        Call::begin(&self.database).await
    }

    /// Microseconds since 1970 by the clock of the options.
    fn now(&self) -> i64 {
        self.database.now().timestamp_micros()
    }
}

/// Adds an acceptable job in a unit of work, and gives the id of the job that stands for it. Nobody else writes while a
/// unit is open, so a waiting job that stands for it is claimed after the unit.
pub(super) async fn enqueue(unit: &mut Write<'_>, spec: JobSpec) -> Result<JobId> {
    let id = JobId::from_uuid(unit.new_id());
    unit.begin_many();
    let answer = {
        let (tx, database) = unit.parts()?;
        let mut call = Call::within(tx, database);
        add::add(&mut call, &[add::NewJob { id, spec, batch: None }]).await?.pop()
    };
    unit.whole();
    answer.map(Enqueued::id).ok_or_else(|| Error::internal("a job was left out"))
}

/// An instant for people; one beyond what a calendar holds is its end.
fn instant(micros: i64) -> Timestamp {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC)
}

/// Microseconds; the longest stands for everything beyond a thousand years.
fn micros(duration: std::time::Duration) -> i64 {
    const LONGEST: i64 = 1_000 * 365 * 24 * 3_600 * 1_000_000;
    i64::try_from(duration.as_micros()).unwrap_or(LONGEST).min(LONGEST)
}

/// Every statement of the files below.
#[cfg(test)]
pub(super) const STATEMENTS: [(&[super::sql::Sql], &[super::sql::Sql]); 10] = [
    add::STATEMENTS,
    call::STATEMENTS,
    claim::STATEMENTS,
    consume::STATEMENTS,
    finish::STATEMENTS,
    inspect::STATEMENTS,
    look::STATEMENTS,
    produce::STATEMENTS,
    settle::STATEMENTS,
    upkeep::STATEMENTS,
];
