//! Copies of the database: replicas that lag, slots that nobody reads, and the archive of its changes.

use serde_json::json;
use sqlx::{PgConnection, Row};

use crate::doctor::{Finding, Severity};

/// Seconds that a replica may lag.
const LAG: i64 = 30;
/// Bytes that a slot without a reader may keep before the disk is at risk.
const KEPT: i64 = 1 << 30;

/// Replicas and slots.
pub(super) async fn replication(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let area = "database.replication";
    let mut found = Vec::new();
    let behind: Option<i64> = sqlx::query_scalar(
        "SELECT CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
             THEN extract(epoch FROM now() - pg_last_xact_replay_timestamp())::bigint END",
    )
    .fetch_one(&mut *c)
    .await?;
    if let Some(seconds) = behind {
        found.push(lagging(format!("this server is a replica, {seconds} s behind"), seconds));
    }
    let replicas: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "SELECT coalesce(nullif(application_name, ''), '(unnamed)'), coalesce(state, 'unknown'),
             coalesce(extract(epoch FROM replay_lag), 0)::bigint,
             coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                 replay_lsn), 0)::bigint
         FROM pg_stat_replication ORDER BY 1",
    )
    .fetch_all(&mut *c)
    .await?;
    for (name, state, seconds, bytes) in replicas {
        found.push(lagging(format!("{name} ({state}) is {seconds} s and {} MiB behind", bytes >> 20), seconds));
    }
    let slots = sqlx::query(
        "SELECT slot_name::text AS name, active, coalesce(wal_status, '') = 'lost' AS lost,
             coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END,
                 restart_lsn), 0)::bigint AS kept
         FROM pg_replication_slots WHERE NOT active OR wal_status = 'lost' ORDER BY 1",
    )
    .fetch_all(c)
    .await?;
    for slot in slots {
        let (name, kept): (String, i64) = (slot.get("name"), slot.get("kept"));
        let (severity, evidence) = if slot.get("lost") {
            (Severity::Critical, format!("slot {name} has lost what its reader still needs"))
        } else if kept > KEPT {
            (Severity::Critical, format!("nobody reads slot {name}, which keeps {} MiB", kept >> 20))
        } else {
            (Severity::Warning, format!("nobody reads slot {name}, which keeps {} MiB", kept >> 20))
        };
        found.push(
            Finding::new(severity, area, evidence)
                .because("a slot keeps every change until it is read, until the disk is full")
                .then(format!("bring its reader back, or SELECT pg_drop_replication_slot('{name}')"))
                .with(json!({ "slot": name, "kept_bytes": kept })),
        );
    }
    if found.is_empty() {
        found.push(Finding::fine(area, "no replica, and no slot that nobody reads"));
    }
    Ok(found)
}

fn lagging(evidence: String, seconds: i64) -> Finding {
    let area = "database.replication";
    if seconds < LAG {
        return Finding::fine(area, evidence);
    }
    Finding::new(Severity::Warning, area, evidence)
        .because("a failover would lose as much, and reports from a replica are as old")
        .then("look for long queries on the replica, and for its network and disk")
}

/// Whether changes reach the archive.
pub(super) async fn archive(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let area = "database.archive";
    let row = sqlx::query(
        "SELECT current_setting('archive_mode') <> 'off' AS on, failed_count AS failures,
             last_failed_time IS NOT NULL AND last_failed_time > coalesce(last_archived_time, '-infinity') AS failing,
             to_char(last_archived_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS last
         FROM pg_stat_archiver",
    )
    .fetch_one(c)
    .await?;
    if !row.get::<bool, _>("on") {
        return Ok(vec![
            Finding::new(Severity::Notice, area, "changes are not archived (archive_mode is off)")
                .because("the database can be restored to its last backup, and to no instant since")
                .then("set archive_mode and archive_command (pgBackRest or WAL-G), unless the database is managed elsewhere"),
        ]);
    }
    let last: Option<String> = row.get("last");
    let last = last.map_or_else(|| "nothing yet".to_owned(), |at| format!("last at {at} UTC"));
    Ok(vec![if row.get("failing") {
        let failures: i64 = row.get("failures");
        Finding::new(Severity::Critical, area, format!("archiving fails, {failures} times so far; {last}"))
            .because("changes since then are in no archive, and they fill the disk until they are")
            .then("run archive_command by hand as the server's user; its log says why it fails")
    } else {
        Finding::fine(area, format!("changes are archived, {last}"))
    }])
}
