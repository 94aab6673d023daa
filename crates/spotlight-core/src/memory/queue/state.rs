//! What the queue holds, and the moves between the places where a job can stand.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use chrono::Duration as Span;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{BatchId, JobId, ProcessId, time::Timestamp},
    ports::{JobFailure, JobSpec, JobState, UniqueScope},
};

/// The place of a job in its queue: priority, then when it became ready.
pub(super) type Place = (i16, u64, JobId);
/// A key within a queue.
pub(super) type Key = (String, String);

#[derive(RedactedDebug)]
pub(super) struct Entry {
    pub(super) spec: JobSpec,
    pub(super) state: JobState,
    /// When it became ready, as a number; kept while it is blocked or handed back.
    pub(super) seq: u64,
    pub(super) attempts: u16,
    pub(super) process: Option<ProcessId>,
    pub(super) claim: i64,
    pub(super) cancelled: bool,
    pub(super) batch: Option<BatchId>,
    pub(super) counted: bool,
    pub(super) enqueued_at: Timestamp,
    pub(super) ready_at: Timestamp,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) progress: Option<(u8, Option<String>)>,
    pub(super) result: Option<String>,
    pub(super) failures: Vec<JobFailure>,
}

#[derive(RedactedDebug)]
pub(super) struct Process {
    pub(super) label: String,
    pub(super) lease: Duration,
    pub(super) seen: Timestamp,
    pub(super) jobs: BTreeSet<JobId>,
}

#[derive(Debug)]
pub(super) struct Batch {
    pub(super) then: Option<JobSpec>,
    pub(super) total: u64,
    pub(super) done: u64,
    pub(super) failed: u64,
    pub(super) finished_at: Option<Timestamp>,
}

/// How busy a concurrency key is.
#[derive(Debug, Default)]
pub(super) struct Busy {
    pub(super) running: u32,
    pub(super) blocked: BTreeSet<Place>,
}

#[derive(RedactedDebug, Default)]
pub(super) struct State {
    pub(super) jobs: HashMap<JobId, Entry>,
    pub(super) ready: BTreeMap<String, BTreeSet<Place>>,
    pub(super) scheduled: BTreeSet<(Timestamp, JobId)>,
    /// Who holds a unique key, and until when if for a period.
    #[debug(hidden)]
    pub(super) unique: HashMap<Key, (JobId, Option<Timestamp>)>,
    #[debug(hidden)]
    pub(super) busy: HashMap<Key, Busy>,
    /// When the next start of a key would be on time (GCRA's theoretical arrival time).
    #[debug(hidden)]
    pub(super) rates: HashMap<Key, Timestamp>,
    pub(super) processes: BTreeMap<ProcessId, Process>,
    pub(super) paused: BTreeSet<String>,
    pub(super) batches: HashMap<BatchId, Batch>,
    pub(super) ticks: HashMap<String, Timestamp>,
    /// Jobs that an open unit of work was given as its own: nobody claims them before it ends.
    pub(super) reserved: BTreeSet<JobId>,
    /// Claims given so far.
    pub(super) claims: i64,
    seq: u64,
}

impl State {
    /// Adds a job that holds no key yet.
    pub(super) fn insert(&mut self, id: JobId, spec: JobSpec, batch: Option<BatchId>, now: Timestamp) {
        if let Some(unique) = &spec.unique {
            let until = match unique.scope {
                UniqueScope::Period(period) => Some(now + span(period)),
                UniqueScope::Waiting | UniqueScope::Unfinished => None,
            };
            self.unique.insert((spec.queue.clone(), unique.key.clone()), (id, until));
        }
        let run_at = spec.run_at;
        let entry = Entry {
            spec,
            state: JobState::Scheduled,
            seq: 0,
            attempts: 0,
            process: None,
            claim: 0,
            cancelled: false,
            batch,
            counted: false,
            enqueued_at: now,
            ready_at: now,
            finished_at: None,
            progress: None,
            result: None,
            failures: Vec::new(),
        };
        self.jobs.insert(id, entry);
        match run_at.filter(|at| *at > now) {
            Some(at) => self.schedule(id, at),
            None => self.make_ready(id, now),
        }
    }

    /// Has a job wait for an instant. It stands in no other place.
    pub(super) fn schedule(&mut self, id: JobId, at: Timestamp) {
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        entry.state = JobState::Scheduled;
        entry.spec.run_at = Some(at);
        self.scheduled.insert((at, id));
    }

    /// Puts a job behind the ready ones of its priority. It stands in no other place.
    pub(super) fn make_ready(&mut self, id: JobId, now: Timestamp) {
        self.seq += 1;
        let seq = self.seq;
        if let Some(entry) = self.jobs.get_mut(&id) {
            entry.seq = seq;
            entry.ready_at = now;
        }
        self.put_back(id);
    }

    /// Puts a job where it stood among the ready ones before. It stands in no other place.
    pub(super) fn put_back(&mut self, id: JobId) {
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        entry.state = JobState::Ready;
        entry.process = None;
        entry.spec.run_at = None;
        let place = (entry.spec.priority, entry.seq, id);
        self.ready.entry(entry.spec.queue.clone()).or_default().insert(place);
    }

    /// Takes a waiting job out of its place. False when it does not wait.
    pub(super) fn take_out(&mut self, id: JobId) -> bool {
        let Some(entry) = self.jobs.get(&id) else { return false };
        let place = (entry.spec.priority, entry.seq, id);
        match entry.state {
            JobState::Scheduled => entry.spec.run_at.is_some_and(|at| self.scheduled.remove(&(at, id))),
            JobState::Ready => {
                let key = concurrency_key(&entry.spec);
                let taken = self.ready.get_mut(&entry.spec.queue).is_some_and(|queue| queue.remove(&place));
                if let Some(key) = key {
                    self.let_next(&key);
                }
                taken
            }
            JobState::Blocked => concurrency_key(&entry.spec)
                .and_then(|key| self.busy.get_mut(&key))
                .is_some_and(|busy| busy.blocked.remove(&place)),
            JobState::Running | JobState::Done | JobState::Dead | JobState::Cancelled => false,
        }
    }

    /// Takes a running job from its process and frees its concurrency key for the next one.
    pub(super) fn release(&mut self, id: JobId) {
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        let process = entry.process.take();
        entry.progress = None;
        let key = concurrency_key(&entry.spec);
        if let Some(process) = process.and_then(|process| self.processes.get_mut(&process)) {
            process.jobs.remove(&id);
        }
        let Some(key) = key else { return };
        if let Some(busy) = self.busy.get_mut(&key) {
            busy.running = busy.running.saturating_sub(1);
        }
        self.let_next(&key);
        self.forget_idle(&key);
    }

    /// Has the first that waits for a key look again whether it can start. One too many does no harm: it waits again.
    pub(super) fn let_next(&mut self, key: &Key) {
        if let Some((_, _, next)) = self.busy.get_mut(key).and_then(|busy| busy.blocked.pop_first()) {
            self.put_back(next);
        }
    }

    /// Forgets a concurrency key that nobody uses.
    pub(super) fn forget_idle(&mut self, key: &Key) {
        if self.busy.get(key).is_some_and(|busy| busy.running == 0 && busy.blocked.is_empty()) {
            self.busy.remove(key);
        }
    }
}

/// The key that limits how many of a job's kind run at once.
pub(super) fn concurrency_key(spec: &JobSpec) -> Option<Key> {
    spec.concurrency.as_ref().map(|limit| (spec.queue.clone(), limit.key.clone()))
}

/// A duration for arithmetic with instants; the longest stands for those beyond a thousand years.
pub(super) fn span(duration: Duration) -> Span {
    const LONGEST: Duration = Duration::from_hours(1_000 * 365 * 24);
    Span::from_std(duration.min(LONGEST)).unwrap_or(Span::days(365_000))
}
