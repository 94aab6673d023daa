//! The files of the SQLite suite, made and filled when they are missing, and connections to them.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use spotlight_benches::Many;
use spotlight_core::ports::Storage;
use spotlight_storage::sqlite::{SqliteOptions, SqliteStorage};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tokio::sync::{Semaphore, SemaphorePermit};

const SEED: &str = include_str!("../seed/sqlite.sql");

pub(crate) fn options(path: &Path) -> SqliteOptions {
    let mut options = SqliteOptions::new(path);
    options.acquire_timeout = Duration::from_secs(30);
    options
}

/// Reading connections kept as the adapter keeps them: the driver's own pool asks each for a sign of life when it comes
/// back, beside which anything would look quick.
pub(crate) struct Readers {
    options: SqliteConnectOptions,
    places: Semaphore,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Readers {
    pub(crate) fn new(options: &SqliteOptions) -> Self {
        let places = Semaphore::new(options.readers as usize);
        Self { options: options.reader_options(), places, idle: Mutex::default() }
    }

    pub(crate) async fn acquire(&self) -> Reader<'_> {
        let place = self.places.acquire().await.expect("never closed");
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await.expect("a connection"),
        };
        Reader { connection: Some(connection), readers: self, _place: place }
    }
}

/// A connection until it is dropped.
pub(crate) struct Reader<'a> {
    connection: Option<SqliteConnection>,
    readers: &'a Readers,
    _place: SemaphorePermit<'a>,
}

impl Reader<'_> {
    pub(crate) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("taken in drop alone")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let connection = self.connection.take();
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).extend(connection);
    }
}

/// The one connection that writes, in a pool as the adapter's.
pub(crate) fn writer(options: &SqliteOptions) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options.writer_options())
}

/// The filled file. Another schema or seed is another file.
pub(crate) async fn file(many: Many, name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-sqlite");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    let making = folder.join(format!("making-{name}-{}", std::process::id()));
    let storage = SqliteStorage::open(options(&making)).await.expect("an empty database");
    storage.close().await;
    let mut connection = SqliteConnectOptions::new().filename(&making).connect().await.expect("the file");
    let schema: Vec<Option<String>> = sqlx::query_scalar("SELECT sql FROM sqlite_schema ORDER BY name")
        .fetch_all(&mut connection)
        .await
        .expect("schema");
    let seed = many.fill(SEED);
    let mut hasher = DefaultHasher::new();
    (schema, &seed).hash(&mut hasher);
    let path = folder.join(format!("{name}-{:x}.db", hasher.finish()));
    if path.exists() {
        connection.close().await.expect("the connection ends");
        std::fs::remove_file(&making).expect("the file goes");
        return path;
    }
    println!("seeding {} leads and {} utterances", many.leads, many.conversations * many.spoken);
    fill(&mut connection, seed).await;
    connection.close().await.expect("the connection ends");
    std::fs::rename(&making, &path).expect("the file gets its name");
    path
}

/// Indexes are built after the rows, which is quicker and leaves them the same. Nothing has to outlive a power cut yet.
async fn fill(connection: &mut SqliteConnection, seed: String) {
    let indexes: Vec<(String, String)> = sqlx::query_as(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL \
         AND tbl_name IN ('leads', 'conversations', 'transcripts', 'appointments')",
    )
    .fetch_all(&mut *connection)
    .await
    .expect("indexes");
    let mut script = "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; \
                      PRAGMA cache_size = -400000; PRAGMA temp_store = memory; \
                      INSERT INTO leads_search (leads_search, rank) VALUES ('hashsize', 67108864); BEGIN; "
        .to_owned();
    script.extend(indexes.iter().map(|(name, _)| format!("DROP INDEX {name}; ")));
    script.push_str(&seed);
    script.extend(indexes.iter().map(|(_, sql)| format!("{sql}; ")));
    script.push_str(
        "COMMIT; INSERT INTO leads_search (leads_search, rank) VALUES ('hashsize', 1048576); \
         PRAGMA journal_mode = WAL;",
    );
    sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut *connection).await.expect("the seed runs");
}
