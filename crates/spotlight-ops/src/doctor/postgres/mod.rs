//! The database, where it is Postgres: a connection of its own, which changes nothing.

mod indexes;
mod queries;
mod readers;
mod replicas;
mod server;
mod sessions;
mod upkeep;
mod waits;

use std::future::Future;

use secrecy::ExposeSecret;
use spotlight_core::{Error, ErrorKind, Result};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};

pub(crate) use self::sessions::{ended_idle, sessions};
use super::{Finding, Severity};
use crate::config::Config;

/// A query as it may be shown: up to where the first quotes begin, since what follows may be a value, and on one line.
const SHOWN: &str = r"left(regexp_replace(regexp_replace(query, '(''|\$\w*\$).*', '…'), '\s+', ' ', 'g'), 120)";

/// How the connection is called in `pg_stat_activity`.
const NAME: &str = "spotlight-doctor";

/// Connects to the server that the settings name, past a pooler where they say how. None without a Postgres.
///
/// # Errors
/// `Misconfigured` for a URL that cannot be read or that leads to a pooler alone, `Unavailable` when the server is away.
pub(crate) async fn connect(config: &Config) -> Result<Option<PgConnection>> {
    let database = &config.database;
    let Some(url) = database.direct_url.as_ref().or(database.url.as_ref()) else { return Ok(None) };
    if database.pooler && database.direct_url.is_none() {
        // What is set for a session would stay on a connection that others get next.
        let text = "the database URL leads to a pooler; say where Postgres itself is with DATABASE_DIRECT_URL";
        return Err(Error::new(ErrorKind::Misconfigured, text));
    }
    let options: PgConnectOptions = url.expose_secret().parse().map_err(|error: sqlx::Error| {
        Error::new(ErrorKind::Misconfigured, "the database URL cannot be read").with_source(error)
    })?;
    let options = options.application_name(NAME).statement_cache_capacity(0).disable_statement_logging();
    let mut connection = options.connect().await.map_err(failed)?;
    connection.execute("SET statement_timeout = '2s'; SET lock_timeout = '1s'").await.map_err(failed)?;
    Ok(Some(connection))
}

/// A failure of the database in our words; its own stays behind it.
pub(crate) fn failed(error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::Database(refused) if refused.code().as_deref() == Some("42501") => {
            let text = "the database user may not do this; ask as its owner or a superuser";
            Error::new(ErrorKind::Misconfigured, text).with_source(error)
        }
        sqlx::Error::Database(refused) if refused.code().is_some_and(|code| code.starts_with("28")) => {
            Error::new(ErrorKind::Misconfigured, "Postgres refuses this user or password").with_source(error)
        }
        sqlx::Error::Database(_) => Error::new(ErrorKind::Internal, "Postgres refused the question").with_source(error),
        _ => Error::new(ErrorKind::Unavailable, "Postgres cannot be reached").with_source(error),
    }
}

/// Everything about the database.
pub(super) async fn examine(config: &Config) -> Result<Vec<Finding>> {
    let Some(mut connection) = connect(config).await? else { return Ok(Vec::new()) };
    let c = &mut connection;
    let mut found = Vec::new();
    found.extend(asked("database.server", server::examine(c)).await);
    found.extend(asked("database.rights", server::rights(c)).await);
    found.extend(asked("database.schema", server::schema(c)).await);
    found.extend(asked("database.clock", server::clock(c)).await);
    found.extend(asked("database.connections", sessions::examine(c)).await);
    found.extend(asked("database.locks", waits::blocked(c)).await);
    found.extend(asked("database.transactions", waits::long(c)).await);
    found.extend(asked("database.queries", queries::examine(c)).await);
    found.extend(asked("database.indexes", indexes::examine(c)).await);
    found.extend(asked("database.bloat", upkeep::bloat(c)).await);
    found.extend(asked("database.wraparound", upkeep::wraparound(c)).await);
    found.extend(asked("database.replication", replicas::replication(c)).await);
    found.extend(asked("database.replicas", readers::examine(c, &config.database.replicas)).await);
    found.extend(asked("database.archive", replicas::archive(c)).await);
    // The answer is there; an end that fails changes nothing.
    let _ = connection.close().await;
    Ok(found)
}

/// What one question found. One that this user may not ask is told, and the others go on.
async fn asked(area: &'static str, question: impl Future<Output = sqlx::Result<Vec<Finding>>>) -> Vec<Finding> {
    question.await.unwrap_or_else(|error| {
        let evidence = failed(error).chain();
        let finding = Finding::new(Severity::Notice, area, format!("could not be looked at: {evidence}"));
        vec![finding.because("nothing is known of it").then("grant pg_monitor to this user, or ask as another")]
    })
}
