//! `spotlight db`.

use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use serde_json::json;
use spotlight_core::{Error, ErrorKind, Result};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Options, on_runtime, operate::as_operator, print};
use crate::{
    config::{Config, span},
    doctor::{self, failed},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show who holds connections to the database, and of how many.
    Pool {
        /// Have every process of the deployment make its connections anew, within two seconds; nobody is disturbed.
        #[arg(long)]
        reset: bool,
        /// End sessions that have been silent within a transaction for so long, as 60s or 5m. What they wrote is rolled
        /// back.
        #[arg(long, value_name = "TIME", value_parser = time)]
        end_idle: Option<Duration>,
    },
    /// Have the database server log statements that take long, or say whether it does. Needs a superuser.
    SlowLog {
        /// What to do.
        #[arg(default_value = "status")]
        what: SlowLog,
        /// From how long on a statement is logged.
        #[arg(long, default_value = "1s", value_parser = time)]
        threshold: Duration,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SlowLog {
    /// Log them.
    On,
    /// Log none, unless the server's own configuration says so.
    Off,
    /// Say what holds.
    Status,
}

fn time(text: &str) -> std::result::Result<Duration, String> {
    span(text).map_err(|_| "give a time, as 500ms, 60s or 5m".to_owned())
}

pub(super) fn run(command: Command, options: &Options) -> Result<()> {
    match command {
        Command::Pool { reset, end_idle } => pool(options, reset, end_idle),
        Command::SlowLog { what, threshold } => slow_log(options, what, threshold),
    }
}

/// Does something on a connection of its own.
pub(super) fn on_postgres<T>(
    options: &Options,
    work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
) -> Result<T> {
    let config = Config::read(&options.sources())?;
    on_runtime(&config, async {
        let mut connection = doctor::connect(&config).await?.ok_or_else(|| {
            let text = "this is about Postgres, and the settings name none: set DATABASE_URL, or give --database-url";
            Error::new(ErrorKind::Misconfigured, text)
        })?;
        let done = work(&mut connection).await.map_err(failed);
        // What was to be done is done, or has failed by itself.
        let _ = connection.close().await;
        done
    })
}

fn pool(options: &Options, reset: bool, end_idle: Option<Duration>) -> Result<()> {
    if reset {
        as_operator(options, async |platform, operator| platform.deployment().renew_pools(operator).await)?;
    }
    let (ended, sessions, free) = on_postgres(options, async |c| {
        let mut ended = None;
        if let Some(time) = end_idle {
            ended = Some(doctor::ended_idle(c, i64::try_from(time.as_secs()).unwrap_or(i64::MAX)).await?);
        }
        let (sessions, free) = doctor::sessions(c).await?;
        Ok((ended, sessions, free))
    })?;
    let used: i64 = sessions.iter().map(|one| one.count).sum();
    if options.json {
        let answer = json!({
            "used": used, "available": free, "sessions": sessions, "reset": reset, "ended_idle_in_transaction": ended,
        });
        return print(&format!("{answer:#}"));
    }
    let mut lines = Vec::new();
    if reset {
        lines.push("Every process makes its connections anew within two seconds.".to_owned());
    }
    if let Some(ended) = ended {
        lines.push(format!("{ended} sessions that were idle in a transaction were ended."));
    }
    lines.push(format!("{used} of {free} connections in use"));
    lines.push(format!("{:>5}  {:<24} {:<20} {:<20} {:>8}", "count", "program", "from", "state", "longest"));
    lines.extend(sessions.iter().map(|one| {
        let longest = format!("{} s", one.longest_s);
        format!("{:>5}  {:<24} {:<20} {:<20} {longest:>8}", one.count, one.application, one.client, one.state)
    }));
    print(&lines.join("\n"))
}

fn slow_log(options: &Options, what: SlowLog, threshold: Duration) -> Result<()> {
    let holds: String = on_postgres(options, async |c| {
        let change = match what {
            SlowLog::On => Some(format!("SET log_min_duration_statement = {}", threshold.as_millis())),
            SlowLog::Off => Some("RESET log_min_duration_statement".to_owned()),
            SlowLog::Status => None,
        };
        if let Some(change) = change {
            sqlx::raw_sql(AssertSqlSafe(format!("ALTER SYSTEM {change}"))).execute(&mut *c).await?;
            sqlx::raw_sql("SELECT pg_reload_conf()").execute(&mut *c).await?;
        }
        // What the file says now: a session may not have met it yet.
        sqlx::query_scalar(
            "SELECT coalesce((SELECT setting FROM pg_file_settings
                 WHERE name = 'log_min_duration_statement' AND error IS NULL ORDER BY seqno DESC LIMIT 1), '-1')",
        )
        .fetch_one(c)
        .await
    })?;
    let on = holds != "-1";
    if options.json {
        let threshold = on.then(|| holds.clone());
        return print(&format!("{:#}", json!({ "slow_log": { "on": on, "threshold": threshold } })));
    }
    print(&if on {
        let unit = if holds.ends_with(|last: char| last.is_ascii_digit()) { " ms" } else { "" };
        format!("The server logs statements that take {holds}{unit} or longer. Their values may be in its log.")
    } else {
        "The server logs no slow statements.".to_owned()
    })
}
