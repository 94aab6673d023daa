//! Replicas that figures are read from, as long as they are known to be fresh.
//!
//! How far a replica lags is not asked of its clock, nor of when it last replayed something: the first may differ from
//! ours, and the second says nothing where nobody writes or the replica hears of nothing any more. Instead, the position in
//! the primary's log is noted with the instant when it was asked for. A replica that has replayed a position shows all that
//! was committed when it was noted, and is fresh until the bound has passed since.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use secrecy::ExposeSecret;
use spotlight_core::{Error, ErrorKind, Result, ports::PoolFigures};
use sqlx::{Row, postgres::PgRow};
use tokio::task::JoinHandle;

use super::{
    db::{Database, PgDb, query},
    options::PgOptions,
    sql::statements,
    tx::Query,
};

statements! {
    // Positions are compared as numbers. A server that is no replica has replayed none.
    WRITTEN = ["SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"];
    REPLAYED = [
        "SELECT CASE WHEN pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint END"
    ];
}

/// How long a request waits for a connection to a replica before it asks the primary instead.
const PATIENCE: Duration = Duration::from_secs(1);
/// The pause between two looks at the replicas, at least and at most.
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

/// The replicas of a primary.
pub(super) struct Replicas {
    shared: Arc<Shared>,
    watching: JoinHandle<()>,
}

struct Shared {
    primary: Arc<Database>,
    all: Vec<Replica>,
    /// Which one was asked last.
    turn: AtomicUsize,
    bound: Duration,
    begun: Instant,
}

struct Replica {
    database: Arc<Database>,
    db: PgDb,
    /// Microseconds after `begun` up to which it is fresh; 0 for one that is not.
    until: AtomicU64,
}

impl Replicas {
    /// The replicas of the options, where there are any. They are connected to when they are first looked at: in the
    /// background, so that one that is away keeps nobody from starting.
    pub(super) fn new(options: &PgOptions, primary: &Arc<Database>) -> Result<Option<Self>> {
        if options.replicas.is_empty() {
            return Ok(None);
        }
        let all = options.replicas.iter().map(|url| {
            let options = PgOptions {
                url: url.expose_secret().to_owned().into(),
                acquire_timeout: options.acquire_timeout.min(PATIENCE),
                ..options.clone()
            };
            let database = Arc::new(Database::new(&options)?);
            Ok(Replica { db: PgDb::Pool(Arc::clone(&database)), database, until: AtomicU64::new(0) })
        });
        let shared = Arc::new(Shared {
            primary: Arc::clone(primary),
            all: all.collect::<Result<_>>()?,
            turn: AtomicUsize::new(0),
            bound: options.replica_lag,
            begun: Instant::now(),
        });
        let watching = tokio::spawn(watch(Arc::clone(&shared)));
        Ok(Some(Self { shared, watching }))
    }

    /// Reads from a replica. None where none is fresh, or the one that was asked could not answer: then the primary can. A
    /// statement that took too long is not asked of the primary too.
    pub(super) async fn sift(&self, statement: Query<'_>) -> Option<Result<Vec<PgRow>>> {
        let replica = self.shared.fresh()?;
        let found = replica.db.sift(statement).await;
        if let Err(error) = &found
            && !matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Validation)
        {
            tracing::debug!(error = error.chain(), "a replica could not answer, and the primary is asked");
            if error.kind() == ErrorKind::Unavailable {
                replica.until.store(0, Ordering::Relaxed);
            }
            return None;
        }
        Some(found)
    }

    /// How the pools stand, as one.
    pub(super) fn figures(&self) -> Option<PoolFigures> {
        self.shared.all.iter().filter_map(|replica| replica.database.figures("replicas")).reduce(|sum, one| {
            PoolFigures {
                pool: sum.pool,
                most: sum.most + one.most,
                open: sum.open + one.open,
                in_use: sum.in_use + one.in_use,
                waits: sum.waits + one.waits,
                waited: sum.waited + one.waited,
            }
        })
    }

    /// Has connections made anew.
    pub(super) fn renew(&self) {
        self.shared.all.iter().for_each(|replica| replica.database.renew());
    }

    /// Ends every connection once the work on it is done.
    pub(super) async fn close(&self) {
        self.watching.abort();
        join_all(self.shared.all.iter().map(|replica| replica.database.close())).await;
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

impl Shared {
    /// A fresh replica; another one each time.
    fn fresh(&self) -> Option<&Replica> {
        let now = self.micros(Instant::now());
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let ordered = (0..self.all.len()).map(|place| &self.all[(turn + place) % self.all.len()]);
        ordered.into_iter().find(|replica| replica.until.load(Ordering::Relaxed) > now)
    }

    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.duration_since(self.begun).as_micros()).unwrap_or(u64::MAX)
    }
}

/// Looks at the replicas again and again. Those that cannot be asked run out of their time.
async fn watch(shared: Arc<Shared>) {
    let pause = (shared.bound / 5).clamp(SHORTEST, LONGEST);
    let mut written = Written::default();
    let mut were_fresh = vec![None; shared.all.len()];
    loop {
        let asked = Instant::now();
        if let Ok(Some(position)) = position(&shared.primary, WRITTEN).await {
            written.note(asked, position, shared.bound);
        }
        let replayed = shared.all.iter().map(|replica| position(&replica.database, REPLAYED));
        let replayed = join_all(replayed).await;
        for (number, (replica, replayed)) in shared.all.iter().zip(replayed).enumerate() {
            if let Some(shows) = replayed.as_ref().ok().copied().flatten().and_then(|replayed| written.by(replayed)) {
                replica.until.store(shared.micros(shows + shared.bound), Ordering::Relaxed);
            }
            let fresh = replica.until.load(Ordering::Relaxed) > shared.micros(Instant::now());
            if were_fresh[number].replace(fresh) != Some(fresh) {
                tell(number, fresh, replayed.err().as_ref());
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// What changed of a replica. Its address stands in the settings, and not in the log.
fn tell(number: usize, fresh: bool, error: Option<&Error>) {
    let replica = number + 1;
    match (fresh, error) {
        (true, _) => tracing::info!(replica, "figures are read from this replica"),
        (false, None) => tracing::warn!(replica, "this replica lags, or is none; figures are read from the primary"),
        (false, Some(error)) => {
            tracing::warn!(replica, error = error.chain(), "this replica is away; figures are read from the primary");
        }
    }
}

async fn position(database: &Arc<Database>, statement: &'static str) -> Result<Option<i64>> {
    let rows = database.fetch_all(query(statement).persistent(false)).await?;
    let position = rows.first().map(|row| row.try_get::<Option<i64>, _>(0)).transpose();
    position.map(Option::flatten).map_err(super::error::map)
}

/// Positions of the primary that were noted, the oldest first, as far as they can still matter.
#[derive(Default)]
struct Written(VecDeque<(Instant, i64)>);

impl Written {
    fn note(&mut self, at: Instant, position: i64, bound: Duration) {
        while self.0.front().is_some_and(|(noted, _)| at.duration_since(*noted) > bound) {
            self.0.pop_front();
        }
        self.0.push_back((at, position));
    }

    /// The last instant of which everything is shown by whoever has replayed this far.
    fn by(&self, replayed: i64) -> Option<Instant> {
        self.0.iter().rev().find(|(_, position)| *position <= replayed).map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replica_shows_what_was_written_when_its_position_was_noted() {
        let (begun, bound) = (Instant::now(), Duration::from_secs(10));
        let at = |second: u64| begun + Duration::from_secs(second);
        let mut written = Written::default();
        assert_eq!(written.by(7), None);
        for (second, position) in [(0, 100), (1, 100), (2, 150), (3, 200)] {
            written.note(at(second), position, bound);
        }
        assert_eq!(
            [99, 100, 149, 150, 900].map(|replayed| written.by(replayed)),
            [None, Some(at(1)), Some(at(1)), Some(at(2)), Some(at(3))]
        );
        written.note(at(12), 300, bound);
        assert_eq!(
            [100, 150].map(|replayed| written.by(replayed)),
            [None, Some(at(2))],
            "what is too old is forgotten"
        );
    }
}
