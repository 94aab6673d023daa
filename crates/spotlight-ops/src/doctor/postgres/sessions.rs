//! Who holds connections, and of how many.

use serde::Serialize;
use serde_json::json;
use spotlight_derive::RedactedDebug;
use sqlx::{FromRow, PgConnection};

use crate::doctor::{Finding, Severity};

/// Connections of one program from one place in one state.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub(crate) struct Sessions {
    /// What the program calls itself.
    pub(crate) application: String,
    /// Where it connects from; `local` over a socket.
    pub(crate) client: String,
    /// What they are doing, as `active`, `idle` or `idle in transaction`.
    pub(crate) state: String,
    /// How many they are.
    pub(crate) count: i64,
    /// Seconds since the oldest of them came into that state.
    pub(crate) longest_s: i64,
}

/// Everybody who is connected, and how many may be: all, those kept for superusers, and those there are.
///
/// # Errors
/// Those of the database.
pub(crate) async fn sessions(c: &mut PgConnection) -> sqlx::Result<(Vec<Sessions>, i64)> {
    let found = sqlx::query_as(
        "SELECT coalesce(nullif(application_name, ''), '(unnamed)') AS application,
             coalesce(host(client_addr), 'local') AS client, coalesce(state, 'unknown') AS state, count(*) AS count,
             coalesce(max(extract(epoch FROM now() - state_change)), 0)::bigint AS longest_s
         FROM pg_stat_activity
         WHERE (backend_type = 'client backend' OR backend_type IS NULL AND usesysid IS NOT NULL) AND pid <> pg_backend_pid()
         GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3",
    )
    .fetch_all(&mut *c)
    .await?;
    let free: i64 = sqlx::query_scalar(
        "SELECT current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint",
    )
    .fetch_one(c)
    .await?;
    Ok((found, free))
}

/// Ends the sessions that have been silent within a transaction for so long, in seconds, and gives how many they were.
/// Whatever they had written is rolled back. The pools that they belong to connect again by themselves.
///
/// # Errors
/// Those of the database, as a user who may not end the sessions of others.
pub(crate) async fn ended_idle(c: &mut PgConnection, seconds: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE state LIKE 'idle in transaction%' AND pid <> pg_backend_pid() AND datname = current_database()
             AND state_change <= now() - make_interval(secs => $1::float8)",
    )
    .bind(seconds)
    .fetch_one(c)
    .await
}

/// How many of the connections are taken, and by whom.
pub(super) async fn examine(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let (found, free) = sessions(c).await?;
    let used: i64 = found.iter().map(|sessions| sessions.count).sum();
    let share = used * 100 / free.max(1);
    let holders = found
        .iter()
        .take(5)
        .map(|one| format!("{} {} from {} ({})", one.count, one.application, one.client, one.state));
    let mut evidence = format!("{used} of {free} connections in use");
    for holder in holders {
        evidence.push_str(&format!("\n{holder}"));
    }
    let severity = match share {
        ..80 => Severity::Fine,
        80..95 => Severity::Warning,
        _ => Severity::Critical,
    };
    let finding = Finding::new(severity, "database.connections", evidence)
        .with(json!({ "used": used, "available": free, "sessions": found }));
    Ok(vec![if severity == Severity::Fine {
        finding
    } else {
        finding.because("whoever comes next is refused").then(
            "lower DATABASE_POOL or WEB_CONCURRENCY, put PgBouncer in between (DATABASE_POOLER=true), or raise \
             max_connections; `spotlight db pool` shows who holds them",
        )
    }])
}
