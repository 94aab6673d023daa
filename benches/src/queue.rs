//! A job queue on any store: adding, draining by the real worker, and from enqueue to start.
#![expect(clippy::print_stdout, reason = "the figures are what the suites are run for")]

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use spotlight_core::{
    Result,
    jobs::{Job, JobContext, PoolOptions, Registry, Worker, WorkerOptions, spec},
    ports::{Concurrency, JobQueue, JobSpec, SystemClock, SystemIds},
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::median;

/// What the jobs of the suite share.
#[derive(Default)]
struct Seen {
    count: AtomicU64,
    started: Notify,
}

#[derive(Serialize, Deserialize)]
struct Nothing {
    number: u64,
}

impl Job for Nothing {
    type State = Arc<Seen>;
    type Output = ();
    const NAME: &'static str = "nothing";

    fn run(self, ctx: JobContext<Arc<Seen>>) -> impl Future<Output = Result<()>> + Send {
        ctx.state.count.fetch_add(1, Ordering::Relaxed);
        ctx.state.started.notify_one();
        std::future::ready(Ok(()))
    }
}

fn jobs(count: u64) -> Vec<JobSpec> {
    (0..count).map(|number| spec(&Nothing { number }, None).expect("a job")).collect()
}

fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// A worker at work.
struct Working {
    seen: Arc<Seen>,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Working {
    fn start(queue: &Arc<dyn JobQueue>) -> Self {
        let seen = Arc::new(Seen::default());
        let registry = Registry::new(Arc::clone(&seen)).with::<Nothing>();
        let options = WorkerOptions {
            pools: vec![PoolOptions { threads: 4, ..PoolOptions::default() }],
            ..WorkerOptions::default()
        };
        let worker = Worker::new(Arc::clone(queue), registry, options, (Arc::new(SystemClock), Arc::new(SystemIds)));
        let worker = worker.expect("options that can work");
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        Self { seen, stop, task: tokio::spawn(async move { worker.run(stopped).await }) }
    }

    async fn until(&self, count: u64) {
        while self.seen.count.load(Ordering::Relaxed) < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("the worker ends");
    }
}

/// Adds jobs and drains them; what is told is the time until the last end was noted.
async fn drain(queue: &Arc<dyn JobQueue>, count: u64, keyed: bool) {
    let mut left = count;
    let mut adding = Duration::ZERO;
    while left > 0 {
        let part = left.min(10_000);
        let mut specs = jobs(part);
        if keyed {
            for (number, spec) in specs.iter_mut().enumerate() {
                spec.concurrency = Some(Concurrency { key: format!("key {}", number % 1_000), limit: 1_000 });
            }
        }
        let began = Instant::now();
        queue.enqueue(specs).await.expect("added");
        adding += began.elapsed();
        left -= part;
    }
    let name = if keyed { "with a key each" } else { "" };
    println!("added {count} jobs {name}, 10,000 in a call: {:.0}/s", per_second(count, adding));
    let began = Instant::now();
    let working = Working::start(queue);
    working.until(count.min(50_000)).await;
    let first = began.elapsed();
    working.until(count).await;
    working.stop().await;
    let took = began.elapsed();
    println!(
        "drained {count} jobs {name}: {:.0}/s; the first 50,000 at {:.0}/s",
        per_second(count, took),
        per_second(count.min(50_000), first)
    );
}

/// 64 callers add one job after the other.
async fn singles(queue: &Arc<dyn JobQueue>) {
    const EACH: u64 = 300;
    let began = Instant::now();
    let callers: Vec<_> = (0..64)
        .map(|_| {
            let queue = Arc::clone(queue);
            tokio::spawn(async move {
                for spec in jobs(EACH) {
                    queue.enqueue(vec![spec]).await.expect("added");
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("a caller ends");
    }
    println!("64 callers, a job in a call: {:.0}/s", per_second(64 * EACH, began.elapsed()));
}

/// From enqueue to start, one job at a time.
async fn latency(queue: &Arc<dyn JobQueue>) {
    let working = Working::start(queue);
    // What the callers left behind first.
    working.until(64 * 300).await;
    let mut times = Vec::new();
    for spec in jobs(300) {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let began = Instant::now();
        let started = working.seen.started.notified();
        queue.enqueue(vec![spec]).await.expect("added");
        started.await;
        times.push(began.elapsed());
    }
    working.stop().await;
    let middle = median(&mut times);
    println!("from enqueue to start, idle: median {middle:?}, p99 {:?}", times[times.len() * 99 / 100]);
}

/// Measures a queue that holds nothing, and prints what came of it. `BENCH_JOBS` says how many jobs are drained, as
/// `50000,1000000`; 50,000 by default.
///
/// # Panics
/// When the store fails, or `BENCH_JOBS` holds anything but numbers.
pub async fn measure_queue(queue: &Arc<dyn JobQueue>) {
    let counts = std::env::var("BENCH_JOBS").unwrap_or_else(|_| "50000".to_owned());
    for count in counts.split(',') {
        drain(queue, count.parse().expect("BENCH_JOBS holds numbers"), false).await;
    }
    drain(queue, 50_000, true).await;
    singles(queue).await;
    latency(queue).await;
}
