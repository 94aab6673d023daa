//! The server itself: version, durability, the schema, and what time it has.

use chrono::{DateTime, Utc};
use serde_json::json;
use spotlight_core::ports::{Clock, SystemClock};
use spotlight_storage::postgres::newest_migration;
use sqlx::{PgConnection, Row};

use crate::doctor::{Finding, Severity, clock};

/// The oldest version that the platform is tested with, as `server_version_num` has it.
const OLDEST: i32 = 140_000;

/// Version and durability.
pub(super) async fn examine(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let row = sqlx::query(
        "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
             current_setting('fsync')::bool AS fsync, current_setting('full_page_writes')::bool AS pages,
             current_setting('log_min_duration_statement') AS slow_log, pg_is_in_recovery() AS replica,
             (SELECT coalesce(sum(checksum_failures), 0)::bigint FROM pg_stat_database) AS damaged",
    )
    .fetch_one(c)
    .await?;
    let (version, number): (String, i32) = (row.get("version"), row.get("number"));
    let mut found = vec![Finding::fine("database.server", format!("Postgres {version}")).with(json!({
        "version": version, "replica": row.get::<bool, _>("replica"), "slow_log": row.get::<String, _>("slow_log"),
    }))];
    if number < OLDEST {
        found.push(
            Finding::new(Severity::Critical, "database.server", format!("Postgres {version} is older than 14"))
                .because("the platform is not tested with it, and it gets no more mends")
                .then("upgrade Postgres"),
        );
    }
    for (setting, on) in [("fsync", row.get::<bool, _>("fsync")), ("full_page_writes", row.get("pages"))] {
        if !on {
            found.push(
                Finding::new(Severity::Critical, "database.server", format!("{setting} is off"))
                    .because("a power cut can destroy the whole database")
                    .then(format!("ALTER SYSTEM SET {setting} = on; SELECT pg_reload_conf()")),
            );
        }
    }
    let damaged: i64 = row.get("damaged");
    if damaged > 0 {
        found.push(
            Finding::new(Severity::Critical, "database.server", format!("{damaged} pages failed their checksum"))
                .because("the disk has changed data by itself")
                .then("take a backup now, keep the old ones, replace the disk and restore"),
        );
    }
    Ok(found)
}

/// Whether this user may see what others do.
pub(super) async fn rights(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let sees: bool =
        sqlx::query_scalar("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')").fetch_one(c).await?;
    let area = "database.rights";
    Ok(vec![if sees {
        Finding::fine(area, "this user sees what others do")
    } else {
        Finding::new(Severity::Notice, area, "this user sees its own sessions alone")
            .because("locks, long transactions, queries and replicas of others are not in what follows")
            .then("GRANT pg_monitor TO the user, or ask as another")
    }])
}

/// Whether the schema is this program's.
pub(super) async fn schema(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let there: bool =
        sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(&mut *c).await?;
    if !there {
        let text = "this database has no schema of Spotlight's";
        return Ok(vec![
            Finding::new(Severity::Critical, "database.schema", text).because("a server cannot work on it").then(
                "start a server once with DATABASE_MIGRATE=true, or see that the URL leads to the right database",
            ),
        ]);
    }
    let row = sqlx::query("SELECT max(version) AS version, bool_and(success) AS whole FROM _sqlx_migrations")
        .fetch_one(c)
        .await?;
    let (found, known) = (row.get::<Option<i64>, _>("version").unwrap_or_default(), newest_migration());
    let area = "database.schema";
    Ok(vec![match found.cmp(&known) {
        _ if !row.get::<Option<bool>, _>("whole").unwrap_or(true) => {
            Finding::new(Severity::Critical, area, "a migration ended half-way")
                .because("the schema is between two versions")
                .then("look at the log of the process that migrated, mend what it names, and start it again")
        }
        std::cmp::Ordering::Equal => Finding::fine(area, format!("at version {found}, as this program knows it")),
        std::cmp::Ordering::Less => {
            Finding::new(Severity::Critical, area, format!("at version {found}; this program knows {known}"))
                .because("a server of this version is not ready until it is migrated")
                .then("start a server with DATABASE_MIGRATE=true")
        }
        std::cmp::Ordering::Greater => {
            Finding::new(Severity::Warning, area, format!("at version {found}; this program knows {known}"))
                .because("a newer program has migrated; this one is to be replaced")
                .then("upgrade this program")
        }
    }])
}

/// How far the server's clock is from this machine's.
pub(super) async fn clock(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let before = SystemClock.now();
    let there: DateTime<Utc> = sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(c).await?;
    let after = SystemClock.now();
    Ok(vec![clock::compared("database.clock", "Postgres'", there, (before, after))])
}
