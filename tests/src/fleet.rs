//! Worker processes that write down what they do outside the store, and that are there to be killed.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use spotlight_core::{
    Result,
    domain::{JobId, time::Timestamp},
    jobs::{Job, JobContext, RetryPolicy},
    ports::{JobQueue, SystemIds},
};
use spotlight_storage::{
    postgres::{PgOptions, PgQueue},
    redis::{RedisClient, RedisOptions, RedisQueue},
};

/// Opens the queue at a URL, as a process of its own does.
///
/// # Errors
/// As the adapter says.
///
/// # Panics
/// When no adapter has such URLs.
pub async fn open(url: &str) -> Result<Arc<dyn JobQueue>> {
    match url.split_once("://") {
        Some(("postgres", _)) => {
            let options = PgOptions { migrate: false, ..PgOptions::new(url) };
            Ok(Arc::new(PgQueue::connect(options).await?))
        }
        Some(("redis", _)) => {
            let client = RedisClient::new(RedisOptions::new(url))?;
            Ok(Arc::new(RedisQueue::connect(client, Arc::new(SystemIds)).await?))
        }
        _ => panic!("no adapter has URLs like this one; known are postgres:// and redis://"),
    }
}

/// Where jobs write that they begin and end: one line and one write for each, so that lines of several processes stay
/// whole and in the order in which they were written.
#[derive(Debug)]
pub struct Ledger(File);

impl Ledger {
    /// Opens a ledger to add to it.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn open(path: &Path) -> Self {
        Self(File::options().create(true).append(true).open(path).expect("the ledger can be written"))
    }

    fn note(&self, kind: &str, ctx: &Context, what: &str) {
        let line = format!("{kind} {} {} {} {what}\n", ctx.id, ctx.attempt, std::process::id());
        (&self.0).write_all(line.as_bytes()).expect("the ledger can be written");
    }
}

type Context = JobContext<Ledger>;

/// Works for a while.
#[derive(Debug, Serialize, Deserialize)]
pub struct Work {
    /// How long, in microseconds.
    pub micros: u64,
}

impl Job for Work {
    type State = Ledger;
    type Output = ();
    const NAME: &'static str = "work";

    async fn run(self, ctx: Context) -> Result<()> {
        ctx.state.note("start", &ctx, Self::NAME);
        if self.micros > 0 {
            tokio::time::sleep(Duration::from_micros(self.micros)).await;
        }
        ctx.state.note("end", &ctx, Self::NAME);
        Ok(())
    }
}

/// Kills its process.
#[derive(Debug, Serialize, Deserialize)]
pub struct Poison {}

impl Job for Poison {
    type State = Ledger;
    type Output = ();
    const NAME: &'static str = "poison";
    const RETRY: RetryPolicy = RetryPolicy { max_attempts: 3, ..RetryPolicy::USUAL };

    async fn run(self, ctx: Context) -> Result<()> {
        ctx.state.note("start", &ctx, Self::NAME);
        std::process::abort();
    }
}

/// Blocks its thread.
#[derive(Debug, Serialize, Deserialize)]
pub struct Block {
    /// How long.
    pub time: Duration,
}

impl Job for Block {
    type State = Ledger;
    type Output = ();
    const NAME: &'static str = "block";

    async fn run(self, ctx: Context) -> Result<()> {
        ctx.state.note("start", &ctx, Self::NAME);
        std::thread::sleep(self.time);
        ctx.state.note("end", &ctx, Self::NAME);
        Ok(())
    }
}

/// Recurs.
#[derive(Debug, Serialize, Deserialize)]
pub struct Tick {
    /// Its tick.
    pub at: Timestamp,
}

impl Job for Tick {
    type State = Ledger;
    type Output = ();
    const NAME: &'static str = "tick";
    const QUEUE: &'static str = "critical";

    fn priority(&self) -> i16 {
        -1
    }

    async fn run(self, ctx: Context) -> Result<()> {
        ctx.state.note("start", &ctx, &format!("tick@{}", self.at.timestamp()));
        ctx.state.note("end", &ctx, &format!("tick@{}", self.at.timestamp()));
        Ok(())
    }
}

/// A line of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The job begins; else it ends.
    pub starts: bool,
    /// The job.
    pub job: JobId,
    /// Its try.
    pub attempt: u16,
    /// The process, by the system's number.
    pub process: u32,
    /// What it is: a job's name, and the instant of a tick.
    pub what: String,
}

impl Line {
    fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let starts = words.next()? == "start";
        let (job, attempt) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let (process, what) = (words.next()?.parse().ok()?, words.next()?.to_owned());
        Some(Self { starts, job, attempt, process, what })
    }
}

/// Reads a ledger while it grows.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    at: u64,
}

impl Reader {
    /// From its beginning.
    pub fn new(path: PathBuf) -> Self {
        Self { path, at: 0 }
    }

    /// The lines that were added since the last call.
    ///
    /// # Panics
    /// When there is no such file, or it holds something else.
    pub fn news(&mut self) -> Vec<Line> {
        let mut file = File::open(&self.path).expect("the ledger is there");
        file.seek(SeekFrom::Start(self.at)).expect("the ledger can be read");
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).expect("the ledger can be read");
        // A line is one write, but a reader can come in the middle of it.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        self.at += whole as u64;
        let text = std::str::from_utf8(&bytes[..whole]).expect("a ledger is text");
        text.lines().map(|line| Line::read(line).unwrap_or_else(|| panic!("no line of a ledger: {line}"))).collect()
    }
}

/// Worker processes on one queue, each replaced when it is killed.
#[derive(Debug)]
pub struct Fleet {
    program: PathBuf,
    arguments: Vec<String>,
    /// One of them only.
    first: Vec<String>,
    processes: Vec<Child>,
}

impl Fleet {
    /// Starts `count` processes of a program with these arguments; the first gets some more.
    pub fn start(program: &str, count: usize, arguments: &[String], first: &[&str]) -> Self {
        let first = first.iter().map(|&word| word.to_owned()).collect();
        let mut fleet = Self { program: program.into(), arguments: arguments.to_vec(), first, processes: Vec::new() };
        fleet.processes = (0..count).map(|index| fleet.launch(index)).collect();
        fleet
    }

    fn launch(&self, index: usize) -> Child {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped());
        if index == 0 {
            command.args(&self.first);
        }
        command.spawn().unwrap_or_else(|error| panic!("{} cannot be started: {error}", self.program.display()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.processes.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }

    /// The system's number of one.
    pub fn process(&self, index: usize) -> u32 {
        self.processes[index].id()
    }

    /// Kills one without a word (`kill -9`), and waits until it is gone.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(&mut self, index: usize) {
        let process = &mut self.processes[index];
        process.kill().expect("a child can be killed");
        process.wait().expect("a child that is killed ends");
    }

    /// Starts another in the place of one that has ended.
    pub fn replace(&mut self, index: usize) {
        self.processes[index] = self.launch(index);
    }

    /// Replaces those that have ended by themselves. Gives their numbers.
    pub fn replace_ended(&mut self) -> Vec<u32> {
        let ended: Vec<_> = self.processes.iter_mut().map(|one| matches!(one.try_wait(), Ok(Some(_)))).collect();
        let ended: Vec<_> = (0..ended.len()).filter(|index| ended[*index]).collect();
        ended
            .into_iter()
            .map(|index| {
                let process = self.process(index);
                self.replace(index);
                process
            })
            .collect()
    }

    /// Has all of them stop in order, and waits.
    ///
    /// # Panics
    /// When one does not.
    pub fn stop(mut self) {
        // They stop at the end of their input.
        self.processes.iter_mut().for_each(|process| drop(process.stdin.take()));
        for mut process in std::mem::take(&mut self.processes) {
            let status = process.wait().expect("a child ends");
            assert!(status.success(), "a worker did not stop in order: {status}");
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
