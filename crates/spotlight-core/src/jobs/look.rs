//! Looks after jobs that were sent from the outbox, by asking the queue.
//!
//! Where the job has ended that stands for a row and nobody has said so, the row goes. Where the queue has lost it, what
//! it stood for is sent again: as one job, as which it would have run. Of a key that another job holds by then, that one
//! is newer and stands for all of them.

use std::collections::BTreeSet;

use chrono::Duration as Span;

use super::send::{self, BATCH, FIRST_LOOK, TURN_MS, first_look, has_ended, noted, states, taken};
use crate::{
    domain::{JobId, time::Timestamp},
    error::Result,
    ports::{JobSpec, OutboxRow, ReadConsistency, Sent, WhenTaken},
    services::deps::Deps,
};

/// A row is looked after again when it has been there for as long again, and after this long at most. The queue knows
/// ended jobs for longer.
const LONGEST: Span = Span::minutes(15);

/// Looks after the rows whose time has come. Gives how many rows were dealt with.
///
/// # Errors
/// Those of storage and of the queue; somebody looks again when this process's turn is over.
pub(super) async fn look(deps: &Deps) -> Result<usize> {
    let outbox = deps.storage.read(ReadConsistency::Strong).outbox();
    let now = deps.now();
    if outbox.overdue(now, 1).await?.is_empty() || !deps.storage.relays_jobs().await? {
        return Ok(0);
    }
    let unit = deps.storage.begin().await?;
    let Some(lease) = unit.leases().acquire("job_look", TURN_MS).await? else { return Ok(0) };
    unit.commit().await?;

    let rows = outbox.overdue(now, BATCH).await?;
    let jobs: Vec<_> = rows.iter().filter_map(|row| row.job).collect::<BTreeSet<_>>().into_iter().collect();
    let (mut ended, mut lost) = (Vec::new(), BTreeSet::new());
    for (job, state) in jobs.iter().zip(states(deps, &jobs).await?) {
        match state {
            Some(state) if has_ended(state) => ended.push(*job),
            Some(_) => {}
            None => drop(lost.insert(*job)),
        }
    }
    let mut sent = again(deps, &lost, &mut ended).await?;
    let alive = |row: &&OutboxRow| row.job.is_some_and(|job| !lost.contains(&job));
    sent.extend(rows.iter().filter(alive).filter_map(|row| Some(noted(row, row.job?, next_look(row, now)))));

    let unit = deps.storage.begin().await?;
    unit.outbox().finish(&ended).await?;
    unit.outbox().sent(&sent).await?;
    unit.leases().release(&lease).await?;
    unit.commit().await?;
    Ok(rows.len())
}

fn next_look(row: &OutboxRow, now: Timestamp) -> Timestamp {
    let since = row.spec.as_ref().and_then(|spec| spec.run_at).map_or(row.created_at, |at| at.max(row.created_at));
    now + (now - since).clamp(FIRST_LOOK, LONGEST)
}

/// Sends what stood behind lost jobs again.
async fn again(deps: &Deps, lost: &BTreeSet<JobId>, ended: &mut Vec<JobId>) -> Result<Vec<Sent>> {
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let mut groups = Vec::with_capacity(lost.len());
    for job in lost {
        let rows = deps.storage.read(ReadConsistency::Strong).outbox().behind(*job).await?;
        groups.extend(merged(&rows).map(|one| (rows, one)));
    }
    let jobs = taken(deps, groups.iter().map(|(_, one)| one.clone()).collect()).await?;
    let mut sent = Vec::new();
    for ((rows, (_, spec)), job) in groups.iter().zip(jobs) {
        match job {
            Some(job) => sent.extend(rows.iter().map(|row| noted(row, job, first_look(deps, spec)))),
            None => ended.extend(rows.iter().map(|row| JobId::from_uuid(row.id.as_uuid()))),
        }
    }
    tracing::warn!(jobs = groups.len(), "jobs that the queue no longer knew were sent again");
    Ok(sent)
}

/// The one job that rows of one key come to, in the order in which they were added.
fn merged(rows: &[OutboxRow]) -> Option<(JobId, JobSpec)> {
    let (first, others) = rows.split_first()?;
    let mut one = send::spec(first);
    for newer in others.iter().map(send::spec) {
        match newer.unique.as_ref().map(|unique| unique.taken) {
            Some(WhenTaken::Replace) => {
                let JobSpec { payload, version, priority, run_at, trace, .. } = newer;
                one = JobSpec { payload, version, priority, run_at, trace, ..one };
            }
            Some(WhenTaken::Extend) => one.run_at = newer.run_at,
            Some(WhenTaken::Discard) | None => {}
        }
    }
    if let Some(unique) = &mut one.unique {
        unique.taken = WhenTaken::Discard;
    }
    Some((JobId::from_uuid(first.id.as_uuid()), one))
}
