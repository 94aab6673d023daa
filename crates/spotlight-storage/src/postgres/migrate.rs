//! Bringing the schema up to date, and refusing one that is not ours.

use spotlight_core::{Error, ErrorKind, Result, ports::SchemaState};
use sqlx::{Connection, PgConnection, migrate::MigrateError, migrate::Migrator};

use super::{
    db::{Database, query},
    error,
    options::PgOptions,
    row::{self, Row},
    sql::statements,
};

statements! {
    // One that failed half-way is still to be run.
    APPLIED = ["SELECT version FROM _sqlx_migrations WHERE success"];
}

/// Names the advisory lock under which one program at a time migrates.
const LOCK: i64 = 0x5907_1161_0000_0001;

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("migrations/postgres");
    // The lock is our own, so that the versions are compared under it too.
    migrator.set_locking(false);
    migrator
}

/// The newest schema version this program knows.
fn newest(migrator: &Migrator) -> i64 {
    migrator.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// The newest schema version this program knows.
pub fn newest_migration() -> i64 {
    newest(&migrator())
}

/// A number that changes with every change of the migrations: for whoever keeps migrated databases to copy.
pub fn schema_fingerprint() -> u64 {
    let bytes = migrator().iter().flat_map(|migration| migration.checksum.to_vec()).collect::<Vec<_>>();
    // FNV-1a: the same on every machine and in every version of the compiler.
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The schema version of the database; 0 for an empty one.
async fn stored(connection: &mut PgConnection) -> Result<i64> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .persistent(false)
        .fetch_one(&mut *connection)
        .await
        .map_err(error::map)?;
    if !exists {
        return Ok(0);
    }
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
        .persistent(false)
        .fetch_one(connection)
        .await
        .map_err(error::map)
}

/// How the schema compares with the one this program was built for.
pub(super) async fn state(database: &Database) -> Result<SchemaState> {
    let applied = row::all(&database.fetch_all(query(APPLIED)).await?, |row| Row::new("_sqlx_migrations", row).take())?;
    Ok(SchemaState::compare(migrator().iter().map(|migration| migration.version), applied))
}

/// Brings the schema up to date where the options allow it, else checks that it is.
pub(super) async fn bring_up_to_date(options: &PgOptions) -> Result<()> {
    if options.migrate && !options.pooler {
        return run(options).await;
    }
    let mut connection = super::storage::connect(&options.connect_options(&[])?).await?;
    check(&mut connection, options.begin_statement(&[])).await?;
    connection.close().await.map_err(error::map)
}

/// Fails when the schema is not the one this program knows. `begin` opens the transaction a pooler needs around it.
async fn check(connection: &mut PgConnection, begin: String) -> Result<()> {
    let mut tx = connection.begin_with(sqlx::AssertSqlSafe(begin)).await.map_err(error::map)?;
    let (ours, theirs) = (newest(&migrator()), stored(&mut tx).await?);
    tx.rollback().await.map_err(error::map)?;
    refuse_newer(ours, theirs)?;
    if theirs < ours {
        return Err(Error::new(
            ErrorKind::Misconfigured,
            format!(
                "the database has schema version {theirs} and this program needs {ours}: run the migrations over a \
                 direct connection first"
            ),
        ));
    }
    Ok(())
}

fn refuse_newer(ours: i64, theirs: i64) -> Result<()> {
    if theirs <= ours {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Misconfigured,
        format!(
            "the database has schema version {theirs} and this program knows versions up to {ours}: \
             run a newer program, or restore a backup from before the upgrade"
        ),
    ))
}

/// Runs every migration that is missing, one program at a time.
async fn run(options: &PgOptions) -> Result<()> {
    let mut connection = super::storage::connect(&options.migrate_options()?).await?;
    let done = locked(&mut connection, options).await;
    // Ending the session gives the lock back, also after a failure.
    let closed = connection.close().await.map_err(error::map);
    done.and(closed)
}

async fn locked(connection: &mut PgConnection, options: &PgOptions) -> Result<()> {
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut *connection).await.map_err(error::map)?;
    let migrator = migrator();
    let (ours, theirs) = (newest(&migrator), stored(connection).await?);
    refuse_newer(ours, theirs)?;
    // A migration that waits for a table holds up everyone who comes after it: better to fail and be run again.
    sqlx::query("SELECT set_config('lock_timeout', $1, false)")
        .bind(options.lock_timeout.as_millis().to_string())
        .execute(&mut *connection)
        .await
        .map_err(error::map)?;
    if theirs < ours {
        tracing::info!(from = theirs, to = ours, "migrating the database");
    }
    migrator.run_direct(None, connection, false).await.map_err(failed)
}

fn failed(failure: MigrateError) -> Error {
    match failure {
        MigrateError::Execute(cause) => error::map(cause),
        MigrateError::ExecuteMigration(cause, version) => {
            let cause = error::map(cause);
            Error::new(cause.kind(), format!("migration {version} failed and was rolled back")).with_source(cause)
        }
        MigrateError::VersionMismatch(version) => Error::new(
            ErrorKind::Misconfigured,
            format!(
                "migration {version} of the database is not the one of this program: they come from different sources"
            ),
        ),
        MigrateError::VersionMissing(version) => Error::new(
            ErrorKind::Misconfigured,
            format!("the database has a migration {version} that this program does not know"),
        ),
        other => Error::new(ErrorKind::Misconfigured, "the migrations cannot be run").with_source(other),
    }
}
