//! Rounds of upkeep: scheduled jobs, dead processes, old records.

use std::time::Duration;

use spotlight_core::{Result, domain::time::Timestamp, ports::Upkeep};
use tokio::time::Instant;

use super::{
    PgQueue,
    finish::kept,
    guard,
    job::Job,
    place::{self, Place},
};
use crate::postgres::{
    db::query,
    row::{self, Row},
    sql::statements,
};

/// How often old records are looked for.
const TIDY_EVERY: Duration = Duration::from_secs(10);
/// Old records that are removed of each table in one round.
const TIDY_AT_ONCE: i64 = 2_000;

/// Deletes a bounded number of rows of a table that nobody else is at.
macro_rules! removed {
    ($table:literal, $which:expr) => {
        concat!(
            "DELETE FROM ",
            $table,
            " d WHERE d.ctid = ANY(ARRAY(SELECT o.ctid FROM ",
            $table,
            " o WHERE ",
            $which,
            " LIMIT $1 FOR UPDATE SKIP LOCKED))"
        )
    };
}

statements! {
    LOOK = [
        "SELECT EXISTS (SELECT FROM job_scheduled WHERE run_at <= clock_timestamp()), \
         EXISTS (SELECT FROM job_processes WHERE seen + lease <= clock_timestamp() \
         AND pg_postmaster_start_time() + lease <= clock_timestamp()) OR EXISTS (SELECT FROM job_claims c \
         WHERE NOT EXISTS (SELECT FROM job_processes p WHERE p.id = c.process))"
    ];
    PROMOTE = [
        "DELETE FROM job_scheduled d WHERE d.ctid = ANY(ARRAY(SELECT s.ctid FROM job_scheduled s \
         WHERE s.run_at <= clock_timestamp() ORDER BY s.run_at, s.id LIMIT $1 FOR UPDATE SKIP LOCKED)) \
         RETURNING d.run_at, d.id, d.queue, d.priority, 0::bigint, d.name, d.payload, d.version, d.organization_id, \
         d.attempts, d.max_attempts, d.enqueued_at, d.extra"
    ];
    REMOVE_DONE = [
        "WITH gone AS (", removed!("job_done", concat!("o.finished_at < now() - ", kept!(), " ORDER BY o.finished_at")),
        " RETURNING bit_count(d.done) AS n) SELECT coalesce(sum(n), 0)::bigint FROM gone"
    ];
    REMOVE_CHUNKS = [
        removed!("job_chunks", concat!("o.claimed_at < now() - ", kept!(), " AND NOT EXISTS (SELECT FROM job_claims c \
         WHERE c.chunk = o.id) AND NOT EXISTS (SELECT FROM job_done e WHERE e.chunk = o.id) ORDER BY o.id"))
    ];
    REMOVE_ENDED = [removed!("job_ended", "o.keep_until < now() ORDER BY o.keep_until")];
    REMOVE_UNIQUE = [removed!("job_unique", "o.until < now() ORDER BY o.until")];
    REMOVE_RATES = [removed!("job_rates", "o.due < now()")];
    REMOVE_BATCHES = [removed!("job_batches", concat!("o.finished_at < now() - ", kept!()))];
    REMOVE_NOTES = [
        removed!("job_notes", "NOT EXISTS (SELECT FROM job_claims c WHERE c.chunk = o.chunk)")
    ];
    REMOVE_KEYS = [
        removed!("job_keys", "o.taken = 0 AND NOT EXISTS (SELECT FROM job_blocked b WHERE b.queue = o.queue \
         AND b.key = o.key)")
    ];
}

/// When old records are looked for next.
#[derive(Debug, Default)]
pub(super) struct Tidying {
    next: Option<Instant>,
}

impl Tidying {
    fn is_due(&mut self, now: Instant) -> bool {
        let due = self.next.is_none_or(|next| next <= now);
        if due {
            self.next = Some(now + TIDY_EVERY);
        }
        due
    }

    /// Has the next round look again: there was more than it could remove.
    fn hurry(&mut self) {
        self.next = None;
    }
}

impl PgQueue {
    pub(super) async fn keep_up(&self, limit: u32) -> Result<Upkeep> {
        let rows = self.database().fetch_all(query(LOOK)).await?;
        let looked = row::one(rows.first(), |row| {
            let mut row = Row::new("job_scheduled", row);
            Ok((row.take::<bool>()?, row.take::<bool>()?))
        })?;
        let (due, lost) = looked.unwrap_or_default();
        let mut done = Upkeep::default();
        if due {
            done.promoted = self.promote(limit).await?;
        }
        if lost {
            done.recovered = self.give_up_overdue().await?;
        }
        let tidy = guard(&self.inner.tidying).is_due(Instant::now());
        if tidy {
            done.removed = self.tidy().await?;
        }
        Ok(done)
    }

    async fn promote(&self, limit: u32) -> Result<u32> {
        in_tx!(self, tx, filled => {
            let rows = tx.write_returning(query(PROMOTE).bind(i64::from(limit))).await?;
            let mut due: Vec<(Timestamp, Job)> = row::all(&rows, |row| {
                let mut row = Row::new("job_scheduled", row);
                Ok((row.at()?, Job::read(&mut row)?))
            })?;
            due.sort_by_key(|(at, job)| (*at, job.id));
            let due: Vec<_> = due.into_iter().map(|(_, job)| (job, Place::Line)).collect();
            place::place(&mut tx, &due, filled).await?;
            Ok(u32::try_from(due.len()).unwrap_or(u32::MAX))
        })
    }

    /// Removes old records. Gives how many jobs.
    async fn tidy(&self) -> Result<u32> {
        let (removed, more) = in_tx!(self, tx, filled => {
            let done = tx.write_returning(query(REMOVE_DONE).bind(TIDY_AT_ONCE)).await?;
            let mut removed = row::count(done.first())?;
            let mut more = removed >= TIDY_AT_ONCE.unsigned_abs();
            more |= tx.execute(query(REMOVE_CHUNKS).bind(TIDY_AT_ONCE)).await? >= TIDY_AT_ONCE.unsigned_abs();
            removed += tx.execute(query(REMOVE_ENDED).bind(TIDY_AT_ONCE)).await?;
            for remove in [REMOVE_UNIQUE, REMOVE_RATES, REMOVE_BATCHES, REMOVE_NOTES, REMOVE_KEYS] {
                tx.execute(query(remove).bind(TIDY_AT_ONCE)).await?;
            }
            Ok((removed, more))
        })?;
        if more {
            guard(&self.inner.tidying).hurry();
        }
        Ok(u32::try_from(removed).unwrap_or(u32::MAX))
    }
}
