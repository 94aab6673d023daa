//! The SQLite adapter keeps the promises of `JobQueue`, and those of a file that several processes use.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use spotlight_core::{
    Result,
    conformance::{queue::JobQueueFixture, samples},
    domain::{JobId, ProcessId, time::Timestamp},
    jobs::{Job, JobContext, Registry, Worker, WorkerOptions},
    ports::{
        ClaimedJob, Clock, IdGenerator, JobConsumer, JobInspector, JobProducer, JobQueue, JobSpec, JobState, Outcome,
        Settlement, SystemClock, SystemIds,
    },
};
use spotlight_storage::sqlite::{SqliteOptions, SqliteQueue, SqliteStorage};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("spotlight-queue-{}", SystemIds.uuid()));
        fs::create_dir_all(&path).expect("the folder for temporary files can be written");
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("spotlight.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is the system's to clean up.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A clock that is put forward by hand.
struct Hands(Mutex<Timestamp>);

impl Hands {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(samples::at(0))))
    }

    fn pass(&self, time: Duration) {
        *self.0.lock().expect("nobody panics with the clock") += time;
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nobody panics with the clock")
    }
}

/// A queue as a process of its own would open it.
async fn open(path: &Path, clock: Arc<dyn Clock>) -> SqliteQueue {
    let options = SqliteOptions { clock, ..SqliteOptions::new(path) };
    SqliteQueue::new(&SqliteStorage::open(options).await.expect("the file opens"))
}

/// Queues in folders that go when the test is over.
struct Fixture {
    clock: Arc<Hands>,
    opened: Mutex<Vec<(Arc<dyn JobQueue>, Folder)>>,
}

#[async_trait]
impl JobQueueFixture for Fixture {
    async fn fresh(&self) -> Arc<dyn JobQueue> {
        let folder = Folder::new();
        let queue: Arc<dyn JobQueue> = Arc::new(open(&folder.file(), self.clock.clone()).await);
        self.opened.lock().expect("no test panicked here").push((Arc::clone(&queue), folder));
        queue
    }

    async fn another(&self, queue: &Arc<dyn JobQueue>) -> Arc<dyn JobQueue> {
        let file = {
            let opened = self.opened.lock().expect("no test panicked here");
            let found = opened.iter().find(|(known, _)| Arc::ptr_eq(known, queue));
            found.expect("the queue is of this fixture").1.file()
        };
        Arc::new(open(&file, self.clock.clone()).await)
    }

    async fn pass(&self, time: Duration) {
        self.clock.pass(time);
    }
}

mod conformance {
    spotlight_core::job_queue_conformance!(super::Fixture {
        clock: super::Hands::new(),
        opened: std::sync::Mutex::default()
    });
}

fn job(number: usize) -> JobSpec {
    JobSpec::new("test", number.to_string())
}

async fn join(queue: &SqliteQueue, lease: Duration) -> ProcessId {
    let process = ProcessId::from_uuid(SystemIds.uuid());
    queue.register(process, "a test", lease).await.expect("it joins");
    process
}

async fn claim(queue: &SqliteQueue, process: ProcessId, limit: u32) -> Vec<ClaimedJob> {
    queue.claim(process, &["default".to_owned()], limit).await.expect("it is registered")
}

fn ids(jobs: &[ClaimedJob]) -> BTreeSet<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

/// A process that ends without a word loses nothing, and what it held runs again once its lease is over.
#[tokio::test]
async fn nothing_is_lost_with_a_process_that_is_killed() {
    let (folder, clock) = (Folder::new(), Hands::new());
    let queue = open(&folder.file(), clock.clone()).await;
    queue.enqueue((0..10).map(job).collect()).await.expect("they are added");
    let process = join(&queue, Duration::from_secs(2)).await;
    let claimed = claim(&queue, process, 4).await;
    let done = Settlement { id: claimed[0].id, claim: claimed[0].claim, outcome: Outcome::Done(None) };
    assert_eq!(queue.settle(process, &[done]).await.expect("it is held"), [true]);
    drop(queue);

    let queue = open(&folder.file(), clock.clone()).await;
    let other = join(&queue, Duration::from_mins(1)).await;
    let rest = claim(&queue, other, 100).await;
    assert_eq!(rest.len(), 6, "what nobody held is there at once");
    assert_eq!(queue.upkeep(100).await.expect("a round").recovered, 0, "the lease has not ended");
    clock.pass(Duration::from_secs(3));
    assert_eq!(queue.upkeep(100).await.expect("a round").recovered, 3);
    let again = claim(&queue, other, 100).await;
    assert_eq!(ids(&again), ids(&claimed[1..]));
    assert!(again.iter().all(|job| job.attempt == 2), "the lost try counts");
    let ended = queue.find(claimed[0].id).await.expect("it answers").expect("it is kept");
    assert_eq!(ended.state, JobState::Done);
}

/// Two processes add and claim on one file at the same time: each job is there once, and is given once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_work_on_one_file_at_once() {
    const EACH: usize = 150;
    let folder = Folder::new();
    let mut tasks = JoinSet::new();
    let path = folder.file();
    open(&path, Arc::new(SystemClock)).await;
    for half in 0..2 {
        let queue = open(&path, Arc::new(SystemClock)).await;
        tasks.spawn(async move {
            let process = join(&queue, Duration::from_mins(1)).await;
            let mut claimed = Vec::new();
            for number in 0..EACH {
                queue.enqueue(vec![job(half * EACH + number)]).await.expect("it is added");
                claimed.extend(claim(&queue, process, 2).await);
            }
            claimed
        });
    }
    let mut claimed: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    let queue = open(&path, Arc::new(SystemClock)).await;
    let process = join(&queue, Duration::from_mins(1)).await;
    claimed.extend(claim(&queue, process, 1_000).await);
    let numbers: BTreeSet<usize> = claimed.iter().map(|job| job.payload.parse().expect("a number")).collect();
    assert_eq!((claimed.len(), numbers.len()), (2 * EACH, 2 * EACH));
}

/// Additions that come at once share commits. Whoever goes away meanwhile does not take the others' jobs along.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_acknowledged_is_there_whoever_else_went_away() {
    const MANY: usize = 200;
    let folder = Folder::new();
    let queue = open(&folder.file(), Arc::new(SystemClock)).await;
    let mut tasks = Vec::new();
    for number in 0..MANY {
        let queue = queue.clone();
        tasks.push(tokio::spawn(async move { queue.enqueue(vec![job(number), job(number)]).await }));
    }
    for gone in tasks.iter().step_by(3) {
        gone.abort();
    }
    let mut acknowledged = BTreeSet::new();
    for task in tasks {
        if let Ok(answer) = task.await {
            acknowledged.extend(answer.expect("it is added").iter().map(|added| added.id()));
        }
    }
    assert!(acknowledged.len() >= MANY, "most were not broken off");
    let process = join(&queue, Duration::from_mins(1)).await;
    let claimed = claim(&queue, process, 10_000).await;
    assert!(ids(&claimed).is_superset(&acknowledged));
    assert_eq!(claimed.len() % 2, 0, "each call has added all or none");
}

#[derive(Serialize, Deserialize)]
struct Nothing;

impl Job for Nothing {
    type State = ();
    type Output = ();
    const NAME: &'static str = "nothing";

    async fn run(self, _ctx: JobContext<()>) -> Result<()> {
        Ok(())
    }
}

/// The real worker works a file off, and every end is accepted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_works_off_a_file() {
    const MANY: u64 = 2_000;
    let folder = Folder::new();
    let queue = open(&folder.file(), Arc::new(SystemClock)).await;
    let spec = spotlight_core::jobs::spec(&Nothing, None).expect("it is JSON");
    queue.enqueue(vec![spec; 2_000]).await.expect("they are added");
    let registry = Registry::new(()).with::<Nothing>();
    let parts = (Arc::new(SystemClock) as Arc<dyn Clock>, Arc::new(SystemIds) as Arc<dyn IdGenerator>);
    let worker = Worker::new(Arc::new(queue.clone()), registry, WorkerOptions::default(), parts);
    let worker = Arc::new(worker.expect("the usual options work"));
    let stop = CancellationToken::new();
    let running = tokio::spawn({
        let (worker, stop) = (Arc::clone(&worker), stop.clone());
        async move { worker.run(stop).await }
    });
    let drained = async {
        while worker.health().done < MANY {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), drained).await.expect("the queue is drained");
    stop.cancel();
    running.await.expect("the worker ends in order");
    assert_eq!((worker.health().done, worker.health().refused), (MANY, 0));
    let left = queue.snapshot().await.expect("it answers");
    assert!(left.queues.is_empty() && left.processes.is_empty(), "{left:?}");
}
