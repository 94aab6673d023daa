//! Jobs of a unit of work, until it ends.

use super::MemoryQueue;
use crate::{
    domain::JobId,
    ports::{JobSpec, JobState, UniqueScope},
};

/// Jobs that an open unit will have added. Dropping it adds none.
pub(in crate::memory) struct Staged {
    queue: MemoryQueue,
    /// Each with its own id, and with the id that was given for it.
    jobs: Vec<(JobId, JobId, JobSpec)>,
    reserved: Vec<JobId>,
}

impl Staged {
    pub(in crate::memory) fn new(queue: MemoryQueue) -> Self {
        Self { queue, jobs: Vec::new(), reserved: Vec::new() }
    }

    /// Takes an acceptable job, and gives the id of the job that stands for it.
    pub(in crate::memory) fn add(&mut self, spec: JobSpec) -> JobId {
        let id = self.queue.job_id();
        let answer = self.same(&spec).or_else(|| self.reserve_holder(&spec)).unwrap_or(id);
        self.jobs.push((id, answer, spec));
        answer
    }

    /// The job of this unit that has the same key.
    fn same(&self, spec: &JobSpec) -> Option<JobId> {
        let key = |spec: &JobSpec| spec.unique.as_ref().map(|unique| (spec.queue.clone(), unique.key.clone()));
        let wanted = key(spec)?;
        self.jobs.iter().find(|(_, _, other)| key(other).as_ref() == Some(&wanted)).map(|(_, answer, _)| *answer)
    }

    /// The job of the queue that holds the key. It stays as it is until this unit ends.
    fn reserve_holder(&mut self, spec: &JobSpec) -> Option<JobId> {
        let unique = spec.unique.as_ref()?;
        let now = self.queue.now();
        let mut state = self.queue.lock();
        let holder = state.holder(&(spec.queue.clone(), unique.key.clone()), now)?;
        let waits = state
            .jobs
            .get(&holder)
            .is_some_and(|job| matches!(job.state, JobState::Scheduled | JobState::Ready | JobState::Blocked));
        if !waits && unique.scope == UniqueScope::Waiting {
            return None;
        }
        if waits {
            state.reserved.insert(holder);
            self.reserved.push(holder);
        }
        Some(holder)
    }

    /// Adds the jobs to the queue.
    pub(in crate::memory) fn apply(mut self) {
        let jobs = std::mem::take(&mut self.jobs);
        if jobs.is_empty() {
            return;
        }
        let now = self.queue.now();
        let mut state = self.queue.lock();
        for (id, _, spec) in jobs {
            state.add(id, spec, now);
        }
        drop(state);
        self.queue.wake();
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if self.reserved.is_empty() {
            return;
        }
        let mut state = self.queue.lock();
        for id in self.reserved.drain(..) {
            state.reserved.remove(&id);
        }
        drop(state);
        self.queue.wake();
    }
}
