//! A worker at work, and what its jobs did.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use spotlight_core::{
    domain::JobId,
    jobs::{PoolOptions, Registry, Schedule, Worker, WorkerOptions, spec},
    memory::MemoryQueue,
    ports::{Clock, Enqueued, JobQueue, JobRecord, JobState, SystemClock, SystemIds},
};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// What jobs note, and what holds them.
#[derive(Default)]
pub(crate) struct Notes {
    /// Runs by name, in order.
    pub(crate) ran: Mutex<Vec<String>>,
    /// How many run at this moment, and the most that ever did.
    pub(crate) at_once: Mutex<(usize, usize)>,
    /// Lets jobs that wait go on.
    pub(crate) gate: Notify,
}

impl Notes {
    pub(crate) fn note(&self, what: &str) {
        self.ran.lock().expect("nobody panics with it").push(what.to_owned());
    }

    pub(crate) fn ran(&self) -> Vec<String> {
        self.ran.lock().expect("nobody panics with it").clone()
    }

    pub(crate) fn count(&self) -> BTreeMap<String, usize> {
        self.ran().into_iter().fold(BTreeMap::new(), |mut counts, name| {
            *counts.entry(name).or_default() += 1;
            counts
        })
    }
}

/// Options that lose no time.
pub(crate) fn quick() -> WorkerOptions {
    WorkerOptions {
        lease: Duration::from_millis(600),
        polling_interval: Duration::from_millis(10),
        grace: Duration::from_secs(20),
        pools: vec![PoolOptions { polling_interval: Duration::from_millis(5), ..PoolOptions::default() }],
        ..WorkerOptions::default()
    }
}

pub(crate) struct World {
    pub(crate) queue: Arc<dyn JobQueue>,
    pub(crate) notes: Arc<Notes>,
    pub(crate) worker: Arc<Worker<Arc<Notes>>>,
    pub(crate) stop: CancellationToken,
    running: JoinHandle<()>,
}

impl World {
    /// A worker on a new queue in memory.
    pub(crate) fn start(options: WorkerOptions) -> Self {
        let queue = Arc::new(MemoryQueue::new(Arc::new(SystemClock), Arc::new(SystemIds)));
        Self::on(queue, options, Vec::new())
    }

    /// A worker on a queue.
    pub(crate) fn on(queue: Arc<dyn JobQueue>, options: WorkerOptions, schedules: Vec<Schedule>) -> Self {
        Self::built(queue, options, Arc::new(SystemClock), |worker| worker.with_schedules(schedules))
    }

    /// A worker by a clock, with something added to it.
    pub(crate) fn built(
        queue: Arc<dyn JobQueue>,
        options: WorkerOptions,
        clock: Arc<dyn Clock>,
        adjust: impl FnOnce(Worker<Arc<Notes>>) -> Worker<Arc<Notes>>,
    ) -> Self {
        let notes = Arc::new(Notes::default());
        let registry = super::jobs::register(Registry::new(Arc::clone(&notes)));
        let world = (clock, Arc::new(SystemIds) as _);
        let worker = Worker::new(Arc::clone(&queue), registry, options, world).expect("options that can work");
        let worker = Arc::new(adjust(worker));
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (worker, stop) = (Arc::clone(&worker), stop.clone());
            async move { worker.run(stop).await }
        });
        Self { queue, notes, worker, stop, running }
    }

    pub(crate) async fn add<J: spotlight_core::jobs::Job>(&self, job: &J) -> JobId {
        let added = self.queue.enqueue(vec![spec(job, None).expect("a job")]).await.expect("added");
        match added[..] {
            [Enqueued::Added(id)] => id,
            ref other => panic!("one job should have been added: {other:?}"),
        }
    }

    /// Waits until a condition holds.
    pub(crate) async fn until(&self, mut holds: impl AsyncFnMut(&Self) -> bool) {
        let waiting = async {
            while !holds(self).await {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
        assert!(waited.is_ok(), "it should have happened by now; ran: {:?}", self.notes.ran());
    }

    /// Waits until a job stands there.
    pub(crate) async fn state(&self, id: JobId, state: JobState) -> JobRecord {
        self.until(async |world| world.record(id).await.state == state).await;
        self.record(id).await
    }

    pub(crate) async fn record(&self, id: JobId) -> JobRecord {
        self.queue.find(id).await.expect("read").expect("kept")
    }

    /// Stops the worker and waits for its end.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(30), self.running).await;
        ended.expect("the worker ends").expect("without a panic");
    }
}
