//! The transaction of one call.

use std::sync::Arc;

use spotlight_core::{Result, domain::JobId};
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Fields, one},
    db::{Database, query},
    sql::statements,
    writer::{Query, Tx},
};

statements! {
    @global {
        /// Jobs are global.
        PLACES = ["UPDATE job_places SET last = last + ? WHERE id = 1 RETURNING last"];
    }
}

/// An open transaction that may write: its own, which dropping it rolls back, or that of a unit of work.
pub(super) struct Call<'t> {
    tx: Held<'t>,
    database: Arc<Database>,
    /// When the call began to write, in microseconds.
    pub(super) now: i64,
}

enum Held<'t> {
    Own(Tx),
    Lent(&'t mut Tx),
}

impl Call<'static> {
    /// Waits in turn for the connection that writes.
    pub(super) async fn begin(database: &Arc<Database>) -> Result<Self> {
        let tx = database.writer.begin().await?;
        Ok(Self { tx: Held::Own(tx), database: Arc::clone(database), now: database.now().timestamp_micros() })
    }
}

impl<'t> Call<'t> {
    /// Works in the transaction of a unit, which ends it.
    pub(super) fn within(tx: &'t mut Tx, database: &Arc<Database>) -> Self {
        Self { tx: Held::Lent(tx), database: Arc::clone(database), now: database.now().timestamp_micros() }
    }

    fn tx(&mut self) -> &mut Tx {
        match &mut self.tx {
            Held::Own(tx) => tx,
            Held::Lent(tx) => tx,
        }
    }

    /// Runs a statement. Gives how many rows it touched.
    pub(super) async fn execute(&mut self, query: Query<'_>) -> Result<u64> {
        Ok(self.tx().execute(query).await?)
    }

    /// Runs a writing statement to its end. Gives every row it returns.
    pub(super) async fn returning(&mut self, query: Query<'_>) -> Result<Vec<SqliteRow>> {
        Ok(self.tx().returning(query).await?)
    }

    /// Every row of a reading statement.
    pub(super) async fn rows(&mut self, query: Query<'_>) -> Result<Vec<SqliteRow>> {
        self.tx().rows(query).await
    }

    /// The first row of a reading statement.
    pub(super) async fn row(&mut self, query: Query<'_>) -> Result<Option<SqliteRow>> {
        self.tx().row(query).await
    }

    /// The first of so many new places behind all ready jobs.
    pub(super) async fn places(&mut self, count: usize) -> Result<i64> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if count == 0 {
            return Ok(0);
        }
        let row = self.returning(query(PLACES).bind(count)).await?.pop();
        let last = one(row, |row| Fields::new("job_places", row).int::<i64>())?.unwrap_or(count);
        Ok(last - count + 1)
    }

    /// A new job's id.
    pub(super) fn new_id(&self) -> JobId {
        JobId::from_uuid(self.database.new_id())
    }

    /// Makes everything durable, unless a unit is to do that.
    pub(super) async fn commit(self) -> Result<()> {
        match self.tx {
            Held::Own(tx) => tx.commit().await,
            Held::Lent(_) => Ok(()),
        }
    }

    /// Makes everything durable, and wakes those who wait for ready jobs.
    pub(super) async fn commit_and_wake(self) -> Result<()> {
        let database = Arc::clone(&self.database);
        self.commit().await?;
        database.woken.notify_waiters();
        Ok(())
    }
}
