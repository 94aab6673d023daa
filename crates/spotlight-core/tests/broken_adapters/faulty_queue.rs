//! Decorators of the memory queue that break one promise each.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::FutureExt;
use spotlight_core::{
    Result,
    domain::{BatchId, JobId, ProcessId, time::Timestamp},
    memory::MemoryQueue,
    ports::*,
};
use tokio::{sync::Notify, task::yield_now, time::sleep};

/// The promise that is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// None.
    None,
    /// Waiting sleeps through everything.
    LostWakeUp,
    /// Only what this process adds wakes those who wait in it.
    OwnWakeUps,
    /// Only additions wake, nothing else that makes a job ready.
    OnlyAdditionsWake,
    /// Waiting begins to listen without a look at what is there.
    NoLook,
    /// Whoever ends a job is believed, whoever holds it.
    NoFence,
    /// An older claim of the same process is believed.
    StaleClaims,
    /// Every end is said to be accepted.
    AllAccepted,
    /// An id that is known is added again, as another job.
    AddsAgain,
    /// Where unknown jobs stand is left out.
    OnlyKnownStates,
    /// What a claim took out is lost with its future.
    PopAndLose,
    /// What a process held is lost with it.
    LostWithItsProcess,
    /// Claims at once read the same jobs.
    ClaimedTwice,
    /// A claim takes one too many.
    OverLimit,
    /// Whoever comes may claim.
    StrangersClaim,
    /// The newest go first.
    NewestFirst,
    /// Queues are served from the last to the first.
    QueuesTurned,
    /// Priorities count for nothing.
    PriorityIgnored,
    /// Paused queues go on giving.
    PauseIgnored,
    /// Scheduled jobs are ready at once.
    TimeIgnored,
    /// A round of upkeep takes all that is there.
    EndlessRounds,
    /// Half of a call is added when the other half is refused.
    Torn,
    /// The last of a call is acknowledged and forgotten.
    LostJobs,
    /// Unique keys count for nothing.
    UniqueIgnored,
    /// Whether a unique key is free is looked up first, and taken afterwards.
    UniqueRace,
    /// Every unique key is free once its job has started.
    UniqueUntilStart,
    /// A waiting job is never replaced.
    NeverReplaced,
    /// Concurrency limits count for nothing.
    LimitIgnored,
    /// Rates count for nothing.
    RateIgnored,
    /// Heartbeats renew nothing.
    NotRenewed,
    /// Nobody is ever given up.
    Immortal,
    /// The try of a process that died does not count.
    CrashesUncounted,
    /// Tries are never used up.
    EndlessTries,
    /// A failed job runs again without its pause.
    NoPause,
    /// A failed job does not run again.
    LostRetries,
    /// What is handed back counts as a failed try.
    HandedBackFails,
    /// What a job returned is not kept.
    LostResults,
    /// Running jobs are not told that they were cancelled.
    CancelUntold,
    /// A running job that is cancelled runs again when it fails.
    CancelForgotten,
    /// What follows a batch comes twice.
    FollowedTwice,
    /// Whether a tick was added is looked up first, and noted afterwards.
    TickRace,
    /// A tick is added however far ahead it is.
    TickAhead,
    /// Jobs of paused queues do not count as waiting.
    PausedUncounted,
}

/// What the processes of a fleet have in common.
pub(crate) struct Fleet {
    queue: MemoryQueue,
    clock: Arc<dyn Clock>,
    fault: Fault,
    /// By process: its lease, and its last sign of life.
    processes: Mutex<BTreeMap<ProcessId, (Duration, Timestamp)>>,
    /// Who was given a job last, and by which claim.
    holders: Mutex<HashMap<JobId, (ProcessId, i64)>>,
    /// What follows the batches that have not finished.
    followers: Mutex<HashMap<BatchId, JobSpec>>,
    keys: Mutex<BTreeSet<String>>,
    /// Claims under way, and what they took.
    claiming: AtomicUsize,
    taken: Mutex<Vec<ClaimedJob>>,
    added: Notify,
}

impl Fleet {
    pub(crate) fn new(clock: Arc<dyn Clock>, fault: Fault) -> Arc<Self> {
        Arc::new(Self {
            queue: MemoryQueue::new(Arc::clone(&clock), Arc::new(SystemIds)),
            clock,
            fault,
            processes: Mutex::default(),
            holders: Mutex::default(),
            followers: Mutex::default(),
            keys: Mutex::default(),
            claiming: AtomicUsize::new(0),
            taken: Mutex::default(),
            added: Notify::new(),
        })
    }

    /// Processes whose lease has ended.
    fn overdue(&self) -> Vec<ProcessId> {
        let now = self.clock.now();
        lock(&self.processes).iter().filter(|(_, (lease, seen))| *seen + *lease <= now).map(|(id, _)| *id).collect()
    }

    /// Ends everything a process holds.
    async fn end_all(&self, process: ProcessId, outcome: Outcome) -> Result<()> {
        let held: Vec<_> = lock(&self.holders)
            .iter()
            .filter(|(_, (holder, _))| *holder == process)
            .map(|(id, (_, claim))| Settlement { id: *id, claim: *claim, outcome: outcome.clone() })
            .collect();
        self.queue.settle(process, &held).await.map(drop)
    }

    /// What becomes of a process's jobs before it is gone.
    async fn bereave(&self, process: ProcessId) -> Result<()> {
        match self.fault {
            Fault::LostWithItsProcess => self.end_all(process, Outcome::Done(None)).await,
            Fault::CrashesUncounted => self.end_all(process, Outcome::HandedBack).await,
            _ => Ok(()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A memory queue with a fault, as one process has it.
pub(crate) struct FaultyQueue {
    fleet: Arc<Fleet>,
    added: Notify,
}

impl FaultyQueue {
    pub(crate) fn new(fleet: &Arc<Fleet>) -> Self {
        Self { fleet: Arc::clone(fleet), added: Notify::new() }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fleet.fault == fault
    }

    fn queue(&self) -> &MemoryQueue {
        &self.fleet.queue
    }

    fn tell(&self) {
        self.added.notify_waiters();
        self.fleet.added.notify_waiters();
    }

    fn spec(&self, mut spec: JobSpec) -> JobSpec {
        match self.fleet.fault {
            Fault::UniqueIgnored => spec.unique = None,
            Fault::UniqueUntilStart => {
                spec.unique = spec.unique.map(|unique| Unique { scope: UniqueScope::Waiting, ..unique });
            }
            Fault::NeverReplaced => {
                spec.unique = spec.unique.map(|unique| Unique { taken: WhenTaken::Discard, ..unique });
            }
            Fault::LimitIgnored => spec.concurrency = None,
            Fault::RateIgnored => spec.rate = None,
            Fault::PriorityIgnored => spec.priority = 0,
            Fault::TimeIgnored => spec.run_at = None,
            Fault::EndlessTries => spec.max_attempts = u16::MAX,
            _ => {}
        }
        spec
    }

    /// Whether one of these queues has a job that could be claimed.
    async fn is_ready(&self, queues: &[String]) -> Result<bool> {
        let figures = self.queue().snapshot().await?.queues;
        Ok(figures.iter().any(|one| queues.contains(&one.queue) && one.ready > 0 && !one.paused))
    }

    fn outcome(&self, outcome: Outcome) -> Outcome {
        let error = String::new;
        match (self.fleet.fault, outcome) {
            (Fault::NoPause, Outcome::Retry { error, .. }) => Outcome::Retry { after: Duration::ZERO, error },
            (Fault::LostRetries, Outcome::Retry { .. }) | (Fault::LostResults, Outcome::Done(_)) => Outcome::Done(None),
            (Fault::HandedBackFails, Outcome::HandedBack) => Outcome::Retry { after: Duration::ZERO, error: error() },
            (_, outcome) => outcome,
        }
    }
}

#[async_trait]
impl JobProducer for FaultyQueue {
    async fn enqueue(&self, jobs: Vec<JobSpec>) -> Result<Vec<Enqueued>> {
        let mut jobs: Vec<_> = jobs.into_iter().map(|spec| self.spec(spec)).collect();
        let mut answers = Vec::new();
        if self.has(Fault::Torn) {
            for job in jobs {
                answers.extend(self.queue().enqueue(vec![job]).await?);
            }
            return Ok(answers);
        }
        if self.has(Fault::UniqueRace) {
            let key = |job: &JobSpec| job.unique.as_ref().map(|unique| unique.key.clone());
            let free = jobs.iter().filter_map(key).all(|key| !lock(&self.fleet.keys).contains(&key));
            yield_now().await;
            lock(&self.fleet.keys).extend(jobs.iter().filter_map(key));
            jobs.iter_mut().filter(|_| free).for_each(|job| job.unique = None);
        }
        let lost = if self.has(Fault::LostJobs) && jobs.len() > 1 { jobs.pop() } else { None };
        answers.extend(self.queue().enqueue(jobs).await?);
        answers.extend(lost.map(|_| Enqueued::Added(JobId::from_uuid(SystemIds.uuid()))));
        self.tell();
        Ok(answers)
    }

    async fn enqueue_with_ids(&self, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Enqueued>> {
        if self.has(Fault::AddsAgain) {
            return self.enqueue(jobs.into_iter().map(|(_, job)| job).collect()).await;
        }
        let jobs = jobs.into_iter().map(|(id, spec)| (id, self.spec(spec))).collect();
        let answers = self.queue().enqueue_with_ids(jobs).await?;
        self.tell();
        Ok(answers)
    }

    async fn enqueue_batch(&self, batch: BatchSpec) -> Result<BatchId> {
        let then = batch.then.clone();
        let id = self.queue().enqueue_batch(batch).await?;
        lock(&self.fleet.followers).insert(id, then);
        self.tell();
        Ok(id)
    }

    async fn tick(&self, schedule: &str, at: Timestamp, job: JobSpec) -> Result<bool> {
        if self.has(Fault::TickRace) {
            let due = self.queue().last_tick(schedule).await?.is_none_or(|last| last < at);
            yield_now().await;
            if due && !self.queue().tick(schedule, at, job.clone()).await? {
                self.queue().enqueue(vec![job]).await?;
            }
            return Ok(due);
        }
        let at = if self.has(Fault::TickAhead) { at.min(self.fleet.clock.now() + MAX_TICK_LEAD) } else { at };
        let added = self.queue().tick(schedule, at, job).await?;
        self.tell();
        Ok(added)
    }

    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>> {
        self.queue().last_tick(schedule).await
    }
}

/// Loses what it holds when it is dropped.
struct Popped<'a>(&'a MemoryQueue, ProcessId, Vec<Settlement>);

impl Drop for Popped<'_> {
    fn drop(&mut self) {
        let _ = self.0.settle(self.1, &self.2).now_or_never();
    }
}

#[async_trait]
impl JobConsumer for FaultyQueue {
    async fn register(&self, process: ProcessId, label: &str, lease: Duration) -> Result<()> {
        lock(&self.fleet.processes).insert(process, (lease, self.fleet.clock.now()));
        self.queue().register(process, label, lease).await
    }

    async fn heartbeat(&self, process: ProcessId, progress: &[Progress]) -> Result<Pulse> {
        if self.has(Fault::NotRenewed) {
            return Ok(Pulse { alive: true, ..Pulse::default() });
        }
        let mut pulse = self.queue().heartbeat(process, progress).await?;
        if pulse.alive {
            lock(&self.fleet.processes).entry(process).and_modify(|(_, seen)| *seen = self.fleet.clock.now());
        }
        if self.has(Fault::CancelUntold) {
            pulse.cancelled.clear();
        }
        Ok(pulse)
    }

    async fn deregister(&self, process: ProcessId) -> Result<()> {
        self.fleet.bereave(process).await?;
        lock(&self.fleet.processes).remove(&process);
        self.queue().deregister(process).await
    }

    async fn claim(&self, process: ProcessId, queues: &[String], limit: u32) -> Result<Vec<ClaimedJob>> {
        if self.has(Fault::StrangersClaim) && !self.queue().heartbeat(process, &[]).await?.alive {
            self.queue().register(process, "a stranger", Duration::from_mins(1)).await?;
        }
        let mut queues = queues.to_vec();
        if self.has(Fault::QueuesTurned) {
            queues.reverse();
        }
        self.fleet.claiming.fetch_add(1, Ordering::Relaxed);
        let claimed = self.queue().claim(process, &queues, limit + u32::from(self.has(Fault::OverLimit))).await;
        if claimed.is_err() {
            self.fleet.claiming.fetch_sub(1, Ordering::Relaxed);
        }
        let mut claimed = claimed?;
        lock(&self.fleet.holders).extend(claimed.iter().map(|job| (job.id, (process, job.claim))));
        if self.has(Fault::PopAndLose) {
            let lost = |job: &ClaimedJob| Settlement { id: job.id, claim: job.claim, outcome: Outcome::Done(None) };
            let mut popped = Popped(self.queue(), process, claimed.iter().map(lost).collect());
            yield_now().await;
            popped.2.clear();
        }
        if self.has(Fault::ClaimedTwice) && !claimed.is_empty() {
            lock(&self.fleet.taken).extend(claimed.iter().cloned());
            yield_now().await;
            claimed.clone_from(&lock(&self.fleet.taken));
            claimed.truncate(limit as usize);
        }
        if self.fleet.claiming.fetch_sub(1, Ordering::Relaxed) == 1 {
            lock(&self.fleet.taken).clear();
        }
        if self.has(Fault::NewestFirst) {
            claimed.reverse();
        }
        Ok(claimed)
    }

    async fn settle(&self, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>> {
        let mut accepted = Vec::new();
        for settlement in settlements {
            let mut end = Settlement { outcome: self.outcome(settlement.outcome.clone()), ..settlement.clone() };
            let mut by = process;
            let holder = lock(&self.fleet.holders).get(&end.id).copied();
            if let Some((holder, claim)) = holder
                && (self.has(Fault::NoFence) || (self.has(Fault::StaleClaims) && holder == process))
            {
                (by, end.claim) = (holder, claim);
            }
            let done = self.queue().settle(by, std::slice::from_ref(&end)).await?;
            accepted.push(done == [true] || self.has(Fault::AllAccepted) || self.has(Fault::NoFence));
            let record = self.queue().find(end.id).await?;
            let batch = record.as_ref().and_then(|record| record.batch);
            if let (true, Some(batch)) = (self.has(Fault::FollowedTwice), batch)
                && self.queue().batch(batch).await?.is_some_and(|batch| batch.finished_at.is_some())
                && let Some(then) = { lock(&self.fleet.followers).remove(&batch) }
            {
                self.queue().enqueue(vec![then]).await?;
            }
        }
        Ok(accepted)
    }

    async fn wait(&self, queues: &[String], patience: Duration) -> Result<()> {
        let added = match self.fleet.fault {
            Fault::OwnWakeUps => &self.added,
            Fault::OnlyAdditionsWake | Fault::NoLook => &self.fleet.added,
            Fault::LostWakeUp => {
                sleep(patience).await;
                return Ok(());
            }
            _ => return self.queue().wait(queues, patience).await,
        };
        let added = added.notified();
        if self.has(Fault::NoLook) || !self.is_ready(queues).await? {
            let _ = tokio::time::timeout(patience, added).await;
        }
        Ok(())
    }

    async fn upkeep(&self, limit: u32) -> Result<Upkeep> {
        for process in self.fleet.overdue() {
            self.fleet.bereave(process).await?;
        }
        if self.has(Fault::Immortal) {
            return Ok(Upkeep::default());
        }
        self.queue().upkeep(if self.has(Fault::EndlessRounds) { u32::MAX } else { limit }).await
    }
}

#[async_trait]
impl JobInspector for FaultyQueue {
    async fn find(&self, id: JobId) -> Result<Option<JobRecord>> {
        self.queue().find(id).await
    }

    async fn states(&self, ids: &[JobId]) -> Result<Vec<Option<JobState>>> {
        let states = self.queue().states(ids).await?;
        if self.has(Fault::OnlyKnownStates) {
            return Ok(states.into_iter().flatten().map(Some).collect());
        }
        Ok(states)
    }

    async fn list(&self, filter: &JobFilter, after: Option<JobId>, limit: u32) -> Result<Vec<JobRecord>> {
        self.queue().list(filter, after, limit).await
    }

    async fn retry(&self, id: JobId) -> Result<bool> {
        self.queue().retry(id).await
    }

    async fn discard(&self, id: JobId) -> Result<bool> {
        self.queue().discard(id).await
    }

    async fn cancel(&self, id: JobId) -> Result<bool> {
        let running = self.queue().find(id).await?.is_some_and(|job| job.state == JobState::Running);
        if running && self.has(Fault::CancelForgotten) {
            return Ok(true);
        }
        self.queue().cancel(id).await
    }

    async fn set_paused(&self, queue: &str, paused: bool) -> Result<()> {
        if self.has(Fault::PauseIgnored) {
            return Ok(());
        }
        self.queue().set_paused(queue, paused).await
    }

    async fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>> {
        self.queue().batch(id).await
    }

    async fn waiting(&self, most: u64) -> Result<u64> {
        let waiting = self.queue().waiting(most).await?;
        if self.has(Fault::PausedUncounted) {
            let figures = self.queue().snapshot().await?.queues;
            return Ok(most.min(figures.iter().filter(|figures| !figures.paused).map(|figures| figures.ready).sum()));
        }
        Ok(waiting)
    }

    async fn snapshot(&self) -> Result<QueueSnapshot> {
        self.queue().snapshot().await
    }
}
