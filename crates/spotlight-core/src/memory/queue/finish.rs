//! The end of a try, and the end of a job.

use std::time::Duration;

use chrono::Duration as Span;

use super::{
    MemoryQueue,
    state::{State, span},
};
use crate::{
    domain::{BatchId, JobId, ProcessId, time::Timestamp},
    ports::{JobFailure, JobState, MAX_ERROR, MAX_ERRORS},
};

/// How long a finished job is kept at least. Dead ones are kept until somebody decides.
const KEPT: Span = Span::hours(1);
/// What a process that was given up leaves as the error of its jobs.
const LOST: &str = "the process that ran it ended or lost its lease";

impl State {
    /// Notes a failed try.
    pub(super) fn note_failure(&mut self, id: JobId, error: &str, now: Timestamp) {
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        let mut end = error.len().min(MAX_ERROR);
        while !error.is_char_boundary(end) {
            end -= 1;
        }
        entry.failures.push(JobFailure { attempt: entry.attempts, at: now, error: error[..end].to_owned() });
        if entry.failures.len() > MAX_ERRORS {
            entry.failures.remove(0);
        }
    }

    /// Has a job that failed run again, unless it was cancelled or its tries are used up.
    pub(super) fn again(&mut self, id: JobId, after: Duration, queue: &MemoryQueue, now: Timestamp) {
        let Some(entry) = self.jobs.get(&id) else { return };
        if entry.cancelled {
            self.finish(id, JobState::Cancelled, None, queue, now);
        } else if entry.attempts >= entry.spec.max_attempts {
            self.finish(id, JobState::Dead, None, queue, now);
        } else if after.is_zero() {
            self.make_ready(id, now);
        } else {
            self.schedule(id, now + span(after));
        }
    }

    /// Takes a process out of the fleet. Gives how many jobs it held.
    pub(super) fn give_up(&mut self, process: ProcessId, queue: &MemoryQueue, now: Timestamp) -> u32 {
        let Some(held) = self.processes.remove(&process).map(|process| process.jobs) else { return 0 };
        let count = u32::try_from(held.len()).unwrap_or(u32::MAX);
        for id in held {
            self.release(id);
            self.note_failure(id, LOST, now);
            self.again(id, Duration::ZERO, queue, now);
        }
        count
    }

    /// Ends a job that stands in no place any more.
    pub(super) fn finish(
        &mut self,
        id: JobId,
        ended: JobState,
        result: Option<String>,
        queue: &MemoryQueue,
        now: Timestamp,
    ) {
        self.free_unique(id, true);
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        entry.state = ended;
        entry.finished_at = Some(now);
        entry.result = result.filter(|_| !entry.spec.keep_result.is_zero());
        let Some(batch) = entry.batch.filter(|_| !entry.counted) else { return };
        entry.counted = true;
        if let Some(batch) = self.batches.get_mut(&batch) {
            match ended {
                JobState::Done => batch.done += 1,
                _ => batch.failed += 1,
            }
        }
        self.finish_batch(batch, queue.job_id(), now);
    }

    /// Adds the job that follows a batch, once all of the batch has finished.
    pub(super) fn finish_batch(&mut self, id: BatchId, follower: JobId, now: Timestamp) {
        let Some(batch) = self.batches.get_mut(&id) else { return };
        if batch.done + batch.failed < batch.total {
            return;
        }
        let Some(then) = batch.then.take() else { return };
        batch.finished_at = Some(now);
        self.add(follower, then, now);
    }

    /// Forgets what is kept no longer. Gives how many jobs.
    pub(super) fn forget(&mut self, now: Timestamp) -> u32 {
        let before = self.jobs.len();
        self.jobs.retain(|_, entry| match (entry.state, entry.finished_at) {
            (JobState::Done | JobState::Cancelled, Some(at)) => now < at + span(entry.spec.keep_result).max(KEPT),
            _ => true,
        });
        let jobs = &self.jobs;
        self.unique.retain(|_, (id, until)| match until {
            Some(until) => now < *until,
            None => jobs.contains_key(id),
        });
        self.rates.retain(|_, due| now < *due);
        self.batches.retain(|_, batch| batch.finished_at.is_none_or(|at| now < at + KEPT));
        u32::try_from(before - self.jobs.len()).unwrap_or(u32::MAX)
    }
}
