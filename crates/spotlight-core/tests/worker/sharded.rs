//! A store that is in parts, one for each queue, of which one is away.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use spotlight_core::{
    Error, ErrorKind, Result,
    domain::{JobId, ProcessId},
    jobs::{PoolOptions, WorkerOptions, spec},
    memory::MemoryQueue,
    pass_on,
    ports::{JobConsumer, JobInspector, JobProducer, JobSpec, JobState, Settlement, SystemClock, SystemIds},
};
use tokio::sync::Semaphore;

use super::{
    jobs::{Say, Wait},
    world::{World, quick},
};

/// A queue that ends no call with a job of the queue `lost`, while that is away.
struct Sharded {
    inner: MemoryQueue,
    away: AtomicBool,
    failed: AtomicUsize,
    /// The queues of each call that was answered.
    calls: Mutex<Vec<BTreeSet<String>>>,
    /// Calls go on as this allows.
    gate: Semaphore,
}

impl Sharded {
    fn new(open: usize) -> Arc<Self> {
        let inner = MemoryQueue::new(Arc::new(SystemClock), Arc::new(SystemIds));
        let (away, failed) = (AtomicBool::new(false), AtomicUsize::new(0));
        Arc::new(Self { inner, away, failed, calls: Mutex::default(), gate: Semaphore::new(open) })
    }

    fn away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn calls(&self) -> Vec<BTreeSet<String>> {
        self.calls.lock().expect("nobody panics with it").clone()
    }
}

pass_on! { JobConsumer for Sharded, to inner: register, heartbeat, deregister, claim, wait, upkeep;
    async fn settle(&self, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>> {
        self.gate.acquire().await.expect("it is open").forget();
        let mut queues = BTreeSet::new();
        for settlement in settlements {
            queues.insert(self.inner.find(settlement.id).await?.expect("it is kept").queue);
        }
        if self.away.load(Ordering::SeqCst) && queues.contains("lost") {
            self.failed.fetch_add(1, Ordering::SeqCst);
            return Err(Error::new(ErrorKind::Unavailable, "a part of the store is away"));
        }
        self.calls.lock().expect("nobody panics with it").push(queues);
        self.inner.settle(process, settlements).await
    }
}

pass_on! { JobProducer for Sharded, to inner: enqueue, enqueue_with_ids, enqueue_batch, tick, last_tick }

pass_on! { JobInspector for Sharded, to inner: find, states, list, retry, discard, cancel, set_paused, batch, waiting, snapshot }

/// As many calls as come.
const ALL: usize = Semaphore::MAX_PERMITS;

fn start(store: &Arc<Sharded>) -> World {
    let queues = vec!["default".to_owned(), "lost".to_owned()];
    let pools = quick().pools.into_iter().map(|pool| PoolOptions { queues: queues.clone(), ..pool }).collect();
    World::on(store.clone(), WorkerOptions { pools, ..quick() }, Vec::new())
}

fn say(words: &str) -> Say {
    Say { words: words.to_owned() }
}

/// Adds a job to the part that is lost.
async fn lose(world: &World, job: &impl spotlight_core::jobs::Job) -> JobId {
    let spec = JobSpec { queue: "lost".to_owned(), ..spec(job, None).expect("a job") };
    world.queue.enqueue(vec![spec]).await.expect("added")[0].id()
}

#[tokio::test]
async fn a_queue_whose_store_is_away_keeps_no_other_from_its_ends() {
    let store = Sharded::new(ALL);
    let world = start(&store);
    store.away(true);
    let lost = lose(&world, &say("lost")).await;
    world.until(async |_| store.failed.load(Ordering::SeqCst) > 0).await;
    for number in 0..3 {
        let id = world.add(&say(&number.to_string())).await;
        world.state(id, JobState::Done).await;
    }
    let more = lose(&world, &say("lost too")).await;
    world.until(async |world| world.notes.ran().len() == 5).await;
    let id = world.add(&say("last")).await;
    world.state(id, JobState::Done).await;
    for id in [lost, more] {
        assert_eq!(world.record(id).await.state, JobState::Running);
    }
    store.away(false);
    for id in [lost, more] {
        assert_eq!(world.state(id, JobState::Done).await.attempts, 1);
    }
    assert_eq!(world.worker.health().refused, 0);
    world.stop().await;
}

#[tokio::test]
async fn a_call_that_failed_for_one_queue_ends_the_others() {
    let store = Sharded::new(0);
    let world = start(&store);
    // While the first call is under way, two jobs end, whose ends go together.
    let first = world.add(&say("first")).await;
    world.until(async |world| world.worker.health().done == 1).await;
    let other = world.add(&Wait {}).await;
    let lost = lose(&world, &Wait {}).await;
    world.until(async |world| world.notes.count().get("wait") == Some(&2)).await;
    store.away(true);
    world.notes.gate.notify_waiters();
    world.until(async |world| world.worker.health().done == 3).await;
    store.gate.add_permits(ALL / 2);
    for id in [first, other] {
        world.state(id, JobState::Done).await;
    }
    assert_eq!(world.record(lost).await.state, JobState::Running);
    store.away(false);
    world.state(lost, JobState::Done).await;
    assert_eq!(world.worker.health().refused, 0);
    world.stop().await;
}

#[tokio::test]
async fn ends_of_all_queues_go_in_one_call_while_their_store_is_well() {
    let store = Sharded::new(0);
    let world = start(&store);
    world.add(&say("first")).await;
    world.until(async |world| world.worker.health().done == 1).await;
    let ids = [world.add(&say("other")).await, lose(&world, &say("third")).await];
    world.until(async |world| world.worker.health().done == 3).await;
    store.gate.add_permits(ALL / 2);
    for id in ids {
        world.state(id, JobState::Done).await;
    }
    let queues = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(store.calls(), [queues(&["default"]), queues(&["default", "lost"])]);
    world.stop().await;
}
