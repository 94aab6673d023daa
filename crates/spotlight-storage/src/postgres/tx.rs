//! One open transaction, which ends however its owner goes.

use std::{sync::Arc, time::Duration};

use spotlight_core::{Error, Result, Retry, trace::Spent};
use sqlx::{
    AssertSqlSafe, Postgres, SqlSafeStr,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
};
use tokio::runtime::Handle;

use super::{db::Doubts, error};

/// A statement with its arguments.
pub(super) type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

/// How long a dropped transaction may take to roll back. Its connection is given up then: a server that no longer answers
/// must not keep a place in the pool.
const ROLLBACK_PATIENCE: Duration = Duration::from_secs(5);

/// Whether a transaction can still commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    /// Every statement so far was answered.
    Good,
    /// A read was dropped before its answer: it has failed, or has no effect.
    Doubtful,
    /// A write failed or was dropped before its answer. Only rolling back is left.
    Broken,
    /// Nothing is open any more.
    Ended,
}

/// An open transaction. Dropping it rolls back.
///
/// `BEGIN`, `COMMIT` and `ROLLBACK` are sent from here and not by the driver, which forgets a transaction whose `BEGIN`
/// was dropped before its answer and would leave it open in the pool.
pub(super) struct Tx {
    /// None once it was given to the task that rolls back.
    connection: Option<PoolConnection<Postgres>>,
    health: Health,
    /// Statements stay prepared for the next time.
    persistent: bool,
    doubts: Arc<Doubts>,
}

impl Tx {
    /// Begins a transaction on a connection of the pool.
    pub(super) async fn begin(
        connection: PoolConnection<Postgres>,
        statement: Arc<str>,
        persistent: bool,
        doubts: Arc<Doubts>,
    ) -> Result<Self> {
        let mut tx = Self { connection: Some(connection), health: Health::Doubtful, persistent, doubts };
        tx.raw(AssertSqlSafe(statement)).await?;
        tx.health = Health::Good;
        Ok(tx)
    }

    /// Runs statements that have no arguments, in one round trip.
    async fn raw(&mut self, sql: impl SqlSafeStr) -> Result<()> {
        let connection = self.connection.as_mut().ok_or_else(broken)?;
        let done = sqlx::raw_sql(sql).execute(&mut **connection).await;
        done.map(drop).map_err(|failure| self.doubts.failed(failure))
    }

    fn lasting<'q>(&self, query: Query<'q>) -> Query<'q> {
        if self.persistent { query } else { query.persistent(false) }
    }

    /// Notes that a statement is on its way, and what the transaction is should the answer never be read.
    fn send(&mut self, unanswered: Health) -> Result<()> {
        self.check()?;
        self.health = unanswered;
        Ok(())
    }

    /// Notes the answer. Any success shows that the transaction lives; any failure ends it.
    fn answer<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T> {
        self.health = if answer.is_ok() { Health::Good } else { Health::Broken };
        answer.map_err(|failure| self.doubts.failed(failure))
    }

    /// Runs a writing statement. Gives how many rows it touched.
    pub(super) async fn execute(&mut self, query: Query<'_>) -> Result<u64> {
        self.send(Health::Broken)?;
        let _statement = Spent::statement();
        let answer = self.lasting(query).execute(&mut **self.connection.as_mut().ok_or_else(broken)?).await;
        Ok(self.answer(answer)?.rows_affected())
    }

    /// Runs a writing statement. Gives the rows it returns.
    pub(super) async fn write_returning(&mut self, query: Query<'_>) -> Result<Vec<PgRow>> {
        self.send(Health::Broken)?;
        let _statement = Spent::statement();
        let answer = self.lasting(query).fetch_all(&mut **self.connection.as_mut().ok_or_else(broken)?).await;
        self.answer(answer)
    }

    /// Every row of a reading statement.
    pub(super) async fn fetch_all(&mut self, query: Query<'_>) -> Result<Vec<PgRow>> {
        self.send(Health::Doubtful)?;
        let _statement = Spent::statement();
        let answer = self.lasting(query).fetch_all(&mut **self.connection.as_mut().ok_or_else(broken)?).await;
        self.answer(answer)
    }

    /// The first row of a reading statement.
    pub(super) async fn fetch_optional(&mut self, query: Query<'_>) -> Result<Option<PgRow>> {
        self.send(Health::Doubtful)?;
        let _statement = Spent::statement();
        let answer = self.lasting(query).fetch_optional(&mut **self.connection.as_mut().ok_or_else(broken)?).await;
        self.answer(answer)
    }

    /// Runs a statement behind a savepoint. `None` when it broke a constraint; nothing of it is left then.
    pub(super) async fn attempt(&mut self, query: Query<'_>) -> Result<Option<u64>> {
        self.send(Health::Broken)?;
        let _statement = Spent::statement();
        self.raw("SAVEPOINT attempt").await?;
        let done = self.lasting(query).execute(&mut **self.connection.as_mut().ok_or_else(broken)?).await;
        let touched = match done {
            Ok(done) => {
                self.raw("RELEASE SAVEPOINT attempt").await?;
                Some(done.rows_affected())
            }
            Err(failure) if error::broken_constraint(&failure).is_some() => {
                self.raw("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt").await?;
                None
            }
            Err(failure) => return Err(self.doubts.failed(failure)),
        };
        self.health = Health::Good;
        Ok(touched)
    }

    /// Refuses once nothing but rolling back is left.
    pub(super) fn check(&self) -> Result<()> {
        if self.health == Health::Broken { Err(broken()) } else { Ok(()) }
    }

    /// Leaves nothing but rolling back.
    pub(super) fn give_up(&mut self) {
        self.health = Health::Broken;
    }

    /// Makes everything durable.
    pub(super) async fn commit(mut self) -> Result<()> {
        if self.health == Health::Doubtful {
            // Committing a failed transaction rolls it back and reports success.
            self.raw("SELECT 1").await?;
            self.health = Health::Good;
        }
        self.check()?;
        let _statement = Spent::statement();
        self.raw("COMMIT").await?;
        self.health = Health::Ended;
        Ok(())
    }

    /// Undoes everything.
    pub(super) async fn rollback(mut self) -> Result<()> {
        let _statement = Spent::statement();
        self.raw("ROLLBACK").await?;
        self.health = Health::Ended;
        Ok(())
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        if self.health == Health::Ended {
            return;
        }
        let Some(mut connection) = self.connection.take() else { return };
        match Handle::try_current() {
            // Nobody else has the connection before the transaction is over.
            Ok(runtime) => drop(runtime.spawn(async move {
                let rollback = sqlx::raw_sql("ROLLBACK").execute(&mut *connection);
                if !matches!(tokio::time::timeout(ROLLBACK_PATIENCE, rollback).await, Ok(Ok(_))) {
                    // Its place is free at once, and the socket is closed without a farewell.
                    drop(connection.detach());
                }
            })),
            // Without a runtime nothing can be sent: the connection ends, and its transaction with it.
            Err(_) => drop(connection.detach()),
        }
    }
}

fn broken() -> Error {
    Error::conflict("the unit of work was broken off and can only be rolled back").with_retry(Retry::Now)
}
