//! The job queue on SQLite: adding in bulk and one by one, and draining through the real worker.
//!
//! `cargo bench --bench queue_sqlite` prints jobs per second; commits are synced to the disk, so its speed counts.

#![expect(clippy::print_stdout, reason = "the figures are what the suite is run for")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use spotlight_core::{
    Result,
    jobs::{Job, JobContext, PoolOptions, Registry, Worker, WorkerOptions, spec},
    ports::{Clock, IdGenerator, JobProducer, SystemClock, SystemIds},
};
use spotlight_storage::sqlite::{SqliteOptions, SqliteQueue, SqliteStorage};
use tokio_util::sync::CancellationToken;

/// Jobs to drain.
const MANY: usize = 50_000;
/// Jobs in one call.
const BULK: usize = 1_000;
/// Single additions at once, and how many of them.
const SINGLE: (usize, usize) = (64, 6_400);

#[derive(Serialize, Deserialize)]
struct Nothing {
    number: usize,
}

impl Job for Nothing {
    type State = ();
    type Output = ();
    const NAME: &'static str = "nothing";

    async fn run(self, _ctx: JobContext<()>) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let folder = std::env::temp_dir().join(format!("spotlight-bench-{}", SystemIds.uuid()));
    runtime.block_on(measure(&folder));
    // What is left is the system's to clean up.
    let _ = std::fs::remove_dir_all(&folder);
}

fn say(what: &str, jobs: usize, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{what}: {jobs} jobs in {seconds:.2} s, {:.0} jobs/s", jobs as f64 / seconds);
}

async fn measure(folder: &std::path::Path) {
    let storage = SqliteStorage::open(SqliteOptions::new(folder.join("queue.db"))).await.expect("a fresh file opens");
    let queue = SqliteQueue::new(&storage);
    let job = |number| spec(&Nothing { number }, None).expect("it is JSON");

    let began = Instant::now();
    for bulk in 0..MANY / BULK {
        let jobs = (0..BULK).map(|number| job(bulk * BULK + number)).collect();
        queue.enqueue(jobs).await.expect("they are added");
    }
    say("add in bulk", MANY, began);
    drain(&queue, MANY).await;

    let began = Instant::now();
    let (at_once, single) = SINGLE;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..at_once {
        let queue = queue.clone();
        tasks.spawn(async move {
            for number in 0..single / at_once {
                queue.enqueue(vec![job(number)]).await.expect("it is added");
            }
        });
    }
    tasks.join_all().await;
    say("add one by one, 64 at once", single, began);
    drain(&queue, single).await;
}

async fn drain(queue: &SqliteQueue, jobs: usize) {
    let options =
        WorkerOptions { pools: vec![PoolOptions { threads: 8, ..PoolOptions::default() }], ..WorkerOptions::default() };
    let parts = (Arc::new(SystemClock) as Arc<dyn Clock>, Arc::new(SystemIds) as Arc<dyn IdGenerator>);
    let worker = Worker::new(Arc::new(queue.clone()), Registry::new(()).with::<Nothing>(), options, parts);
    let worker = Arc::new(worker.expect("the options work"));
    let stop = CancellationToken::new();
    let began = Instant::now();
    let running = tokio::spawn({
        let (worker, stop) = (Arc::clone(&worker), stop.clone());
        async move { worker.run(stop).await }
    });
    while worker.health().done < jobs as u64 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.cancel();
    running.await.expect("the worker ends in order");
    say("drain through the worker, to the last settlement", jobs, began);
}
