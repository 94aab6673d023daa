//! The database as the core sees it.

use std::sync::Arc;

use async_trait::async_trait;
use spotlight_core::{
    Result,
    ports::{PoolFigures, ReadConsistency, Repositories, SchemaState, Storage, UnitOfWork},
};

use super::{
    db::{Database, Db, query},
    open,
    options::SqliteOptions,
    placement,
    repositories::{SqliteRepositories, SqliteUnit},
    sql::statements,
};

statements! {
    PING = ["SELECT 1"];
}

/// Storage in one SQLite file.
pub struct SqliteStorage {
    database: Arc<Database>,
    db: Db,
    readers: SqliteRepositories,
}

impl SqliteStorage {
    /// Opens the database: creates folder and file when they are missing, and brings the schema up to date.
    ///
    /// # Errors
    /// `Misconfigured` when the path cannot be written, when the file belongs to another program, when a newer version of
    /// this program has changed it, or when its jobs are left elsewhere: nothing is changed then. `Corrupt` when the file is no database.
    /// `Unavailable` when another process keeps writing.
    pub async fn open(options: SqliteOptions) -> Result<Self> {
        let writer = open::writer(&options).await?;
        let database = Arc::new(Database::new(&options, writer));
        let db = Db::Shared(Arc::clone(&database));
        let readers = SqliteRepositories::new(&db);
        let storage = Self { database, db, readers };
        if let Err(refused) = placement::agree(&storage.database, &options).await {
            // The file's locks are gone when the caller hears of it.
            storage.close().await;
            return Err(refused);
        }
        Ok(storage)
    }

    /// The connections, for what else lives in the file.
    pub(super) fn database(&self) -> Arc<Database> {
        Arc::clone(&self.database)
    }

    #[cfg(test)]
    pub(super) fn writer(&self) -> &super::writer::Writer {
        &self.database.writer
    }
}

#[async_trait]
impl Storage for SqliteStorage {
    fn read(&self, _consistency: ReadConsistency) -> &dyn Repositories {
        &self.readers
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        let tx = self.database.writer.begin().await?;
        Ok(Box::new(SqliteUnit::new(Arc::clone(&self.database), tx)))
    }

    async fn relays_jobs(&self) -> Result<bool> {
        placement::relays(&self.db, self.database.jobs).await
    }

    async fn ping(&self) -> Result<()> {
        self.db.row(query(PING)).await.map(drop)
    }

    async fn schema(&self) -> Result<SchemaState> {
        open::state(&self.db).await
    }

    fn pools(&self) -> Vec<PoolFigures> {
        [self.database.writer.figures(), self.database.readers.figures()].into_iter().flatten().collect()
    }

    async fn close(&self) {
        self.database.readers.close().await;
        self.database.writer.close().await;
    }
}
