//! The job queue on Postgres.
//!
//! What a job costs is what counts here: a row that is inserted once and deleted once. Claims take many jobs in one
//! statement and write one row for all of them, ends of claims clear bits in it, and callers that add jobs at the same
//! time share a commit. Whatever is rare (keys, batches, failures) is kept in one column that most jobs leave empty, and
//! handled beside the usual way.
//!
//! | file | holds |
//! |---|---|
//! | `job`, `extra` | a job as its rows hold it |
//! | `produce`, `coalesce`, `unique`, `unit`, `place` | adding jobs, also within a unit of work, and where they wait |
//! | `claim`, `bounds`, `rate` | claiming |
//! | `settle`, `finish`, `mask` | the end of a claim, and what follows from it |
//! | `consume`, `process`, `upkeep`, `wake` | processes, their leases, and waking them |
//! | `inspect`, `figures` | looking, and stepping in |

/// Does some work in a transaction, tells of the queues it filled, and tries again when another one was in the way.
macro_rules! in_tx {
    ($queue:expr, $tx:ident, $filled:ident => $work:expr) => {{
        let mut tries = 0;
        loop {
            let $filled = &mut $crate::postgres::queue::place::Filled::default();
            let done: spotlight_core::Result<_> = match $queue.database().begin().await {
                Ok(mut $tx) => {
                    let done: spotlight_core::Result<_> = async {
                        let done: spotlight_core::Result<_> = $work;
                        let done = done?;
                        $crate::postgres::queue::place::tell(&mut $tx, $queue.told($filled)).await?;
                        Ok(done)
                    }
                    .await;
                    match done {
                        Ok(done) => $tx.commit().await.map(|()| done),
                        Err(error) => Err(error),
                    }
                }
                Err(error) => Err(error),
            };
            match done {
                Err(error) if error.retry() == spotlight_core::Retry::Now && tries < 5 => tries += 1,
                done => {
                    $queue.filled($filled);
                    break done;
                }
            }
        }
    }};
}

mod bounds;
mod claim;
mod coalesce;
mod consume;
mod extra;
mod figures;
mod finish;
mod inspect;
mod job;
mod mask;
mod place;
mod process;
mod produce;
mod rate;
mod settle;
mod unique;
mod unit;
mod upkeep;
mod wake;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use spotlight_core::{
    Result,
    ports::{IdGenerator, PoolFigures},
};
use uuid::Uuid;

pub(super) use self::unit::enqueue;
use self::{bounds::Bounds, claim::Doubt, place::Filled, process::Heart, produce::Draft, upkeep::Tidying, wake::Wake};
use super::{db::Database, migrate, options::PgOptions};
use crate::shared::coalesce::Line;

/// How the planner is to work for the queue: its tables go from empty to millions of rows and back while plans are
/// kept, so that a plan made for an empty table must be right for a full one.
const SETTINGS: &[(&str, &str)] = &[("enable_seqscan", "off"), ("enable_bitmapscan", "off"), ("jit", "off")];

/// A [`JobQueue`](spotlight_core::ports::JobQueue) on Postgres, 14 or newer. Cheap to clone.
///
/// It has connections of its own, beside those of a [`PgStorage`](super::PgStorage) on the same database. What is
/// acknowledged is as durable as the server's `synchronous_commit` says. A finished job is kept for an hour, or for as
/// long as its result is. One call claims at most 4096 jobs.
///
/// Connections belong to the runtime that opened them: all calls come from one, except
/// [`heartbeat`](spotlight_core::ports::JobConsumer::heartbeat) and
/// [`deregister`](spotlight_core::ports::JobConsumer::deregister), which have a connection of their own and may come
/// from another, so that they go on while jobs block every thread of the first.
#[derive(Clone)]
pub struct PgQueue {
    inner: Arc<Inner>,
}

struct Inner {
    database: Arc<Database>,
    options: PgOptions,
    heart: Heart,
    bounds: Mutex<Bounds>,
    line: Line<Draft>,
    wake: Arc<Wake>,
    doubts: Mutex<Vec<Doubt>>,
    tidying: Mutex<Tidying>,
}

impl PgQueue {
    /// Connects, and brings the schema up to date where the options say so.
    ///
    /// Behind a transaction pooler, [`PgOptions::direct_url`] serves wake-ups; without it, [`wait`] looks by itself
    /// every quarter of a second.
    ///
    /// [`wait`]: spotlight_core::ports::JobConsumer::wait
    ///
    /// # Errors
    /// As [`PgStorage::connect`](super::PgStorage::connect).
    pub async fn connect(options: PgOptions) -> Result<Self> {
        let database = Arc::new(Database::with_settings(&options, SETTINGS)?);
        let wake = Arc::new(Wake::new(options.listen_options()?, options.ids.uuid()));
        migrate::bring_up_to_date(&options).await?;
        let inner = Inner {
            database,
            options,
            heart: Heart::default(),
            bounds: Mutex::default(),
            line: Line::default(),
            wake,
            doubts: Mutex::default(),
            tidying: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// How its pool of connections stands, for metrics; none once it is closed.
    pub fn pool(&self) -> Option<PoolFigures> {
        self.inner.database.figures("queue")
    }

    /// Has pooled connections made anew: those there are now are closed when they are next wanted.
    pub fn renew_connections(&self) {
        self.inner.database.renew();
    }

    /// Ends every connection once the work on it is done.
    pub async fn close(&self) {
        self.inner.wake.stop();
        self.inner.heart.close().await;
        self.inner.database.close().await;
    }

    fn database(&self) -> &Database {
        &self.inner.database
    }

    fn ids(&self) -> &dyn IdGenerator {
        &*self.inner.options.ids
    }

    fn new_id(&self) -> Uuid {
        self.ids().uuid()
    }

    /// What other processes are to be told of a transaction.
    fn told(&self, filled: &Filled) -> Option<String> {
        (!filled.queues.is_empty()).then(|| self.inner.wake.telling(&filled.queues))
    }

    /// Notes that a transaction may have made jobs of these queues ready.
    fn filled(&self, filled: &Filled) {
        if filled.again {
            guard(&self.inner.bounds).forget();
        }
        if !filled.queues.is_empty() {
            self.inner.wake.tell(|queue| filled.queues.contains(queue));
        }
    }
}

impl std::fmt::Debug for PgQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgQueue").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.wake.stop();
    }
}

/// A lock whose holders leave it sound also when they panic.
pub(super) fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every statement of the queue.
pub(super) fn all_statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [
        claim::STATEMENTS,
        consume::STATEMENTS,
        figures::STATEMENTS,
        finish::STATEMENTS,
        inspect::STATEMENTS,
        place::STATEMENTS,
        process::STATEMENTS,
        produce::STATEMENTS,
        rate::STATEMENTS,
        settle::STATEMENTS,
        unique::STATEMENTS,
        unit::STATEMENTS,
        upkeep::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}
