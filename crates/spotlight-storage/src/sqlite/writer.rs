//! The one connection that writes, and the transaction of a unit of work on it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use spotlight_core::{Error, Result, Retry, ports::PoolFigures, trace::Spent};
use sqlx::{
    Sqlite, SqliteConnection, SqlitePool, Transaction,
    pool::PoolConnection,
    sqlite::{SqliteArguments, SqlitePoolOptions, SqliteRow},
};

use super::{
    error::{self, Constraint, Failure},
    options::SqliteOptions,
};
use crate::shared::{idle::idle, waits::Waits};

/// A statement with its arguments.
pub(super) type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// The connection that writes. Who wants it waits in turn.
pub(super) struct Writer {
    pool: SqlitePool,
    spoilt: Arc<AtomicBool>,
    waits: Waits,
}

impl Writer {
    /// A writer that connects when it is first used.
    pub(super) fn new(options: &SqliteOptions) -> Self {
        let spoilt = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&spoilt);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(options.acquire_timeout)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            // After a failing disk SQLite has rolled back by itself, and the driver believes in a transaction that is
            // no more: such a connection is replaced.
            .after_release(move |_, _| {
                let keep = !flag.swap(false, Ordering::Relaxed);
                Box::pin(async move { Ok(keep) })
            })
            .connect_lazy_with(options.writer_options());
        Self { pool, spoilt, waits: Waits::default() }
    }

    /// The connection itself, to prepare the file.
    pub(super) async fn connection(&self) -> Result<PoolConnection<Sqlite>> {
        self.pool.acquire().await.map_err(error::map)
    }

    /// Begins a transaction that may write from the start, so that it never has to give way later.
    ///
    /// Dropping the future is safe: the driver rolls back what nobody heard of.
    pub(super) async fn begin(&self) -> Result<Tx> {
        let _statement = Spent::statement();
        let waits = self.pool.size() > 0 && idle(&self.pool) == 0;
        let begun = self.waits.during(waits, self.pool.begin_with("BEGIN IMMEDIATE")).await;
        let inner = begun.map_err(|failure| {
            // A transaction is open that should not be: the next one gets another connection.
            let spoilt = matches!(failure, sqlx::Error::InvalidSavePointStatement);
            self.spoilt.fetch_or(spoilt, Ordering::Relaxed);
            error::map(failure)
        })?;
        Ok(Tx { inner, broken: false, spoilt: Arc::clone(&self.spoilt) })
    }

    /// Whether it works, and who waits for it; none once it is closed.
    pub(super) fn figures(&self) -> Option<PoolFigures> {
        if self.pool.is_closed() {
            return None;
        }
        let (waits, waited) = self.waits.look();
        let open = u64::from(self.pool.size());
        let in_use = open.saturating_sub(idle(&self.pool).into());
        Some(PoolFigures { pool: "writer", most: 1, open, in_use, waits, waited })
    }

    /// Ends the connection once the unit that has it is over.
    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// An open transaction. Dropping it rolls back.
pub(super) struct Tx {
    inner: Transaction<'static, Sqlite>,
    /// A write failed, or was dropped before its answer. Only rolling back is left.
    broken: bool,
    /// The connection is of no more use.
    spoilt: Arc<AtomicBool>,
}

impl Tx {
    /// The connection for a write, which is broken until it is answered.
    fn writing(&mut self) -> Result<&mut SqliteConnection, Failure> {
        if std::mem::replace(&mut self.broken, true) {
            return Err(Failure::Failed(broken()));
        }
        Ok(&mut self.inner)
    }

    fn answered<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T, Failure> {
        let answer = answer.map_err(error::failure);
        let failed = matches!(answer, Err(Failure::Failed(_)));
        self.broken = failed || matches!(answer, Err(Failure::Refused(Constraint::Check)));
        self.spoilt.fetch_or(failed, Ordering::Relaxed);
        answer
    }

    /// Runs a writing statement. Gives how many rows it touched.
    pub(super) async fn execute(&mut self, query: Query<'_>) -> Result<u64, Failure> {
        let _statement = Spent::statement();
        let done = query.execute(self.writing()?).await;
        self.answered(done).map(|done| done.rows_affected())
    }

    /// Runs a writing statement to its end. Gives every row it returns.
    ///
    /// To its end, since SQLite checks references only there.
    pub(super) async fn returning(&mut self, query: Query<'_>) -> Result<Vec<SqliteRow>, Failure> {
        let _statement = Spent::statement();
        let rows = query.fetch_all(self.writing()?).await;
        self.answered(rows)
    }

    fn reading(&mut self) -> Result<&mut SqliteConnection> {
        if self.broken { Err(broken()) } else { Ok(&mut self.inner) }
    }

    fn read<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T> {
        answer.map_err(|failure| {
            // A failing disk or memory makes SQLite roll back by itself, even in a read.
            self.give_up();
            self.spoilt.store(true, Ordering::Relaxed);
            error::map(failure)
        })
    }

    /// Runs a reading statement. Dropping it harms nothing.
    pub(super) async fn rows(&mut self, query: Query<'_>) -> Result<Vec<SqliteRow>> {
        let _statement = Spent::statement();
        let rows = query.fetch_all(self.reading()?).await;
        self.read(rows)
    }

    /// Runs a reading statement as far as its first row. Dropping it harms nothing.
    pub(super) async fn row(&mut self, query: Query<'_>) -> Result<Option<SqliteRow>> {
        let _statement = Spent::statement();
        let row = query.fetch_optional(self.reading()?).await;
        self.read(row)
    }

    /// Leaves nothing but rolling back.
    pub(super) fn give_up(&mut self) {
        self.broken = true;
    }

    /// Makes everything durable.
    ///
    /// Dropping the future is safe: the driver ends what it has begun, and passes over the rollback sent after it.
    pub(super) async fn commit(self) -> Result<()> {
        if self.broken {
            return Err(broken());
        }
        let _statement = Spent::statement();
        self.inner.commit().await.map_err(error::map)
    }

    /// Undoes everything.
    pub(super) async fn rollback(self) -> Result<()> {
        let _statement = Spent::statement();
        if let Err(failure) = self.inner.rollback().await {
            // SQLite has rolled back by itself, or the connection is gone: either way nothing is left of the unit.
            tracing::debug!(error = %failure, "a unit of work was rolled back by the database");
            self.spoilt.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

fn broken() -> Error {
    Error::conflict("the unit of work was broken off and can only be rolled back").with_retry(Retry::Now)
}
