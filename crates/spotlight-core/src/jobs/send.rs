//! Brings jobs from the outbox into the queue: those of units whose queue is another store, and those that an older
//! version left.
//!
//! A job for later goes at once too, with its time. Its row stays until the job of the queue has ended that stands for
//! it: see [`look`](super::look).

use std::{collections::BTreeSet, time::Duration};

use chrono::Duration as Span;

use super::platform::of_older_version;
use crate::{
    domain::{JobId, time::Timestamp},
    error::{Error, ErrorKind, Result},
    ports::{Enqueued, JobSpec, JobState, OutboxKind, OutboxRow, ReadConsistency, Sent},
    services::deps::Deps,
};

/// Jobs sent at once.
pub(super) const BATCH: u32 = 200;
/// Milliseconds the right to send lasts without a sign of life.
pub(super) const TURN_MS: u32 = 15_000;
/// Seconds a claimed row is kept from others. Shorter than the right to send: whoever takes over from a process that died
/// must find its rows free, or newer ones of the same key would overtake them.
const CLAIM_S: u32 = 10;
/// Longest wait for the queue, within both.
const LIMIT: Duration = Duration::from_secs(5);
/// Where the queue failed: the seconds until its rows are free, and the milliseconds until anybody sends again. In this
/// order, so that none of them is overtaken.
const FAILED: (u32, u32) = (1, 2_000);
/// After this long a row that was sent is looked after for the first time.
pub(super) const FIRST_LOOK: Span = Span::seconds(60);

/// Sends the jobs that are due, in their order. Gives how many rows were dealt with.
///
/// # Errors
/// Those of storage and of the queue; where the queue fails, everybody sends again after two seconds.
pub(super) async fn send(deps: &Deps) -> Result<usize> {
    let repos = deps.storage.read(ReadConsistency::Strong);
    if !repos.outbox().due(OutboxKind::Job, deps.now()).await? || !deps.storage.relays_jobs().await? {
        return Ok(0);
    }
    let unit = deps.storage.begin().await?;
    let Some(lease) = unit.leases().acquire("job_relay", TURN_MS).await? else { return Ok(0) };
    let rows = unit.outbox().claim(OutboxKind::Job, deps.now(), CLAIM_S, BATCH).await?;
    unit.commit().await?;

    let (jobs, refused) = sendable(&rows);
    let taken = taken(deps, jobs.iter().map(|(_, job)| job.clone()).collect()).await;
    let unit = deps.storage.begin().await?;
    let outbox = unit.outbox();
    for (row, error) in &refused {
        tracing::error!(job = row.name, error = error.chain(), "a job was given up before it reached the queue");
        outbox.bury(row.id, row.claim, &error.to_string()).await?;
    }
    if let Ok(taken) = &taken {
        let (mut sent, mut ended) = (Vec::new(), Vec::new());
        for ((row, (id, spec)), job) in jobs.iter().zip(taken) {
            match job {
                Some(job) => sent.push(noted(row, *job, first_look(deps, spec))),
                None => ended.push(*id),
            }
        }
        outbox.sent(&sent).await?;
        outbox.finish(&ended).await?;
        unit.leases().release(&lease).await?;
    } else {
        // The queue may have taken them, and a worker may have read its facts by now: a row that was once on its way stays
        // claimed, so that it stands for no new job of its key.
        let held: Vec<_> = jobs.iter().map(|(row, _)| (row.id, row.claim)).collect();
        outbox.extend(&held, deps.now(), FAILED.0).await?;
        unit.leases().renew(&lease, FAILED.1).await?;
    }
    unit.commit().await?;
    taken.map(|_| rows.len())
}

/// A row and the job in it.
type Sendable<'a> = (&'a OutboxRow, (JobId, JobSpec));

/// The rows as jobs, and those that no queue takes.
fn sendable(rows: &[OutboxRow]) -> (Vec<Sendable<'_>>, Vec<(&OutboxRow, Error)>) {
    let (mut jobs, mut refused) = (Vec::new(), Vec::new());
    for row in rows {
        let spec = spec(row);
        match spec.validate() {
            Ok(()) => jobs.push((row, (JobId::from_uuid(row.id.as_uuid()), spec))),
            Err(error) => refused.push((row, error)),
        }
    }
    (jobs, refused)
}

/// The job in a row.
pub(super) fn spec(row: &OutboxRow) -> JobSpec {
    let older = || of_older_version(&row.name, row.organization_id, row.payload.to_string());
    row.spec.clone().unwrap_or_else(older)
}

/// When a job that was sent now is looked after: not while it waits for its time.
pub(super) fn first_look(deps: &Deps, spec: &JobSpec) -> Timestamp {
    let now = deps.now();
    let begins = spec.run_at.map_or(now, |run_at| run_at.max(now));
    begins.checked_add_signed(FIRST_LOOK).unwrap_or(begins)
}

/// What is noted of a row.
pub(super) const fn noted(row: &OutboxRow, job: JobId, look_at: Timestamp) -> Sent {
    Sent { id: row.id, claim: row.claim, job, look_at }
}

/// Adds jobs to the queue, and tells for each which one stands for it; none where that has ended already.
pub(super) async fn taken(deps: &Deps, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Option<JobId>>> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let answers = in_time(deps.queue.enqueue_with_ids(jobs)).await?;
    let kept = answers.iter().filter(|answer| matches!(answer, Enqueued::Kept(_))).map(|answer| answer.id());
    let kept: Vec<_> = kept.collect::<BTreeSet<_>>().into_iter().collect();
    // One that holds a key and is known no more has ended long ago: its key is held for a period.
    let ended = states(deps, &kept).await?.into_iter().zip(kept).filter(|(state, _)| state.is_none_or(has_ended));
    let ended: BTreeSet<_> = ended.map(|(_, id)| id).collect();
    Ok(answers.into_iter().map(|answer| Some(answer.id()).filter(|id| !ended.contains(id))).collect())
}

/// Where jobs stand.
pub(super) async fn states(deps: &Deps, jobs: &[JobId]) -> Result<Vec<Option<JobState>>> {
    if jobs.is_empty() { Ok(Vec::new()) } else { in_time(deps.queue.states(jobs)).await }
}

/// Whether a job will not run again. One that is dead waits for a person.
pub(super) const fn has_ended(state: JobState) -> bool {
    matches!(state, JobState::Done | JobState::Cancelled)
}

async fn in_time<T>(call: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::new(ErrorKind::Timeout, "the queue took too long");
    tokio::time::timeout(LIMIT, call).await.map_err(late)?
}
