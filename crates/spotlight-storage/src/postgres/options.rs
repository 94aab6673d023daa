//! How to connect.

use std::{fmt, sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use spotlight_core::{
    Error, ErrorKind, Result,
    ports::{Clock, IdGenerator, JobPlacement, SystemClock, SystemIds},
};
use sqlx::postgres::PgConnectOptions;

use crate::shared::logged::statements_logged;

/// What searches and figures are planned with, for the tests that look at their plans.
///
/// The planner takes matching words for as cheap as comparing numbers and would rather read a whole table than its search
/// index; it compiles plans that run for a moment; and it sorts on disk what fits in memory.
pub const SIFT_SETTINGS: &str = "SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL work_mem = '32MB'";

/// Where the database is and how it is used. [`PgOptions::new`] gives the usual values.
#[derive(Clone)]
pub struct PgOptions {
    /// `postgres://user:password@host:5432/name`, with libpq's parameters, as `?sslmode=verify-full`.
    pub url: SecretString,
    /// Connections at most. 5.
    pub max_connections: u32,
    /// How long a call waits for a connection before it fails with `Unavailable`. 5 s.
    pub acquire_timeout: Duration,
    /// How long one statement may take before it fails with `Timeout`. 30 s.
    pub statement_timeout: Duration,
    /// How long one statement waits for a locked record before it fails with `Timeout`. 10 s.
    pub lock_timeout: Duration,
    /// How long an open unit of work may be silent before the server ends it. 60 s.
    pub idle_in_transaction_session_timeout: Duration,
    /// How the connections are called in `pg_stat_activity`. `spotlight`.
    pub application_name: String,
    /// The URL leads to a transaction pooler (`pgbouncer` with `pool_mode = transaction`). False.
    ///
    /// Then no statement is prepared beyond its transaction, every read is a transaction of its own, timeouts are set
    /// in each transaction, and migrations need another, direct connection.
    pub pooler: bool,
    /// Where a job queue listens for wake-ups when `url` leads to a transaction pooler: a URL of the server itself. None.
    pub direct_url: Option<SecretString>,
    /// Bring the schema up to date when connecting. True.
    pub migrate: bool,
    /// Where the jobs of units of work go: into the queue of this database, or into the outbox. The queue.
    pub jobs: JobPlacement,
    /// This process may change what the database records about that: see "Another place for jobs" in `docs/jobs.md`. False.
    pub change_jobs: bool,
    /// Tells when a row of the outbox was added.
    pub clock: Arc<dyn Clock>,
    /// Makes the ids of outbox rows and jobs.
    pub ids: Arc<dyn IdGenerator>,
}

impl PgOptions {
    /// The usual values for the database at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: SecretString::from(url.into()),
            max_connections: 5,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(10),
            idle_in_transaction_session_timeout: Duration::from_mins(1),
            application_name: "spotlight".to_owned(),
            pooler: false,
            direct_url: None,
            migrate: true,
            jobs: JobPlacement::default(),
            change_jobs: false,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
        }
    }

    /// The driver's options for a pooled connection, with settings of the server for each.
    pub(super) fn connect_options(&self, settings: &[(&str, &str)]) -> Result<PgConnectOptions> {
        let options = self.base()?;
        Ok(if self.pooler {
            // A pooler refuses start-up parameters it does not know, and prepared statements do not outlive a
            // transaction in it.
            options.extra_float_digits(None).statement_cache_capacity(0)
        } else {
            options
                .statement_cache_capacity(256)
                .options(self.timeouts().map(|(name, value)| (name, value.as_millis().to_string())))
                .options(settings.iter().copied())
        })
    }

    /// The driver's options for the connection that migrates: it may wait and work for as long as it takes.
    pub(super) fn migrate_options(&self) -> Result<PgConnectOptions> {
        Ok(self.base()?.options([("statement_timeout", "0"), ("lock_timeout", "0")]))
    }

    /// The driver's options for the connection that listens. None when there is only a pooler, which forgets who does.
    pub(super) fn listen_options(&self) -> Result<Option<PgConnectOptions>> {
        match &self.direct_url {
            Some(url) => self.of(url).map(Some),
            None if self.pooler => Ok(None),
            None => self.base().map(Some),
        }
    }

    fn base(&self) -> Result<PgConnectOptions> {
        self.of(&self.url)
    }

    fn of(&self, url: &SecretString) -> Result<PgConnectOptions> {
        let unreadable = || {
            let message = "the database URL cannot be read; it must look like postgres://user:password@host:5432/name";
            Error::new(ErrorKind::Misconfigured, message)
        };
        let url = url.expose_secret();
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(unreadable());
        }
        let options: PgConnectOptions = url.parse().map_err(|error: sqlx::Error| unreadable().with_source(error))?;
        Ok(statements_logged(options.application_name(&self.application_name)))
    }

    /// The statement that begins a transaction. Behind a pooler it also brings the timeouts and further settings, in the
    /// same message.
    pub(super) fn begin_statement(&self, settings: &[(&str, &str)]) -> String {
        let mut statement = "BEGIN".to_owned();
        if self.pooler {
            for (name, value) in self.timeouts() {
                statement.push_str(&format!("; SET LOCAL {name} = {}", value.as_millis()));
            }
            for (name, value) in settings {
                statement.push_str(&format!("; SET LOCAL {name} = {value}"));
            }
        }
        statement
    }

    /// The statement that begins a reading transaction for searches and figures.
    pub(super) fn sift_statement(&self) -> String {
        let begin = self.begin_statement(&[]).replacen("BEGIN", "BEGIN READ ONLY", 1);
        format!("{begin}; {SIFT_SETTINGS}")
    }

    fn timeouts(&self) -> [(&'static str, Duration); 3] {
        [
            ("statement_timeout", self.statement_timeout),
            ("lock_timeout", self.lock_timeout),
            ("idle_in_transaction_session_timeout", self.idle_in_transaction_session_timeout),
        ]
    }
}

impl fmt::Debug for PgOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgOptions")
            .field("max_connections", &self.max_connections)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("lock_timeout", &self.lock_timeout)
            .field("application_name", &self.application_name)
            .field("pooler", &self.pooler)
            .field("migrate", &self.migrate)
            .finish_non_exhaustive()
    }
}
