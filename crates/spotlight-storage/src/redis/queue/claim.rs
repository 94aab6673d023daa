//! Claiming jobs.

use std::sync::Arc;

use spotlight_core::{
    Error, Result,
    domain::{JobId, ProcessId},
    ports::{ClaimedJob, Outcome, Settlement},
};
use uuid::Uuid;

use super::{
    RedisQueue,
    contact::{Contact, Failures},
    guard,
    room::{Room, claim_text},
    wire::Stored,
};
use crate::shared::stored;

/// Jobs of one claim at most.
const MOST: u32 = 4_096;

/// What is said of a queue that is left out.
const NOT_CLAIMED: &str = "jobs of a queue could not be claimed";

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

fn is_same(one: &Arc<Room>, other: &Arc<Room>) -> bool {
    Arc::ptr_eq(one, other)
}

fn given_up() -> Error {
    Error::conflict("this process is not registered as a worker, or its lease has ended")
}

impl RedisQueue {
    pub(super) async fn take_jobs(&self, process: ProcessId, queues: &[String], limit: u32) -> Result<Vec<ClaimedJob>> {
        let limit = limit.min(MOST) as usize;
        // What cannot be a queue's name is a queue without jobs.
        let mut rooms: Vec<_> = queues.iter().filter_map(|name| self.room(name).ok()).collect();
        let mut failures = Failures::default();
        // Those that just failed are left out while there are others: each costs them the time that it takes to fail.
        let mut resting = Vec::new();
        if rooms.iter().any(|room| !room.contact.rests()) {
            resting.extend(rooms.extract_if(.., |room| room.contact.rests()));
            for room in &resting {
                failures.add(room, Contact::resting(), NOT_CLAIMED);
            }
        }
        self.undo_doubts(process, &mut rooms, resting, &mut failures).await;
        if limit == 0 || rooms.is_empty() {
            failures.into_result()?;
            return if self.lease_left(process).await?.is_some() { Ok(Vec::new()) } else { Err(given_up()) };
        }
        let mut claimed = Vec::new();
        let mut in_doubt = Vec::new();
        let mut claims = Claims { queue: self, process, open: Vec::new() };
        for room in rooms {
            let claim = room.claim(self.new_id());
            claims.open.push((Arc::clone(&room), claim));
            match room.contact.of(self.take_from(process, &room, claim, limit - claimed.len())).await {
                Ok(jobs) => claimed.extend(jobs),
                // What the queues before gave is told first.
                Err(error) if error.is_conflict() => {
                    failures.add_shared(error);
                    break;
                }
                Err(error) => {
                    in_doubt.push((Arc::clone(&room), claim));
                    if self.is_alone(&room) {
                        failures.add_shared(error);
                        break;
                    }
                    failures.add(&room, error, NOT_CLAIMED);
                }
            }
            if claimed.len() == limit {
                break;
            }
        }
        claims.open = in_doubt;
        failures.some_went_well = !claimed.is_empty();
        failures.into_result()?;
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
        let mut unreadable = Vec::new();
        while reply.len() > 0 {
            let (id, text, attempt) = (reply.id()?, reply.bytes()?, reply.number()?);
            match Stored::read(text) {
                Ok(job) => jobs.push(job.claimed(id, &room.name, claim, attempt)),
                Err(error) => unreadable.push((id, error)),
            }
        }
        self.bury(process, room, claim, unreadable).await?;
        Ok(Found::Jobs(jobs))
    }

    /// Has jobs be dead that cannot be read: nobody could do more with them, and they would be claimed again and again.
    async fn bury(&self, process: ProcessId, room: &Room, claim: i64, jobs: Vec<(Uuid, Error)>) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        let dead = |(id, error): (Uuid, Error)| {
            tracing::error!(queue = room.name, %id, error = error.chain(), "a stored job cannot be read; it is dead");
            let outcome = Outcome::Dead { error: stored::dead_job(&error) };
            Settlement { id: JobId::from_uuid(id), claim, outcome }
        };
        let ends: Vec<_> = jobs.into_iter().map(dead).collect();
        let all: Vec<_> = (0..ends.len()).collect();
        self.end_in(process, room, &ends, &all).await.map(drop)
    }

    /// Has a registered process claim from a queue: until its lease ends, as the fleet knows it.
    async fn join_room(&self, process: ProcessId, room: &Room) -> Result<()> {
        let (left, lease) = self.lease_left(process).await?.ok_or_else(given_up)?;
        self.name(room).await?;
        let mut call = self.call(&self.scripts().join, room);
        call.arg(process.as_uuid().as_bytes().as_slice()).arg(left).arg(lease);
        if self.inner.client.run(&call).await? { Ok(()) } else { Err(given_up()) }
    }

    /// Gives back what claims of a process took that it was never told. Queues that rest are not asked; one where it fails
    /// is left out of `rooms`.
    async fn undo_doubts(
        &self,
        process: ProcessId,
        rooms: &mut Vec<Arc<Room>>,
        resting: Vec<Arc<Room>>,
        failures: &mut Failures,
    ) {
        let own: Vec<_> = {
            let mut doubts = guard(&self.inner.doubts);
            doubts.extract_if(.., |doubt| doubt.process == process).collect()
        };
        let open = own.into_iter().map(|doubt| (doubt.room, doubt.claim)).collect();
        // Those that are not undone stay in doubt.
        let mut claims = Claims { queue: self, process, open };
        let (mut at, mut away) = (claims.open.len(), resting);
        while at > 0 {
            at -= 1;
            let (room, claim) = claims.open[at].clone();
            if away.iter().any(|one| is_same(one, &room)) {
                continue;
            }
            let mut call = self.call(&self.scripts().undo, &room);
            call.arg(process.as_uuid().as_bytes().as_slice()).arg(claim_text(claim));
            match room.contact.of(self.inner.client.run::<bool>(&call)).await {
                Ok(sent) => {
                    claims.open.remove(at);
                    if sent {
                        self.pass_on(&room).await;
                    }
                }
                Err(error) if self.is_alone(&room) => {
                    failures.add_shared(error);
                    rooms.clear();
                    return;
                }
                Err(error) => {
                    if rooms.iter().any(|one| is_same(one, &room)) {
                        failures.add(&room, error, NOT_CLAIMED);
                        rooms.retain(|one| !is_same(one, &room));
                    }
                    away.push(room);
                }
            }
        }
    }

    /// Forgets what a process that is gone may have taken: it was taken back.
    pub(super) fn forget_doubts(&self, process: ProcessId) {
        guard(&self.inner.doubts).retain(|doubt| doubt.process != process);
    }
}
