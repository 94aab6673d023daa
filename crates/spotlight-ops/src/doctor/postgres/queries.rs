//! Which queries take long, as the server has counted them.

use serde_json::json;
use sqlx::{PgConnection, Row};

use super::SHOWN;
use crate::doctor::{Finding, Severity};

/// Milliseconds that a query may take on average.
const SLOW: f64 = 100.0;

/// The ten slowest on average, where the server counts.
pub(super) async fn examine(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let area = "database.queries";
    let row = sqlx::query(
        "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements') AS made,
             current_setting('shared_preload_libraries') LIKE '%pg_stat_statements%' AS loaded",
    )
    .fetch_one(&mut *c)
    .await?;
    if !(row.get::<bool, _>("made") && row.get::<bool, _>("loaded")) {
        return Ok(vec![
            Finding::new(Severity::Notice, area, "pg_stat_statements is not in use")
                .because("which queries are slow is not known; they can be logged with `spotlight db slow-log on`")
                .then(
                    "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements', restart Postgres, and CREATE EXTENSION \
                     pg_stat_statements",
                ),
        ]);
    }
    // The guide's `mean_time` has been `mean_exec_time` since Postgres 13.
    // What is no query, as CREATE ROLE, is kept with its values.
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT {SHOWN} AS query, mean_exec_time AS mean, calls, total_exec_time AS total
         FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid
         WHERE d.datname = current_database() AND calls > 0
             AND query ~* '^\\s*(select|insert|update|delete|with|merge|values)\\M'
         ORDER BY mean_exec_time DESC LIMIT 10"
    )))
    .fetch_all(c)
    .await?;
    let slow: Vec<_> = rows
        .iter()
        .filter(|row| row.get::<f64, _>("mean") >= SLOW)
        .map(|row| {
            let (mean, calls): (f64, i64) = (row.get("mean"), row.get("calls"));
            format!("{mean:.0} ms on average, {calls} times: {}", row.get::<String, _>("query"))
        })
        .collect();
    let all: Vec<_> = rows
        .iter()
        .map(|row| {
            let (mean, total, calls): (f64, f64, i64) = (row.get("mean"), row.get("total"), row.get("calls"));
            json!({ "query": row.get::<String, _>("query"), "mean_exec_time": mean, "total_exec_time": total, "calls": calls })
        })
        .collect();
    let finding = if slow.is_empty() {
        Finding::fine(area, format!("none takes {SLOW:.0} ms on average"))
    } else {
        Finding::new(Severity::Warning, area, slow.join("\n"))
            .because("each holds a connection of the pool for as long")
            .then("`spotlight explain <name>` shows how the server means to run one of Spotlight's")
    };
    Ok(vec![finding.with(json!({ "slowest": all }))])
}
