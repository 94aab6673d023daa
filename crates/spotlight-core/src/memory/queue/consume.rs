//! Working jobs off.

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use chrono::Duration as Span;

use super::{
    MemoryQueue,
    state::{Process, State, concurrency_key, span},
};
use crate::{
    domain::{JobId, ProcessId, time::Timestamp},
    error::{Error, Result},
    ports::{ClaimedJob, JobConsumer, JobState, Outcome, Progress, Pulse, Rate, Settlement, Upkeep},
};

#[async_trait]
impl JobConsumer for MemoryQueue {
    async fn register(&self, process: ProcessId, label: &str, lease: Duration) -> Result<()> {
        let label = label.to_owned();
        let process_record = Process { label, lease, seen: self.now(), jobs: BTreeSet::new() };
        self.lock().processes.insert(process, process_record);
        Ok(())
    }

    async fn heartbeat(&self, process: ProcessId, progress: &[Progress]) -> Result<Pulse> {
        let now = self.now();
        let mut state = self.lock();
        if !state.renew(process, now) {
            return Ok(Pulse::default());
        }
        for made in progress {
            if let Some(entry) = state.jobs.get_mut(&made.id)
                && entry.process == Some(process)
                && entry.claim == made.claim
            {
                entry.progress = Some((made.percent.min(100), made.note.clone()));
            }
        }
        let held = state.processes.get(&process).map(|process| process.jobs.clone()).unwrap_or_default();
        let cancelled = held.into_iter().filter(|id| state.jobs.get(id).is_some_and(|job| job.cancelled)).collect();
        Ok(Pulse { alive: true, cancelled, paused: state.paused.iter().cloned().collect() })
    }

    async fn deregister(&self, process: ProcessId) -> Result<()> {
        let now = self.now();
        self.lock().give_up(process, self, now);
        self.wake();
        Ok(())
    }

    async fn claim(&self, process: ProcessId, queues: &[String], limit: u32) -> Result<Vec<ClaimedJob>> {
        let now = self.now();
        let mut state = self.lock();
        if !state.is_alive(process, now) {
            return Err(Error::conflict("this process is not registered as a worker, or its lease has ended"));
        }
        let mut claimed = Vec::new();
        for queue in queues {
            if state.paused.contains(queue) {
                continue;
            }
            while claimed.len() < limit as usize {
                let Some(id) = state.take_ready(queue) else { break };
                claimed.extend(state.start(id, process, now));
            }
        }
        Ok(claimed)
    }

    async fn settle(&self, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>> {
        let now = self.now();
        let mut state = self.lock();
        let end = |settlement: &Settlement| state.settle(process, settlement.clone(), self, now);
        let accepted = settlements.iter().map(end).collect();
        drop(state);
        self.wake();
        Ok(accepted)
    }

    async fn wait(&self, queues: &[String], patience: Duration) -> Result<()> {
        let woken = self.woken.notified();
        tokio::pin!(woken);
        // Listening begins before the look, so that nothing falls between both.
        woken.as_mut().enable();
        let found = {
            let state = self.lock();
            let free = |place: &(i16, u64, JobId)| !state.reserved.contains(&place.2);
            let holds = |queue: &String| state.ready.get(queue).is_some_and(|ready| ready.iter().any(free));
            queues.iter().any(|queue| holds(queue) && !state.paused.contains(queue))
        };
        if !found {
            let _ = tokio::time::timeout(patience, woken).await;
        }
        Ok(())
    }

    async fn upkeep(&self, limit: u32) -> Result<Upkeep> {
        let now = self.now();
        let mut state = self.lock();
        let mut done = Upkeep::default();
        while done.promoted < limit {
            let Some((at, id)) = state.scheduled.first().copied().filter(|(at, _)| *at <= now) else { break };
            state.scheduled.remove(&(at, id));
            state.make_ready(id, now);
            done.promoted += 1;
        }
        let dead: Vec<_> = state.processes.keys().copied().filter(|process| !state.is_alive(*process, now)).collect();
        for process in dead {
            done.recovered += state.give_up(process, self, now);
        }
        done.removed = state.forget(now);
        drop(state);
        if done.promoted + done.recovered > 0 {
            self.wake();
        }
        Ok(done)
    }
}

impl State {
    fn is_alive(&self, process: ProcessId, now: Timestamp) -> bool {
        self.processes.get(&process).is_some_and(|process| now < process.seen + span(process.lease))
    }

    /// Takes out the first ready job of a queue that nobody has reserved.
    fn take_ready(&mut self, queue: &str) -> Option<JobId> {
        let ready = self.ready.get_mut(queue)?;
        let place = *ready.iter().find(|(_, _, id)| !self.reserved.contains(id))?;
        ready.remove(&place);
        Some(place.2)
    }

    fn renew(&mut self, process: ProcessId, now: Timestamp) -> bool {
        if !self.is_alive(process, now) {
            return false;
        }
        if let Some(process) = self.processes.get_mut(&process) {
            process.seen = now;
        }
        true
    }

    /// Begins a ready job that was taken out, or puts it where it has to wait.
    fn start(&mut self, id: JobId, process: ProcessId, now: Timestamp) -> Option<ClaimedJob> {
        let spec = &self.jobs.get(&id)?.spec;
        if let Some(key) = concurrency_key(spec) {
            let limit = spec.concurrency.as_ref().map_or(1, |limit| limit.limit);
            let busy = self.busy.entry(key).or_default();
            if busy.running >= limit {
                let entry = self.jobs.get_mut(&id)?;
                entry.state = JobState::Blocked;
                busy.blocked.insert((entry.spec.priority, entry.seq, id));
                return None;
            }
        }
        if let Some(rate) = spec.rate.clone()
            && let Some(at) = self.too_early(&spec.queue.clone(), &rate, now)
        {
            let key = self.jobs.get(&id).and_then(|entry| concurrency_key(&entry.spec));
            self.schedule(id, at);
            if let Some(key) = key {
                self.let_next(&key);
                self.forget_idle(&key);
            }
            return None;
        }
        let spec = &self.jobs.get(&id)?.spec;
        if let Some(key) = concurrency_key(spec) {
            self.busy.entry(key).or_default().running += 1;
        }
        self.free_unique(id, false);
        self.processes.get_mut(&process)?.jobs.insert(id);
        self.claims += 1;
        let claim = self.claims;
        let entry = self.jobs.get_mut(&id)?;
        entry.claim = claim;
        entry.state = JobState::Running;
        entry.process = Some(process);
        entry.attempts += 1;
        Some(ClaimedJob {
            id,
            name: entry.spec.name.clone(),
            claim,
            queue: entry.spec.queue.clone(),
            organization: entry.spec.organization,
            payload: entry.spec.payload.clone(),
            version: entry.spec.version,
            attempt: entry.attempts,
            max_attempts: entry.spec.max_attempts,
            batch: entry.batch,
            enqueued_at: entry.enqueued_at,
            keep_result: entry.spec.keep_result,
            trace: entry.spec.trace.clone(),
        })
    }

    /// When a start of the key would be on time, if it is not now; counts the start if it is.
    fn too_early(&mut self, queue: &str, rate: &Rate, now: Timestamp) -> Option<Timestamp> {
        let key = (queue.to_owned(), rate.key.clone());
        let each = span(rate.period).num_microseconds().unwrap_or(i64::MAX) / i64::from(rate.limit);
        let tolerance = Span::microseconds(each.saturating_mul(i64::from(rate.limit) - 1));
        let due = self.rates.get(&key).copied().unwrap_or(now).max(now);
        if due - tolerance > now {
            return Some(due - tolerance);
        }
        self.rates.insert(key, due + Span::microseconds(each));
        None
    }

    fn settle(&mut self, process: ProcessId, settlement: Settlement, queue: &MemoryQueue, now: Timestamp) -> bool {
        let Settlement { id, claim, outcome } = settlement;
        let held = self.jobs.get(&id).is_some_and(|entry| entry.process == Some(process) && entry.claim == claim);
        if !held {
            return false;
        }
        self.release(id);
        match outcome {
            Outcome::Done(result) => self.finish(id, JobState::Done, result, queue, now),
            Outcome::Cancelled => self.finish(id, JobState::Cancelled, None, queue, now),
            Outcome::Dead { error } => {
                self.note_failure(id, &error, now);
                self.finish(id, JobState::Dead, None, queue, now);
            }
            Outcome::Retry { after, error } => {
                self.note_failure(id, &error, now);
                self.again(id, after, queue, now);
            }
            Outcome::HandedBack if self.jobs.get(&id).is_some_and(|entry| entry.cancelled) => {
                self.finish(id, JobState::Cancelled, None, queue, now);
            }
            Outcome::HandedBack => {
                if let Some(entry) = self.jobs.get_mut(&id) {
                    entry.attempts -= 1;
                }
                self.hold_again(id);
                self.put_back(id);
            }
        }
        true
    }
}
