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
use tokio::{sync::Notify, task::JoinHandle, time::timeout};

use super::{
    db::{Database, PgDb, query},
    options::PgOptions,
    sql::statements,
    tx::Query,
};

statements! {
    /// How far a primary has written its log, as a number; and whose log that is, and which database is seen.
    pub LOG_WRITTEN = [
        "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint, \
         s.system_identifier::text || ' ' || current_database() FROM pg_control_system() AS s"
    ];
    /// How far a replica has replayed that log, none for a server that follows nobody; and the same.
    pub LOG_REPLAYED = [
        "SELECT CASE WHEN pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint END, \
         s.system_identifier::text || ' ' || current_database() FROM pg_control_system() AS s"
    ];
}

/// How long a request waits for a connection to a replica before it asks the primary instead.
const PATIENCE: Duration = Duration::from_secs(1);
/// The pause between two looks at the replicas, at least and at most.
const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);
/// How long a server may take to say where it is. One that hangs says nothing, and breaks no connection either.
const LOOK: Duration = Duration::from_secs(2);

/// The replicas of a primary.
pub(super) struct Replicas {
    shared: Arc<Shared>,
    watching: JoinHandle<()>,
}

struct Shared {
    /// Whom positions are asked of, each over a connection of its own: a pool that is busy with figures makes no replica old.
    primary: Database,
    all: Vec<Replica>,
    /// Which one was asked last.
    turn: AtomicUsize,
    bound: Duration,
    begun: Instant,
}

struct Replica {
    database: Arc<Database>,
    watched: Database,
    /// Tells those who wait for its answer that none is to be expected.
    gone: Notify,
    /// Microseconds after `begun` up to which it is fresh; 0 for one that is not.
    until: AtomicU64,
}

impl Replicas {
    /// The replicas of the options, where there are any. They are connected to when they are first looked at: in the
    /// background, so that one that is away keeps nobody from starting.
    pub(super) fn new(options: &PgOptions) -> Result<Option<Self>> {
        if options.replicas.is_empty() {
            return Ok(None);
        }
        let all = options.replicas.iter().map(|url| {
            let options = PgOptions {
                url: url.expose_secret().to_owned().into(),
                acquire_timeout: options.acquire_timeout.min(PATIENCE),
                ..options.clone()
            };
            let (database, watched) = (Arc::new(Database::new(&options)?), watching(&options)?);
            Ok(Replica { database, watched, gone: Notify::new(), until: AtomicU64::new(0) })
        });
        let shared = Arc::new(Shared {
            primary: watching(options)?,
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
        let db = PgDb::Pool(Arc::clone(&replica.database));
        let found = tokio::select! {
            found = db.sift(statement) => found,
            () = replica.gone.notified() => return None,
        };
        if let Err(error) = &found
            && !matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Validation)
        {
            tracing::debug!(error = error.chain(), "a replica could not answer, and the primary is asked");
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
        for replica in &self.shared.all {
            replica.database.renew();
            replica.watched.renew();
        }
        self.shared.primary.renew();
    }

    /// Ends every connection once the work on it is done.
    pub(super) async fn close(&self) {
        self.watching.abort();
        join_all(self.shared.all.iter().flat_map(|replica| [replica.database.close(), replica.watched.close()])).await;
        self.shared.primary.close().await;
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

/// One connection to ask a server for its position.
fn watching(options: &PgOptions) -> Result<Database> {
    Database::new(&PgOptions { max_connections: 1, acquire_timeout: PATIENCE, ..options.clone() })
}

/// Looks at the replicas again and again. While the primary cannot be asked, they run out of their time.
async fn watch(shared: Arc<Shared>) {
    let pause = (shared.bound / 5).clamp(SHORTEST, LONGEST);
    let mut written = Written::default();
    let mut were_fresh = vec![None; shared.all.len()];
    loop {
        let asked = Instant::now();
        let replicas = shared.all.iter().map(|replica| look(&replica.watched, LOG_REPLAYED));
        let primary = look(&shared.primary, LOG_WRITTEN).await;
        if let Ok(Place { position: Some(position), origin }) = primary {
            written.note(asked, position, origin, shared.bound);
        }
        for (number, (replica, place)) in shared.all.iter().zip(join_all(replicas).await).enumerate() {
            match place.as_ref().map(|place| written.by(place)) {
                Ok(Some(shows)) => replica.until.store(shared.micros(shows + shared.bound), Ordering::Relaxed),
                Ok(None) => {}
                Err(_) => {
                    replica.until.store(0, Ordering::Relaxed);
                    replica.gone.notify_waiters();
                }
            }
            let fresh = replica.until.load(Ordering::Relaxed) > shared.micros(Instant::now());
            if were_fresh[number].replace(fresh) != Some(fresh) {
                tell(number, fresh, place.err().as_ref());
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
        (false, None) => {
            tracing::warn!(
                replica,
                "this replica lags, or is none of this database; figures are read from the primary"
            );
        }
        (false, Some(error)) => {
            tracing::warn!(replica, error = error.chain(), "this replica is away; figures are read from the primary");
        }
    }
}

/// Where a server is in the log of its changes.
struct Place {
    /// None for one that follows nobody and is asked as a replica.
    position: Option<i64>,
    /// Which servers' log that is, and which database is seen.
    origin: String,
}

async fn look(database: &Database, statement: &'static str) -> Result<Place> {
    let asked = timeout(LOOK, database.fetch_all(query(statement).persistent(false))).await;
    let rows = asked.unwrap_or_else(|elapsed| {
        // What is half said on this connection is of no use to the next who asks.
        database.renew();
        Err(Error::new(ErrorKind::Unavailable, "the server does not answer").with_source(elapsed))
    })?;
    let row = rows.first().ok_or_else(|| Error::internal("the server does not say where it is"))?;
    let read = row.try_get(0).and_then(|position| Ok(Place { position, origin: row.try_get(1)? }));
    read.map_err(super::error::map)
}

/// Positions of the primary that were noted, the oldest first, as far as they can still matter.
#[derive(Default)]
struct Written {
    noted: VecDeque<(Instant, i64)>,
    origin: String,
}

impl Written {
    fn note(&mut self, at: Instant, position: i64, origin: String, bound: Duration) {
        if self.origin != origin {
            // Another server has become the primary, with a log of its own.
            self.noted.clear();
            self.origin = origin;
        }
        while self.noted.front().is_some_and(|(noted, _)| at.duration_since(*noted) > bound) {
            self.noted.pop_front();
        }
        self.noted.push_back((at, position));
    }

    /// The last instant of which everything is shown by whoever has replayed this far.
    fn by(&self, place: &Place) -> Option<Instant> {
        let replayed = place.position.filter(|_| place.origin == self.origin)?;
        self.noted.iter().rev().find(|(_, position)| *position <= replayed).map(|(at, _)| *at)
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
        let by = |written: &Written, position: i64| {
            written.by(&Place { position: Some(position), origin: "ours".to_owned() })
        };
        assert_eq!(by(&written, 7), None);
        for (second, position) in [(0, 100), (1, 100), (2, 150), (3, 200)] {
            written.note(at(second), position, "ours".to_owned(), bound);
        }
        let found = [99, 100, 149, 150, 900].map(|replayed| by(&written, replayed));
        assert_eq!(found, [None, Some(at(1)), Some(at(1)), Some(at(2)), Some(at(3))]);
        for stranger in [(Some(900), "another's"), (None, "ours")] {
            let place = Place { position: stranger.0, origin: stranger.1.to_owned() };
            assert_eq!(written.by(&place), None, "it says nothing of ours");
        }
        written.note(at(12), 300, "ours".to_owned(), bound);
        let found = [100, 150].map(|replayed| by(&written, replayed));
        assert_eq!(found, [None, Some(at(2))], "what is too old is forgotten");
        written.note(at(13), 10, "another's".to_owned(), bound);
        assert_eq!(by(&written, 900), None, "another server has become the primary");
    }
}
