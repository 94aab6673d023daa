//! Messages between queues: jobs to add, and ends to count in a batch.
//!
//! A message is written by the script that decides, in the queue where it decides, and removed once the other queue has
//! taken it. It may arrive again: jobs are known by their ids then, and ends by those of their jobs.

use futures::future::{join, join_all};
use redis::Value;
use spotlight_core::{Result, ports::Enqueued};
use spotlight_derive::RedactedDebug;

use super::{
    RedisQueue,
    reply::{self, Reply},
    room::Room,
    wire::{self, Draft, corrupt},
};

/// Messages that are taken at once.
const AT_ONCE: usize = 100;

/// A message.
#[derive(RedactedDebug, Clone)]
pub(super) struct Message {
    pub(super) name: Vec<u8>,
    pub(super) text: Vec<u8>,
}

/// An end: the batch, the job, and d or f.
type End = (String, Vec<u8>, String);

impl Message {
    /// The queue it is for, and the jobs it brings; none when it tells of an end.
    fn jobs(&self) -> Result<(String, Vec<Draft>)> {
        let mut rest = self.text.as_slice();
        let mut take = |length: usize| {
            let (taken, left) = rest.split_at_checked(length).ok_or_else(|| corrupt("message"))?;
            rest = left;
            Ok::<_, spotlight_core::Error>(taken)
        };
        let length = usize::from(take(1)?[0]);
        let home = wire::utf8(take(length)?.to_vec())?;
        let mut drafts = Vec::new();
        while let Ok(id) = take(16) {
            let id = reply::id(id)?;
            let length = take(4)?.try_into().map(u32::from_be_bytes).map_err(|_| corrupt("message"))?;
            drafts.push(Draft { id, text: take(length as usize)?.to_vec() });
        }
        Ok((home, drafts))
    }

    /// The queue it is for, and the end it tells of.
    fn end(&self) -> Result<(String, End)> {
        let text = wire::utf8(self.text.clone())?;
        let mut words = text.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some(home), Some(end), Some(batch)) => {
                Ok((home.to_owned(), (batch.to_owned(), self.name[1..].to_vec(), end.to_owned())))
            }
            _ => Err(corrupt("message")),
        }
    }

    fn brings_jobs(&self) -> bool {
        self.name.first() == Some(&b'p')
    }
}

impl RedisQueue {
    /// Messages that bring jobs to other queues.
    pub(super) fn messages<'a>(&self, parts: impl IntoIterator<Item = (&'a str, Vec<Draft>)>) -> Vec<Message> {
        let message = |(home, drafts): (&str, Vec<Draft>)| {
            let mut text = vec![home.len() as u8];
            text.extend(home.as_bytes());
            for draft in drafts {
                text.extend(draft.id.as_bytes());
                text.extend((draft.text.len() as u32).to_be_bytes());
                text.extend(draft.text);
            }
            Message { name: [b"p", self.new_id().as_bytes().as_slice()].concat(), text }
        };
        parts.into_iter().map(message).collect()
    }

    /// Takes a message that brings jobs from `from` to its queue.
    pub(super) async fn take(&self, from: &Room, message: &Message) -> Result<Vec<Enqueued>> {
        let (home, drafts) = message.jobs()?;
        let answers = self.add_sent(&*self.room(&home)?, &drafts).await?;
        self.remove(from, std::slice::from_ref(message)).await?;
        Ok(answers)
    }

    /// Takes every message that waits in a queue to where it belongs. One that does not arrive is in nobody's way.
    pub(super) async fn deliver(&self, from: &Room) -> Result<()> {
        let mut cursor = "0".to_owned();
        let mut delivered = Ok(());
        loop {
            let mut read = redis::cmd("HSCAN");
            read.arg(from.key_of("i")).arg(&cursor).arg("COUNT").arg(AT_ONCE);
            let mut reply = Reply::of(self.inner.client.call::<Value>(read).await?)?;
            cursor = reply.text()?;
            let mut list = reply.list()?;
            let mut found = Vec::new();
            while list.len() > 0 {
                found.push(Message { name: list.bytes()?, text: list.bytes()? });
            }
            let (jobs, ends): (Vec<_>, Vec<_>) = found.into_iter().partition(Message::brings_jobs);
            let jobs = join_all(jobs.iter().map(|message| self.take(from, message)));
            let (taken, counted) = join(jobs, self.count(from, &ends)).await;
            for arrived in taken.into_iter().map(|taken| taken.map(drop)).chain([counted]) {
                delivered = delivered.and(arrived);
            }
            if cursor == "0" {
                return delivered;
            }
        }
    }

    /// Has ends be counted in their batches.
    async fn count(&self, from: &Room, messages: &[Message]) -> Result<()> {
        let mut homes: std::collections::BTreeMap<String, Vec<(End, &Message)>> = std::collections::BTreeMap::new();
        let mut counted = Ok(());
        for message in messages {
            match message.end() {
                Ok((home, end)) => homes.entry(home).or_default().push((end, message)),
                Err(error) => counted = counted.and(Err(error)),
            }
        }
        for (home, ends) in homes {
            counted = counted.and(self.count_in(from, &home, ends).await);
        }
        counted
    }

    async fn count_in(&self, from: &Room, home: &str, ends: Vec<(End, &Message)>) -> Result<()> {
        let room = self.room(home)?;
        let mut call = self.call(&self.scripts().tally, &room);
        let mut messages = Vec::with_capacity(ends.len());
        for ((batch, id, end), message) in ends {
            call.arg(batch).arg(id).arg(end);
            messages.push(message.clone());
        }
        self.inner.client.run::<()>(&call).await?;
        self.tell(&room);
        self.remove(from, &messages).await
    }

    async fn remove(&self, from: &Room, messages: &[Message]) -> Result<()> {
        if messages.is_empty() {
            return Ok(());
        }
        let mut remove = redis::cmd("HDEL");
        remove.arg(from.key_of("i"));
        for message in messages {
            remove.arg(message.name.as_slice());
        }
        self.inner.client.call(remove).await
    }
}
