//! A store that fails, and a process that was given up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use spotlight_core::{
    Error, ErrorKind, Result,
    domain::{ProcessId, time::Timestamp},
    jobs::WorkerOptions,
    memory::MemoryQueue,
    pass_on,
    ports::{
        ClaimedJob, Clock, JobConsumer, JobInspector, JobProducer, JobState, Progress, Pulse, Settlement, SystemClock,
        SystemIds, Upkeep,
    },
};

use super::{
    jobs::{Say, Wait},
    world::{World, quick},
};

/// A queue whose worker's side can be cut off.
struct Shaky {
    inner: MemoryQueue,
    away: AtomicBool,
    /// Of so many signs of life the last one arrives.
    hears_each: u32,
    beats: AtomicU32,
}

impl Shaky {
    fn new() -> Arc<Self> {
        Self::that_hears_each(1)
    }

    fn that_hears_each(hears_each: u32) -> Arc<Self> {
        let inner = MemoryQueue::new(Arc::new(SystemClock), Arc::new(SystemIds));
        Arc::new(Self { inner, away: AtomicBool::new(false), hears_each, beats: AtomicU32::new(0) })
    }

    fn away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn there(&self) -> Result<()> {
        if self.away.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "the store is away"));
        }
        Ok(())
    }
}

#[async_trait]
impl JobConsumer for Shaky {
    async fn register(&self, process: ProcessId, label: &str, lease: Duration) -> Result<()> {
        self.there()?;
        self.inner.register(process, label, lease).await
    }

    async fn heartbeat(&self, process: ProcessId, progress: &[Progress]) -> Result<Pulse> {
        self.there()?;
        let beats = self.beats.fetch_add(1, Ordering::SeqCst) + 1;
        if !beats.is_multiple_of(self.hears_each) {
            return Err(Error::new(ErrorKind::Unavailable, "the connection broke"));
        }
        self.inner.heartbeat(process, progress).await
    }

    async fn deregister(&self, process: ProcessId) -> Result<()> {
        self.there()?;
        self.inner.deregister(process).await
    }

    async fn claim(&self, process: ProcessId, queues: &[String], limit: u32) -> Result<Vec<ClaimedJob>> {
        self.there()?;
        self.inner.claim(process, queues, limit).await
    }

    async fn settle(&self, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>> {
        self.there()?;
        self.inner.settle(process, settlements).await
    }

    async fn wait(&self, queues: &[String], patience: Duration) -> Result<()> {
        self.there()?;
        self.inner.wait(queues, patience).await
    }

    async fn upkeep(&self, limit: u32) -> Result<Upkeep> {
        self.there()?;
        self.inner.upkeep(limit).await
    }
}

pass_on! { JobProducer for Shaky, to inner: enqueue, enqueue_with_ids, enqueue_batch, tick, last_tick }

pass_on! { JobInspector for Shaky, to inner: find, states, list, retry, discard, cancel, set_paused, batch, waiting, snapshot }

fn say(words: &str) -> Say {
    Say { words: words.to_owned() }
}

#[tokio::test]
async fn a_worker_outlives_a_store_that_is_away() {
    let store = Shaky::new();
    let world = World::on(store.clone(), quick(), Vec::new());
    let first = world.add(&say("before")).await;
    world.state(first, JobState::Done).await;
    store.away(true);
    world.until(async |world| world.worker.health().failing_ms.is_some()).await;
    let second = world.add(&say("meanwhile")).await;
    store.away(false);
    world.state(second, JobState::Done).await;
    world.until(async |world| world.worker.health().failing_ms.is_none()).await;
    assert_eq!(world.notes.ran(), ["before", "meanwhile"]);
    world.stop().await;
}

#[tokio::test]
async fn signs_of_life_that_fail_are_soon_given_again() {
    const FAILING: u32 = 4;
    let store = Shaky::that_hears_each(FAILING);
    let options = WorkerOptions { lease: Duration::from_millis(600), ..quick() };
    let world = World::on(store.clone(), options, Vec::new());
    let id = world.add(&Wait {}).await;
    world.until(async |_| store.beats.load(Ordering::SeqCst) >= 5 * FAILING).await;
    world.notes.gate.notify_one();
    let done = world.state(id, JobState::Done).await;
    assert_eq!((done.attempts, world.worker.health().refused), (1, 0), "the lease held");
    world.stop().await;
}

#[tokio::test]
async fn an_end_that_cannot_be_noted_waits_for_the_store() {
    let store = Shaky::new();
    let world = World::on(store.clone(), quick(), Vec::new());
    let id = world.add(&Wait {}).await;
    world.until(async |world| world.notes.count().contains_key("wait")).await;
    store.away(true);
    world.notes.gate.notify_one();
    world.until(async |world| world.notes.count().contains_key("waited")).await;
    world.until(async |world| world.worker.health().failing_ms.is_some()).await;
    assert_eq!(world.record(id).await.state, JobState::Running);
    store.away(false);
    let done = world.state(id, JobState::Done).await;
    assert_eq!((done.attempts, world.worker.health().refused), (1, 0));
    world.stop().await;
}

#[tokio::test]
async fn a_process_that_was_given_up_drops_its_jobs_and_joins_anew() {
    let store = Shaky::new();
    let world = World::on(store.clone(), quick(), Vec::new());
    let id = world.add(&Wait {}).await;
    world.until(async |world| world.notes.count().contains_key("wait")).await;
    let before = world.queue.snapshot().await.expect("read").processes[0].id;
    store.inner.deregister(before).await.expect("given up");
    // It runs again, in the process that has joined anew; the first run was dropped at the gate.
    world.until(async |world| world.notes.count().get("wait") == Some(&2)).await;
    let after = world.queue.snapshot().await.expect("read").processes[0].id;
    assert_ne!(before, after);
    world.notes.gate.notify_waiters();
    world.notes.gate.notify_one();
    let done = world.state(id, JobState::Done).await;
    assert_eq!(done.attempts, 2);
    assert_eq!(world.notes.count()["waited"], 1, "one run reached its end");
    world.stop().await;
}

/// The store's clock, which can jump.
#[derive(Default)]
struct Jumping(AtomicI64);

impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        SystemClock.now() + chrono::Duration::seconds(self.0.load(Ordering::SeqCst))
    }
}

/// Every lease has ended at once. What runs is given up, runs again, and ends once; the process goes on.
#[tokio::test]
async fn a_store_whose_clock_jumps_ahead_costs_a_try_and_no_job() {
    let clock = Arc::new(Jumping::default());
    let queue = Arc::new(MemoryQueue::new(clock.clone(), Arc::new(SystemIds)));
    let world = World::on(queue, quick(), Vec::new());
    let id = world.add(&Wait {}).await;
    world.until(async |world| world.notes.count().contains_key("wait")).await;
    clock.0.store(3_600, Ordering::SeqCst);
    world.until(async |world| world.notes.count().get("wait") == Some(&2)).await;
    world.notes.gate.notify_waiters();
    let done = world.state(id, JobState::Done).await;
    assert_eq!((done.attempts, done.failures.len()), (2, 1));
    assert_eq!(world.notes.count()["waited"], 1, "the first run was dropped");
    assert_eq!(world.worker.health().refused, 1, "and its end refused");
    // Back again, leases last for longer.
    clock.0.store(0, Ordering::SeqCst);
    let second = world.add(&say("after")).await;
    assert_eq!(world.state(second, JobState::Done).await.attempts, 1);
    world.stop().await;
}
