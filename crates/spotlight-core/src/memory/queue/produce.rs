//! Adding jobs.

use async_trait::async_trait;

use super::{
    MemoryQueue,
    state::{Batch, State},
};
use crate::{
    domain::{BatchId, JobId, time::Timestamp},
    error::Result,
    ports::{BatchSpec, Enqueued, JobProducer, JobSpec, MAX_TICK_LEAD, UniqueScope, WhenTaken, early_tick},
};

#[async_trait]
impl JobProducer for MemoryQueue {
    async fn enqueue(&self, jobs: Vec<JobSpec>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(JobSpec::validate)?;
        let now = self.now();
        let mut state = self.lock();
        let added = jobs.into_iter().map(|spec| state.add(self.job_id(), spec, now)).collect();
        drop(state);
        self.wake();
        Ok(added)
    }

    async fn enqueue_with_ids(&self, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(|(_, job)| job.validate())?;
        let now = self.now();
        let mut state = self.lock();
        let added = jobs.into_iter().map(|(id, spec)| state.add_new(id, spec, now)).collect();
        drop(state);
        self.wake();
        Ok(added)
    }

    async fn enqueue_batch(&self, batch: BatchSpec) -> Result<BatchId> {
        batch.validate()?;
        let (now, id) = (self.now(), BatchId::from_uuid(self.ids.uuid()));
        let mut state = self.lock();
        let total = batch.jobs.len() as u64;
        let record = Batch { then: Some(batch.then), total, done: 0, failed: 0, finished_at: None };
        state.batches.insert(id, record);
        for spec in batch.jobs {
            state.insert(self.job_id(), spec, Some(id), now);
        }
        state.finish_batch(id, self.job_id(), now);
        drop(state);
        self.wake();
        Ok(id)
    }

    async fn tick(&self, schedule: &str, at: Timestamp, job: JobSpec) -> Result<bool> {
        job.validate()?;
        let now = self.now();
        let mut state = self.lock();
        if at > now + MAX_TICK_LEAD {
            return Err(early_tick());
        }
        if state.ticks.get(schedule).is_some_and(|last| *last >= at) {
            return Ok(false);
        }
        state.ticks.insert(schedule.to_owned(), at);
        state.add(self.job_id(), job, now);
        drop(state);
        self.wake();
        Ok(true)
    }

    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>> {
        Ok(self.lock().ticks.get(schedule).copied())
    }
}

impl State {
    /// Adds a job, unless its id is known or its unique key is held.
    fn add_new(&mut self, id: JobId, spec: JobSpec, now: Timestamp) -> Enqueued {
        if self.jobs.contains_key(&id) { Enqueued::Kept(id) } else { self.add(id, spec, now) }
    }

    /// Adds a job, unless its unique key is held.
    pub(super) fn add(&mut self, id: JobId, spec: JobSpec, now: Timestamp) -> Enqueued {
        let Some(unique) = &spec.unique else {
            self.insert(id, spec, None, now);
            return Enqueued::Added(id);
        };
        let key = (spec.queue.clone(), unique.key.clone());
        let Some(holder) = self.holder(&key, now) else {
            self.insert(id, spec, None, now);
            return Enqueued::Added(id);
        };
        if unique.taken == WhenTaken::Discard || !self.take_out(holder) {
            return Enqueued::Kept(holder);
        }
        let Some(entry) = self.jobs.get_mut(&holder) else { return Enqueued::Kept(holder) };
        let run_at = spec.run_at.filter(|at| *at > now);
        if unique.taken == WhenTaken::Replace {
            // What it is limited by and how long it holds its key was decided when it was added.
            entry.spec.payload = spec.payload;
            entry.spec.trace = spec.trace;
            entry.spec.version = spec.version;
            entry.spec.priority = spec.priority;
        }
        match run_at {
            Some(at) => self.schedule(holder, at),
            None => self.make_ready(holder, now),
        }
        Enqueued::Changed(holder)
    }

    /// The job that holds a unique key at this instant.
    pub(super) fn holder(&self, key: &super::state::Key, now: Timestamp) -> Option<JobId> {
        let (id, until) = self.unique.get(key)?;
        if until.is_some_and(|until| until <= now) {
            return None;
        }
        Some(*id)
    }

    /// Gives a job that was not started the key back that its claim freed, unless another holds it by now.
    pub(super) fn hold_again(&mut self, id: JobId) {
        let Some(entry) = self.jobs.get(&id) else { return };
        if let Some(unique) = entry.spec.unique.as_ref().filter(|unique| unique.scope == UniqueScope::Waiting) {
            self.unique.entry((entry.spec.queue.clone(), unique.key.clone())).or_insert((id, None));
        }
    }

    /// Frees a job's unique key where its scope ends, now that it starts or has finished.
    pub(super) fn free_unique(&mut self, id: JobId, finished: bool) {
        let Some(entry) = self.jobs.get(&id) else { return };
        let Some(unique) = &entry.spec.unique else { return };
        let ends = match unique.scope {
            UniqueScope::Waiting => true,
            UniqueScope::Unfinished => finished,
            UniqueScope::Period(_) => false,
        };
        let key = (entry.spec.queue.clone(), unique.key.clone());
        if ends && self.unique.get(&key).is_some_and(|(holder, _)| *holder == id) {
            self.unique.remove(&key);
        }
    }
}
