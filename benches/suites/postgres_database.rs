//! The databases of the Postgres suite, made and filled when they are missing.

use std::time::Duration;

use spotlight_benches::Many;
use spotlight_core::ports::Storage;
use spotlight_storage::postgres::{PgOptions, PgStorage, schema_fingerprint};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

const SEED: &str = include_str!("../seed/postgres.sql");

/// A pool as the adapter's, which keeps its own to itself.
pub(crate) async fn pool(options: &PgOptions, connect: PgConnectOptions) -> PgPool {
    let connect = connect.statement_cache_capacity(256).options([
        ("statement_timeout", options.statement_timeout.as_millis().to_string()),
        ("lock_timeout", options.lock_timeout.as_millis().to_string()),
        ("idle_in_transaction_session_timeout", options.idle_in_transaction_session_timeout.as_millis().to_string()),
    ]);
    let pool = PgPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false);
    pool.connect_with(connect).await.expect("a pool")
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.expect("the statement runs");
}

/// Fills a new database. Indexes are built after the rows, which is quicker and leaves them the same.
async fn seed(connect: &PgConnectOptions, many: Many) {
    let mut connection = connect.connect().await.expect("the database");
    let indexes: Vec<(String, String)> = sqlx::query_as(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' \
         AND tablename IN ('leads', 'conversations', 'transcripts', 'appointments') \
         AND indexname NOT IN (SELECT conname FROM pg_constraint)",
    )
    .fetch_all(&mut connection)
    .await
    .expect("indexes");
    for (name, _) in &indexes {
        run(&mut connection, format!("DROP INDEX {name}")).await;
    }
    // The rows refer to each other rightly: checking each reference would take longer than everything else.
    run(&mut connection, format!("SET session_replication_role = replica; {}", many.fill(SEED))).await;
    run(&mut connection, "SET maintenance_work_mem = '512MB'".to_owned()).await;
    for (_, definition) in indexes {
        run(&mut connection, definition).await;
    }
    run(&mut connection, "VACUUM ANALYZE".to_owned()).await;
    run(&mut connection, "CREATE TABLE seeded ()".to_owned()).await;
    connection.close().await.expect("the connection ends");
}

/// The database of this name on the server, migrated and filled.
pub(crate) async fn database(url: &str, many: Many, name: &str) -> (PgOptions, PgConnectOptions) {
    let server: PgConnectOptions = url.parse().expect("BENCH_DATABASE_URL is a Postgres URL");
    let name = format!("bench_{name}_{:x}", schema_fingerprint());
    let mut administrator = server.connect().await.expect("the server of BENCH_DATABASE_URL");
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut administrator)
        .await
        .expect("databases");
    if !exists {
        run(&mut administrator, format!("CREATE DATABASE {name}")).await;
    }
    let connect = server.clone().database(&name).disable_statement_logging();
    let mut options = PgOptions::new(connect.to_url_lossy().to_string());
    options.acquire_timeout = Duration::from_secs(30);
    let storage = PgStorage::connect(options.clone()).await.expect("a migrated database");
    storage.close().await;
    let mut connection = connect.connect().await.expect("the database");
    let done: bool = sqlx::query_scalar("SELECT to_regclass('seeded') IS NOT NULL")
        .fetch_one(&mut connection)
        .await
        .expect("whether it is seeded");
    if !done {
        println!("seeding {} leads and {} utterances", many.leads, many.conversations * many.spoken);
        seed(&connect, many).await;
    }
    (options, connect)
}
