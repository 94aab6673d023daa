//! One open transaction, which ends however its owner goes.

use spotlight_core::{Error, Result, Retry};
use sqlx::{
    AssertSqlSafe, Postgres, SqlSafeStr,
    pool::PoolConnection,
    postgres::{PgArguments, PgRow},
};
use tokio::runtime::Handle;

use super::error;

/// A statement with its arguments.
pub(super) type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

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
}

impl Tx {
    /// Begins a transaction on a connection of the pool.
    pub(super) async fn begin(
        connection: PoolConnection<Postgres>,
        statement: Option<String>,
        persistent: bool,
    ) -> Result<Self, sqlx::Error> {
        let mut tx = Self { connection: Some(connection), health: Health::Doubtful, persistent };
        let statement = match statement {
            Some(sql) => AssertSqlSafe(sql).into_sql_str(),
            None => "BEGIN".into_sql_str(),
        };
        sqlx::raw_sql(statement).execute(&mut **tx.connection()?).await?;
        tx.health = Health::Good;
        Ok(tx)
    }

    fn connection(&mut self) -> Result<&mut PoolConnection<Postgres>, sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    fn lasting<'q>(&self, query: Query<'q>) -> Query<'q> {
        if self.persistent { query } else { query.persistent(false) }
    }

    /// Notes that a statement is on its way, and what the transaction is should the answer never be read.
    fn send(&mut self, unanswered: Health) -> Result<()> {
        if self.health == Health::Broken {
            return Err(broken());
        }
        self.health = unanswered;
        Ok(())
    }

    /// Notes the answer. Any success shows that the transaction lives; any failure ends it.
    fn answer<T>(&mut self, answer: Result<T, sqlx::Error>) -> Result<T> {
        self.health = if answer.is_ok() { Health::Good } else { Health::Broken };
        answer.map_err(error::map)
    }

    /// Runs a writing statement. Gives how many rows it touched.
    pub(super) async fn execute(&mut self, query: Query<'_>) -> Result<u64> {
        self.send(Health::Broken)?;
        let answer = self.lasting(query).execute(&mut **self.connection.as_mut().ok_or_else(broken)?).await;
        Ok(self.answer(answer)?.rows_affected())
    }

    /// Runs a writing statement. Gives the rows it returns.
    pub(super) async fn write_returning(&mut self, query: Query<'_>) -> Result<Vec<PgRow>> {
        self.send(Health::Broken)?;
        let answer = self.lasting(query).fetch_all(&mut **self.connection.as_mut().ok_or_else(broken)?).await;
        self.answer(answer)
    }

    /// Every row of a reading statement.
    pub(super) async fn fetch_all(&mut self, query: Query<'_>) -> Result<Vec<PgRow>> {
        self.send(Health::Doubtful)?;
        let answer = self.lasting(query).fetch_all(&mut **self.connection.as_mut().ok_or_else(broken)?).await;
        self.answer(answer)
    }

    /// The first row of a reading statement.
    pub(super) async fn fetch_optional(&mut self, query: Query<'_>) -> Result<Option<PgRow>> {
        self.send(Health::Doubtful)?;
        let answer = self.lasting(query).fetch_optional(&mut **self.connection.as_mut().ok_or_else(broken)?).await;
        self.answer(answer)
    }

    /// Runs a statement behind a savepoint. `None` when it broke a constraint; nothing of it is left then.
    pub(super) async fn attempt(&mut self, query: Query<'_>) -> Result<Option<u64>> {
        self.send(Health::Broken)?;
        self.simple("SAVEPOINT attempt").await?;
        let done = self.lasting(query).execute(&mut **self.connection.as_mut().ok_or_else(broken)?).await;
        let touched = match done {
            Ok(done) => {
                self.simple("RELEASE SAVEPOINT attempt").await?;
                Some(done.rows_affected())
            }
            Err(failure) if error::broken_constraint(&failure).is_some() => {
                self.simple("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt").await?;
                None
            }
            Err(failure) => return Err(error::map(failure)),
        };
        self.health = Health::Good;
        Ok(touched)
    }

    async fn simple(&mut self, sql: &'static str) -> Result<()> {
        let connection = self.connection().map_err(error::map)?;
        sqlx::raw_sql(sql).execute(&mut **connection).await.map_err(error::map)?;
        Ok(())
    }

    /// Makes everything durable.
    pub(super) async fn commit(mut self) -> Result<()> {
        if self.health == Health::Doubtful {
            // Committing a failed transaction rolls it back and reports success.
            self.simple("SELECT 1").await?;
            self.health = Health::Good;
        }
        if self.health == Health::Broken {
            return Err(broken());
        }
        self.simple("COMMIT").await?;
        self.health = Health::Ended;
        Ok(())
    }

    /// Undoes everything.
    pub(super) async fn rollback(mut self) -> Result<()> {
        self.simple("ROLLBACK").await?;
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
                if sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.is_err() {
                    connection.close_on_drop();
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
