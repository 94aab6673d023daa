//! Brings jobs from the outbox into the queue: those of units whose queue is another store, and those that an older
//! version left.
//!
//! A job for later goes at once too, with its time. Its row stays until the job of the queue has ended that stands for
//! it: see [`look`](super::look).

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::Duration as Span;
use futures::future::{join, join_all};
use tokio::sync::Mutex;

use super::platform::of_older_version;
use crate::{
    domain::{JobId, time::Timestamp},
    error::{Error, ErrorKind, Result},
    ports::{Enqueued, JobSpec, JobState, Lease, OutboxKind, OutboxRow, ReadConsistency, Sent, UnitOfWork},
    services::deps::Deps,
};

/// Jobs sent at once.
pub(super) const BATCH: u32 = 200;
/// Milliseconds the right to send lasts without a sign of life.
pub(super) const TURN_MS: u32 = 15_000;
/// Seconds a claimed row is kept from others. Shorter than the right to send: whoever takes over from a process that died
/// must find its rows free, or newer ones of the same key would overtake them.
const CLAIM_S: u32 = 10;
/// Longest wait for the queue: twice it is within the right to send.
const LIMIT: Duration = Duration::from_secs(5);
/// Seconds until a queue that failed is tried again: at first, and at most. Within the right to send, as a claim is.
const PAUSES_S: (u32, u32) = (1, 10);
/// How often the right to send is renewed while it is kept for queues that failed.
const RENEWED: Span = Span::seconds(5);
/// How much longer than its rows are claimed whoever leaves keeps others from sending, in milliseconds.
const MARGIN_MS: u32 = 1_000;
/// After this long a row that was sent is looked after for the first time.
pub(super) const FIRST_LOOK: Span = Span::seconds(60);

/// Sends jobs, and knows which queues fail.
///
/// A queue that fails is tried by itself from then on, with growing pauses, while the others go on. Its rows stay claimed
/// until it is tried again, newer ones too, so that each keeps its place; and so long nobody else is to send, since only
/// this process knows of it.
#[derive(Default)]
pub(super) struct Sender(Mutex<State>);

#[derive(Default)]
struct State {
    /// The right to send, while it is kept.
    turn: Option<Lease>,
    renewed_at: Timestamp,
    late: BTreeMap<String, Late>,
}

/// A queue that failed.
struct Late {
    /// When it is tried again.
    until: Timestamp,
    pause_s: u32,
}

impl Late {
    /// How long an answer is waited for, while the others wait too: a fraction of the time between two tries.
    fn limit(&self) -> Duration {
        (Duration::from_secs(self.pause_s.into()) / 2).min(LIMIT)
    }
}

/// An attempt to send jobs.
struct Attempt<'a> {
    jobs: Vec<Sendable<'a>>,
    /// For each the job that stands for it.
    answer: Result<Vec<Option<JobId>>>,
}

impl Sender {
    /// Sends the jobs that are due, in their order. Gives how many rows were dealt with.
    ///
    /// # Errors
    /// Those of storage, and those of the queue when nothing could be sent.
    pub(super) async fn send(&self, deps: &Deps) -> Result<usize> {
        let mut state = self.0.lock().await;
        let (now, outbox) = (deps.now(), deps.storage.read(ReadConsistency::Strong).outbox());
        let renews = state.turn.is_some() && now - state.renewed_at >= RENEWED;
        if !(renews || outbox.due(OutboxKind::Job, now).await?) || !deps.storage.relays_jobs().await? {
            return Ok(0);
        }
        let unit = deps.storage.begin().await?;
        if !state.take_turn(&*unit, now).await? {
            return Ok(0);
        }
        let rows = unit.outbox().claim(OutboxKind::Job, now, CLAIM_S, BATCH).await?;
        unit.commit().await?;

        let (jobs, refused) = sendable(&rows);
        let (held, jobs): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|(_, (_, job))| state.is_held(&job.queue, now));
        let attempts = attempts(deps, jobs, &state.late).await;
        if rows.len() < BATCH as usize {
            let tried: BTreeSet<_> = attempts.iter().flat_map(Attempt::queues).collect();
            state.late.retain(|queue, late| late.until > now || tried.contains(queue.as_str()));
        }
        let failure = state.learn(deps.now(), &attempts);
        state.note(deps, (&refused, &held, &attempts)).await?;
        failure.map_or(Ok(rows.len()), Err)
    }

    /// Whether every queue could be reached that had jobs to take.
    ///
    /// # Errors
    /// `Unavailable` when not.
    pub(super) async fn check(&self) -> Result<()> {
        if self.0.lock().await.late.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Unavailable, "a queue could not be reached; its jobs wait in the outbox"))
    }

    /// Leaves sending to others: once the rows of queues that failed can be claimed again.
    ///
    /// # Errors
    /// Those of storage; others wait until the right to send has ended then.
    pub(super) async fn let_go(&self, deps: &Deps) -> Result<()> {
        let mut state = self.0.lock().await;
        let Some(lease) = state.turn.take() else { return Ok(()) };
        let unit = deps.storage.begin().await?;
        match state.late.values().map(|late| late.until).max() {
            Some(until) => {
                let left = u32::try_from((until - deps.now()).num_milliseconds()).unwrap_or(0);
                unit.leases().renew(&lease, left.saturating_add(MARGIN_MS).min(TURN_MS)).await?;
            }
            None => drop(unit.leases().release(&lease).await?),
        }
        unit.commit().await
    }
}

impl State {
    /// Takes or keeps the right to send. False when somebody else has it.
    async fn take_turn(&mut self, unit: &dyn UnitOfWork, now: Timestamp) -> Result<bool> {
        self.renewed_at = now;
        if let Some(lease) = &self.turn
            && unit.leases().renew(lease, TURN_MS).await?
        {
            return Ok(true);
        }
        // Others may have sent since: what was held is free.
        self.late.clear();
        self.turn = unit.leases().acquire("job_relay", TURN_MS).await?;
        Ok(self.turn.is_some())
    }

    fn is_held(&self, queue: &str, now: Timestamp) -> bool {
        self.late.get(queue).is_some_and(|late| late.until > now)
    }

    /// Notes which queues failed. Gives a failure when nothing went well.
    fn learn(&mut self, now: Timestamp, attempts: &[Attempt<'_>]) -> Option<Error> {
        let mut first = None;
        for attempt in attempts {
            let Err(error) = &attempt.answer else {
                for queue in attempt.queues() {
                    self.late.remove(queue);
                }
                continue;
            };
            for queue in attempt.queues().collect::<BTreeSet<_>>() {
                let before = self.late.get(queue).map(|late| late.pause_s);
                let pause_s = before.map_or(PAUSES_S.0, |pause| (pause * 2).min(PAUSES_S.1));
                if before.is_none() {
                    tracing::warn!(
                        queue,
                        error = error.chain(),
                        "jobs could not be brought into a queue; others go on"
                    );
                }
                let until = now + Span::seconds(pause_s.into());
                self.late.insert(queue.to_owned(), Late { until, pause_s });
            }
            first.get_or_insert_with(|| Error::new(error.kind(), error.to_string()).with_retry(error.retry()));
        }
        first.filter(|_| attempts.iter().all(|attempt| attempt.answer.is_err()))
    }

    /// Writes down what became of rows.
    async fn note(
        &mut self,
        deps: &Deps,
        (refused, held, attempts): (&[(&OutboxRow, Error)], &[Sendable<'_>], &[Attempt<'_>]),
    ) -> Result<()> {
        let unit = deps.storage.begin().await?;
        let outbox = unit.outbox();
        for (row, error) in refused {
            tracing::error!(job = row.name, error = error.chain(), "a job was given up before it reached the queue");
            outbox.bury(row.id, row.claim, &error.to_string()).await?;
        }
        // The queue may have taken them, and a worker may have read its facts by now: a row that was once on its way stays
        // claimed, so that it stands for no new job of its key.
        let failed = attempts.iter().filter(|attempt| attempt.answer.is_err()).flat_map(|attempt| &attempt.jobs);
        let mut kept: BTreeMap<Timestamp, Vec<_>> = BTreeMap::new();
        for (row, (_, job)) in held.iter().chain(failed) {
            if let Some(late) = self.late.get(&job.queue) {
                kept.entry(late.until).or_default().push((row.id, row.claim));
            }
        }
        for (until, rows) in kept {
            outbox.extend(&rows, until, 0).await?;
        }
        let (mut sent, mut ended) = (Vec::new(), Vec::new());
        for Attempt { jobs, answer } in attempts {
            for ((row, (id, spec)), job) in jobs.iter().zip(answer.iter().flatten()) {
                match job {
                    Some(job) => sent.push(noted(row, *job, first_look(deps, spec))),
                    None => ended.push(*id),
                }
            }
        }
        outbox.sent(&sent).await?;
        outbox.finish(&ended).await?;
        if let Some(lease) = &self.turn {
            if self.late.is_empty() {
                unit.leases().release(lease).await?;
            } else {
                unit.leases().renew(lease, TURN_MS).await?;
            }
        }
        unit.commit().await?;
        if self.late.is_empty() {
            self.turn = None;
        }
        Ok(())
    }
}

impl<'a> Attempt<'a> {
    async fn new(deps: &Deps, jobs: Vec<Sendable<'a>>, limit: Duration) -> Self {
        let all = jobs.iter().map(|(_, job)| job.clone()).collect();
        let answer = in_time(limit, taken(deps, all)).await;
        Self { jobs, answer }
    }

    fn queues(&self) -> impl Iterator<Item = &str> {
        self.jobs.iter().map(|(_, (_, job))| job.queue.as_str())
    }

    /// Its jobs, queue by queue.
    fn parts(jobs: Vec<Sendable<'a>>) -> BTreeMap<String, Vec<Sendable<'a>>> {
        let mut parts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for job in jobs {
            parts.entry(job.1.1.queue.clone()).or_default().push(job);
        }
        parts
    }
}

/// Sends jobs: all in one call, and where that fails those of each queue by themselves, since queues can be parts of a
/// store that fail by themselves. Those of queues that are late go apart from the beginning.
async fn attempts<'a>(deps: &Deps, jobs: Vec<Sendable<'a>>, late: &BTreeMap<String, Late>) -> Vec<Attempt<'a>> {
    let (apart, jobs): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|(_, (_, job))| late.contains_key(&job.queue));
    let usual = async {
        if jobs.is_empty() {
            return Vec::new();
        }
        let whole = Attempt::new(deps, jobs, LIMIT).await;
        if whole.answer.is_ok() || whole.queues().collect::<BTreeSet<_>>().len() < 2 {
            return vec![whole];
        }
        join_all(Attempt::parts(whole.jobs).into_values().map(|jobs| Attempt::new(deps, jobs, LIMIT))).await
    };
    let apart = Attempt::parts(apart).into_iter().map(|(queue, jobs)| {
        let limit = late.get(&queue).map_or(LIMIT, Late::limit);
        Attempt::new(deps, jobs, limit)
    });
    let (mut all, apart) = join(usual, join_all(apart)).await;
    all.extend(apart);
    all
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
    let answers = in_time(LIMIT, deps.queue.enqueue_with_ids(jobs)).await?;
    let kept = answers.iter().filter(|answer| matches!(answer, Enqueued::Kept(_))).map(|answer| answer.id());
    let kept: Vec<_> = kept.collect::<BTreeSet<_>>().into_iter().collect();
    // One that holds a key and is known no more has ended long ago: its key is held for a period.
    let ended = states(deps, &kept).await?.into_iter().zip(kept).filter(|(state, _)| state.is_none_or(has_ended));
    let ended: BTreeSet<_> = ended.map(|(_, id)| id).collect();
    Ok(answers.into_iter().map(|answer| Some(answer.id()).filter(|id| !ended.contains(id))).collect())
}

/// Where jobs stand.
pub(super) async fn states(deps: &Deps, jobs: &[JobId]) -> Result<Vec<Option<JobState>>> {
    if jobs.is_empty() { Ok(Vec::new()) } else { in_time(LIMIT, deps.queue.states(jobs)).await }
}

/// Whether a job will not run again. One that is dead waits for a person.
pub(super) const fn has_ended(state: JobState) -> bool {
    matches!(state, JobState::Done | JobState::Cancelled)
}

async fn in_time<T>(limit: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::new(ErrorKind::Timeout, "the queue took too long");
    tokio::time::timeout(limit, call).await.map_err(late)?
}
