//! A worker process of the fault tests.
//!
//! `fleet_worker --queue URL --ledger FILE --lease-ms N [--threads N] [--jumping-clock]` works the jobs of
//! `spotlight_tests::fleet` off until its input ends, and adds one recurring job each second.

use std::{
    io::Read,
    path::Path,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use spotlight_core::{
    domain::time::Timestamp,
    jobs::{Missed, Registry, Schedule, Worker, WorkerOptions, spec},
    ports::{Clock, JobQueue, SystemClock, SystemIds},
};
use spotlight_tests::fleet::{Block, Ledger, Poison, Tick, Work, open};
use tokio_util::sync::CancellationToken;

/// A clock that is set to and fro all the time.
#[derive(Default)]
struct Jumping(AtomicU32);

impl Clock for Jumping {
    fn now(&self) -> Timestamp {
        let wrong = [0, 3_600, -3_600, 86_400, 0, -40];
        let reads = self.0.fetch_add(1, Ordering::Relaxed) as usize;
        SystemClock.now() + chrono::Duration::seconds(wrong[reads / 3 % wrong.len()])
    }
}

struct Arguments {
    queue: String,
    ledger: String,
    lease: Duration,
    threads: usize,
    jumps: bool,
}

fn arguments() -> Option<Arguments> {
    let mut read =
        Arguments { queue: String::new(), ledger: String::new(), lease: Duration::ZERO, threads: 2, jumps: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--queue" => read.queue = words.next()?,
            "--ledger" => read.ledger = words.next()?,
            "--lease-ms" => read.lease = Duration::from_millis(words.next()?.parse().ok()?),
            "--threads" => read.threads = words.next()?.parse().ok()?,
            "--jumping-clock" => read.jumps = true,
            _ => return None,
        }
    }
    (!read.queue.is_empty() && !read.ledger.is_empty() && !read.lease.is_zero()).then_some(read)
}

fn main() -> ExitCode {
    let Some(arguments) = arguments() else {
        complain("usage: fleet_worker --queue URL --ledger FILE --lease-ms N [--threads N] [--jumping-clock]");
        return ExitCode::from(2);
    };
    let stop = CancellationToken::new();
    let told = stop.clone();
    // The input ends when the tests say so, and when they are gone.
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        told.cancel();
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(arguments.threads).enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(work(arguments, stop)),
        Err(error) => {
            complain(&format!("there is no runtime: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn work(arguments: Arguments, stop: CancellationToken) -> ExitCode {
    let queue = loop {
        if let Ok(queue) = open(&arguments.queue).await {
            break queue;
        }
        // The store may be away for a moment, as it is for those who work already.
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
            () = stop.cancelled() => return ExitCode::SUCCESS,
        }
    };
    let clock: Arc<dyn Clock> = if arguments.jumps { Arc::new(Jumping::default()) } else { Arc::new(SystemClock) };
    match worker(queue, clock, &arguments) {
        Ok(worker) => {
            worker.run(stop).await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error.chain());
            ExitCode::FAILURE
        }
    }
}

fn worker(
    queue: Arc<dyn JobQueue>,
    clock: Arc<dyn Clock>,
    arguments: &Arguments,
) -> spotlight_core::Result<Worker<Ledger>> {
    let ledger = Ledger::open(Path::new(&arguments.ledger));
    let registry = Registry::new(ledger).with::<Work>().with::<Poison>().with::<Block>().with::<Tick>();
    let options =
        WorkerOptions { label: std::process::id().to_string(), lease: arguments.lease, ..WorkerOptions::default() };
    let tick = |at| spec(&Tick { at }, None).unwrap_or_else(|error| panic!("a tick is JSON: {error}"));
    let schedule = Schedule::cron("every second", "* * * * * *", chrono_tz::UTC, Missed::Each(100), tick)?;
    Ok(Worker::new(queue, registry, options, (clock, Arc::new(SystemIds)))?.with_schedules(vec![schedule]))
}

#[expect(clippy::print_stderr, reason = "a command talks to whoever runs it")]
fn complain(text: &str) {
    eprintln!("{text}");
}
