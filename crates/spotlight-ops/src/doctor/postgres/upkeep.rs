//! What vacuum has left behind: dead rows, and transaction ids that run out.

use serde_json::json;
use sqlx::PgConnection;

use crate::doctor::{Finding, Severity};

/// Dead rows from which a table is looked at, and their percentage of the living.
const DEAD: (i64, i64) = (10_000, 20);
/// Age of the oldest transaction id at which the server is an eighth from stopping.
const CRITICAL_AGE: i64 = 1_500_000_000;

/// Tables with many dead rows.
pub(super) async fn bloat(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let area = "database.bloat";
    let tables: Vec<(String, i64, i64, String)> = sqlx::query_as(
        "SELECT relname::text, n_dead_tup, n_live_tup, coalesce(to_char(greatest(last_vacuum, last_autovacuum) AT TIME ZONE 'UTC',
             'YYYY-MM-DD HH24:MI'), 'never')
         FROM pg_stat_user_tables WHERE n_dead_tup > $1 AND n_dead_tup * 100 > n_live_tup * $2 ORDER BY n_dead_tup DESC LIMIT 10",
    )
    .bind(DEAD.0)
    .bind(DEAD.1)
    .fetch_all(c)
    .await?;
    if tables.is_empty() {
        return Ok(vec![Finding::fine(area, "vacuum keeps up")]);
    }
    let lines = tables
        .iter()
        .map(|(table, dead, live, last)| format!("{table}: {dead} dead rows, {live} living; vacuumed {last}"));
    Ok(vec![
        Finding::new(Severity::Warning, area, lines.collect::<Vec<_>>().join("\n"))
            .because("every reading passes over the dead, and the disk fills with them")
            .then(format!(
                "VACUUM (ANALYZE) {}; when it comes again, lower autovacuum_vacuum_scale_factor of the table, and look for \
                 transactions that do not end",
                tables[0].0
            )),
    ])
}

/// How far the oldest transaction id is from the point where the server stops taking writes.
pub(super) async fn wraparound(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let (database, age, freeze): (String, i64, i64) = sqlx::query_as(
        "SELECT datname::text, age(datfrozenxid)::bigint, current_setting('autovacuum_freeze_max_age')::bigint
         FROM pg_database ORDER BY age(datfrozenxid) DESC LIMIT 1",
    )
    .fetch_one(c)
    .await?;
    let evidence = format!("the oldest transaction id is {} million old, in {database}", age / 1_000_000);
    let severity = if age > CRITICAL_AGE {
        Severity::Critical
    } else if age > freeze + freeze / 2 {
        Severity::Warning
    } else {
        Severity::Fine
    };
    let finding =
        Finding::new(severity, "database.wraparound", evidence).with(json!({ "age": age, "freeze_max_age": freeze }));
    Ok(vec![if severity == Severity::Fine {
        finding
    } else {
        finding
            .because("at two thousand million the server takes no more writes; autovacuum should have frozen it before")
            .then("end transactions and replication slots that hold it back, then VACUUM FREEZE that database")
    }])
}
