//! Adding jobs.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use futures::future::try_join_all;
use redis::Value;
use spotlight_core::{
    Error, Result,
    domain::{BatchId, JobId, time::Timestamp},
    ports::{BatchSpec, Enqueued, JobProducer, JobSpec, MAX_TICK_LEAD, early_tick},
};

use super::{
    RedisQueue, reply,
    reply::Reply,
    room::Room,
    transit::Message,
    wire::{self, Draft},
};
use crate::shared::coalesce::{Intake, Line, coalesce};

/// Jobs of one call at most: a script must not hold up everybody else for long.
const MOST: usize = 200_000;

/// What one script adds.
#[derive(Default)]
struct Order<'a> {
    /// An id that is known already adds nothing.
    known: bool,
    /// A batch, how many jobs it has in all queues, and what follows.
    batch: Option<(BatchId, usize, Draft)>,
    /// To other queues.
    messages: Vec<Message>,
    drafts: &'a [Draft],
}

/// One queue as the place where callers meet.
#[derive(Clone)]
struct Door {
    queue: RedisQueue,
    room: Arc<Room>,
}

impl Intake for Door {
    type Draft = Draft;

    fn line(&self) -> &Line<Draft> {
        &self.room.line
    }

    async fn add_all(&self, drafts: &[Draft]) -> Result<Vec<Enqueued>> {
        self.queue.add(&self.room, Order { drafts, ..Order::default() }).await
    }
}

#[async_trait]
impl JobProducer for RedisQueue {
    async fn enqueue(&self, jobs: Vec<JobSpec>) -> Result<Vec<Enqueued>> {
        let jobs = jobs.into_iter().map(|spec| (JobId::from_uuid(self.new_id()), spec)).collect();
        self.enqueue_all(jobs, false).await
    }

    async fn enqueue_with_ids(&self, jobs: Vec<(JobId, JobSpec)>) -> Result<Vec<Enqueued>> {
        self.enqueue_all(jobs, true).await
    }

    async fn enqueue_batch(&self, batch: BatchSpec) -> Result<BatchId> {
        batch.validate()?;
        fits(batch.jobs.len())?;
        let id = BatchId::from_uuid(self.new_id());
        // The queue of the job that follows keeps the batch, so that the last end and that job are one step.
        let home = self.room(&batch.then.queue)?;
        let total = batch.jobs.len();
        let jobs: Vec<_> = batch.jobs.into_iter().map(|spec| (JobId::from_uuid(self.new_id()), spec)).collect();
        let follower = Draft::new(self.new_id(), &batch.then, None);
        let mut parts = parts(&jobs, Some((id, &home.name)));
        let drafts: Vec<_> =
            parts.remove(&*home.name).unwrap_or_default().into_iter().map(|(_, draft)| draft).collect();
        let batch = Some((id, total, follower));
        let messages = self.messages(parts.into_iter().map(|(name, part)| (name, drafts_of(part))));
        let sends = !messages.is_empty();
        self.add(&home, Order { known: false, batch, messages, drafts: &drafts }).await?;
        if sends {
            self.deliver(&home).await?;
        }
        Ok(id)
    }

    async fn tick(&self, schedule: &str, at: Timestamp, job: JobSpec) -> Result<bool> {
        job.validate()?;
        let room = self.room(&job.queue)?;
        self.inner.fitness.require(&self.inner.client).await?;
        self.name(&room).await?;
        // The note stands beside the job. A schedule that changes its queue has left it elsewhere, where nobody writes
        // any more.
        if self.newest_tick(schedule, Some(&room.name)).await?.is_some_and(|last| last >= at) {
            return Ok(false);
        }
        let draft = Draft::new(self.new_id(), &job, None);
        let mut call = self.call(&self.scripts().tick, &room);
        call.arg(schedule).arg(at.timestamp_micros()).arg(draft.id.as_bytes().as_slice()).arg(draft.text);
        call.arg(u64::try_from(MAX_TICK_LEAD.as_micros()).unwrap_or(u64::MAX));
        match self.inner.client.run::<i64>(&call).await? {
            0 => Ok(false),
            1 => {
                self.tell(&room);
                Ok(true)
            }
            _ => Err(early_tick()),
        }
    }

    async fn last_tick(&self, schedule: &str) -> Result<Option<Timestamp>> {
        self.newest_tick(schedule, None).await
    }
}

impl RedisQueue {
    async fn enqueue_all(&self, jobs: Vec<(JobId, JobSpec)>, known: bool) -> Result<Vec<Enqueued>> {
        jobs.iter().try_for_each(|(_, spec)| spec.validate())?;
        fits(jobs.len())?;
        let Some((_, first)) = jobs.first() else { return Ok(Vec::new()) };
        let home = self.room(&first.queue)?;
        let mut parts = parts(&jobs, None);
        let own = parts.remove(&*home.name).unwrap_or_default();
        if parts.is_empty() {
            let drafts = drafts_of(own);
            if known {
                return self.add(&home, Order { known, drafts: &drafts, ..Order::default() }).await;
            }
            return coalesce(&Door { queue: self.clone(), room: home }, drafts).await;
        }
        self.add_to_several(&home, own, parts, known, jobs.len()).await
    }

    /// Adds jobs to several queues: those of `home`, and with them messages to the others.
    async fn add_to_several(
        &self,
        home: &Room,
        own: Vec<(usize, Draft)>,
        parts: BTreeMap<&str, Vec<(usize, Draft)>>,
        known: bool,
        count: usize,
    ) -> Result<Vec<Enqueued>> {
        let mut answers = vec![None; count];
        let (places, drafts): (Vec<_>, Vec<_>) = own.into_iter().unzip();
        let mut others = Vec::new();
        let mut sent = Vec::new();
        for (name, part) in parts {
            let (places, drafts): (Vec<_>, Vec<_>) = part.into_iter().unzip();
            others.push(places);
            sent.push((name, drafts));
        }
        let messages = self.messages(sent);
        let delivered = messages.clone();
        let answered = self.add(home, Order { known, messages, drafts: &drafts, ..Order::default() }).await?;
        for (place, answer) in places.into_iter().zip(answered) {
            answers[place] = Some(answer);
        }
        let taken = delivered.iter().map(|message| self.take(home, message));
        for (places, answered) in others.into_iter().zip(try_join_all(taken).await?) {
            for (place, answer) in places.into_iter().zip(answered) {
                answers[place] = Some(answer);
            }
        }
        answers.into_iter().map(|answer| answer.ok_or_else(|| Error::internal("a job was left out"))).collect()
    }

    /// Jobs that a message brings.
    pub(super) async fn add_sent(&self, room: &Room, drafts: &[Draft]) -> Result<Vec<Enqueued>> {
        self.add(room, Order { known: true, drafts, ..Order::default() }).await
    }

    async fn add(&self, room: &Room, order: Order<'_>) -> Result<Vec<Enqueued>> {
        self.inner.fitness.require(&self.inner.client).await?;
        self.name(room).await?;
        let mut call = self.call(&self.scripts().add, room);
        call.arg(i32::from(order.known));
        match &order.batch {
            Some((id, total, then)) => {
                call.arg(id.as_uuid().to_string()).arg(*total);
                call.arg(then.id.as_bytes().as_slice()).arg(then.text.as_slice());
            }
            None => {
                call.arg("").arg("").arg("").arg("");
            }
        }
        call.arg(order.messages.len());
        for message in &order.messages {
            call.arg(message.name.as_slice()).arg(message.text.as_slice());
        }
        for draft in order.drafts {
            call.arg(draft.id.as_bytes().as_slice()).arg(draft.text.as_slice());
        }
        let mut reply = self.run(&call).await?;
        self.tell(room);
        let added = |draft: &Draft| Enqueued::Added(JobId::from_uuid(draft.id));
        let mut answers: Vec<_> = order.drafts.iter().map(added).collect();
        while let Some(other) = reply.maybe() {
            let mut other = Reply::of(other)?;
            let (place, became, holder) = (other.number::<usize>()?, other.text()?, other.id()?);
            let holder = JobId::from_uuid(holder);
            let answer = answers.get_mut(place).ok_or_else(|| wire::corrupt("answer"))?;
            *answer = if became == "c" { Enqueued::Changed(holder) } else { Enqueued::Kept(holder) };
        }
        Ok(answers)
    }

    /// The newest tick of a schedule in every queue but one.
    async fn newest_tick(&self, schedule: &str, but: Option<&str>) -> Result<Option<Timestamp>> {
        let rooms = self.known_rooms().await?;
        let ticks = rooms.iter().filter(|room| but != Some(room.name.as_str())).map(|room| async move {
            let mut get = redis::cmd("HGET");
            get.arg(room.key_of("T")).arg(schedule);
            match self.inner.client.call::<Value>(get).await? {
                Value::Nil => Ok(None),
                tick => {
                    let micros = wire::utf8(reply::bytes(tick)?)?.parse().map_err(|_| wire::corrupt("tick"))?;
                    wire::instant(micros).map(Some)
                }
            }
        });
        Ok(try_join_all(ticks).await?.into_iter().flatten().max())
    }
}

fn fits(count: usize) -> Result<()> {
    if count > MOST {
        return Err(Error::invalid("jobs", "length", "At most 200000 jobs can be added in one call"));
    }
    Ok(())
}

/// Jobs by their queue, each with its place in the call.
fn parts<'a>(jobs: &'a [(JobId, JobSpec)], batch: Option<(BatchId, &str)>) -> BTreeMap<&'a str, Vec<(usize, Draft)>> {
    let mut parts: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (place, (id, spec)) in jobs.iter().enumerate() {
        let draft = Draft::new(id.as_uuid(), spec, batch);
        parts.entry(spec.queue.as_str()).or_default().push((place, draft));
    }
    parts
}

fn drafts_of(part: Vec<(usize, Draft)>) -> Vec<Draft> {
    part.into_iter().map(|(_, draft)| draft).collect()
}
