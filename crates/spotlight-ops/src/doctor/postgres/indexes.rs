//! Indexes that lack, that nobody uses, and that are broken.

use sqlx::PgConnection;

use crate::doctor::{Finding, Severity};

/// Rows that a table has before reading all of it is a matter.
const MANY_ROWS: i64 = 10_000;
/// Bytes from which an unused index is worth a word.
const LARGE: i64 = 8 << 20;
/// Days of figures before an index is called unused.
const DAYS: f64 = 7.0;

/// All three.
pub(super) async fn examine(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let area = "database.indexes";
    let mut found = Vec::new();
    let broken: Vec<String> =
        sqlx::query_scalar("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1")
            .fetch_all(&mut *c)
            .await?;
    if !broken.is_empty() {
        found.push(
            Finding::new(Severity::Warning, area, format!("not valid: {}", broken.join(", ")))
                .because("they are written and never read: building them failed half-way")
                .then(format!("REINDEX INDEX CONCURRENTLY {}", broken[0])),
        );
    }
    let read_whole: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT relname::text, seq_scan, seq_tup_read / seq_scan FROM pg_stat_user_tables
         WHERE seq_scan > 100 AND n_live_tup > $1 AND seq_tup_read / seq_scan > $1 AND seq_scan > coalesce(idx_scan, 0)
         ORDER BY seq_tup_read DESC LIMIT 10",
    )
    .bind(MANY_ROWS)
    .fetch_all(&mut *c)
    .await?;
    if !read_whole.is_empty() {
        let lines = read_whole
            .iter()
            .map(|(table, times, rows)| format!("{table}: read whole {times} times, {rows} rows each"));
        found.push(
            Finding::new(Severity::Warning, area, lines.collect::<Vec<_>>().join("\n"))
                .because("an index may lack: each reading takes longer as the table grows")
                .then("find the query with `spotlight explain`, and the statistics with ANALYZE"),
        );
    }
    // A replica has figures of its own, and one that was made yesterday has none yet.
    let unused: Vec<(String, i64)> = sqlx::query_as(
        "SELECT s.indexrelname::text, pg_relation_size(s.indexrelid) FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid)
         WHERE s.idx_scan = 0 AND NOT i.indisunique AND pg_relation_size(s.indexrelid) > $1 AND NOT pg_is_in_recovery()
             AND (SELECT coalesce(stats_reset, pg_postmaster_start_time()) FROM pg_stat_database
                  WHERE datname = current_database()) < now() - make_interval(days => $2::int)
         ORDER BY 2 DESC LIMIT 10",
    )
    .bind(LARGE)
    .bind(DAYS)
    .fetch_all(c)
    .await?;
    if !unused.is_empty() {
        let lines = unused.iter().map(|(index, bytes)| format!("{index}: {} MiB, never read", bytes >> 20));
        found.push(
            Finding::new(Severity::Notice, area, lines.collect::<Vec<_>>().join("\n"))
                .because("it is written with each change and read by nobody")
                .then("see that no replica reads it; then leave it out in a migration"),
        );
    }
    if found.is_empty() {
        found.push(Finding::fine(area, "none lacks, none is unused, none is broken"));
    }
    Ok(found)
}
