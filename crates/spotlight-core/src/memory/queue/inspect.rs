//! Looking at jobs, and stepping in.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{
    MemoryQueue,
    state::{Entry, State},
};
use crate::{
    domain::{BatchId, JobId},
    error::{Error, Result},
    ports::{
        BatchRecord, JobFilter, JobInspector, JobRecord, JobState, ProcessFigures, QueueFigures, QueueSnapshot,
        UniqueScope,
    },
};

#[async_trait]
impl JobInspector for MemoryQueue {
    async fn find(&self, id: JobId) -> Result<Option<JobRecord>> {
        Ok(self.lock().jobs.get(&id).map(|entry| record(id, entry)))
    }

    async fn states(&self, ids: &[JobId]) -> Result<Vec<Option<JobState>>> {
        let state = self.lock();
        Ok(ids.iter().map(|id| state.jobs.get(id).map(|entry| entry.state)).collect())
    }

    async fn list(&self, filter: &JobFilter, after: Option<JobId>, limit: u32) -> Result<Vec<JobRecord>> {
        let state = self.lock();
        let mut found: Vec<_> = state
            .jobs
            .iter()
            .filter(|(id, _)| after.is_none_or(|after| **id < after))
            .filter(|(_, entry)| filter.state.is_none_or(|wanted| entry.state == wanted))
            .filter(|(_, entry)| filter.queue.as_ref().is_none_or(|wanted| entry.spec.queue == *wanted))
            .filter(|(_, entry)| filter.name.as_ref().is_none_or(|wanted| entry.spec.name == *wanted))
            .filter(|(_, entry)| filter.organization.is_none_or(|wanted| entry.spec.organization == Some(wanted)))
            .collect();
        found.sort_unstable_by(|(left, _), (right, _)| right.cmp(left));
        Ok(found.into_iter().take(limit as usize).map(|(id, entry)| record(*id, entry)).collect())
    }

    async fn retry(&self, id: JobId) -> Result<bool> {
        let now = self.now();
        let mut state = self.lock();
        if !state.is_dead(id) {
            return Ok(false);
        }
        state.take_unique(id)?;
        if let Some(entry) = state.jobs.get_mut(&id) {
            entry.attempts = 0;
            entry.finished_at = None;
        }
        state.make_ready(id, now);
        drop(state);
        self.wake();
        Ok(true)
    }

    async fn discard(&self, id: JobId) -> Result<bool> {
        let mut state = self.lock();
        Ok(state.is_dead(id) && state.jobs.remove(&id).is_some())
    }

    async fn cancel(&self, id: JobId) -> Result<bool> {
        let now = self.now();
        let mut state = self.lock();
        if state.take_out(id) {
            state.finish(id, JobState::Cancelled, None, self, now);
            drop(state);
            self.wake();
            return Ok(true);
        }
        let Some(entry) = state.jobs.get_mut(&id).filter(|entry| entry.state == JobState::Running) else {
            return Ok(false);
        };
        entry.cancelled = true;
        Ok(true)
    }

    async fn set_paused(&self, queue: &str, paused: bool) -> Result<()> {
        let mut state = self.lock();
        if paused {
            state.paused.insert(queue.to_owned());
        } else {
            state.paused.remove(queue);
        }
        drop(state);
        self.wake();
        Ok(())
    }

    async fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>> {
        Ok(self.lock().batches.get(&id).map(|batch| BatchRecord {
            id,
            total: batch.total,
            done: batch.done,
            failed: batch.failed,
            finished_at: batch.finished_at,
        }))
    }

    async fn waiting(&self, most: u64) -> Result<u64> {
        let ready: usize = self.lock().ready.values().map(BTreeSet::len).sum();
        Ok(most.min(ready as u64))
    }

    async fn snapshot(&self) -> Result<QueueSnapshot> {
        let now = self.now();
        let state = self.lock();
        let mut queues: BTreeMap<String, QueueFigures> = BTreeMap::new();
        let named = |name: &String| QueueFigures { queue: name.clone(), ..QueueFigures::default() };
        for name in &state.paused {
            queues.entry(name.clone()).or_insert_with(|| named(name)).paused = true;
        }
        for entry in state.jobs.values() {
            let figures = queues.entry(entry.spec.queue.clone()).or_insert_with(|| named(&entry.spec.queue));
            match entry.state {
                JobState::Ready => {
                    figures.ready += 1;
                    let age = u64::try_from((now - entry.ready_at).num_milliseconds()).unwrap_or(0);
                    figures.oldest_ready_ms = figures.oldest_ready_ms.max(Some(age));
                }
                JobState::Scheduled => figures.scheduled += 1,
                JobState::Blocked => figures.blocked += 1,
                JobState::Running => figures.running += 1,
                JobState::Dead => figures.dead += 1,
                JobState::Done | JobState::Cancelled => {}
            }
        }
        let holds = |figures: &QueueFigures| {
            figures.paused || figures.ready + figures.scheduled + figures.blocked + figures.running + figures.dead > 0
        };
        let queues = queues.into_values().filter(holds).collect();
        let processes = state
            .processes
            .iter()
            .map(|(id, process)| ProcessFigures {
                id: *id,
                label: process.label.clone(),
                running: process.jobs.len() as u64,
                silent_ms: u64::try_from((now - process.seen).num_milliseconds()).unwrap_or(0),
            })
            .collect();
        Ok(QueueSnapshot { queues, processes })
    }
}

impl State {
    fn is_dead(&self, id: JobId) -> bool {
        self.jobs.get(&id).is_some_and(|entry| entry.state == JobState::Dead)
    }

    /// Takes the unique key of a job that becomes unfinished again.
    fn take_unique(&mut self, id: JobId) -> Result<()> {
        let Some(entry) = self.jobs.get(&id) else { return Ok(()) };
        let Some(unique) = entry.spec.unique.as_ref().filter(|unique| !matches!(unique.scope, UniqueScope::Period(_)))
        else {
            return Ok(());
        };
        let key = (entry.spec.queue.clone(), unique.key.clone());
        match self.unique.get(&key) {
            Some((holder, _)) if *holder != id => Err(Error::conflict("another job holds its unique key by now")),
            _ => {
                self.unique.insert(key, (id, None));
                Ok(())
            }
        }
    }
}

fn record(id: JobId, entry: &Entry) -> JobRecord {
    JobRecord {
        id,
        name: entry.spec.name.clone(),
        queue: entry.spec.queue.clone(),
        organization: entry.spec.organization,
        payload: entry.spec.payload.clone(),
        state: entry.state,
        priority: entry.spec.priority,
        attempts: entry.attempts,
        max_attempts: entry.spec.max_attempts,
        enqueued_at: entry.enqueued_at,
        run_at: entry.spec.run_at,
        finished_at: entry.finished_at,
        progress: entry.progress.clone(),
        result: entry.result.clone(),
        failures: entry.failures.clone(),
        batch: entry.batch,
    }
}
