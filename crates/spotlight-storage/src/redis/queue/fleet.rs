//! The fleet: processes and their leases, and which queues there are.
//!
//! It has a hash tag of its own. What it says comes before what a queue says: a process joins the fleet before a queue,
//! and leaves it before its queues, so that nothing holds jobs that nobody counts. Each queue has its own note of a
//! lease, which alone decides over what is claimed there.

use std::sync::Arc;

use futures::future::join_all;
use redis::ScriptInvocation;
use spotlight_core::{
    Result,
    domain::{JobId, ProcessId},
    ports::{Progress, Pulse},
};

use super::{
    RedisQueue,
    contact::Failures,
    reply::Reply,
    room::{Room, claim_text},
    wire::micros,
};
use crate::redis::client::RedisClient;

/// Most characters of a progress note.
const NOTE: usize = 200;

/// Why a process is gone.
#[derive(Clone, Copy)]
pub(super) enum Loss {
    /// It says so itself.
    Leaves,
    /// Its lease had ended when the store's clock showed this, in microseconds.
    Overdue { found: i64 },
}

/// What the fleet answers.
pub(super) struct Fleet {
    pub(super) number: i64,
    pub(super) rooms: Vec<Arc<Room>>,
    pub(super) processes: Reply,
}

impl RedisQueue {
    /// A key of the fleet.
    pub(super) fn fleet_key(&self, name: &str) -> String {
        format!("{}:{{jobs}}:{name}", self.inner.client.namespace())
    }

    pub(super) async fn fleet(&self, client: &RedisClient, args: &[&[u8]]) -> Result<Fleet> {
        let mut call = self.scripts().fleet.key(self.fleet_key("l"));
        call.arg(args);
        let mut reply = Reply::of(self.inner.fleet.of(client.run(&call)).await?)?;
        let number = reply.int()?;
        let mut named = reply.list()?;
        let mut names = Vec::with_capacity(named.len());
        while named.len() > 0 {
            names.push(named.text()?);
        }
        Ok(Fleet { number, rooms: self.rooms(&names), processes: reply.list()? })
    }

    /// Every queue of the fleet, by name.
    pub(super) async fn known_rooms(&self) -> Result<Vec<Arc<Room>>> {
        Ok(self.fleet(&self.inner.client, &[b"list"]).await?.rooms)
    }

    /// Microseconds that are left of a process's lease, if any, and the lease. One whose lease has ended has all of it
    /// again, unless it was given up.
    pub(super) async fn lease_left(&self, process: ProcessId) -> Result<Option<(i64, i64)>> {
        let mut fleet = self.fleet(&self.inner.client, &[b"left", process.as_uuid().as_bytes()]).await?;
        let lease = fleet.processes.int()?;
        Ok((fleet.number > 0).then_some((fleet.number, lease)))
    }

    pub(super) async fn join_fleet(&self, process: ProcessId, label: &str, lease: std::time::Duration) -> Result<()> {
        self.inner.fitness.require(&self.inner.client).await?;
        let process = process.as_uuid();
        let lease = micros(lease).to_string();
        let args: [&[u8]; 4] = [b"join", process.as_bytes(), lease.as_bytes(), label.as_bytes()];
        let fleet = self.fleet(&self.inner.client, &args).await?;
        // One that comes back under its old name is not gone any more.
        let welcome = fleet.rooms.iter().map(|room| {
            let mut remove = redis::cmd("ZREM");
            remove.arg(room.key_of("z")).arg(process.as_bytes().as_slice());
            self.inner.client.call::<()>(remove)
        });
        // A queue that is away now is no reason to stay out: there, a known name would have to join under another one.
        for (room, welcomed) in fleet.rooms.iter().zip(join_all(welcome).await) {
            if let Err(error) = welcomed {
                tracing::warn!(queue = room.name, error = error.chain(), "a queue could not be told of a process");
            }
        }
        Ok(())
    }

    pub(super) async fn beat(&self, process: ProcessId, progress: &[Progress]) -> Result<Pulse> {
        let heart = &self.inner.heart;
        let fleet = self.fleet(heart, &[b"beat", process.as_uuid().as_bytes()]).await?;
        if fleet.number == 0 {
            return Ok(Pulse::default());
        }
        let beats = fleet.rooms.iter().map(|room| room.contact.of(self.beat_in(process, room, fleet.number, progress)));
        let mut pulse = Pulse { alive: true, ..Pulse::default() };
        let mut failures = Failures::default();
        // A queue that is away must not cost the others their sign of life.
        for (room, told) in fleet.rooms.iter().zip(join_all(beats).await) {
            match told {
                Ok((alive, paused, cancelled)) => {
                    failures.some_went_well = true;
                    pulse.alive &= alive;
                    pulse.cancelled.extend(cancelled);
                    if paused {
                        pulse.paused.push(room.name.clone());
                    }
                }
                Err(error) => failures.add(room, error, "signs of life do not reach a queue"),
            }
        }
        failures.into_result()?;
        if !pulse.alive {
            // Given up in one queue is given up in all.
            self.leave_fleet(process).await?;
            return Ok(Pulse::default());
        }
        Ok(pulse)
    }

    /// One sign of life in a queue. Gives whether the process lives there, whether the queue is paused, and which of its
    /// jobs were cancelled.
    async fn beat_in(
        &self,
        process: ProcessId,
        room: &Room,
        lease: i64,
        progress: &[Progress],
    ) -> Result<(bool, bool, Vec<JobId>)> {
        let mut call = self.call(&self.scripts().beat, room);
        call.arg(process.as_uuid().as_bytes().as_slice()).arg(lease);
        tell_progress(&mut call, room, progress);
        let mut reply = Reply::of(self.inner.heart.run(&call).await?)?;
        let (alive, paused, mut ids) = (reply.flag()?, reply.flag()?, reply.list()?);
        let mut cancelled = Vec::with_capacity(ids.len());
        while ids.len() > 0 {
            cancelled.push(JobId::from_uuid(ids.id()?));
        }
        Ok((alive, paused, cancelled))
    }

    pub(super) async fn leave_fleet(&self, process: ProcessId) -> Result<()> {
        let fleet = self.fleet(&self.inner.heart, &[b"leave", process.as_uuid().as_bytes()]).await?;
        let mut left = Ok(());
        for room in &fleet.rooms {
            left = left.and(self.lose(&self.inner.heart, room, process, Loss::Leaves).await.map(drop));
        }
        self.forget_doubts(process);
        left
    }

    /// Takes from a process what it holds in a queue, if it is gone. Gives how many jobs.
    pub(super) async fn lose(&self, client: &RedisClient, room: &Room, process: ProcessId, loss: Loss) -> Result<u32> {
        let (leaves, found) = match loss {
            Loss::Leaves => (true, 0),
            Loss::Overdue { found } => (false, found),
        };
        let mut lost = 0;
        loop {
            let mut call = self.call(&self.scripts().lose, room);
            call.arg(process.as_uuid().as_bytes().as_slice()).arg(i32::from(leaves)).arg(found);
            let mut reply = Reply::of(client.run(&call).await?)?;
            let (taken, more, sent) = (reply.number::<u32>()?, reply.flag()?, reply.flag()?);
            lost += taken;
            if taken > 0 {
                self.tell(room);
            }
            if sent {
                self.pass_on(room).await;
            }
            if !more {
                return Ok(lost);
            }
        }
    }
}

/// Progress of jobs in a queue, as far as it has not ended.
fn tell_progress(call: &mut ScriptInvocation<'_>, room: &Room, progress: &[Progress]) {
    for made in progress.iter().filter(|made| room.is_of(made.claim)) {
        let percent = made.percent.min(100);
        let text = match &made.note {
            Some(note) => format!("{percent} {}", note.chars().take(NOTE).collect::<String>()),
            None => percent.to_string(),
        };
        call.arg(made.id.as_uuid().as_bytes().as_slice()).arg(claim_text(made.claim)).arg(text);
    }
}
