//! Brings jobs from the outbox into the queue: those of units whose queue is another store, and those that an older
//! version left.
//!
//! A row that was sent stays until its job has ended. It is looked at again after a while: where the queue has lost the
//! job, it is sent again under the same id; where the job has ended and nobody has said so, the row goes.

use super::platform::of_older_version;
use crate::{
    domain::JobId,
    error::{Error, Result},
    ports::{Enqueued, JobSpec, JobState, OutboxKind, OutboxRow, ReadConsistency, UnitOfWork},
    services::deps::Deps,
};

/// Jobs sent at once.
const BATCH: u32 = 200;
/// Milliseconds the right to send lasts without a sign of life. Order is all that it keeps: a job that is sent twice is
/// added once.
const TURN_MS: u32 = 15_000;
/// Seconds after which a row that was sent is looked at again: at first, and at most.
const AGAIN_S: (u32, u32) = (60, 900);

/// Seconds after which a row is sent again where the queue failed.
const FAILED_S: u32 = 2;

/// What is to become of a row that was sent.
enum Fate {
    Goes,
    Stays,
    Follows(JobId),
}

/// Sends the jobs that are due, in their order. Gives how many rows were dealt with.
///
/// # Errors
/// Those of storage and of the queue; where the queue fails, the rows are due again after two seconds.
pub(super) async fn send(deps: &Deps) -> Result<usize> {
    let repos = deps.storage.read(ReadConsistency::Strong);
    if !repos.outbox().due(OutboxKind::Job, deps.now()).await? {
        return Ok(0);
    }
    let unit = deps.storage.begin().await?;
    let Some(lease) = unit.leases().acquire("job_relay", TURN_MS).await? else { return Ok(0) };
    let rows = unit.outbox().claim(OutboxKind::Job, deps.now(), AGAIN_S.0, BATCH).await?;
    unit.commit().await?;

    let (jobs, refused) = sendable(&rows);
    let sent = fates(deps, jobs.iter().map(|(_, job)| job.clone()).collect()).await;
    let unit = deps.storage.begin().await?;
    for (row, error) in &refused {
        tracing::error!(job = row.name, error = error.chain(), "a job was given up before it reached the queue");
        unit.outbox().bury(row.id, row.claim, &error.to_string()).await?;
    }
    match &sent {
        Ok(fates) => {
            for ((row, _), fate) in jobs.iter().zip(fates) {
                note(deps, &*unit, row, fate).await?;
            }
        }
        // The queue may have taken them, and a worker may have read its facts by now: a row that was once on its way stays
        // claimed, so that it stands for no new job of its key.
        Err(_) => {
            for (row, _) in &jobs {
                unit.outbox().extend(row.id, row.claim, deps.now(), FAILED_S).await?;
            }
        }
    }
    unit.leases().release(&lease).await?;
    unit.commit().await?;
    sent.map(|_| rows.len())
}

type Sendable<'a> = Vec<(&'a OutboxRow, (JobId, JobSpec))>;

/// The rows as jobs, and those that no queue takes.
fn sendable(rows: &[OutboxRow]) -> (Sendable<'_>, Vec<(&OutboxRow, Error)>) {
    let (mut jobs, mut refused) = (Vec::new(), Vec::new());
    for row in rows {
        let older = || of_older_version(&row.name, row.organization_id, row.payload.to_string());
        let spec = row.spec.clone().unwrap_or_else(older);
        match spec.validate() {
            Ok(()) => jobs.push((row, (JobId::from_uuid(row.id.as_uuid()), spec))),
            Err(error) => refused.push((row, error)),
        }
    }
    (jobs, refused)
}

async fn fates(deps: &Deps, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Fate>> {
    let ids: Vec<_> = jobs.iter().map(|(id, _)| *id).collect();
    let answers = deps.queue.enqueue_with_ids(jobs).await?;
    let mut fates = Vec::with_capacity(ids.len());
    for (id, answer) in ids.into_iter().zip(answers) {
        fates.push(match answer {
            Enqueued::Kept(known) if known == id => {
                let state = deps.queue.find(id).await?.map(|job| job.state);
                let ended = matches!(state, Some(JobState::Done | JobState::Cancelled));
                if ended { Fate::Goes } else { Fate::Stays }
            }
            answer if answer.id() == id => Fate::Stays,
            other => Fate::Follows(other.id()),
        });
    }
    Ok(fates)
}

async fn note(deps: &Deps, unit: &dyn UnitOfWork, row: &OutboxRow, fate: &Fate) -> Result<()> {
    let outbox = unit.outbox();
    match fate {
        Fate::Goes => {
            outbox.complete(row.id, row.claim).await?;
            return Ok(());
        }
        Fate::Follows(job) => drop(outbox.follow(row.id, row.claim, *job).await?),
        Fate::Stays => {}
    }
    // The longer it takes, the seldomer it is looked at.
    let again = AGAIN_S.0.saturating_mul(1 << row.attempts.saturating_sub(1).min(4)).min(AGAIN_S.1);
    outbox.extend(row.id, row.claim, deps.now(), again).await.map(drop)
}
