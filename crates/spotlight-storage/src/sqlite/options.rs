//! Where the file is and how it is used.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use spotlight_core::ports::{Clock, IdGenerator, JobPlacement, SystemClock, SystemIds};
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};

use crate::shared::logged::statements_logged;

/// Where the database is and how it is used. [`SqliteOptions::new`] gives the usual values.
#[derive(Clone)]
pub struct SqliteOptions {
    /// The file. It and its folder are created when they are missing; `-wal` and `-shm` files appear beside it.
    pub path: PathBuf,
    /// Connections that read, at most. They are opened as they are needed. 4.
    pub readers: u32,
    /// How long a call waits for the writer or a reader before it fails with `Unavailable`. 5 s.
    pub acquire_timeout: Duration,
    /// How long a statement waits for another process that writes before it fails with `Unavailable`. 5 s.
    pub busy_timeout: Duration,
    /// Bring the schema up to date when opening. True; without it, a schema that is not this program's is refused.
    pub migrate: bool,
    /// Where the jobs of units of work go: into the queue of this file, or into the outbox. The queue.
    pub jobs: JobPlacement,
    /// This process may change what the database records about that: see "Another place for jobs" in `docs/jobs.md`. False.
    pub change_jobs: bool,
    /// Tells when a row of the outbox was added, and the time of the queue.
    pub clock: Arc<dyn Clock>,
    /// Makes the ids of outbox rows and jobs.
    pub ids: Arc<dyn IdGenerator>,
}

impl SqliteOptions {
    /// The usual values for the file at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            readers: 4,
            acquire_timeout: Duration::from_secs(5),
            busy_timeout: Duration::from_secs(5),
            migrate: true,
            jobs: JobPlacement::default(),
            change_jobs: false,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
        }
    }

    /// The file's folder, unless it is the working folder.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty())
    }

    /// The driver's options for the connection that writes.
    ///
    /// Commits are synced to the disk one by one (`synchronous = FULL`): what was accepted outlives a power cut, not
    /// only a crash of the program.
    pub fn writer_options(&self) -> SqliteConnectOptions {
        self.base().create_if_missing(true).synchronous(SqliteSynchronous::Full)
    }

    /// The driver's options for a connection that reads.
    pub fn reader_options(&self) -> SqliteConnectOptions {
        self.base().read_only(true).pragma("mmap_size", "268435456")
    }

    fn base(&self) -> SqliteConnectOptions {
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .foreign_keys(true)
            .busy_timeout(self.busy_timeout)
            .statement_cache_capacity(256)
            // After a burst the write-ahead log gives its space back.
            .pragma("journal_size_limit", "67108864")
            .pragma("cache_size", "-4000")
            .pragma("temp_store", "memory");
        statements_logged(options)
    }
}

impl fmt::Debug for SqliteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteOptions")
            .field("path", &self.path)
            .field("readers", &self.readers)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("busy_timeout", &self.busy_timeout)
            .finish_non_exhaustive()
    }
}
