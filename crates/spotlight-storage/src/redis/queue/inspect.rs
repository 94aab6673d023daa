//! Looking at jobs, and stepping in.
//!
//! A job is looked for by its id in every queue at once: there are few, people ask seldom, and an index from ids to
//! queues would cost every job something.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use futures::{StreamExt, future::try_join_all, stream::FuturesUnordered};
use redis::Value;
use spotlight_core::{
    Error, Result,
    domain::{BatchId, JobId, ProcessId},
    ports::{
        BatchRecord, JobFailure, JobFilter, JobInspector, JobRecord, JobState, ProcessFigures, QueueFigures,
        QueueSnapshot,
    },
};
use uuid::Uuid;

use super::{
    RedisQueue,
    reply::Reply,
    room::Room,
    wire::{Stored, corrupt, instant, utf8},
};

#[async_trait]
impl JobInspector for RedisQueue {
    async fn find(&self, id: JobId) -> Result<Option<JobRecord>> {
        let rooms = self.known_rooms().await?;
        let ids = [id.as_uuid()];
        let mut looks: FuturesUnordered<_> = rooms.iter().map(|room| self.records(room, &ids)).collect();
        // A queue that is away matters only to jobs that no other one has.
        let mut failure = None;
        while let Some(found) = looks.next().await {
            match found {
                Ok(found) if found.is_empty() => {}
                Ok(found) => return Ok(found.into_iter().next()),
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(None), Err)
    }

    async fn states(&self, ids: &[JobId]) -> Result<Vec<Option<JobState>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rooms = self.known_rooms().await?;
        let mut states = vec![None; ids.len()];
        let mut looks: FuturesUnordered<_> = rooms.iter().map(|room| self.states_in(room, ids)).collect();
        let mut failure = None;
        while let Some(told) = looks.next().await {
            match told {
                Ok(told) => states.iter_mut().zip(told).for_each(|(state, told)| *state = state.or(told)),
                Err(error) => failure = Some(error),
            }
            // A queue that is away matters only to jobs that no other one has.
            if states.iter().all(Option::is_some) {
                return Ok(states);
            }
        }
        failure.map_or(Ok(states), Err)
    }

    async fn list(&self, filter: &JobFilter, after: Option<JobId>, limit: u32) -> Result<Vec<JobRecord>> {
        self.list_jobs(filter, after, limit).await
    }

    async fn retry(&self, id: JobId) -> Result<bool> {
        self.steer("retry", id).await
    }

    async fn discard(&self, id: JobId) -> Result<bool> {
        self.steer("discard", id).await
    }

    async fn cancel(&self, id: JobId) -> Result<bool> {
        self.steer("cancel", id).await
    }

    async fn set_paused(&self, queue: &str, paused: bool) -> Result<()> {
        let room = self.room(queue)?;
        self.name(&room).await?;
        let mut call = self.call(&self.scripts().steer, &room);
        call.arg(if paused { "pause" } else { "resume" });
        self.run(&call).await?;
        self.tell(&room);
        Ok(())
    }

    async fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>> {
        let rooms = self.known_rooms().await?;
        let batches = rooms.iter().map(|room| {
            let mut get = redis::cmd("HMGET");
            get.arg(room.key_of(&format!("B:{}", id.as_uuid()))).arg(&["n", "d", "f", "z"]);
            self.inner.client.call::<Value>(get)
        });
        for found in try_join_all(batches).await? {
            let mut found = Reply::of(found)?;
            let mut next = || found.opt_text()?.map(|text| text.parse().map_err(|_| corrupt("batch"))).transpose();
            let Some(total) = next()? else { continue };
            let (done, failed, finished_at): (Option<i64>, Option<i64>, Option<i64>) = (next()?, next()?, next()?);
            return Ok(Some(BatchRecord {
                id,
                total: total as u64,
                done: done.unwrap_or(0) as u64,
                failed: failed.unwrap_or(0) as u64,
                finished_at: finished_at.map(instant).transpose()?,
            }));
        }
        Ok(None)
    }

    async fn waiting(&self, most: u64) -> Result<u64> {
        // Redis knows the sizes of its sets.
        let rooms = self.known_rooms().await?;
        let figures = try_join_all(rooms.iter().map(|room| self.figures(room))).await?;
        Ok(most.min(figures.iter().map(|(figures, _)| figures.ready).sum()))
    }

    async fn snapshot(&self) -> Result<QueueSnapshot> {
        let mut fleet = self.fleet(&self.inner.client, &[b"list"]).await?;
        let mut running: BTreeMap<Uuid, u64> = BTreeMap::new();
        let mut queues = Vec::new();
        let figures = fleet.rooms.iter().map(|room| self.figures(room));
        for (figures, held) in try_join_all(figures).await? {
            for (process, number) in held {
                *running.entry(process).or_default() += number;
            }
            let jobs = figures.ready + figures.scheduled + figures.blocked + figures.running + figures.dead;
            if figures.paused || jobs > 0 {
                queues.push(figures);
            }
        }
        let mut processes = Vec::new();
        while let Some(process) = fleet.processes.maybe() {
            let mut process = Reply::of(process)?;
            let (id, label, silent_ms) = (process.id()?, process.text()?, process.number()?);
            let running = running.get(&id).copied().unwrap_or(0);
            processes.push(ProcessFigures { id: ProcessId::from_uuid(id), label, running, silent_ms });
        }
        processes.sort_unstable_by_key(|process| process.id);
        Ok(QueueSnapshot { queues, processes })
    }
}

impl RedisQueue {
    /// Has the queue that has a job do something with it.
    async fn steer(&self, act: &str, id: JobId) -> Result<bool> {
        let rooms = self.known_rooms().await?;
        let acts = rooms.iter().map(|room| async move {
            let mut call = self.call(&self.scripts().steer, room);
            call.arg(act).arg(id.as_uuid().as_bytes().as_slice());
            let mut reply = self.run(&call).await?;
            let (done, sent) = (reply.int()?, reply.flag()?);
            if done == 1 {
                self.tell(room);
            }
            if sent {
                self.pass_on(room).await;
            }
            Ok::<_, Error>(done)
        });
        let done = try_join_all(acts).await?;
        if done.contains(&2) {
            return Err(Error::conflict("another job holds its unique key by now"));
        }
        Ok(done.contains(&1))
    }

    /// Jobs of a queue by their ids, as far as they are there.
    pub(super) async fn records(&self, room: &Arc<Room>, ids: &[Uuid]) -> Result<Vec<JobRecord>> {
        let mut call = self.call(&self.scripts().look, room);
        for id in ids {
            call.arg(id.as_bytes().as_slice());
        }
        let mut reply = self.run(&call).await?;
        let mut records = Vec::with_capacity(ids.len());
        for id in ids {
            match reply.maybe() {
                None | Some(Value::Nil) => {}
                Some(found) => records.push(record(*id, &room.name, Reply::of(found)?)?),
            }
        }
        Ok(records)
    }

    /// Where jobs stand in a queue, as far as they are there.
    async fn states_in(&self, room: &Arc<Room>, ids: &[JobId]) -> Result<Vec<Option<JobState>>> {
        let mut call = self.call(&self.scripts().look, room);
        call.arg("states");
        for id in ids {
            call.arg(id.as_uuid().as_bytes().as_slice());
        }
        let mut reply = self.run(&call).await?;
        let read = |text: String| text.parse().map_err(|_| corrupt("state"));
        ids.iter().map(|_| reply.opt_text()?.map(read).transpose()).collect()
    }

    async fn figures(&self, room: &Room) -> Result<(QueueFigures, Vec<(Uuid, u64)>)> {
        let mut reply = self.run(&self.call(&self.scripts().figures, room)).await?;
        let paused = reply.flag()?;
        let (ready, scheduled, blocked, dead) = (reply.number()?, reply.number()?, reply.number()?, reply.number()?);
        let oldest_ready_ms = u64::try_from(reply.int()?).ok();
        let mut list = reply.list()?;
        let mut held = Vec::with_capacity(list.len() / 2);
        while list.len() > 0 {
            held.push((list.id()?, list.number()?));
        }
        let running = held.iter().map(|(_, number)| number).sum();
        let queue = room.name.clone();
        Ok((QueueFigures { queue, ready, scheduled, blocked, running, dead, oldest_ready_ms, paused }, held))
    }
}

fn record(id: Uuid, queue: &str, mut found: Reply) -> Result<JobRecord> {
    let state: JobState = found.text()?.parse().map_err(|_| corrupt("state"))?;
    // A job that cannot be read is shown as far as it is known: its failures say what became of it.
    let job = Stored::read(found.bytes()?).unwrap_or_else(|_| Stored::unreadable());
    let attempts = found.number()?;
    let at = found.text()?;
    let at = if at.is_empty() { None } else { Some(instant(at.parse().map_err(|_| corrupt("instant"))?)?) };
    let (result, progress, mut noted) = (found.opt_text()?, found.opt_text()?, found.list()?);
    let mut failures = Vec::new();
    while noted.len() > 0 {
        let (attempt, at, error) = (noted.number()?, noted.int()?, utf8(noted.bytes()?)?);
        failures.push(JobFailure { attempt, at: instant(at)?, error });
    }
    let scheduled = state == JobState::Scheduled;
    Ok(JobRecord {
        id: JobId::from_uuid(id),
        name: job.name,
        queue: queue.to_owned(),
        organization: job.organization,
        payload: job.payload,
        state,
        priority: job.priority,
        attempts,
        max_attempts: job.max_attempts,
        enqueued_at: job.enqueued_at,
        run_at: at.filter(|_| scheduled),
        finished_at: at.filter(|_| !scheduled),
        progress: progress.as_deref().map(told).transpose()?,
        result,
        failures,
        batch: job.batch,
    })
}

/// Progress: percent, and what was noted.
fn told(text: &str) -> Result<(u8, Option<String>)> {
    let (percent, note) = match text.split_once(' ') {
        Some((percent, note)) => (percent, Some(note.to_owned())),
        None => (text, None),
    };
    Ok((percent.parse().map_err(|_| corrupt("progress"))?, note))
}
