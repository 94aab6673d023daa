//! How the queue stands.

use spotlight_core::{
    Result,
    domain::ProcessId,
    ports::{ProcessFigures, QueueFigures, QueueSnapshot},
};
use sqlx::postgres::PgRow;

use super::PgQueue;
use crate::postgres::{
    db::query,
    row::{self, Row},
    sql::statements,
};

statements! {
    // No more of them than asked for, however many there are.
    WAITING = ["SELECT count(*) FROM (SELECT 1 FROM job_ready LIMIT $1) waiting"];
    // The parts of one row: ready, scheduled, blocked, running, dead, the oldest ready one, paused.
    QUEUES = [
        "SELECT queue, sum(ready)::bigint, sum(scheduled)::bigint, sum(blocked)::bigint, sum(running)::bigint, \
         sum(dead)::bigint, greatest((extract(epoch FROM clock_timestamp() - min(oldest)) * 1000)::bigint, 0), \
         bool_or(paused) FROM (\
         SELECT queue, count(*) AS ready, 0 AS scheduled, 0 AS blocked, 0 AS running, 0 AS dead, \
         min(coalesce(ready_at, enqueued_at)) AS oldest, false AS paused FROM job_ready GROUP BY queue \
         UNION ALL SELECT queue, 0, count(*), 0, 0, 0, NULL, false FROM job_scheduled GROUP BY queue \
         UNION ALL SELECT queue, 0, 0, count(*), 0, 0, NULL, false FROM job_blocked GROUP BY queue \
         UNION ALL SELECT j.queue, 0, 0, 0, count(*), 0, NULL, false FROM job_claims c JOIN job_chunks k \
         ON k.id = c.chunk CROSS JOIN LATERAL unnest(k.queues) WITH ORDINALITY AS j (queue, n) \
         WHERE get_bit(c.open, j.n::integer - 1) = 1 GROUP BY j.queue \
         UNION ALL SELECT queue, 0, 0, 0, 0, count(*), NULL, false FROM job_ended WHERE state = 'dead' GROUP BY queue \
         UNION ALL SELECT queue, 0, 0, 0, 0, 0, NULL, true FROM job_paused) parts GROUP BY queue ORDER BY queue"
    ];
    PROCESSES = [
        "SELECT p.id, p.label, coalesce((SELECT sum(bit_count(c.open)) FROM job_claims c WHERE c.process = p.id), 0)::bigint, \
         greatest((extract(epoch FROM clock_timestamp() - p.seen) * 1000)::bigint, 0) FROM job_processes p ORDER BY p.id"
    ];
}

fn queue(row: &PgRow) -> Result<QueueFigures> {
    let mut row = Row::new("jobs", row);
    Ok(QueueFigures {
        queue: row.take()?,
        ready: row.number()?,
        scheduled: row.number()?,
        blocked: row.number()?,
        running: row.number()?,
        dead: row.number()?,
        oldest_ready_ms: row.maybe_number()?,
        paused: row.take()?,
    })
}

fn process(row: &PgRow) -> Result<ProcessFigures> {
    let mut row = Row::new("job_processes", row);
    Ok(ProcessFigures {
        id: row.id(ProcessId::from_uuid)?,
        label: row.take()?,
        running: row.number()?,
        silent_ms: row.number()?,
    })
}

impl PgQueue {
    pub(super) async fn count_waiting(&self, most: u64) -> Result<u64> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = self.database().fetch_all(query(WAITING).bind(most)).await?;
        row::count(rows.first())
    }

    pub(super) async fn figures(&self) -> Result<QueueSnapshot> {
        let queues = row::all(&self.database().fetch_all(query(QUEUES)).await?, queue)?;
        let processes = row::all(&self.database().fetch_all(query(PROCESSES)).await?, process)?;
        Ok(QueueSnapshot { queues, processes })
    }
}
