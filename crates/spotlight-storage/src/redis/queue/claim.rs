//! Claiming jobs.

use std::sync::Arc;

use spotlight_core::{Error, Result, domain::ProcessId, ports::ClaimedJob};

use super::{
    RedisQueue, guard,
    room::{Room, claim_text},
    wire::Stored,
};

/// Jobs of one claim at most.
const MOST: u32 = 4_096;

/// A claim whose answer did not arrive: it may have taken jobs.
pub(super) struct Doubt {
    process: ProcessId,
    room: Arc<Room>,
    claim: i64,
}

/// The claims of one call, which are in doubt until the call has told of them.
struct Claims<'a> {
    queue: &'a RedisQueue,
    process: ProcessId,
    open: Vec<(Arc<Room>, i64)>,
}

impl Drop for Claims<'_> {
    fn drop(&mut self) {
        let process = self.process;
        let doubts = self.open.drain(..).map(|(room, claim)| Doubt { process, room, claim });
        guard(&self.queue.inner.doubts).extend(doubts);
    }
}

/// What a claim found.
enum Found {
    /// The process has not claimed from this queue before.
    Stranger,
    /// The process was given up.
    GivenUp,
    Jobs(Vec<ClaimedJob>),
}

fn given_up() -> Error {
    Error::conflict("this process is not registered as a worker, or its lease has ended")
}

impl RedisQueue {
    pub(super) async fn take_jobs(&self, process: ProcessId, queues: &[String], limit: u32) -> Result<Vec<ClaimedJob>> {
        self.undo_doubts(process).await?;
        let limit = limit.min(MOST) as usize;
        if limit == 0 || queues.is_empty() {
            return if self.lease_left(process).await?.is_some() { Ok(Vec::new()) } else { Err(given_up()) };
        }
        let mut claimed = Vec::new();
        let mut claims = Claims { queue: self, process, open: Vec::new() };
        for name in queues {
            // What cannot be a queue's name is a queue without jobs.
            let Ok(room) = self.room(name) else { continue };
            let claim = room.claim(self.new_id());
            claims.open.push((Arc::clone(&room), claim));
            match self.take_from(process, &room, claim, limit - claimed.len()).await {
                Ok(jobs) => claimed.extend(jobs),
                Err(error) if claimed.is_empty() => return Err(error),
                // What the queues before gave is told first. This one is in doubt, and asked again.
                Err(_) => {
                    claims.open.drain(..claims.open.len() - 1);
                    return Ok(claimed);
                }
            }
            if claimed.len() == limit {
                break;
            }
        }
        claims.open.clear();
        Ok(claimed)
    }

    async fn take_from(&self, process: ProcessId, room: &Room, claim: i64, limit: usize) -> Result<Vec<ClaimedJob>> {
        let mut found = self.ask(process, room, claim, limit).await?;
        if matches!(found, Found::Stranger) {
            self.join_room(process, room).await?;
            found = self.ask(process, room, claim, limit).await?;
        }
        match found {
            Found::Jobs(jobs) => Ok(jobs),
            Found::Stranger | Found::GivenUp => Err(given_up()),
        }
    }

    async fn ask(&self, process: ProcessId, room: &Room, claim: i64, limit: usize) -> Result<Found> {
        let mut call = self.call(&self.scripts().claim, room);
        call.arg(process.as_uuid().as_bytes().as_slice()).arg(claim_text(claim)).arg(limit);
        let mut reply = self.run(&call).await?;
        match reply.int()? {
            0 => return Ok(Found::Stranger),
            1 => return Ok(Found::GivenUp),
            _ => {}
        }
        let mut jobs = Vec::with_capacity(reply.len() / 3);
        while reply.len() > 0 {
            let (id, text, attempt) = (reply.id()?, reply.bytes()?, reply.number()?);
            jobs.push(Stored::read(text)?.claimed(id, &room.name, claim, attempt));
        }
        Ok(Found::Jobs(jobs))
    }

    /// Has a registered process claim from a queue: until its lease ends, as the fleet knows it.
    async fn join_room(&self, process: ProcessId, room: &Room) -> Result<()> {
        let left = self.lease_left(process).await?.ok_or_else(given_up)?;
        self.name(room).await?;
        let mut call = self.call(&self.scripts().join, room);
        call.arg(process.as_uuid().as_bytes().as_slice()).arg(left);
        if self.inner.client.run(&call).await? { Ok(()) } else { Err(given_up()) }
    }

    /// Gives back what claims of a process took that it was never told.
    async fn undo_doubts(&self, process: ProcessId) -> Result<()> {
        let own: Vec<_> = {
            let mut doubts = guard(&self.inner.doubts);
            doubts.extract_if(.., |doubt| doubt.process == process).collect()
        };
        if own.is_empty() {
            return Ok(());
        }
        let open = own.into_iter().map(|doubt| (doubt.room, doubt.claim)).collect();
        let mut claims = Claims { queue: self, process, open };
        while let Some((room, claim)) = claims.open.last() {
            let mut call = self.call(&self.scripts().undo, room);
            call.arg(process.as_uuid().as_bytes().as_slice()).arg(claim_text(*claim));
            let sent: bool = self.inner.client.run(&call).await?;
            if sent {
                self.deliver(room).await?;
            }
            claims.open.pop();
        }
        Ok(())
    }

    /// Forgets what a process that is gone may have taken: it was taken back.
    pub(super) fn forget_doubts(&self, process: ProcessId) {
        guard(&self.inner.doubts).retain(|doubt| doubt.process != process);
    }
}
