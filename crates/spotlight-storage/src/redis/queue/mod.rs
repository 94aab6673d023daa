//! The job queue on Redis.
//!
//! A queue's keys share one hash tag, and whatever changes it is one script, so that one queue is one slot of a cluster
//! and every step is whole. Claims and ends of many jobs are one script each; what a job without keys costs is a field of
//! a hash and an entry of a sorted set for each place it stands in. `queue.lua` says what is kept.
//!
//! Steps that concern several queues go by messages: the script that decides writes a message beside its effect, and
//! whoever comes first takes it to the other queue, where a repetition changes nothing. A process that ends in between
//! leaves the message to the next round of upkeep.
//!
//! | file | holds |
//! |---|---|
//! | `wire`, `reply` | a job as Redis holds it, and reading answers |
//! | `room` | one queue: its key, its callers, its scripts |
//! | `produce`, `transit` | adding jobs; messages between queues |
//! | `claim`, `settle` | claiming, and the end of a claim |
//! | `consume`, `fleet`, `upkeep`, `wake` | processes, their leases, and waking them |
//! | `contact` | how well Redis is reached, and who may call others overdue |
//! | `fit` | whether the server may keep jobs |
//! | `inspect`, `list` | looking, and stepping in |

mod claim;
mod consume;
mod contact;
mod fit;
mod fleet;
mod inspect;
mod list;
mod produce;
mod reply;
mod room;
mod settle;
mod transit;
mod upkeep;
mod wake;
mod wire;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use redis::Script;
use spotlight_core::{Result, ports::IdGenerator};
use uuid::Uuid;

use self::{claim::Doubt, contact::Contact, fit::Fitness, room::Room, wake::Wake};
use super::client::RedisClient;

/// A [`JobQueue`](spotlight_core::ports::JobQueue) on Redis, 7 or newer. Cheap to clone.
///
/// Its keys begin with the client's namespace and `:{jobs`. A finished job is kept for an hour, or for as long as its
/// result is. One call claims at most 4096 jobs, and adds at most 200,000.
///
/// # What can be lost
/// A job that was acknowledged is in the memory of the server. What the server loses, the queue loses: with
/// `appendfsync everysec` what was written in the last second or two before it was killed or its machine went down, with
/// `appendfsync always` nothing, without an append-only file everything. Replicas follow without being waited for, so a
/// failover loses what the new master had not received, whatever the file says. A loss takes back ends of claims as well:
/// such a job runs again. Work that must not be lost goes through the outbox of the storage, which keeps it until it is
/// done, and adds it again by
/// [`enqueue_with_ids`](spotlight_core::ports::JobProducer::enqueue_with_ids).
///
/// The server must not evict, and be Redis 7 or newer: on another one, adding jobs and registering fail with
/// `Misconfigured`, and [`connect`](Self::connect) does.
///
/// # When Redis is away
/// A queue can be made meanwhile ([`new`](Self::new)). Calls fail until it is back; a call that concerns several queues, of
/// which some are on a master that is away, goes on with the others. However long Redis was away, whoever lives keeps its
/// jobs: a lease that has ended is taken up again by a sign of life or a claim, and nobody is given up by a process that
/// has not been in touch with Redis itself for as long as a lease, or ten seconds. So what a dead process held is taken
/// over about ten seconds after Redis has come back.
///
/// # Several queues
/// A call that adds jobs to several queues is decided by one of them, and the others follow at once; a process that ends
/// in between leaves that to the next round of upkeep. So all are added or none, but not at one instant. A batch is kept
/// by the queue of the job that follows it. An id that was chosen is known to the queue it was added to: whoever repeats
/// a job names the same queue.
///
/// Calls come from one runtime, except [`heartbeat`](spotlight_core::ports::JobConsumer::heartbeat) and
/// [`deregister`](spotlight_core::ports::JobConsumer::deregister), which have a connection of their own and may come from
/// another, so that they go on while jobs block every thread of the first.
#[derive(Clone)]
pub struct RedisQueue {
    inner: Arc<Inner>,
}

struct Inner {
    client: RedisClient,
    /// For signs of life alone.
    heart: RedisClient,
    ids: Arc<dyn IdGenerator>,
    scripts: Scripts,
    wake: Arc<Wake>,
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    doubts: Mutex<Vec<Doubt>>,
    /// How well the fleet's part of Redis is reached.
    fleet: Arc<Contact>,
    fitness: Fitness,
}

/// The scripts, each with what they have in common. Those that add jobs are refused when the server's memory is full;
/// the others go on, since they keep leases and make room.
struct Scripts {
    add: Script,
    beat: Script,
    claim: Script,
    figures: Script,
    fleet: Script,
    join: Script,
    look: Script,
    lose: Script,
    settle: Script,
    steer: Script,
    tally: Script,
    tick: Script,
    undo: Script,
    upkeep: Script,
    waits: Script,
}

impl Scripts {
    fn new() -> Self {
        let script = |flags, rest| Script::new(&format!("#!lua{flags}\n{}{rest}", include_str!("queue.lua")));
        let adds = |rest| script("", rest);
        let goes_on = |rest| script(" flags=allow-oom", rest);
        let looks = |rest| script(" flags=no-writes", rest);
        Self {
            add: adds(include_str!("add.lua")),
            beat: goes_on(include_str!("beat.lua")),
            claim: goes_on(include_str!("claim.lua")),
            figures: looks(include_str!("figures.lua")),
            fleet: Script::new(concat!("#!lua flags=allow-oom\n", include_str!("fleet.lua"))),
            join: goes_on(include_str!("join.lua")),
            look: looks(include_str!("look.lua")),
            lose: goes_on(include_str!("lose.lua")),
            settle: goes_on(include_str!("settle.lua")),
            steer: goes_on(include_str!("steer.lua")),
            tally: goes_on(include_str!("tally.lua")),
            tick: adds(include_str!("tick.lua")),
            undo: goes_on(include_str!("undo.lua")),
            upkeep: goes_on(include_str!("upkeep.lua")),
            waits: looks(include_str!("waits.lua")),
        }
    }
}

impl RedisQueue {
    /// A queue on the client's server, which is connected to when the queue is first used. Whether it may keep jobs is
    /// looked at then.
    ///
    /// Needs a runtime of tokio, on which a task listens while somebody waits for jobs.
    ///
    /// # Errors
    /// `Misconfigured` as [`RedisClient::new`].
    pub fn new(client: RedisClient, ids: Arc<dyn IdGenerator>) -> Result<Self> {
        let channel = format!("{}:jobs", client.namespace());
        let wake = Arc::new(Wake::new(client.clone(), channel, ids.uuid().simple().to_string()));
        let inner = Inner {
            heart: client.apart()?,
            client,
            ids,
            scripts: Scripts::new(),
            wake,
            rooms: Mutex::default(),
            doubts: Mutex::default(),
            fleet: Arc::default(),
            fitness: Fitness::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The same as [`new`](Self::new), and the server has answered and may keep jobs.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub async fn connect(client: RedisClient, ids: Arc<dyn IdGenerator>) -> Result<Self> {
        let queue = Self::new(client, ids)?;
        queue.check().await?;
        Ok(queue)
    }

    /// Asks the server whether it may keep jobs.
    ///
    /// # Errors
    /// `Misconfigured` when it removes keys to free memory (`maxmemory-policy` is not `noeviction`), is older than 7, or
    /// refuses this user; `Unavailable` or `Timeout` when it does not answer.
    pub async fn check(&self) -> Result<()> {
        self.inner.fitness.check(&self.inner.client).await
    }

    fn new_id(&self) -> Uuid {
        self.inner.ids.uuid()
    }

    fn scripts(&self) -> &Scripts {
        &self.inner.scripts
    }
}

impl fmt::Debug for RedisQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisQueue").field("client", &self.inner.client).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.wake.stop();
    }
}

/// A lock whose holders leave it sound also when they panic.
fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
