//! Adding jobs.

use std::collections::HashSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use spotlight_core::{
    Error, Result,
    domain::{BatchId, JobId, time::Timestamp},
    ports::{BatchSpec, Enqueued, JobProducer, JobSpec, MAX_TICK_LEAD, early_tick},
};
use uuid::Uuid;

use super::{
    PgQueue,
    job::{Columns, Job, columns, given},
    place::{self, Filled, Place},
    unique,
};
use crate::postgres::{
    db::query,
    row::{self, Row},
    sql::statements,
    tx::Tx,
};

/// Jobs of one statement at most.
const AT_ONCE: usize = 20_000;

statements! {
    // The whole of the usual case in one round trip.
    ADD = [
        "WITH added AS (INSERT INTO job_ready (", columns!(""), ") SELECT j.id, j.queue, j.priority, \
         nextval('job_seq'), j.name, j.payload, j.version, j.organization_id, j.attempts, j.max_attempts, now(), \
         j.extra FROM ", given!(), " ORDER BY j.n) SELECT pg_notify('spotlight_jobs', $13)"
    ];
    // Calls with ids go one after the other, so that of two with one id the later sees what the earlier added.
    IN_TURN = ["SELECT pg_advisory_xact_lock(7309453290771002)"];
    // A job stands in one place; a chunk names it also after it has left.
    KNOWN = [
        "SELECT g.id FROM unnest($1::uuid[]) AS g (id) WHERE EXISTS (SELECT FROM job_ready w WHERE w.id = g.id) \
         OR EXISTS (SELECT FROM job_scheduled w WHERE w.id = g.id) \
         OR EXISTS (SELECT FROM job_blocked w WHERE w.id = g.id) \
         OR EXISTS (SELECT FROM job_ended w WHERE w.id = g.id) \
         OR EXISTS (SELECT FROM job_chunks k JOIN job_claims c ON c.chunk = k.id WHERE k.min_id <= g.id \
         AND k.max_id >= g.id AND g.id = ANY(k.ids) AND get_bit(c.open, array_position(k.ids, g.id) - 1) = 1) \
         OR EXISTS (SELECT FROM job_chunks k JOIN job_done d ON d.chunk = k.id WHERE k.min_id <= g.id \
         AND k.max_id >= g.id AND g.id = ANY(k.ids) AND get_bit(d.done, array_position(k.ids, g.id) - 1) = 1)"
    ];
    RESERVE = ["SELECT now(), ARRAY(SELECT nextval('job_seq') FROM generate_series(1, $1::bigint))"];
    INSERT_BATCH = [
        "INSERT INTO job_batches (id, total, done, failed, finished_at, follower) \
         VALUES ($1, $2, 0, 0, CASE WHEN $2::bigint = 0 THEN now() END, $3)"
    ];
    NOTE_TICK = [
        "WITH early AS MATERIALIZED (SELECT $2 > clock_timestamp() + $3::bigint * interval '1 microsecond' AS yes), \
         noted AS (INSERT INTO job_ticks AS t (schedule, at) SELECT $1, $2 FROM early WHERE NOT yes \
         ON CONFLICT (schedule) DO UPDATE SET at = excluded.at WHERE t.at < excluded.at RETURNING at) \
         SELECT (SELECT yes FROM early), EXISTS (SELECT FROM noted)"
    ];
    LAST_TICK = ["SELECT at FROM job_ticks WHERE schedule = $1"];
}

/// A job that is to be added, and when it is to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(super) job: Job,
    pub(super) run_at: Option<Timestamp>,
}

impl Draft {
    pub(super) fn new(id: Uuid, spec: JobSpec, batch: Option<BatchId>) -> Self {
        let run_at = spec.run_at;
        Self { job: Job::new(id, spec, batch), run_at }
    }

    /// It needs nothing but a place in line.
    pub(super) fn is_plain(&self) -> bool {
        self.run_at.is_none() && self.job.unique().is_none() && self.job.limit().is_none()
    }

    pub(super) fn place(&self, now: Timestamp) -> Place {
        self.run_at.filter(|at| *at > now).map_or(Place::Line, Place::At)
    }

    pub(super) fn placed(self, now: Timestamp) -> (Job, Place) {
        let place = self.place(now);
        (self.job, place)
    }
}

/// Adds jobs in a transaction, and answers for each in their order.
pub(super) async fn add(tx: &mut Tx, mut drafts: Vec<Draft>, filled: &mut Filled) -> Result<Vec<Enqueued>> {
    let count = i64::try_from(drafts.len()).unwrap_or(i64::MAX);
    let rows = tx.write_returning(query(RESERVE).bind(count)).await?;
    let row = rows.first().ok_or_else(|| Error::internal("the database gave no places in line"))?;
    let mut row = Row::new("job_seq", row);
    let (now, seqs): (Timestamp, Vec<i64>) = (row.take()?, row.take()?);
    let mut answers = vec![None; drafts.len()];
    let (mut unique, mut others) = (Vec::new(), Vec::new());
    for (index, (mut draft, seq)) in drafts.drain(..).zip(seqs).enumerate() {
        draft.job.seq = seq;
        if draft.job.unique().is_some() {
            unique.push((index, draft));
        } else {
            answers[index] = Some(Enqueued::Added(JobId::from_uuid(draft.job.id)));
            others.push(draft.placed(now));
        }
    }
    let again = filled.again;
    unique::add(tx, unique, now, &mut answers, filled).await?;
    for part in others.chunks(AT_ONCE) {
        place::place(tx, part, filled).await?;
    }
    // These places are new.
    filled.again = again;
    answers.into_iter().map(|answer| answer.ok_or_else(|| Error::internal("a job was left out"))).collect()
}

/// Adds those jobs whose id is not known yet, and answers for each in its order.
async fn add_new(tx: &mut Tx, drafts: Vec<Draft>, filled: &mut Filled) -> Result<Vec<Enqueued>> {
    tx.write_returning(query(IN_TURN)).await?;
    let ids: Vec<_> = drafts.iter().map(|draft| draft.job.id).collect();
    let rows = tx.fetch_all(query(KNOWN).bind(&ids)).await?;
    let mut known: HashSet<Uuid> = row::all(&rows, |row| Row::new("jobs", row).take())?.into_iter().collect();
    let mut answers: Vec<_> = ids.into_iter().map(|id| Enqueued::Kept(JobId::from_uuid(id))).collect();
    // Of two with one id in one call, the first counts.
    let (places, new): (Vec<_>, Vec<_>) =
        drafts.into_iter().enumerate().filter(|(_, draft)| known.insert(draft.job.id)).unzip();
    for (place, answer) in places.into_iter().zip(add(tx, new, filled).await?) {
        answers[place] = answer;
    }
    Ok(answers)
}

/// Adds jobs that need nothing but a place in line, and tells of them. One round trip.
pub(super) async fn add_plain(tx: &mut Tx, jobs: &[&Job], told: &str) -> Result<()> {
    let add = Columns::of(jobs.iter().copied())?.bind(query(ADD)).bind(told);
    tx.write_returning(add).await.map(drop)
}

impl PgQueue {
    /// Adds what several callers brought, in one transaction.
    pub(super) async fn add_all(&self, drafts: &[Draft]) -> Result<Vec<Enqueued>> {
        let mut filled = Filled::default();
        if drafts.iter().all(Draft::is_plain) && drafts.len() <= AT_ONCE {
            for draft in drafts {
                if !filled.queues.contains(&draft.job.queue) {
                    filled.queues.insert(draft.job.queue.clone());
                }
            }
            let columns = Columns::of(drafts.iter().map(|draft| &draft.job))?;
            let add = columns.bind(query(ADD)).bind(self.told(&filled));
            self.database().fetch_all(add).await?;
            self.filled(&filled);
            return Ok(drafts.iter().map(|draft| Enqueued::Added(JobId::from_uuid(draft.job.id))).collect());
        }
        in_tx!(self, tx, filled => add(&mut tx, drafts.to_vec(), filled).await)
    }
}

#[async_trait]
impl JobProducer for PgQueue {
    async fn enqueue(&self, jobs: Vec<JobSpec>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(JobSpec::validate)?;
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let drafts = jobs.into_iter().map(|spec| Draft::new(self.new_id(), spec, None)).collect();
        self.coalesce(drafts).await
    }

    async fn enqueue_with_ids(&self, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(|(_, job)| job.validate())?;
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let drafts: Vec<_> = jobs.into_iter().map(|(id, spec)| Draft::new(id.as_uuid(), spec, None)).collect();
        in_tx!(self, tx, filled => add_new(&mut tx, drafts.clone(), filled).await)
    }

    async fn enqueue_batch(&self, batch: BatchSpec) -> Result<BatchId> {
        batch.validate()?;
        let id = BatchId::from_uuid(self.new_id());
        let total = i64::try_from(batch.jobs.len()).unwrap_or(i64::MAX);
        let follower = Draft::new(self.new_id(), batch.then, None);
        let follower_text = serde_json::to_string(&follower)
            .map_err(|error| Error::internal("a job cannot be written").with_source(error))?;
        let mut drafts: Vec<_> = batch.jobs.into_iter().map(|spec| Draft::new(self.new_id(), spec, Some(id))).collect();
        if drafts.is_empty() {
            drafts.push(follower);
        }
        in_tx!(self, tx, filled => {
            tx.execute(query(INSERT_BATCH).bind(id.as_uuid()).bind(total).bind(&follower_text)).await?;
            add(&mut tx, drafts.clone(), filled).await
        })?;
        Ok(id)
    }

    async fn tick(&self, schedule: &str, at: Timestamp, job: JobSpec) -> Result<bool> {
        job.validate()?;
        let draft = Draft::new(self.new_id(), job, None);
        let lead = i64::try_from(MAX_TICK_LEAD.as_micros()).unwrap_or(i64::MAX);
        in_tx!(self, tx, filled => {
            let rows = tx.write_returning(query(NOTE_TICK).bind(schedule).bind(at).bind(lead)).await?;
            let (early, noted) = row::one(rows.first(), |row| {
                let mut row = Row::new("job_ticks", row);
                Ok((row.take::<bool>()?, row.take::<bool>()?))
            })?
            .unwrap_or_default();
            if early {
                return Err(early_tick());
            }
            if noted {
                add(&mut tx, vec![draft.clone()], filled).await?;
            }
            Ok(noted)
        })
    }

    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>> {
        let rows = self.database().fetch_all(query(LAST_TICK).bind(schedule)).await?;
        row::one(rows.first(), |row| Row::new("job_ticks", row).take())
    }
}
