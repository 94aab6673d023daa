//! Jobs of units of work: added on the unit's own connection, and there with its commit.

use spotlight_core::{
    Error, Result, Retry,
    domain::JobId,
    ports::{Enqueued, JobSpec, UniqueScope},
};
use uuid::Uuid;

use super::{
    extra::{Extra, Scope},
    job::columns,
    place::{self, Filled},
    produce::{self, Draft},
    wake::telling,
};
use crate::postgres::{
    db::{WriteGuard, query},
    row,
    sql::statements,
    tx::Tx,
};

/// The name by which units tell of jobs. No queue has it, so every process hears of them, this one too.
const TELLER: &str = "unit";

statements! {
    // The whole of the usual case of a unique job in one round trip: its key is free. Without a row, it is not.
    ADD_UNIQUE = [
        "WITH held AS (INSERT INTO job_unique AS u (queue, key, job, until, waiting) VALUES ($2, $12, $1, NULL, $13) \
         ON CONFLICT (queue, key) DO UPDATE SET job = excluded.job, until = excluded.until, waiting = excluded.waiting \
         WHERE u.until <= clock_timestamp() OR u.job = excluded.job RETURNING queue), \
         added AS (INSERT INTO job_ready (", columns!(""), ") SELECT $1, $2, $3, nextval('job_seq'), $4, $5, $6, $7, $8, \
         $9, now(), $10 FROM held) SELECT pg_notify('spotlight_jobs', $11) FROM held"
    ];
    // Nobody claims, promotes or takes out what is locked; what was being taken at this moment is gone when the lock
    // is given.
    RESERVE = [
        "WITH r AS MATERIALIZED (SELECT 1 FROM job_ready w WHERE w.id = $1 FOR UPDATE), \
         s AS MATERIALIZED (SELECT 1 FROM job_scheduled w WHERE w.id = $1 FOR UPDATE), \
         b AS MATERIALIZED (SELECT 1 FROM job_blocked w WHERE w.id = $1 FOR UPDATE) \
         SELECT EXISTS (SELECT FROM r) OR EXISTS (SELECT FROM s) OR EXISTS (SELECT FROM b)"
    ];
}

/// Leaves nothing but rolling back when an addition ends half way, by an error or because it was dropped.
struct Whole<'a, 'b> {
    unit: &'a mut WriteGuard<'b>,
    done: bool,
}

impl Drop for Whole<'_, '_> {
    fn drop(&mut self) {
        if !self.done {
            self.unit.give_up();
        }
    }
}

/// Adds an acceptable job, and gives the id of the job that stands for it.
pub(in crate::postgres) async fn enqueue(unit: &mut WriteGuard<'_>, spec: JobSpec) -> Result<JobId> {
    let waiting = spec.unique.as_ref().is_some_and(|unique| unique.scope == UniqueScope::Waiting);
    let draft = Draft::new(unit.new_id(), spec, None);
    let mut whole = Whole { unit, done: false };
    let id = add(whole.unit.tx()?, draft, waiting).await?;
    whole.done = true;
    Ok(id)
}

async fn add(tx: &mut Tx, draft: Draft, waiting: bool) -> Result<JobId> {
    if draft.is_plain() {
        produce::add_plain(tx, &[&draft.job], &telling(TELLER, [&draft.job.queue])).await?;
        return Ok(JobId::from_uuid(draft.job.id));
    }
    if add_unique(tx, &draft).await? {
        return Ok(JobId::from_uuid(draft.job.id));
    }
    // The holder of the key can start between the two statements; then the key is free again.
    for _ in 0..3 {
        let mut filled = Filled::default();
        let answer = produce::add(tx, vec![draft.clone()], &mut filled).await?.pop();
        let answer = answer.ok_or_else(|| Error::internal("a job was left out"))?;
        match answer {
            Enqueued::Kept(holder) if waiting && !reserve(tx, holder.as_uuid()).await? => {}
            answer => {
                let told = (!filled.queues.is_empty()).then(|| telling(TELLER, &filled.queues));
                place::tell(tx, told).await?;
                return Ok(answer.id());
            }
        }
    }
    Err(Error::conflict("the job's unique key keeps changing hands").with_retry(Retry::Now))
}

/// Adds a unique job whose key is free, where it needs nothing else. False when it is not added.
async fn add_unique(tx: &mut Tx, draft: &Draft) -> Result<bool> {
    let Draft { job, run_at: None } = draft else { return Ok(false) };
    let Some(unique) = job.unique().filter(|_| job.limit().is_none()) else { return Ok(false) };
    if matches!(unique.scope, Scope::Period(_)) {
        return Ok(false);
    }
    let add = query(ADD_UNIQUE)
        .bind(job.id)
        .bind(&job.queue)
        .bind(job.priority)
        .bind(&job.name)
        .bind(&job.payload)
        .bind(job.version)
        .bind(job.organization)
        .bind(job.attempts)
        .bind(job.max_attempts)
        .bind(job.extra.as_ref().map(Extra::text).transpose()?)
        .bind(telling(TELLER, [&job.queue]))
        .bind(&unique.key)
        .bind(unique.scope == Scope::Waiting);
    Ok(!tx.write_returning(add).await?.is_empty())
}

/// Keeps a waiting job where it stands until the unit ends: it must not read its facts before this unit has written. False
/// when it waits no more.
async fn reserve(tx: &mut Tx, job: Uuid) -> Result<bool> {
    row::yes(tx.write_returning(query(RESERVE).bind(job)).await?.first())
}
