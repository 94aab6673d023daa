//! Who waits for whom, and transactions that do not end.

use std::collections::BTreeMap;

use serde_json::json;
use spotlight_derive::RedactedDebug;
use sqlx::{FromRow, PgConnection};

use super::SHOWN;
use crate::doctor::{Finding, Severity};

/// Seconds that somebody may wait for a lock before that is critical: requests have given up by then.
const TOO_LONG: i64 = 30;
/// Seconds after which a transaction is long, and after which it harms everybody.
const LONG: (i64, i64) = (300, 3_600);
/// Seconds that a session may be silent within a transaction.
const SILENT: i64 = 60;

/// A session that waits, or is waited for.
#[derive(RedactedDebug, Clone, FromRow)]
struct Waiting {
    pid: i32,
    application: String,
    state: String,
    seconds: i64,
    query: String,
    blockers: Vec<i32>,
}

/// Trees of who waits for whom.
pub(super) async fn blocked(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let all: Vec<Waiting> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "WITH waits AS (SELECT pid, pg_blocking_pids(pid) AS blockers FROM pg_stat_activity WHERE wait_event_type = 'Lock')
         SELECT a.pid, coalesce(nullif(a.application_name, ''), '(unnamed)') AS application, coalesce(a.state, '') AS state,
             coalesce(extract(epoch FROM now() - a.state_change), 0)::bigint AS seconds, {SHOWN} AS query,
             coalesce(w.blockers, '{{}}') AS blockers
         FROM pg_stat_activity a LEFT JOIN waits w USING (pid)
         WHERE w.pid IS NOT NULL OR a.pid IN (SELECT unnest(blockers) FROM waits)
         ORDER BY seconds DESC, a.pid"
    )))
    .fetch_all(c)
    .await?;
    let longest = all.iter().filter(|one| !one.blockers.is_empty()).map(|one| one.seconds).max();
    let Some(longest) = longest else { return Ok(vec![Finding::fine("database.locks", "nobody waits for a lock")]) };
    let severity = if longest >= TOO_LONG { Severity::Critical } else { Severity::Warning };
    let roots: Vec<_> = all.iter().filter(|one| one.blockers.is_empty()).map(|one| one.pid).collect();
    let end = roots.iter().map(|pid| format!("SELECT pg_terminate_backend({pid})")).collect::<Vec<_>>().join("; ");
    Ok(vec![
        Finding::new(severity, "database.locks", tree(&all))
            .because("requests that wait for a lock fail after DATABASE_LOCK_TIMEOUT")
            .then(format!("find out what the first of each tree does; to end it: {end}"))
            .with(json!({ "longest_s": longest, "roots": roots })),
    ])
}

/// Each who holds a lock, and under them those who wait.
fn tree(all: &[Waiting]) -> String {
    let mut under: BTreeMap<i32, Vec<&Waiting>> = BTreeMap::new();
    for one in all {
        // Who waits for several stands under the first.
        if let Some(blocker) = one.blockers.first() {
            under.entry(*blocker).or_default().push(one);
        }
    }
    let mut lines = Vec::new();
    for root in all.iter().filter(|one| one.blockers.is_empty()) {
        branch(root, 0, &under, &mut lines);
    }
    if lines.is_empty() {
        // They wait for each other, until the server ends one of them.
        lines.extend(all.iter().map(|one| line(one, 0)));
    }
    lines.join("\n")
}

fn branch(one: &Waiting, depth: usize, under: &BTreeMap<i32, Vec<&Waiting>>, lines: &mut Vec<String>) {
    lines.push(line(one, depth));
    // Nobody stands twice under themselves, and nobody follows further than there are sessions.
    if depth < under.len() {
        for waits in under.get(&one.pid).into_iter().flatten() {
            branch(waits, depth + 1, under, lines);
        }
    }
}

fn line(one: &Waiting, depth: usize) -> String {
    let does = if one.blockers.is_empty() { one.state.as_str() } else { "waits" };
    let (indent, Waiting { pid, application, seconds, query, .. }) = ("  ".repeat(depth), one);
    format!("{indent}{pid} {application}, {does} for {seconds} s: {query}")
}

/// Transactions that were begun long ago, or have fallen silent.
pub(super) async fn long(c: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let all: Vec<(i32, String, String, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT pid, coalesce(nullif(application_name, ''), '(unnamed)'), coalesce(state, ''),
             extract(epoch FROM now() - xact_start)::bigint, coalesce(extract(epoch FROM now() - state_change), 0)::bigint,
             {SHOWN}
         FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
             AND (xact_start < now() - make_interval(secs => $1::float8)
                  OR state LIKE 'idle in transaction%' AND state_change < now() - make_interval(secs => $2::float8))
         ORDER BY xact_start LIMIT 20"
    )))
    .bind(LONG.0)
    .bind(SILENT)
    .fetch_all(c)
    .await?;
    let Some(longest) = all.iter().map(|one| one.3).max() else {
        return Ok(vec![Finding::fine("database.transactions", "none is open for long")]);
    };
    let lines = all.iter().map(|(pid, application, state, open, silent, query)| {
        format!("{pid} {application}, {state}, open for {open} s, in this state for {silent} s: {query}")
    });
    let severity = if longest >= LONG.1 { Severity::Critical } else { Severity::Warning };
    Ok(vec![
        Finding::new(severity, "database.transactions", lines.collect::<Vec<_>>().join("\n"))
            .because("they hold locks, and nothing that was deleted since they began can be cleaned up")
            .then("end what is silent with `spotlight db pool --end-idle 1m`; find out who began the others")
            .with(json!({ "longest_s": longest, "count": all.len() })),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(pid: i32, blockers: &[i32]) -> Waiting {
        let (application, state) = ("spotlight".to_owned(), "idle in transaction".to_owned());
        Waiting { pid, application, state, seconds: 7, query: "UPDATE".to_owned(), blockers: blockers.to_vec() }
    }

    #[test]
    fn who_waits_stands_under_whom_they_wait_for() {
        let all = [session(1, &[]), session(2, &[1]), session(3, &[2]), session(4, &[1])];
        let pids: Vec<_> =
            tree(&all).lines().map(|line| line.split_once(" spotlight").map(|(pid, _)| pid.to_owned())).collect();
        assert_eq!(pids, ["1", "  2", "    3", "  4"].map(|pid| Some(pid.to_owned())));
        // Those who wait for each other are shown too.
        assert_eq!(tree(&[session(1, &[2]), session(2, &[1])]).lines().count(), 2);
    }
}
