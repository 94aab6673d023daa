//! The handle every repository holds: the whole database, or the one transaction of a unit of work.

use std::sync::Arc;

use spotlight_core::{
    Error, ErrorKind, Result,
    domain::time::Timestamp,
    ports::{Clock, IdGenerator, JobPlacement},
    trace::Spent,
};
use sqlx::{
    Sqlite,
    sqlite::{SqliteArguments, SqliteRow},
};
use tokio::sync::{Mutex, MutexGuard, Notify};

use super::{
    error::Failure,
    options::SqliteOptions,
    readers::Readers,
    sql::Sql,
    writer::{Query, Tx, Writer},
};

/// The connections and what goes with them.
pub(super) struct Database {
    pub(super) writer: Writer,
    pub(super) readers: Readers,
    /// Tells those who wait for jobs that this process has committed some.
    pub(super) woken: Notify,
    /// Where the jobs of units go.
    pub(super) jobs: JobPlacement,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl Database {
    /// A database over the connection that was opened to write.
    pub(super) fn new(options: &SqliteOptions, writer: Writer) -> Self {
        let readers = Readers::new(options.reader_options(), options.readers, options.acquire_timeout);
        let (clock, ids) = (Arc::clone(&options.clock), Arc::clone(&options.ids));
        Self { writer, readers, woken: Notify::new(), jobs: options.jobs, clock, ids }
    }

    /// The instant by the clock of the options.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new id.
    pub(super) fn new_id(&self) -> uuid::Uuid {
        self.ids.uuid()
    }
}

/// The transaction of a unit of work.
pub(super) struct Unit {
    database: Arc<Database>,
    tx: Mutex<Option<Tx>>,
    began_at: Timestamp,
}

/// What repositories run their statements on.
#[derive(Clone)]
pub(super) enum Db {
    /// Each read by itself.
    Shared(Arc<Database>),
    /// Inside one transaction.
    Unit(Arc<Unit>),
}

impl Db {
    /// A unit of work over an open transaction.
    pub(super) fn unit(database: Arc<Database>, tx: Tx) -> Self {
        let began_at = database.clock.now();
        Self::Unit(Arc::new(Unit { database, tx: Mutex::new(Some(tx)), began_at }))
    }

    /// Every row of a reading statement.
    pub(super) async fn rows(&self, query: Query<'_>) -> Result<Vec<SqliteRow>> {
        match self {
            Self::Shared(database) => {
                let _statement = Spent::statement();
                let mut reader = database.readers.acquire().await?;
                let rows = query.fetch_all(reader.connection()?).await;
                rows.map_err(|failure| reader.failed(failure))
            }
            Self::Unit(unit) => unit.tx.lock().await.as_mut().ok_or_else(ended)?.rows(query).await,
        }
    }

    /// The first row of a reading statement.
    pub(super) async fn row(&self, query: Query<'_>) -> Result<Option<SqliteRow>> {
        match self {
            Self::Shared(database) => {
                let _statement = Spent::statement();
                let mut reader = database.readers.acquire().await?;
                let row = query.fetch_optional(reader.connection()?).await;
                row.map_err(|failure| reader.failed(failure))
            }
            Self::Unit(unit) => unit.tx.lock().await.as_mut().ok_or_else(ended)?.row(query).await,
        }
    }

    /// The unit's transaction for one write, alone until the guard goes.
    ///
    /// # Errors
    /// `Misconfigured` outside a unit.
    pub(super) async fn write(&self) -> Result<Write<'_>> {
        match self {
            Self::Unit(unit) => Ok(Write { tx: unit.tx.lock().await, unit, whole: true }),
            Self::Shared(_) => Err(Error::new(
                ErrorKind::Misconfigured,
                "writes need a unit of work: call Storage::begin and write through the unit it gives",
            )),
        }
    }

    /// Ends the unit where a write failed after which it has nothing left to do: it can only be rolled back.
    pub(super) async fn or_end(&self, written: Result<()>) -> Result<()> {
        if let (Self::Unit(_), Err(_)) = (self, &written) {
            self.write().await?.give_up();
        }
        written
    }

    /// Takes the transaction out of the unit, to end it.
    pub(super) async fn take(&self) -> Result<Tx> {
        self.write().await?.tx.take().ok_or_else(ended)
    }
}

/// A unit's transaction while one method writes with it.
pub(super) struct Write<'a> {
    tx: MutexGuard<'a, Option<Tx>>,
    unit: &'a Unit,
    whole: bool,
}

impl Write<'_> {
    /// The transaction itself and its database, for what else lives in the file.
    pub(super) fn parts(&mut self) -> Result<(&mut Tx, &Arc<Database>)> {
        let database = &self.unit.database;
        Ok((self.tx.as_mut().ok_or_else(ended)?, database))
    }

    fn tx(&mut self) -> Result<&mut Tx> {
        self.tx.as_mut().ok_or_else(ended)
    }

    /// Runs a statement. Gives how many rows it touched.
    pub(super) async fn execute(&mut self, query: Query<'_>) -> Result<u64, Failure> {
        self.tx().map_err(Failure::Failed)?.execute(query).await
    }

    /// Runs a statement to its end. Gives every row it returns.
    pub(super) async fn returning(&mut self, query: Query<'_>) -> Result<Vec<SqliteRow>, Failure> {
        self.tx().map_err(Failure::Failed)?.returning(query).await
    }

    /// Every row of a reading statement.
    pub(super) async fn rows(&mut self, query: Query<'_>) -> Result<Vec<SqliteRow>> {
        self.tx()?.rows(query).await
    }

    /// The first row of a reading statement.
    pub(super) async fn row(&mut self, query: Query<'_>) -> Result<Option<SqliteRow>> {
        self.tx()?.row(query).await
    }

    /// From here on, nothing but all of the method's writes will do: when it ends before [`Self::whole`], by an error
    /// or because it was dropped, the unit can only be rolled back. The method has made sure that nothing is refused.
    pub(super) fn begin_many(&mut self) {
        self.whole = false;
    }

    /// Ends the unit: it can only be rolled back.
    pub(super) fn give_up(&mut self) {
        self.whole = false;
    }

    /// All of the method's writes are done.
    pub(super) fn whole(&mut self) {
        self.whole = true;
    }

    /// Runs an update that names the version it wants to replace. `exists` finds the record whatever its version.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`, and what a broken constraint means.
    pub(super) async fn replace(&mut self, what: &str, update: Query<'_>, exists: Query<'_>) -> Result<()> {
        if self.execute(update).await? == 1 {
            return Ok(());
        }
        Err(if self.row(exists).await?.is_some() { Error::stale(what) } else { Error::not_found(what) })
    }

    /// When the unit began, by the clock of the options.
    pub(super) fn began_at(&self) -> Timestamp {
        self.unit.began_at
    }

    /// A new id.
    pub(super) fn new_id(&self) -> uuid::Uuid {
        self.unit.database.ids.uuid()
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        if !self.whole
            && let Some(tx) = self.tx.as_mut()
        {
            tx.give_up();
        }
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Misconfigured, "the unit of work has ended already")
}

/// A declared statement, to be given its arguments.
pub(super) fn query<'q>(sql: Sql) -> Query<'q> {
    sqlx::query::<Sqlite>(sql.text())
}

/// Every statement that was put together so far, for the tests that look at them.
#[cfg(test)]
pub(super) static BUILT: std::sync::Mutex<std::collections::BTreeSet<String>> =
    std::sync::Mutex::new(std::collections::BTreeSet::new());

/// A statement that was put together, with its arguments.
pub(super) fn built<'q>(sql: String, arguments: SqliteArguments) -> Query<'q> {
    #[cfg(test)]
    BUILT.lock().expect("no test panicked here").insert(sql.clone());
    sqlx::query_with(sqlx::AssertSqlSafe(sql), arguments)
}
