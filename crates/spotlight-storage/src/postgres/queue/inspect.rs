//! Looking at jobs, and stepping in.

use std::collections::HashMap;

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{BatchId, JobId, OrganizationId},
    ports::{BatchRecord, JobFilter, JobInspector, JobRecord, JobState, QueueSnapshot},
};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::{
    PgQueue,
    extra::{Extra, Scope},
    finish::{Fates, state},
    job::{self, Job, unpacked},
    place::{self, Filled, Keys},
    unique,
};
use crate::postgres::{
    db::query,
    row::{self, Row},
    sql::statements,
    tx::Tx,
};

/// Everything that jobs in one table tell: `$which` chooses them, by the columns of `j` and of the chunk `k`.
macro_rules! told {
    (waiting $state:literal, $table:literal, $run_at:literal, $which:expr) => {
        told!(@ $state, concat!($table, " j"), $run_at, "NULL::timestamptz", ("NULL::smallint", "NULL::text"),
            "NULL::text", $which)
    };
    (running $which:expr) => {
        told!(@ "'running'",
            concat!("job_claims c JOIN job_chunks k ON k.id = c.chunk CROSS JOIN LATERAL ", unpacked!(),
                " LEFT JOIN job_notes t ON t.chunk = c.chunk AND t.place = j.n - 1"),
            "NULL::timestamptz", "NULL::timestamptz", ("t.percent", "t.note"), "NULL::text",
            concat!("get_bit(c.open, j.n::integer - 1) = 1 AND ", $which))
    };
    (done $which:expr) => {
        told!(@ "'done'",
            concat!("job_done d JOIN job_chunks k ON k.id = d.chunk CROSS JOIN LATERAL ", unpacked!()),
            "NULL::timestamptz", "d.finished_at", ("NULL::smallint", "NULL::text"), "NULL::text",
            concat!("get_bit(d.done, j.n::integer - 1) = 1 AND ", $which))
    };
    (ended $which:expr) => {
        told!(@ "j.state", "job_ended j", "NULL::timestamptz", "j.finished_at",
            ("NULL::smallint", "NULL::text"), "j.result", $which)
    };
    (@ $state:literal, $from:expr, $run_at:literal, $finished:literal, ($percent:literal, $note:literal),
        $result:literal, $which:expr) => {
        concat!(
            "(SELECT ", $state, " AS state, j.id, j.name, j.queue, j.organization_id, j.payload, j.priority, \
             j.attempts, j.max_attempts, j.enqueued_at, ", $run_at, " AS run_at, ", $finished, " AS finished_at, ",
            $percent, " AS percent, ", $note, " AS note, ", $result, " AS result, j.extra FROM ", $from,
            " WHERE ", $which, ")"
        )
    };
}
/// The chunk may hold the job `$1`.
macro_rules! in_chunk {
    () => {
        "k.min_id <= $1 AND k.max_id >= $1 AND j.id = $1"
    };
}
/// The filter of a list, for jobs of one state.
macro_rules! listed {
    ($state:literal) => {
        concat!(
            "($1::text IS NULL OR $1 = ",
            $state,
            ") AND ($2::text IS NULL OR j.queue = $2) \
             AND ($3::text IS NULL OR j.name = $3) AND ($4::uuid IS NULL OR j.id < $4) \
             AND ($6::uuid IS NULL OR j.organization_id = $6) ORDER BY j.id DESC LIMIT $5"
        )
    };
}

statements! {
    FIND = [
        told!(waiting "'ready'", "job_ready", "NULL::timestamptz", "j.id = $1"), " UNION ALL ",
        told!(waiting "'scheduled'", "job_scheduled", "j.run_at", "j.id = $1"), " UNION ALL ",
        told!(waiting "'blocked'", "job_blocked", "NULL::timestamptz", "j.id = $1"), " UNION ALL ",
        told!(ended "j.id = $1"), " UNION ALL ",
        told!(running in_chunk!()), " UNION ALL ",
        told!(done in_chunk!()), " LIMIT 1"
    ];
    // As in the statement by which the ids of new jobs are looked up.
    STATES = [
        "SELECT g.id, CASE WHEN EXISTS (SELECT FROM job_ready w WHERE w.id = g.id) THEN 'ready' \
         WHEN EXISTS (SELECT FROM job_scheduled w WHERE w.id = g.id) THEN 'scheduled' \
         WHEN EXISTS (SELECT FROM job_blocked w WHERE w.id = g.id) THEN 'blocked' \
         WHEN EXISTS (SELECT FROM job_chunks k JOIN job_claims c ON c.chunk = k.id WHERE k.min_id <= g.id \
         AND k.max_id >= g.id AND g.id = ANY(k.ids) AND get_bit(c.open, array_position(k.ids, g.id) - 1) = 1) \
         THEN 'running' \
         WHEN EXISTS (SELECT FROM job_chunks k JOIN job_done d ON d.chunk = k.id WHERE k.min_id <= g.id \
         AND k.max_id >= g.id AND g.id = ANY(k.ids) AND get_bit(d.done, array_position(k.ids, g.id) - 1) = 1) \
         THEN 'done' ELSE (SELECT w.state FROM job_ended w WHERE w.id = g.id) END FROM unnest($1::uuid[]) AS g (id)"
    ];
    LIST = [
        told!(waiting "'ready'", "job_ready", "NULL::timestamptz", listed!("'ready'")), " UNION ALL ",
        told!(waiting "'scheduled'", "job_scheduled", "j.run_at", listed!("'scheduled'")), " UNION ALL ",
        told!(waiting "'blocked'", "job_blocked", "NULL::timestamptz", listed!("'blocked'")), " UNION ALL ",
        told!(ended listed!("j.state")), " UNION ALL ",
        told!(running listed!("'running'")), " UNION ALL ",
        told!(done listed!("'done'")), " ORDER BY id DESC LIMIT $5"
    ];
    FIND_DEAD = [
        "SELECT j.id, j.queue, j.priority, 0::bigint, j.name, j.payload, j.version, j.organization_id, j.attempts, \
         j.max_attempts, j.enqueued_at, j.extra, now() FROM job_ended j WHERE j.id = $1 AND j.state = 'dead' FOR UPDATE"
    ];
    REMOVE_DEAD = ["DELETE FROM job_ended WHERE id = $1 AND state = 'dead'"];
    FIND_RUNNING = [
        "SELECT c.chunk, (array_position(k.ids, $1) - 1)::integer FROM job_claims c \
         JOIN job_chunks k ON k.id = c.chunk WHERE k.min_id <= $1 AND k.max_id >= $1 AND $1 = ANY(k.ids) \
         AND get_bit(c.open, array_position(k.ids, $1) - 1) = 1 FOR UPDATE OF c"
    ];
    NOTE_CANCEL = [
        "INSERT INTO job_notes (chunk, place, id, cancelled) VALUES ($1, $2, $3, true) \
         ON CONFLICT (chunk, place) DO UPDATE SET cancelled = true"
    ];
    PAUSE = [
        "WITH done AS (INSERT INTO job_paused (queue) VALUES ($1) ON CONFLICT DO NOTHING) SELECT 1"
    ];
    RESUME = [
        "WITH done AS (DELETE FROM job_paused WHERE queue = $1) SELECT pg_notify('spotlight_jobs', $2)"
    ];
    BATCH = ["SELECT total, done, failed, finished_at FROM job_batches WHERE id = $1"];
}

fn read(row: &PgRow) -> Result<JobRecord> {
    let mut row = Row::new("jobs", row);
    let state = state(row.take()?)?;
    let id = row.id(JobId::from_uuid)?;
    let (name, queue) = (row.take()?, row.take()?);
    let organization = row.maybe_id(OrganizationId::from_uuid)?;
    let (payload, priority) = (row.take()?, row.take()?);
    let attempts = super::claim::narrow(row.take()?);
    let max_attempts = super::claim::narrow(row.take()?);
    let enqueued_at = row.at()?;
    let (run_at, finished_at) = (row.maybe_at()?, row.maybe_at()?);
    let percent: Option<i16> = row.take()?;
    let note: Option<String> = row.take()?;
    let result = row.take()?;
    let extra = Extra::read(row.take()?);
    Ok(JobRecord {
        id,
        name,
        queue,
        organization,
        payload,
        state,
        priority,
        attempts,
        max_attempts,
        enqueued_at,
        run_at,
        finished_at,
        progress: percent.map(|percent| (u8::try_from(percent).unwrap_or(0), note)),
        result,
        failures: job::failures(extra.as_ref()),
        batch: extra.and_then(|extra| extra.batch).map(BatchId::from_uuid),
    })
}

#[async_trait]
impl JobInspector for PgQueue {
    async fn find(&self, id: JobId) -> Result<Option<JobRecord>> {
        let rows = self.database().fetch_all(query(FIND).bind(id.as_uuid())).await?;
        row::one(rows.first(), read)
    }

    async fn states(&self, ids: &[JobId]) -> Result<Vec<Option<JobState>>> {
        let asked: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
        let told = row::all(&self.database().fetch_all(query(STATES).bind(asked)).await?, |row| {
            let mut row = Row::new("jobs", row);
            let id = row.id(JobId::from_uuid)?;
            Ok((id, row.take::<Option<String>>()?.map(|word| state(&word)).transpose()?))
        })?;
        let told: HashMap<_, _> = told.into_iter().collect();
        Ok(ids.iter().map(|id| told.get(id).copied().flatten()).collect())
    }

    async fn list(&self, filter: &JobFilter, after: Option<JobId>, limit: u32) -> Result<Vec<JobRecord>> {
        let list = query(LIST)
            .bind(filter.state.map(JobState::as_str))
            .bind(filter.queue.as_deref())
            .bind(filter.name.as_deref())
            .bind(after.map(JobId::as_uuid))
            .bind(i64::from(limit))
            .bind(filter.organization.map(OrganizationId::as_uuid));
        row::all(&self.database().fetch_all(list).await?, read)
    }

    async fn retry(&self, id: JobId) -> Result<bool> {
        in_tx!(self, tx, filled => retry(&mut tx, id.as_uuid(), filled).await)
    }

    async fn discard(&self, id: JobId) -> Result<bool> {
        in_tx!(self, tx, filled => Ok(tx.execute(query(REMOVE_DEAD).bind(id.as_uuid())).await? > 0))
    }

    async fn cancel(&self, id: JobId) -> Result<bool> {
        in_tx!(self, tx, filled => {
            let mut cancelled = false;
            // A job that runs when it is looked for among the waiting ones can wait when it is looked for among the
            // running ones.
            for _ in 0..3 {
                cancelled = cancel(&mut tx, id.as_uuid(), filled).await?;
                if cancelled {
                    break;
                }
            }
            Ok(cancelled)
        })
    }

    async fn set_paused(&self, queue: &str, paused: bool) -> Result<()> {
        if paused {
            self.database().fetch_all(query(PAUSE).bind(queue)).await?;
        } else {
            let told = self.inner.wake.telling(&[queue.to_owned()]);
            self.database().fetch_all(query(RESUME).bind(queue).bind(told)).await?;
            self.inner.wake.tell(|told| told == queue);
        }
        Ok(())
    }

    async fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>> {
        let rows = self.database().fetch_all(query(BATCH).bind(id.as_uuid())).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let mut row = Row::new("job_batches", row);
        let (total, done, failed) = (row.number()?, row.number()?, row.number()?);
        Ok(Some(BatchRecord { id, total, done, failed, finished_at: row.maybe_at()? }))
    }

    async fn waiting(&self, most: u64) -> Result<u64> {
        self.count_waiting(most).await
    }

    async fn snapshot(&self) -> Result<QueueSnapshot> {
        self.figures().await
    }
}

async fn retry(tx: &mut Tx, id: Uuid, filled: &mut Filled) -> Result<bool> {
    let rows = tx.write_returning(query(FIND_DEAD).bind(id)).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    let mut row = Row::new("job_ended", row);
    let (job, now) = (Job::read(&mut row)?, row.at()?);
    if job.unique().is_some_and(|unique| !matches!(unique.scope, Scope::Period(_))) {
        unique::take_again(tx, &job, now).await?;
    }
    tx.execute(query(REMOVE_DEAD).bind(id)).await?;
    let mut fates = Fates::new();
    fates.revive(job);
    fates.carry_out(tx, filled).await?;
    Ok(true)
}

async fn cancel(tx: &mut Tx, id: Uuid, filled: &mut Filled) -> Result<bool> {
    if let Some((was_ready, job)) = unique::take_out(tx, id).await? {
        let mut fates = Fates::new();
        if was_ready {
            fates.end(job, JobState::Cancelled, None);
            fates.carry_out(tx, filled).await?;
            return Ok(true);
        }
        let key = job.limit().map(|limit| (job.queue.clone(), limit.key.clone()));
        fates.end_waiting(job, JobState::Cancelled, None);
        fates.carry_out(tx, filled).await?;
        if let Some(key) = key {
            // It may have stood before others when a place came free.
            let none = Keys::from([(key, 0)]);
            place::free_places(tx, &none).await?;
            place::fill_keys(tx, &none, filled).await?;
        }
        return Ok(true);
    }
    let rows = tx.write_returning(query(FIND_RUNNING).bind(id)).await?;
    let Some(row) = rows.first() else { return Ok(false) };
    let mut row = Row::new("job_claims", row);
    let (chunk, place): (i64, i32) = (row.take()?, row.take()?);
    tx.execute(query(NOTE_CANCEL).bind(chunk).bind(place).bind(id)).await?;
    Ok(true)
}
