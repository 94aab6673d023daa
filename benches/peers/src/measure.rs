//! One measurement per process.

use std::{
    future::Future,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Keys, Peer, Purpose, Result, Seen};

/// Jobs whose pace is told apart where there are more.
const FIRST: u64 = 50_000;
/// How long a worker may take for its stop.
const STOP: Duration = Duration::from_secs(60);

/// Runs the command that the program was called with, and prints its figures.
pub fn main<P: Peer>() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Runtime::new();
    let done = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(command::<P>(&words)));
    match done {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", words.join(" "));
            ExitCode::FAILURE
        }
    }
}

async fn command<P: Peer>(words: &[&str]) -> Result<Value> {
    match *words {
        ["prepare", url] => P::connect(url, Purpose::Bulk).await.map(|_| json!({})),
        ["add", url, jobs] => add::<P>(url, jobs.parse()?, None).await,
        ["add", url, jobs, keys, limit] => {
            let keys = Keys { keys: keys.parse()?, limit: limit.parse()? };
            add::<P>(url, jobs.parse()?, Some(keys)).await
        }
        ["drain", url, jobs] => drain::<P>(url, jobs.parse()?).await,
        ["singles", url, callers, each] => singles::<P>(url, callers.parse()?, each.parse()?).await,
        ["latency", url, samples, seconds] => latency::<P>(url, samples.parse()?, seconds.parse()?).await,
        _ => Err("prepare URL | add URL JOBS [KEYS LIMIT] | drain URL JOBS | singles URL CALLERS EACH | \
                  latency URL SAMPLES SECONDS"
            .into()),
    }
}

async fn add<P: Peer>(url: &str, jobs: u64, keys: Option<Keys>) -> Result<Value> {
    let peer = P::connect(url, Purpose::Bulk).await?;
    let began = Instant::now();
    let mut at = 0;
    while at < jobs {
        let next = jobs.min(at + P::BULK);
        peer.add(at..next, keys).await?;
        at = next;
    }
    let took = began.elapsed();
    expect(&peer, jobs).await?;
    Ok(json!({ "jobs": jobs, "seconds": took.as_secs_f64() }))
}

async fn expect<P: Peer>(peer: &P, jobs: u64) -> Result<()> {
    let left = peer.left().await?;
    if left == jobs { Ok(()) } else { Err(format!("{left} jobs are in the store instead of {jobs}").into()) }
}

/// A worker at work.
struct Working {
    stop: CancellationToken,
    task: JoinHandle<Result<()>>,
}

impl Working {
    fn start<P: Peer>(peer: &Arc<P>, seen: &Arc<Seen>) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(Arc::clone(peer).work(Arc::clone(seen), stop.clone()));
        Self { stop, task }
    }

    /// Waits for something that the worker must bring about.
    async fn until<T>(&mut self, patience: Duration, done: impl Future<Output = T>) -> Result<T> {
        tokio::select! {
            done = done => Ok(done),
            ended = &mut self.task => {
                ended??;
                Err("the worker ended by itself".into())
            }
            () = tokio::time::sleep(patience) => Err(format!("nothing more came for {} s", patience.as_secs()).into()),
        }
    }

    async fn stop(self) -> Result<()> {
        self.stop.cancel();
        tokio::time::timeout(STOP, self.task).await.map_err(|_| "the worker does not stop")??
    }
}

async fn drain<P: Peer>(url: &str, jobs: u64) -> Result<Value> {
    let seen = Arc::new(Seen::new(jobs));
    let peer = Arc::new(P::connect(url, Purpose::Drain).await?);
    // Slower than this, a peer would be measured for an hour.
    let patience = Duration::from_secs(60 + jobs / 500);
    let began = Instant::now();
    let mut working = Working::start(&peer, &seen);
    working.until(patience, seen.until(jobs.min(FIRST))).await?;
    let first = began.elapsed();
    let ran = working.until(patience, seen.until(jobs)).await;
    if ran.is_err() {
        seen.all_once(jobs)?;
    }
    ran?;
    let started = began.elapsed();
    let ended = async {
        loop {
            let asked = began.elapsed();
            if peer.left().await? == 0 {
                return Result::Ok(asked);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let ended = working.until(patience, ended).await??;
    let peak = peak_memory()?;
    working.stop().await?;
    // A job that was handed out twice may have run again until the very end.
    seen.all_once(jobs)?;
    expect(&*peer, 0).await?;
    Ok(json!({
        "jobs": jobs, "seconds": ended.as_secs_f64(), "started_seconds": started.as_secs_f64(),
        "first": jobs.min(FIRST), "first_seconds": first.as_secs_f64(), "peak_kib": peak,
    }))
}

/// The most memory that this process ever had in use, in KiB.
fn peak_memory() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.and_then(|line| line.split_whitespace().next()).ok_or("/proc/self/status has no VmHWM")?;
    Ok(peak.parse()?)
}

async fn singles<P: Peer>(url: &str, callers: u32, each: u64) -> Result<Value> {
    let peer = Arc::new(P::connect(url, Purpose::Singles(callers)).await?);
    let begin = Arc::new(tokio::sync::Barrier::new(callers as usize + 1));
    let tasks: Vec<_> = (0..u64::from(callers))
        .map(|caller| {
            let (peer, begin) = (Arc::clone(&peer), Arc::clone(&begin));
            tokio::spawn(async move {
                let first = caller * (each + 1);
                // Every connection is open and knows its statements before the clock runs.
                let warm = peer.add_one(first).await;
                begin.wait().await;
                warm?;
                for number in first + 1..=first + each {
                    peer.add_one(number).await?;
                }
                Result::Ok(())
            })
        })
        .collect();
    begin.wait().await;
    let began = Instant::now();
    for task in tasks {
        task.await??;
    }
    let took = began.elapsed();
    expect(&*peer, u64::from(callers) * (each + 1)).await?;
    Ok(json!({ "jobs": u64::from(callers) * each, "seconds": took.as_secs_f64() }))
}

async fn latency<P: Peer>(url: &str, samples: u64, seconds: u64) -> Result<Value> {
    let seen = Arc::new(Seen::new(samples).timed());
    let peer = Arc::new(P::connect(url, Purpose::Latency).await?);
    let mut working = Working::start(&peer, &seen);
    // Idle is what it is to be.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (mut times, until) = (Vec::new(), Instant::now() + Duration::from_secs(seconds));
    while times.len() < usize::try_from(samples)? && (Instant::now() < until || times.len() < 5) {
        let number = times.len() as u64;
        // Not in step with any clock of the peer.
        tokio::time::sleep(Duration::from_micros(3_000 + number * 7_919 % 5_000)).await;
        let began = Instant::now();
        peer.add_one(number).await?;
        times.push(working.until(Duration::from_secs(60), seen.next(began)).await?);
    }
    working.stop().await?;
    seen.all_once(times.len() as u64)?;
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    Ok(json!({ "samples": times.len(), "median_ms": at(50), "p99_ms": at(99) }))
}
