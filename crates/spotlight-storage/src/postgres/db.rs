//! The handle every repository holds: the pool, or the one connection of a unit of work.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use spotlight_core::{
    Error, ErrorKind, Result,
    domain::time::Timestamp,
    ports::{Clock, IdGenerator, NewEvent, PoolFigures},
    trace::Spent,
};
use sqlx::{
    PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgArguments, PgPoolOptions, PgRow},
};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use super::{
    error,
    notes::{Event, Notes},
    options::PgOptions,
    tx::{Query, Tx},
};
use crate::shared::{idle::idle, waits::Waits};

/// How many pooled connections are to be tested before use, since one was found broken: a server that was restarted
/// costs one error and not one for each of them.
pub(super) struct Doubts {
    left: AtomicU32,
    all: u32,
}

impl Doubts {
    /// Takes one doubt away, when there is one.
    fn settle(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// Maps a failure, and doubts every other connection when this one turned out to be gone.
    pub(super) fn failed(&self, failure: sqlx::Error) -> Error {
        if error::is_broken_connection(&failure) {
            self.left.store(self.all, Ordering::Relaxed);
        }
        error::map(failure)
    }
}

/// The pool and what goes with it.
pub(super) struct Database {
    pool: PgPool,
    begin: Arc<str>,
    begin_sifting: Arc<str>,
    /// Behind a transaction pooler.
    pooler: bool,
    doubts: Arc<Doubts>,
    renewal: Arc<Renewal>,
    waits: Waits,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

/// Since when connections are to be new.
struct Renewal {
    begun: Instant,
    /// Microseconds after `begun`; 0 for never.
    at: AtomicU64,
}

impl Renewal {
    fn new() -> Self {
        Self { begun: Instant::now(), at: AtomicU64::new(0) }
    }

    fn is_now(&self) {
        let at = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.at.store(at.max(1), Ordering::Relaxed);
    }

    /// True for a connection of this age that was made before.
    fn is_before(&self, age: Duration) -> bool {
        let at = Duration::from_micros(self.at.load(Ordering::Relaxed));
        !at.is_zero() && self.begun.elapsed().saturating_sub(age) < at
    }
}

impl Database {
    /// A pool that connects when it is first used.
    pub(super) fn new(options: &PgOptions) -> Result<Self> {
        Self::with_settings(options, &[])
    }

    /// The same with settings of the server for every connection, or for every transaction behind a pooler.
    pub(super) fn with_settings(options: &PgOptions, settings: &[(&str, &str)]) -> Result<Self> {
        let all = options.max_connections.max(1);
        let doubts = Arc::new(Doubts { left: AtomicU32::new(0), all });
        let renewal = Arc::new(Renewal::new());
        let (before_acquire, renewed) = (Arc::clone(&doubts), Arc::clone(&renewal));
        let pool = PgPoolOptions::new()
            .max_connections(all)
            .acquire_timeout(options.acquire_timeout)
            // Testing before each use would double the round trips of a read.
            .test_before_acquire(false)
            .before_acquire(move |connection, known| {
                let (old, test) = (renewed.is_before(known.age), before_acquire.settle());
                Box::pin(async move { Ok(!old && (!test || sqlx::Connection::ping(connection).await.is_ok())) })
            })
            .connect_lazy_with(options.connect_options(settings)?);
        Ok(Self {
            pool,
            begin: options.begin_statement(settings).into(),
            begin_sifting: options.sift_statement().into(),
            pooler: options.pooler,
            doubts,
            renewal,
            waits: Waits::default(),
            clock: Arc::clone(&options.clock),
            ids: Arc::clone(&options.ids),
        })
    }

    /// Connections that are there are closed when they are next wanted, and new ones take their place.
    pub(super) fn renew(&self) {
        self.renewal.is_now();
    }

    async fn connection(&self) -> Result<PoolConnection<Postgres>> {
        // A look from outside can be wrong by the time it is over: it counts, and decides nothing.
        let waits = idle(&self.pool) == 0 && self.pool.size() >= self.doubts.all;
        self.waits.during(waits, self.pool.acquire()).await.map_err(error::map)
    }

    /// How the pool stands, under this name; none once it is closed.
    pub(super) fn figures(&self, pool: &'static str) -> Option<PoolFigures> {
        if self.pool.is_closed() {
            return None;
        }
        let (waits, waited) = self.waits.look();
        let open = u64::from(self.pool.size());
        let in_use = open.saturating_sub(idle(&self.pool).into());
        Some(PoolFigures { pool, most: self.doubts.all.into(), open, in_use, waits, waited })
    }

    /// Begins a transaction.
    pub(super) async fn begin(&self) -> Result<Tx> {
        self.begin_with(&self.begin).await
    }

    async fn begin_with(&self, statement: &Arc<str>) -> Result<Tx> {
        let _statement = Spent::statement();
        let connection = self.connection().await?;
        Tx::begin(connection, Arc::clone(statement), !self.pooler, Arc::clone(&self.doubts)).await
    }

    /// Every row of one statement, which is a transaction of its own.
    pub(super) async fn fetch_all(&self, query: Query<'_>) -> Result<Vec<PgRow>> {
        if self.pooler {
            // Parsing and executing go in two messages, which the pooler would hand to two servers.
            let mut tx = self.begin().await?;
            let rows = tx.fetch_all(query).await?;
            tx.commit().await?;
            return Ok(rows);
        }
        let _statement = Spent::statement();
        let mut connection = self.connection().await?;
        query.fetch_all(&mut *connection).await.map_err(|failure| self.doubts.failed(failure))
    }

    async fn fetch_optional(&self, query: Query<'_>) -> Result<Option<PgRow>> {
        if self.pooler {
            return Ok(self.fetch_all(query).await?.into_iter().next());
        }
        let _statement = Spent::statement();
        let mut connection = self.connection().await?;
        query.fetch_optional(&mut *connection).await.map_err(|failure| self.doubts.failed(failure))
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&self) -> Result<()> {
        let mut connection = self.connection().await?;
        sqlx::raw_sql("SELECT 1").execute(&mut *connection).await.map_err(|failure| self.doubts.failed(failure))?;
        Ok(())
    }

    /// Ends every connection once the work on it is done.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// The transaction of a unit of work.
pub(super) struct Unit {
    database: Arc<Database>,
    open: Mutex<Open>,
    began_at: Timestamp,
}

/// A transaction, and what is to be written in it before anything else.
struct Open {
    tx: Option<Tx>,
    notes: Notes,
}

impl Open {
    fn tx(&mut self) -> Result<&mut Tx> {
        self.tx.as_mut().ok_or_else(ended)
    }

    async fn write_notes(&mut self) -> Result<()> {
        match &mut self.tx {
            Some(tx) => self.notes.write(tx).await,
            None => Ok(()),
        }
    }
}

/// What repositories run their statements on.
#[derive(Clone)]
pub(super) enum PgDb {
    /// Each read by itself.
    Pool(Arc<Database>),
    /// Inside one transaction.
    Unit(Arc<Unit>),
}

impl PgDb {
    /// A unit of work over an open transaction.
    pub(super) fn unit(database: Arc<Database>, tx: Tx) -> Self {
        let began_at = database.clock.now();
        let open = Mutex::new(Open { tx: Some(tx), notes: Notes::default() });
        Self::Unit(Arc::new(Unit { database, open, began_at }))
    }

    /// Every row of a reading statement.
    pub(super) async fn fetch_all(&self, query: Query<'_>) -> Result<Vec<PgRow>> {
        match self {
            Self::Pool(database) => database.fetch_all(query).await,
            Self::Unit(_) => self.write().await?.fetch_all(query).await,
        }
    }

    /// Every row of a statement that looks for words or counts many rows: planned with settings of its own, which take
    /// a transaction. A unit of work keeps the settings it has.
    pub(super) async fn sift(&self, query: Query<'_>) -> Result<Vec<PgRow>> {
        let Self::Pool(database) = self else { return self.fetch_all(query).await };
        let mut tx = database.begin_with(&database.begin_sifting).await?;
        let rows = tx.fetch_all(query).await?;
        tx.commit().await?;
        Ok(rows)
    }

    /// The first row of a reading statement.
    pub(super) async fn fetch_optional(&self, query: Query<'_>) -> Result<Option<PgRow>> {
        match self {
            Self::Pool(database) => database.fetch_optional(query).await,
            Self::Unit(_) => self.write().await?.fetch_optional(query).await,
        }
    }

    /// The unit's transaction, alone until the guard goes. What was left to be written is written first.
    ///
    /// # Errors
    /// `Misconfigured` outside a unit; what writing the notes fails with.
    pub(super) async fn write(&self) -> Result<WriteGuard<'_>> {
        let mut guard = self.write_beside().await?;
        guard.open.write_notes().await?;
        Ok(guard)
    }

    /// The same for what neither reads nor writes where notes go: they stay for later.
    ///
    /// # Errors
    /// `Misconfigured` outside a unit.
    pub(super) async fn write_beside(&self) -> Result<WriteGuard<'_>> {
        let unit = self.as_unit()?;
        Ok(WriteGuard { open: unit.open.lock().await, unit })
    }

    fn as_unit(&self) -> Result<&Unit> {
        match self {
            Self::Unit(unit) => Ok(unit),
            Self::Pool(_) => Err(Error::new(
                ErrorKind::Misconfigured,
                "writes need a unit of work: call Storage::begin and write through the unit it gives",
            )),
        }
    }

    /// Leaves something to be written before the unit's next statement.
    ///
    /// # Errors
    /// `Misconfigured` outside a unit; `Conflict` with `Retry::Now` when the unit can only be rolled back.
    pub(super) async fn leave(&self, add: impl FnOnce(&mut Notes)) -> Result<()> {
        let mut open = self.as_unit()?.open.lock().await;
        open.tx()?.check()?;
        add(&mut open.notes);
        Ok(())
    }

    /// Leaves an event. Gives its id.
    ///
    /// # Errors
    /// As [`leave`](Self::leave).
    pub(super) async fn leave_event(&self, event: NewEvent) -> Result<Uuid> {
        let unit = self.as_unit()?;
        let (id, at) = (unit.database.ids.uuid(), unit.began_at);
        self.leave(|notes| notes.events.push(Event { id, event, at })).await?;
        Ok(id)
    }

    /// Takes the transaction out of the unit, to commit it.
    pub(super) async fn take(&self) -> Result<Tx> {
        self.write().await?.open.tx.take().ok_or_else(ended)
    }

    /// Takes the transaction out of the unit, to roll it back.
    pub(super) async fn abandon(&self) -> Result<Tx> {
        self.as_unit()?.open.lock().await.tx.take().ok_or_else(ended)
    }
}

/// A unit's transaction while one method works with it.
pub(super) struct WriteGuard<'a> {
    open: MutexGuard<'a, Open>,
    unit: &'a Unit,
}

impl WriteGuard<'_> {
    /// The transaction itself, for what else lives in the database.
    pub(super) fn tx(&mut self) -> Result<&mut Tx> {
        self.open.tx()
    }

    /// Runs a statement. Gives how many rows it touched.
    pub(super) async fn execute(&mut self, query: Query<'_>) -> Result<u64> {
        self.tx()?.execute(query).await
    }

    /// Runs a writing statement. Gives the rows it returns.
    pub(super) async fn returning(&mut self, query: Query<'_>) -> Result<Vec<PgRow>> {
        self.tx()?.write_returning(query).await
    }

    /// Every row of a reading statement.
    pub(super) async fn fetch_all(&mut self, query: Query<'_>) -> Result<Vec<PgRow>> {
        self.tx()?.fetch_all(query).await
    }

    /// The first row of a reading statement.
    pub(super) async fn fetch_optional(&mut self, query: Query<'_>) -> Result<Option<PgRow>> {
        self.tx()?.fetch_optional(query).await
    }

    /// Runs a statement that can break a constraint. `None` when it did; the unit stays usable then.
    pub(super) async fn attempt(&mut self, query: Query<'_>) -> Result<Option<u64>> {
        self.tx()?.attempt(query).await
    }

    /// Ends the unit: it can only be rolled back.
    pub(super) fn give_up(&mut self) {
        if let Some(tx) = self.open.tx.as_mut() {
            tx.give_up();
        }
    }

    /// When the unit began, by the clock of the options.
    pub(super) fn began_at(&self) -> Timestamp {
        self.unit.began_at
    }

    /// A new id.
    pub(super) fn new_id(&self) -> Uuid {
        self.unit.database.ids.uuid()
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Misconfigured, "the unit of work has ended already")
}

/// A statement by its name in this crate, so that every statement is one that the tests have seen.
pub(super) fn query<'q>(sql: &'static str) -> Query<'q> {
    sqlx::query::<Postgres>(sql)
}

/// A statement that was put together once for all, to be given its arguments.
pub(super) fn shared<'q>(sql: Arc<str>) -> Query<'q> {
    sqlx::query::<Postgres>(sqlx::AssertSqlSafe(sql))
}

/// A statement that was put together, with its arguments.
pub(super) fn built<'q>(sql: String, arguments: PgArguments) -> Query<'q> {
    sqlx::query_with(sqlx::AssertSqlSafe(sql), arguments)
}
