//! What only this crate can look at: every statement, the schema, and a disk that fails.

mod failing;
mod schema;
mod statements;
mod tenancy;

use std::path::PathBuf;

use spotlight_core::ports::{IdGenerator, SystemIds};
use sqlx::{Connection, SqliteConnection};

use super::{SqliteOptions, SqliteStorage};

/// A database in a folder that goes with it.
struct Database {
    folder: PathBuf,
    storage: SqliteStorage,
}

impl Database {
    async fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("spotlight-sqlite-{}", SystemIds.uuid()));
        let storage = SqliteStorage::open(Self::options(&folder)).await.expect("a fresh file opens");
        Self { folder, storage }
    }

    fn options(folder: &std::path::Path) -> SqliteOptions {
        SqliteOptions::new(folder.join("spotlight.db"))
    }

    /// Another connection, past the storage.
    async fn connection(&self) -> SqliteConnection {
        let options = Self::options(&self.folder).reader_options();
        SqliteConnection::connect_with(&options).await.expect("the file is there")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // What is left is the system's to clean up.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The tables whose rows belong to one organization: all that name it, save these.
async fn tenant_tables(connection: &mut SqliteConnection) -> Vec<String> {
    // A session says where its user works, a link where it invites to; the outbox and the
    // queue carry work of the whole deployment.
    let global = ["sessions", "one_time_links", "outbox", "jobs"];
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND EXISTS \
         (SELECT 1 FROM pragma_table_info(sqlite_schema.name) AS info WHERE info.name = 'organization_id')",
    )
    .fetch_all(connection)
    .await
    .expect("the schema can be read");
    assert!(tables.len() > 15, "{tables:?}");
    tables.into_iter().filter(|table| !global.contains(&table.as_str())).collect()
}
