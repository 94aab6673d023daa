//! The end of tries, whatever ended them, and the end of jobs.

use std::collections::BTreeMap;

use serde::Serialize;
use spotlight_core::{
    Result,
    ports::{MAX_ERROR, MAX_ERRORS},
};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::{
    super::{
        codec::{Fields, ids, json, one},
        db::query,
        sql::statements,
    },
    add::{NewJob, add},
    call::Call,
    row,
};
/// How long a finished job is kept at least, in microseconds. Dead ones are kept until somebody decides.
pub(super) const KEPT: i64 = 3_600 * 1_000_000;
/// What a process that was given up leaves as the error of its jobs.
pub(super) const LOST: &str = "the process that ran it ended or lost its lease";

/// What the end of a try needs of a job, in the order of [`Held::read`].
macro_rules! held {
    () => {
        "jobs.num, jobs.id, jobs.queue, jobs.attempts, jobs.max_attempts, jobs.claim, jobs.cancelled, jobs.keep_us, \
         jobs.batch_id, jobs.counted, jobs.unique_key IS NOT NULL, jobs.limit_key, jobs.failures, \
         jobs.state IN ('running', 'ready')"
    };
}
pub(super) use held;

statements! {
    @global {
        /// Jobs are global. Each job to where it stands from now on, in nobody's hands.
        MOVE = [
            "UPDATE jobs SET state = moved.state, attempts = moved.attempts, seq = coalesce(moved.seq, jobs.seq), \
             ready_at = coalesce(moved.ready_at, jobs.ready_at), run_at = moved.run_at, \
             finished_at = moved.finished_at, expires_at = moved.expires_at, result = moved.result, \
             failures = moved.failures, counted = moved.counted, process = NULL, percent = NULL, note = NULL \
             FROM (SELECT value ->> 'num' AS num, value ->> 'state' AS state, \
             value ->> 'attempts' AS attempts, value ->> 'seq' AS seq, value ->> 'ready_at' AS ready_at, \
             value ->> 'run_at' AS run_at, value ->> 'finished_at' AS finished_at, \
             value ->> 'expires_at' AS expires_at, value ->> 'result' AS result, \
             value ->> 'failures' AS failures, value ->> 'counted' AS counted \
             FROM json_each(?1)) AS moved \
             WHERE jobs.num = moved.num"
        ];
        /// Jobs are global. Keys that are held for a period stay.
        FREE = [
            "DELETE FROM job_keys WHERE until IS NULL AND job_id IN (SELECT unhex(value) FROM json_each(?1))"
        ];
        /// Jobs are global. Keys that a claim freed, unless another job holds them by now.
        HOLD_AGAIN = [
            "INSERT INTO job_keys (queue, key, job_id, until) SELECT queue, unique_key, id, NULL FROM jobs \
             WHERE id IN (SELECT unhex(value) FROM json_each(?1)) AND unique_scope = 'waiting' \
             ON CONFLICT (queue, key) DO NOTHING"
        ];
        /// Jobs are global. The first that wait for a key are ready again, each at its place.
        UNBLOCK = [
            "UPDATE jobs SET state = 'ready' WHERE num IN (SELECT num FROM jobs WHERE state = 'blocked' \
             AND queue = ?1 AND limit_key = ?2 ORDER BY priority, seq LIMIT ?3)"
        ];
        /// Jobs are global.
        COUNT = [
            "UPDATE job_batches SET done = done + ?2, failed = failed + ?3, \
             finished_at = CASE WHEN done + failed + ?2 + ?3 >= total THEN ?4 END \
             WHERE id = ?1 AND finished_at IS NULL RETURNING finished_at IS NOT NULL, follower"
        ];
    }
}

/// A job that a process holds, or that waits.
pub(super) struct Held {
    pub(super) num: i64,
    pub(super) id: Uuid,
    queue: String,
    attempts: u16,
    max_attempts: u16,
    pub(super) claim: i64,
    cancelled: bool,
    keep: i64,
    batch: Option<Uuid>,
    counted: bool,
    unique: bool,
    limit_key: Option<String>,
    failures: Option<String>,
    /// It has a place of its limit, or may have one soon: another can have that.
    places: bool,
}

impl Held {
    /// From the columns of [`held!`], the first of a row. What cannot be read is left out: the end of one job must not
    /// keep others from theirs.
    pub(super) fn read(row: &SqliteRow) -> Result<Self> {
        let mut f = Fields::new("jobs", row);
        Ok(Self {
            num: f.int()?,
            id: f.id(|id| id).unwrap_or_default(),
            queue: f.text().unwrap_or_default(),
            attempts: tries(&mut f)?,
            max_attempts: tries(&mut f)?,
            claim: f.int()?,
            cancelled: f.flag()?,
            keep: f.int()?,
            batch: f.opt_id(|id| id).unwrap_or_default(),
            counted: f.flag()?,
            unique: f.flag()?,
            limit_key: f.opt_text().unwrap_or_default(),
            failures: f.opt_text().unwrap_or_default(),
            places: f.flag()?,
        })
    }
}

/// Tries of a job; the most there can be where there are more.
pub(super) fn tries(f: &mut Fields<'_>) -> Result<u16> {
    Ok(u16::try_from(f.int::<i64>()?).unwrap_or(u16::MAX))
}

/// What becomes of a job.
pub(super) enum End {
    Done(Option<String>),
    /// With the error of its last try.
    Dead(String),
    Cancelled,
    /// It runs again after a pause in microseconds, unless it was cancelled or its tries are used up.
    Again(i64, String),
    HandedBack,
}

/// Microseconds and the rest of a failed try, as they are stored.
pub(super) type Failed = (u16, i64, String);

/// Where a job stands from now on, as [`MOVE`] reads it. What is absent stays or becomes null, as that says.
#[derive(Serialize, Default)]
struct Moved {
    num: i64,
    state: &'static str,
    attempts: u16,
    seq: Option<i64>,
    ready_at: Option<i64>,
    run_at: Option<i64>,
    finished_at: Option<i64>,
    expires_at: Option<i64>,
    result: Option<String>,
    failures: Option<String>,
    counted: u8,
}

/// The ends of many jobs, to be written together.
#[derive(Default)]
struct Ends {
    moved: Vec<Moved>,
    freed: Vec<Uuid>,
    held_again: Vec<Uuid>,
    unblocked: BTreeMap<(String, String), u32>,
    batches: BTreeMap<Uuid, (u32, u32)>,
}

/// Ends tries. Each job stands for itself once.
pub(super) async fn finish(call: &mut Call<'_>, ends: Vec<(Held, End)>) -> Result<()> {
    if ends.is_empty() {
        return Ok(());
    }
    let first = call.places(ends.len()).await?;
    let mut all = Ends::default();
    for ((held, end), seq) in ends.into_iter().zip(first..) {
        all.add(held, end, seq, call.now)?;
    }
    call.execute(query(MOVE).bind(json(&all.moved)?)).await?;
    if !all.freed.is_empty() {
        free(call, all.freed).await?;
    }
    if !all.held_again.is_empty() {
        call.execute(query(HOLD_AGAIN).bind(ids(all.held_again.into_iter()))).await?;
    }
    for ((queue, key), count) in all.unblocked {
        unblock(call, &queue, &key, count).await?;
    }
    for (batch, (done, failed)) in all.batches {
        count(call, batch, done, failed).await?;
    }
    Ok(())
}

impl Ends {
    fn add(&mut self, held: Held, end: End, seq: i64, now: i64) -> Result<()> {
        let mut moved = Moved { num: held.num, attempts: held.attempts, ..Moved::default() };
        moved.failures = match &end {
            End::Dead(error) | End::Again(_, error) => {
                Some(noted(held.failures.as_deref(), held.attempts, now, error)?)
            }
            End::Done(_) | End::Cancelled | End::HandedBack => held.failures,
        };
        let (finished, gone) = (Some(now), Some(now.saturating_add(held.keep.max(KEPT))));
        match end {
            End::Done(result) => {
                let result = result.filter(|_| held.keep > 0);
                moved = Moved { state: "done", finished_at: finished, expires_at: gone, result, ..moved };
            }
            End::Cancelled => moved = Moved { state: "cancelled", finished_at: finished, expires_at: gone, ..moved },
            End::Again(..) | End::HandedBack if held.cancelled => {
                moved = Moved { state: "cancelled", finished_at: finished, expires_at: gone, ..moved };
            }
            End::Dead(_) => moved = Moved { state: "dead", finished_at: finished, ..moved },
            End::Again(..) if held.attempts >= held.max_attempts => {
                moved = Moved { state: "dead", finished_at: finished, ..moved };
            }
            End::Again(0, _) => moved = Moved { state: "ready", seq: Some(seq), ready_at: Some(now), ..moved },
            End::Again(after, _) => {
                moved = Moved { state: "scheduled", run_at: Some(now.saturating_add(after)), ..moved };
            }
            End::HandedBack => {
                if held.unique {
                    self.held_again.push(held.id);
                }
                moved = Moved { state: "ready", attempts: held.attempts.saturating_sub(1), ..moved };
            }
        }
        let ended = moved.finished_at.is_some();
        if ended && held.unique {
            self.freed.push(held.id);
        }
        if let (true, Some(key)) = (held.places, held.limit_key) {
            *self.unblocked.entry((held.queue, key)).or_default() += 1;
        }
        moved.counted = u8::from(held.counted || (ended && held.batch.is_some()));
        if let (true, false, Some(batch)) = (ended, held.counted, held.batch) {
            let (done, failed) = self.batches.entry(batch).or_default();
            *(if moved.state == "done" { done } else { failed }) += 1;
        }
        self.moved.push(moved);
        Ok(())
    }
}

/// The failures of a job with one more; the oldest make room.
fn noted(failures: Option<&str>, attempt: u16, now: i64, error: &str) -> Result<String> {
    let mut all = read_failures(failures);
    let mut end = error.len().min(MAX_ERROR);
    while !error.is_char_boundary(end) {
        end -= 1;
    }
    all.push((attempt, now, error[..end].to_owned()));
    let over = all.len().saturating_sub(MAX_ERRORS);
    all.drain(..over);
    json(&all)
}

/// The failures of a job as they are stored, oldest first. What cannot be read is none: it is no part of the job.
pub(super) fn read_failures(failures: Option<&str>) -> Vec<Failed> {
    failures.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// Frees the unique keys of jobs that hold them no longer.
pub(super) async fn free(call: &mut Call<'_>, jobs: Vec<Uuid>) -> Result<()> {
    call.execute(query(FREE).bind(ids(jobs.into_iter()))).await.map(drop)
}

/// Has the first that wait for a key look again whether they can start. One too many does no harm: it waits again.
pub(super) async fn unblock(call: &mut Call<'_>, queue: &str, key: &str, count: u32) -> Result<()> {
    call.execute(query(UNBLOCK).bind(queue).bind(key).bind(count)).await.map(drop)
}

/// Counts ended jobs of a batch, and adds the job that follows once all have ended.
pub(super) async fn count(call: &mut Call<'_>, batch: Uuid, done: u32, failed: u32) -> Result<()> {
    let counted = query(COUNT).bind(batch).bind(done).bind(failed).bind(call.now);
    let counted = one(call.returning(counted).await?.pop(), |row| {
        let mut f = Fields::new("job_batches", row);
        Ok((f.flag()?, f.text()?))
    })?;
    let Some((true, follower)) = counted else { return Ok(()) };
    let follower = NewJob { id: call.new_id(), spec: row::read_follower(&follower)?, batch: None };
    add(call, &[follower]).await.map(drop)
}
