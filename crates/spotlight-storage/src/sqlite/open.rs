//! Opening the file: what can be wrong with it is found out before anything is written.

use std::{path::Path, time::Duration};

use spotlight_core::{Error, ErrorKind, Result, ports::SchemaState};
use sqlx::{
    Connection, Row, SqliteConnection,
    migrate::{MigrateError, Migrator},
};
use tokio::time::{Instant, sleep};

use super::{
    codec::{Fields, all},
    db::{Db, query},
    error,
    options::SqliteOptions,
    sql::statements,
    writer::Writer,
};

/// Between two tries of a file that others hold.
const AGAIN: Duration = Duration::from_millis(5);

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

statements! {
    @global {
        /// The schema belongs to no organization.
        TABLES = ["SELECT count(*), coalesce(sum(name = '_sqlx_migrations'), 0) FROM sqlite_schema WHERE type = 'table'"];
        /// The schema belongs to no organization.
        VERSION = ["SELECT max(version) FROM _sqlx_migrations"];
        /// The schema belongs to no organization. A migration that failed half-way is still to be run.
        APPLIED = ["SELECT version FROM _sqlx_migrations WHERE success"];
        /// A setting of the file.
        WAL = ["PRAGMA journal_mode = WAL"];
    }
}

/// The writer of an up-to-date database.
pub(super) async fn writer(options: &SqliteOptions) -> Result<Writer> {
    if let Some(folder) = options.folder() {
        create(folder.to_owned()).await?;
    }
    let writer = Writer::new(options);
    let until = Instant::now() + options.busy_timeout;
    let prepared = loop {
        let tried = async { prepare(&mut *writer.connection().await?, &options.path, options.migrate).await }.await;
        match tried {
            // While another changes how the file is written, SQLite says so at once instead of waiting.
            Err(error) if error::is_busy(&error) && Instant::now() < until => sleep(AGAIN).await,
            tried => break tried,
        }
    };
    if prepared.is_err() {
        // The file's locks are gone when the caller hears of it.
        writer.close().await;
    }
    prepared.map(|()| writer)
}

async fn create(folder: std::path::PathBuf) -> Result<()> {
    let made = tokio::task::spawn_blocking(move || std::fs::create_dir_all(&folder).map_err(|cause| (folder, cause)));
    match made.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err((folder, cause))) => Err(Error::new(
            ErrorKind::Misconfigured,
            format!("the data folder {} cannot be created: it must be a folder that can be written", folder.display()),
        )
        .with_source(cause)),
        Err(cause) => Err(Error::internal("creating the data folder was broken off").with_source(cause)),
    }
}

async fn prepare(connection: &mut SqliteConnection, path: &Path, migrate: bool) -> Result<()> {
    let found = version(connection, path).await?;
    // Fails where the file or the folder cannot be written, even when there is nothing to bring up to date.
    let probe = connection.begin_with("BEGIN IMMEDIATE").await.map_err(error::map)?;
    probe.rollback().await.map_err(error::map)?;
    let mode: String = sqlx::query_scalar(WAL.text()).fetch_one(&mut *connection).await.map_err(error::map)?;
    if mode != "wal" {
        return Err(Error::new(
            ErrorKind::Misconfigured,
            format!("{} lies on a file system without write-ahead logging; keep it on a local disk", path.display()),
        ));
    }
    if found == newest() {
        return Ok(());
    }
    if !migrate {
        let text = format!(
            "the database {} has schema version {found}, this program needs {}: start a server of this version once with \
             DATABASE_MIGRATE=true",
            path.display(),
            newest()
        );
        return Err(Error::new(ErrorKind::Misconfigured, text));
    }
    // In one transaction: another process that starts at the same time waits, and then finds it done.
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.map_err(error::map)?;
    version(&mut tx, path).await?;
    MIGRATIONS.run_direct(None, &mut *tx, false).await.map_err(failed)?;
    tx.commit().await.map_err(error::map)
}

/// The newest version this program knows.
fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The version of the schema in the file; 0 for an empty one.
async fn version(connection: &mut SqliteConnection, path: &Path) -> Result<i64> {
    let row = sqlx::query(TABLES.text()).fetch_one(&mut *connection).await.map_err(error::map)?;
    let (tables, ours): (i64, i64) = (row.try_get(0).map_err(error::map)?, row.try_get(1).map_err(error::map)?);
    if ours == 0 {
        return if tables == 0 { Ok(0) } else { Err(foreign(path)) };
    }
    let found: Option<i64> = sqlx::query_scalar(VERSION.text()).fetch_one(connection).await.map_err(error::map)?;
    let (found, newest) = (found.unwrap_or_default(), newest());
    if found > newest {
        return Err(Error::new(
            ErrorKind::Misconfigured,
            format!(
                "the database {} has schema version {found}, this program knows {newest}: run the newer version, or \
                 restore a backup made before the upgrade",
                path.display()
            ),
        ));
    }
    Ok(found)
}

/// How the schema compares with the one this program was built for.
pub(super) async fn state(db: &Db) -> Result<SchemaState> {
    let applied = all(&db.rows(query(APPLIED)).await?, |row| Fields::new("_sqlx_migrations", row).int())?;
    Ok(SchemaState::compare(MIGRATIONS.iter().map(|migration| migration.version), applied))
}

fn foreign(path: &Path) -> Error {
    Error::new(
        ErrorKind::Misconfigured,
        format!("{} holds another program's data; choose another file", path.display()),
    )
}

fn failed(failure: MigrateError) -> Error {
    match failure {
        MigrateError::Execute(failure) | MigrateError::ExecuteMigration(failure, _) => error::map(failure),
        MigrateError::VersionMismatch(version) => Error::new(
            ErrorKind::Misconfigured,
            format!("schema version {version} was applied by a program whose migration differs from this one's"),
        ),
        MigrateError::VersionMissing(version) => Error::new(
            ErrorKind::Misconfigured,
            format!("the database has schema version {version}, which this program does not know"),
        ),
        other => Error::new(ErrorKind::Misconfigured, "the schema cannot be brought up to date").with_source(other),
    }
}
