//! What follows from the end of a try.

use std::{collections::BTreeMap, time::Duration};

use spotlight_core::{Error, Result, domain::time::Timestamp, ports::JobState};
use uuid::Uuid;

use super::{
    extra::Scope,
    job::{Columns, Job, given, micros, span},
    place::{self, Filled, Keys, Place},
    produce::{self, Draft},
    unique,
};
use crate::postgres::{db::query, row::Row, sql::statements, tx::Tx};

/// How long a finished job is kept at least, in microseconds.
macro_rules! kept {
    () => {
        "interval '1 hour'"
    };
}
pub(super) use kept;

statements! {
    INSERT_ENDED = [
        "INSERT INTO job_ended (id, queue, priority, name, payload, version, organization_id, attempts, max_attempts, \
         enqueued_at, extra, finished_at, state, result, keep_until) \
         SELECT j.id, j.queue, j.priority, j.name, j.payload, j.version, j.organization_id, j.attempts, \
         j.max_attempts, coalesce(j.enqueued_at, now()), j.extra, clock_timestamp(), ($13::text[])[j.n], \
         ($14::text[])[j.n], clock_timestamp() + greatest(($15::bigint[])[j.n] * interval '1 microsecond', ", kept!(), ") \
         * nullif((($13::text[])[j.n] <> 'dead')::integer, 0) FROM ", given!()
    ];
    LOCK_BATCHES = [
        "SELECT id, total, done, failed, finished_at IS NULL, follower FROM job_batches WHERE id = ANY($1) ORDER BY id \
         FOR UPDATE"
    ];
    COUNT_BATCHES = [
        "UPDATE job_batches b SET done = g.done, failed = g.failed, \
         finished_at = CASE WHEN g.finished THEN clock_timestamp() ELSE b.finished_at END \
         FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::boolean[]) AS g (id, done, failed, finished) \
         WHERE b.id = g.id"
    ];
}

/// What is to become of jobs that stand in no place any more.
pub(super) struct Fates {
    placed: Vec<(Job, Place)>,
    ended: Vec<(Job, JobState, Option<String>)>,
    freed: Keys<i32>,
    unique: Vec<(String, String, Uuid)>,
    /// Ended jobs whose unique key, if they have one, is not known.
    keyless: Vec<(String, Uuid)>,
    /// Ended well and otherwise, by batch.
    batches: BTreeMap<Uuid, (i64, i64)>,
}

impl Fates {
    pub(super) fn new() -> Self {
        Self {
            placed: Vec::new(),
            ended: Vec::new(),
            freed: Keys::new(),
            unique: Vec::new(),
            keyless: Vec::new(),
            batches: BTreeMap::new(),
        }
    }

    /// Gives back the place of its concurrency key.
    fn free_place(&mut self, job: &Job) {
        if let Some(limit) = job.limit() {
            *self.freed.entry((job.queue.clone(), limit.key.clone())).or_default() += 1;
        }
    }

    /// Frees its unique key where its scope ends.
    fn free_unique(&mut self, job: &Job, finished: bool) {
        let Some(unique) = job.unique() else {
            if finished && job.is_unreadable() {
                self.keyless.push((job.queue.clone(), job.id));
            }
            return;
        };
        let ends = match unique.scope {
            Scope::Waiting => true,
            Scope::Unfinished => finished,
            Scope::Period(_) => false,
        };
        if ends {
            self.unique.push((job.queue.clone(), unique.key.clone(), job.id));
        }
    }

    fn count(&mut self, job: &mut Job, state: JobState) {
        let Some(extra) = job.extra.as_mut().filter(|extra| !extra.counted) else { return };
        let Some(batch) = extra.batch else { return };
        extra.counted = true;
        let (done, failed) = self.batches.entry(batch).or_default();
        *(if state == JobState::Done { done } else { failed }) += 1;
    }

    /// It is done, and its record is its chunk's.
    pub(super) fn done(&mut self, job: &Job) {
        self.free_place(job);
        self.free_unique(job, true);
        if let Some(batch) = job.batch().filter(|_| job.extra.as_ref().is_some_and(|extra| !extra.counted)) {
            self.batches.entry(batch).or_default().0 += 1;
        }
    }

    /// A running job has ended.
    pub(super) fn end(&mut self, job: Job, state: JobState, result: Option<String>) {
        self.free_place(&job);
        self.end_waiting(job, state, result);
    }

    /// A job that had no place of its concurrency key has ended.
    pub(super) fn end_waiting(&mut self, mut job: Job, state: JobState, result: Option<String>) {
        self.free_unique(&job, true);
        self.count(&mut job, state);
        self.ended.push((job, state, result));
    }

    /// A try failed, and the job with it.
    pub(super) fn fail(&mut self, mut job: Job, error: &str, now: Timestamp, state: JobState) {
        job.note_failure(error, now);
        self.end(job, state, None);
    }

    /// A try failed; another follows, unless they are used up.
    pub(super) fn again(&mut self, mut job: Job, after: Duration, error: &str, now: Timestamp) {
        if job.attempts >= job.max_attempts {
            return self.fail(job, error, now, JobState::Dead);
        }
        job.note_failure(error, now);
        self.free_place(&job);
        self.free_unique(&job, false);
        job.seq = 0;
        let place = if after.is_zero() { Place::Line } else { Place::At(now + span(micros(after))) };
        self.placed.push((job, place));
    }

    /// It was not started.
    pub(super) fn hand_back(&mut self, mut job: Job) {
        job.attempts -= 1;
        self.placed.push((job, Place::Ready));
    }

    /// It was not started, and must not be before this instant.
    pub(super) fn put_off(&mut self, mut job: Job, at: Timestamp) {
        job.attempts -= 1;
        self.free_place(&job);
        self.placed.push((job, Place::At(at)));
    }

    /// A dead job gets all of its tries anew.
    pub(super) fn revive(&mut self, mut job: Job) {
        job.attempts = 0;
        job.seq = 0;
        self.placed.push((job, Place::Line));
    }

    /// Writes it all down.
    pub(super) async fn carry_out(self, tx: &mut Tx, filled: &mut Filled) -> Result<()> {
        self.insert_ended(tx).await?;
        unique::free(tx, &self.unique).await?;
        unique::free_all(tx, &self.keyless).await?;
        place::free_places(tx, &self.freed).await?;
        place::place(tx, &self.placed, filled).await?;
        place::fill_keys(tx, &self.freed, filled).await?;
        self.count_batches(tx, filled).await
    }

    async fn insert_ended(&self, tx: &mut Tx) -> Result<()> {
        let columns = Columns::of(self.ended.iter().map(|(job, _, _)| job))?;
        if columns.is_empty() {
            return Ok(());
        }
        let states: Vec<_> = self.ended.iter().map(|(_, state, _)| state.as_str()).collect();
        let kept = |(job, _, result): &(Job, JobState, Option<String>)| result.clone().filter(|_| job.keep() > 0);
        let results: Vec<_> = self.ended.iter().map(kept).collect();
        let keep = |(job, _, _): &(Job, JobState, Option<String>)| i64::try_from(job.keep()).unwrap_or(i64::MAX);
        let keeps: Vec<_> = self.ended.iter().map(keep).collect();
        tx.execute(columns.bind(query(INSERT_ENDED)).bind(&states).bind(&results).bind(&keeps)).await?;
        Ok(())
    }

    /// Counts ends in batches, and adds what follows those that have finished.
    async fn count_batches(&self, tx: &mut Tx, filled: &mut Filled) -> Result<()> {
        if self.batches.is_empty() {
            return Ok(());
        }
        let ids: Vec<_> = self.batches.keys().copied().collect();
        let (mut found, mut dones, mut faileds, mut ends) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut followers: Vec<Draft> = Vec::new();
        for row in tx.write_returning(query(LOCK_BATCHES).bind(&ids)).await? {
            let mut row = Row::new("job_batches", &row);
            let id: Uuid = row.take()?;
            let (total, done, failed): (i64, i64, i64) = (row.take()?, row.take()?, row.take()?);
            let open: bool = row.take()?;
            let (more_done, more_failed) = self.batches.get(&id).copied().unwrap_or_default();
            let (done, failed) = (done + more_done, failed + more_failed);
            let finished = open && done + failed >= total;
            if finished {
                let text: &str = row.take()?;
                let unreadable = |_| crate::shared::stored::corrupt("job_batches", "follower");
                followers.push(serde_json::from_str(text).map_err(unreadable)?);
            }
            found.push(id);
            dones.push(done);
            faileds.push(failed);
            ends.push(finished);
        }
        tx.execute(query(COUNT_BATCHES).bind(&found).bind(&dones).bind(&faileds).bind(&ends)).await?;
        if !followers.is_empty() {
            // The follower may be unique, or have a key: it is added as any other job is.
            Box::pin(produce::add(tx, followers, filled)).await?;
        }
        Ok(())
    }
}

/// Reads a state that a row holds.
pub(super) fn state(text: &str) -> Result<JobState> {
    text.parse().map_err(|_| Error::new(spotlight_core::ErrorKind::Corrupt, "a stored job has a state that is unknown"))
}
