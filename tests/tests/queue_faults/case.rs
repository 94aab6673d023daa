//! What the cases have in common: a queue behind a proxy, four processes that work it off, and what they wrote.

use std::{path::PathBuf, sync::Arc, time::Duration};

use spotlight_core::{
    domain::JobId,
    jobs::spec,
    ports::{Enqueued, IdGenerator, JobQueue, JobSpec, SystemIds},
};
use spotlight_tests::{
    fleet::{Fleet, Ledger, Work, open},
    proxy::Proxy,
};

use super::record::Record;

/// Processes of a fleet.
pub(crate) const PROCESSES: usize = 4;
/// Jobs that each runs at once.
pub(crate) const PLACES: usize = 3;
/// How much longer than its lease something may take on a busy machine.
pub(crate) const MARGIN: Duration = Duration::from_secs(10);
/// The queues of a worker.
const QUEUES: [&str; 3] = ["critical", "default", "low"];

/// Names the seed of what is random here.
const SEED_VARIABLE: &str = "SPOTLIGHT_FAULTS_SEED";

/// Random numbers that can be had again.
pub(crate) struct Random(u64);

impl Random {
    /// With the seed that is asked for, or a new one, which is printed.
    #[expect(clippy::print_stderr, reason = "the run is repeated with it")]
    pub(crate) fn new(case: &str) -> Self {
        let asked = std::env::var(SEED_VARIABLE).ok();
        let seed = asked.map(|text| text.parse().expect("the seed is a whole number"));
        let seed = seed.unwrap_or_else(|| SystemIds.uuid().as_u64_pair().1 >> 16);
        eprintln!("{case}: {SEED_VARIABLE}={seed}");
        Self(seed)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }

    /// Between two numbers of milliseconds.
    pub(crate) fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

/// A folder that goes when the case is over.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// How the fleet of a case works.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) lease: Duration,
    /// Threads of each process.
    pub(crate) threads: usize,
    /// More arguments of one of the processes.
    pub(crate) first: &'static [&'static str],
}

impl Setup {
    pub(crate) fn lease(seconds: u64) -> Self {
        Self { lease: Duration::from_secs(seconds), threads: 2, first: &[] }
    }
}

/// A fleet at work.
pub(crate) struct Case {
    pub(crate) fleet: Fleet,
    pub(crate) record: Record,
    /// The queue, directly.
    pub(crate) queue: Arc<dyn JobQueue>,
    /// Where that is.
    pub(crate) direct: String,
    /// Where it is through the proxy.
    pub(crate) url: String,
    pub(crate) proxy: Proxy,
    _folder: Folder,
}

impl Case {
    /// Starts a fleet on the queue at a URL of this machine, behind a proxy.
    pub(crate) async fn start(url: &str, setup: Setup) -> Self {
        let folder = std::env::temp_dir().join(format!("spotlight-faults-{}", SystemIds.uuid()));
        std::fs::create_dir_all(&folder).expect("a folder for the ledger");
        let ledger = folder.join("ledger");
        drop(Ledger::open(&ledger));
        let (before, port, after) = port_of(url);
        let proxy = Proxy::start(port).await;
        let queue = open(url).await.expect("the store answers");
        let direct = url.to_owned();
        let url = format!("{before}:{}{after}", proxy.port());
        let arguments = [
            "--queue",
            &url,
            "--ledger",
            ledger.to_str().expect("a path in UTF-8"),
            "--lease-ms",
            &setup.lease.as_millis().to_string(),
            "--threads",
            &setup.threads.to_string(),
        ]
        .map(str::to_owned);
        let fleet = Fleet::start(env!("CARGO_BIN_EXE_fleet_worker"), PROCESSES, &arguments, setup.first);
        Self { fleet, record: Record::new(ledger), queue, direct, url, proxy, _folder: Folder(folder) }
    }

    /// Adds jobs in calls of a few hundred, over all queues, in a task of its own. A call that is not acknowledged is
    /// made again with other jobs. Gives those that were acknowledged.
    pub(crate) fn produce(&self, jobs: usize, micros: u64) -> tokio::task::JoinHandle<Vec<JobId>> {
        let url = self.url.clone();
        tokio::spawn(async move {
            let queue = open(&url).await.expect("the store answers");
            let mut acknowledged = Vec::new();
            while acknowledged.len() < jobs {
                let count = (jobs - acknowledged.len()).min(250);
                let specs = (0..count).map(|number| work(micros, QUEUES[number % QUEUES.len()])).collect();
                match queue.enqueue(specs).await {
                    Ok(added) => acknowledged.extend(added.into_iter().map(Enqueued::id)),
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
            acknowledged
        })
    }

    /// Kills a process that is busy, and starts another in its place. Gives what it had begun; none when it was not busy
    /// after all.
    pub(crate) fn kill_a_busy_one(&mut self, random: &mut Random) -> Option<(JobId, u16)> {
        let index = random.below(self.fleet.len() as u64) as usize;
        let process = self.fleet.process(index);
        self.record.read();
        if self.record.open(process).is_empty() {
            return None;
        }
        self.fleet.kill(index);
        self.record.gone(process);
        self.fleet.replace(index);
        // What it had begun by its last breath: a kill between two jobs shows nothing.
        self.record.open(process).into_iter().next()
    }

    /// Waits until these jobs have ended, stops the fleet in order, and checks what was promised of every job.
    pub(crate) async fn end(mut self, acknowledged: &[JobId], patience: Duration) {
        // Those before it have ended.
        let next = std::cell::Cell::new(0);
        let all = |record: &Record| {
            while acknowledged.get(next.get()).is_some_and(|job| record.ended.contains(job)) {
                next.set(next.get() + 1);
            }
            next.get() == acknowledged.len()
        };
        self.record.until("the end of every job", patience, all).await;
        self.record.settle_ticks().await;
        let fleet = self.fleet;
        tokio::task::spawn_blocking(move || fleet.stop()).await.expect("the fleet stops");
        self.record.read();
        self.record.is_sound(acknowledged);
        self.record.ticks_came_once();
        // The connection of before may have broken with the store.
        let queue = open(&self.direct).await.expect("the store answers");
        self.record.agrees_with(&queue).await;
    }
}

/// A job that works for a while.
pub(crate) fn work(micros: u64, queue: &str) -> JobSpec {
    JobSpec { queue: queue.to_owned(), ..spec(&Work { micros }, None).expect("it is JSON") }
}

/// A URL as what stands before its port, the port, and the rest.
fn port_of(url: &str) -> (&str, u16, &str) {
    let (before, rest) = url.rsplit_once(':').expect("a URL with a port");
    let (port, _) = rest.split_once('/').unwrap_or((rest, ""));
    (before, port.parse().expect("a port"), &rest[port.len()..])
}
