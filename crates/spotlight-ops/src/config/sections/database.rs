//! Where the data is kept, and with how much patience it is asked for.

use std::time::Duration;

use secrecy::SecretString;

use crate::config::{Need, Section, Variable, parse, reader::Reader};

const POSTGRES: &[&str] = &["postgres", "postgresql"];
const EXPECTED: &str = "postgres://user:password@host:5432/spotlight_production";

pub(crate) static URL: Variable = Variable::new(
    "DATABASE_URL",
    "database.url",
    "the Postgres that keeps the data; in development, SQLite in the data folder does without it",
    EXPECTED,
)
.needed(Need::InProduction)
.secret();
pub(crate) static POOLER: Variable = Variable::new(
    "DATABASE_POOLER",
    "database.pooler",
    "the URL leads to a transaction pooler such as PgBouncer: nothing is prepared beyond a transaction",
    "true",
)
.or("false");
pub(crate) static DIRECT_URL: Variable = Variable::new(
    "DATABASE_DIRECT_URL",
    "database.direct_url",
    "Postgres itself, where the URL leads to a pooler: for migrations, locks and wake-ups of jobs",
    EXPECTED,
)
.secret();
static REPLICAS: Variable = Variable::new(
    "DATABASE_REPLICA_URLS",
    "database.replica_urls",
    "replicas of this Postgres, separated by commas: figures are read from those that are fresh, else from the primary",
    "postgres://user:password@replica:5432/spotlight_production",
)
.secret();
static REPLICA_LAG: Variable = Variable::new(
    "DATABASE_REPLICA_LAG",
    "database.replica_lag",
    "how far behind a replica may be that figures are read from",
    "10s",
)
.or("10s");
static POOL: Variable = Variable::new(
    "DATABASE_POOL",
    "database.pool",
    "connections that a process has at most; MAX_THREADS unless given, and 5 without that",
    "10",
);
static CHECKOUT: Variable = Variable::new(
    "DATABASE_CHECKOUT_TIMEOUT",
    "database.checkout_timeout",
    "how long a request waits for a connection of the pool",
    "5s",
)
.or("5s");
static STATEMENT: Variable =
    Variable::new("DATABASE_STATEMENT_TIMEOUT", "database.statement_timeout", "how long a statement may take", "30s")
        .or("30s");
static LOCK: Variable = Variable::new(
    "DATABASE_LOCK_TIMEOUT",
    "database.lock_timeout",
    "how long a statement waits for a locked record",
    "10s",
)
.or("10s");
static BUSY: Variable = Variable::new(
    "SQLITE_BUSY_TIMEOUT",
    "database.busy_timeout",
    "how long SQLite waits for another process that writes",
    "5s",
)
.or("5s");
static MIGRATE: Variable =
    Variable::new("DATABASE_MIGRATE", "database.migrate", "bring the schema up to date at the start", "false")
        .or("true");

pub(super) const SECTION: Section = Section {
    title: "Database",
    variables: &[
        &URL,
        &POOLER,
        &DIRECT_URL,
        &REPLICAS,
        &REPLICA_LAG,
        &POOL,
        &CHECKOUT,
        &STATEMENT,
        &LOCK,
        &BUSY,
        &MIGRATE,
    ],
};

/// Where the data is kept.
#[derive(Debug, Clone)]
pub struct Database {
    /// A Postgres; without one, SQLite in the data folder.
    pub url: Option<SecretString>,
    /// The URL leads to a transaction pooler.
    pub pooler: bool,
    /// Postgres itself, where the URL leads to a pooler.
    pub direct_url: Option<SecretString>,
    /// Replicas that figures are read from while they are fresh.
    pub replicas: Vec<SecretString>,
    /// How far behind such a replica may be.
    pub replica_lag: Duration,
    /// Connections at most, unless the threads decide.
    pub pool: Option<u32>,
    /// How long a request waits for a connection.
    pub checkout_timeout: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
    /// How long a statement waits for a locked record.
    pub lock_timeout: Duration,
    /// How long SQLite waits for another process that writes.
    pub busy_timeout: Duration,
    /// Bring the schema up to date at the start.
    pub migrate: bool,
}

impl Database {
    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            url: reader.secret(&URL, parse::url(POSTGRES, EXPECTED)),
            pooler: reader.usual(&POOLER, parse::boolean),
            direct_url: reader.secret(&DIRECT_URL, parse::url(POSTGRES, EXPECTED)),
            replicas: reader.value(&REPLICAS, replicas).unwrap_or_default(),
            replica_lag: reader.usual(&REPLICA_LAG, parse::span),
            pool: reader.value(&POOL, parse::number(1..=1000)),
            checkout_timeout: reader.usual(&CHECKOUT, parse::span),
            statement_timeout: reader.usual(&STATEMENT, parse::span),
            lock_timeout: reader.usual(&LOCK, parse::span),
            busy_timeout: reader.usual(&BUSY, parse::span),
            migrate: reader.usual(&MIGRATE, parse::boolean),
        }
    }
}

fn replicas(text: &str) -> Result<Vec<SecretString>, String> {
    let read = parse::url(POSTGRES, "one of those, or several separated by commas");
    text.split(',').map(|url| read(url.trim()).map(SecretString::from)).collect()
}
