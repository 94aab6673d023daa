//! One queue: where its keys are, who adds jobs to it, and its scripts.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use redis::{Script, ScriptInvocation};
use spotlight_core::{Error, Result, ports::is_queue_name};
use uuid::Uuid;

use super::{RedisQueue, contact::Contact, guard, reply::Reply, wire::Draft};
use crate::shared::coalesce::Line;

/// One queue.
pub(super) struct Room {
    pub(super) name: String,
    /// The key of its jobs, which all others are like.
    pub(super) key: String,
    /// What its scripts publish when jobs of it become ready.
    pub(super) telling: String,
    /// Callers that add jobs.
    pub(super) line: Line<Draft>,
    /// How well it is reached: in a cluster by itself, else like everything on the one server.
    pub(super) contact: Arc<Contact>,
    /// The fleet knows it.
    named: AtomicBool,
}

impl Room {
    /// Another key of the queue.
    pub(super) fn key_of(&self, name: &str) -> String {
        format!("{}{name}", self.key.trim_end_matches('j'))
    }

    /// A claim on jobs of this queue: a number that tells the queue and is not given twice.
    pub(super) fn claim(&self, random: Uuid) -> i64 {
        i64::from(mark(&self.name)) << 39 | (random.as_u128() & ((1 << 39) - 1)) as i64
    }

    /// Whether a claim may be one on jobs of this queue.
    pub(super) fn is_of(&self, claim: i64) -> bool {
        claim >> 39 == i64::from(mark(&self.name))
    }
}

/// 24 bits of a queue's name (FNV-1a). Two queues with the same are told apart by who accepts the claim.
fn mark(name: &str) -> u32 {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    hash >> 8
}

/// A claim as scripts compare it.
pub(super) fn claim_text(claim: i64) -> String {
    format!("{claim:016x}")
}

impl RedisQueue {
    /// A queue by its name.
    ///
    /// # Errors
    /// `Validation` when it is none.
    pub(super) fn room(&self, name: &str) -> Result<Arc<Room>> {
        let mut rooms = guard(&self.inner.rooms);
        if let Some(room) = rooms.get(name) {
            return Ok(Arc::clone(room));
        }
        if !is_queue_name(name) {
            let message = "A queue's name must have 1 to 64 of a-z, 0-9, _, - and .";
            return Err(Error::invalid("queue", "format", message));
        }
        let room = Arc::new(Room {
            name: name.to_owned(),
            key: format!("{}:{{jobs:{name}}}:j", self.inner.client.namespace()),
            telling: self.inner.wake.telling(name),
            line: Line::default(),
            contact: if self.inner.client.is_cluster() { Arc::default() } else { Arc::clone(&self.inner.fleet) },
            named: AtomicBool::new(false),
        });
        rooms.insert(name.to_owned(), Arc::clone(&room));
        Ok(room)
    }

    /// Queues that the fleet knows by their names. Names that cannot be ones are left out: no job is there.
    pub(super) fn rooms(&self, names: &[String]) -> Vec<Arc<Room>> {
        let mut rooms: Vec<_> = names.iter().filter_map(|name| self.room(name).ok()).collect();
        rooms.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        for room in &rooms {
            room.named.store(true, Ordering::Release);
        }
        rooms
    }

    /// Every queue that this process has used.
    pub(super) fn used_rooms(&self) -> Vec<Arc<Room>> {
        let rooms = guard(&self.inner.rooms);
        rooms.values().filter(|room| room.named.load(Ordering::Acquire)).cloned().collect()
    }

    /// Has the fleet know a queue before anything is in it: the other way round, what is there could be overlooked.
    pub(super) async fn name(&self, room: &Room) -> Result<()> {
        if room.named.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut add = redis::cmd("SADD");
        add.arg(self.fleet_key("q")).arg(&room.name);
        self.inner.client.call::<()>(add).await?;
        room.named.store(true, Ordering::Release);
        Ok(())
    }

    /// True when a queue is where everything is: while it is away, so are the others.
    pub(super) fn is_alone(&self, room: &Room) -> bool {
        Arc::ptr_eq(&room.contact, &self.inner.fleet)
    }

    /// A call of a script, with what every script is told first.
    pub(super) fn call<'a>(&self, script: &'a Script, room: &Room) -> ScriptInvocation<'a> {
        let mut call = script.key(&room.key);
        call.arg(self.inner.wake.channel()).arg(&room.telling);
        call
    }

    /// Runs a script that answers with a list.
    pub(super) async fn run(&self, call: &ScriptInvocation<'_>) -> Result<Reply> {
        Reply::of(self.inner.client.run(call).await?)
    }

    /// Tells those who wait in this process that jobs of a queue may be ready.
    pub(super) fn tell(&self, room: &Room) {
        self.inner.wake.tell(|queue| queue == room.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_tells_its_queue_and_is_positive() {
        let room = |name: &str| Room {
            name: name.to_owned(),
            key: format!("ns:{{jobs:{name}}}:j"),
            telling: String::new(),
            line: Line::default(),
            contact: Arc::default(),
            named: AtomicBool::new(false),
        };
        let (one, other) = (room("default"), room("low"));
        for random in [0, u128::MAX] {
            let claim = one.claim(Uuid::from_u128(random));
            assert!(claim >= 0 && one.is_of(claim) && !other.is_of(claim));
            assert_eq!(claim_text(claim).len(), 16);
        }
        assert_eq!(one.key_of("p"), "ns:{jobs:default}:p");
    }
}
