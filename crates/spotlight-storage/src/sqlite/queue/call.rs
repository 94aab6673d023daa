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

/// An open transaction that may write. Dropping it rolls back.
pub(super) struct Call {
    tx: Tx,
    database: Arc<Database>,
    /// When the call began to write, in microseconds.
    pub(super) now: i64,
}

impl Call {
    /// Waits in turn for the connection that writes.
    pub(super) async fn begin(database: &Arc<Database>) -> Result<Self> {
        let tx = database.writer.begin().await?;
        Ok(Self { tx, database: Arc::clone(database), now: database.now().timestamp_micros() })
    }

    /// Runs a statement. Gives how many rows it touched.
    pub(super) async fn execute(&mut self, query: Query<'_>) -> Result<u64> {
        Ok(self.tx.execute(query).await?)
    }

    /// Runs a writing statement to its end. Gives every row it returns.
    pub(super) async fn returning(&mut self, query: Query<'_>) -> Result<Vec<SqliteRow>> {
        Ok(self.tx.returning(query).await?)
    }

    /// Every row of a reading statement.
    pub(super) async fn rows(&mut self, query: Query<'_>) -> Result<Vec<SqliteRow>> {
        self.tx.rows(query).await
    }

    /// The first row of a reading statement.
    pub(super) async fn row(&mut self, query: Query<'_>) -> Result<Option<SqliteRow>> {
        self.tx.row(query).await
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

    /// Makes everything durable.
    pub(super) async fn commit(self) -> Result<()> {
        self.tx.commit().await
    }

    /// Makes everything durable, and wakes those who wait for ready jobs.
    pub(super) async fn commit_and_wake(self) -> Result<()> {
        self.tx.commit().await?;
        self.database.woken.notify_waiters();
        Ok(())
    }
}
