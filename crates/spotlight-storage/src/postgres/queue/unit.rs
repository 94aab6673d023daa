//! Jobs of units of work: added on the unit's own connection, and there with its commit.

use spotlight_core::{
    Error, Result, Retry,
    domain::JobId,
    ports::{Enqueued, JobSpec, UniqueScope},
};
use uuid::Uuid;

use super::{
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

/// Keeps a waiting job where it stands until the unit ends: it must not read its facts before this unit has written. False
/// when it waits no more.
async fn reserve(tx: &mut Tx, job: Uuid) -> Result<bool> {
    row::yes(tx.write_returning(query(RESERVE).bind(job)).await?.first())
}
