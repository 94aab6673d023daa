//! What a job is made of.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{BatchId, JobId, OrganizationId, time::Timestamp},
    error::{Error, Result, Violations},
    trace::Trace,
};

/// Most bytes of a payload. Larger things belong into storage, and their ids into the job.
pub const MAX_PAYLOAD: usize = 256 * 1024;
/// Most bytes of an error that is kept.
pub const MAX_ERROR: usize = 2_000;
/// How far a tick of a schedule may be ahead of the store's clock: more than clocks of one fleet differ.
pub const MAX_TICK_LEAD: Duration = Duration::from_secs(30);
/// Errors of earlier tries that are kept with a job: the newest ones.
pub const MAX_ERRORS: usize = 10;

/// A job to add.
#[derive(RedactedDebug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobSpec {
    /// Which handler runs it, as `analyze_conversation`. 1 to 100 bytes.
    #[debug(shown = "the program names its jobs and queues")]
    pub name: String,
    /// The queue it waits in, as `default`: 1 to 64 of `a-z`, `0-9`, `_`, `-`, `.`.
    #[debug(shown = "the program names its jobs and queues")]
    pub queue: String,
    /// The tenant, when the job has one.
    pub organization: Option<OrganizationId>,
    /// What it works on: JSON of at most [`MAX_PAYLOAD`] bytes, without secrets or personal data.
    pub payload: String,
    /// The shape of the payload, so that a newer handler can read an older job.
    pub version: u16,
    /// Among ready jobs of a queue the smallest runs first; 0 unless there is a reason.
    pub priority: i16,
    /// Not before this instant; none means at once.
    pub run_at: Option<Timestamp>,
    /// Tries before it is dead, crashes included; at least 1.
    pub max_attempts: u16,
    /// At most one such job at a time.
    pub unique: Option<Unique>,
    /// At most so many of a key at a time.
    pub concurrency: Option<Concurrency>,
    /// At most so many starts of a key in a time.
    pub rate: Option<Rate>,
    /// How long what it returned is kept; zero keeps nothing.
    pub keep_result: Duration,
    /// What left it. Whoever works it off is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

impl JobSpec {
    /// A job for at once in the queue `default`: 25 tries, nothing unique or limited.
    pub fn new(name: impl Into<String>, payload: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            queue: "default".to_owned(),
            organization: None,
            payload: payload.into(),
            version: 1,
            priority: 0,
            run_at: None,
            max_attempts: 25,
            unique: None,
            concurrency: None,
            rate: None,
            keep_result: Duration::ZERO,
            trace: None,
        }
    }

    /// Refuses what no adapter takes. Adapters call it before they write.
    ///
    /// # Errors
    /// `Validation` with everything that is wrong.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        if !(1..=100).contains(&self.name.len()) {
            broken.add("name", "length", "A job's name must have 1 to 100 bytes");
        }
        if !is_queue_name(&self.queue) {
            broken.add("queue", "format", "A queue's name must have 1 to 64 of a-z, 0-9, _, - and .");
        }
        if self.payload.len() > MAX_PAYLOAD {
            broken.add("payload", "length", "A payload must have at most 262144 bytes; store it and pass its id");
        }
        if self.payload.contains('\0') {
            broken.add("payload", "format", "A payload must not contain the character NUL");
        }
        if self.max_attempts == 0 {
            broken.add("max_attempts", "range", "A job needs at least one attempt");
        }
        let keys = [
            self.unique.as_ref().map(|unique| &unique.key),
            self.concurrency.as_ref().map(|limit| &limit.key),
            self.rate.as_ref().map(|rate| &rate.key),
        ];
        if keys.into_iter().flatten().any(|key| !(1..=200).contains(&key.len()) || key.contains('\0')) {
            broken.add("key", "length", "Keys of uniqueness and limits must have 1 to 200 bytes and no NUL");
        }
        if self.concurrency.as_ref().is_some_and(|limit| limit.limit == 0) {
            broken.add("concurrency", "range", "A concurrency limit must be at least 1");
        }
        if self.rate.as_ref().is_some_and(|rate| rate.limit == 0 || rate.period.is_zero()) {
            broken.add("rate", "range", "A rate must allow at least one start in a time above zero");
        }
        broken.into_result()
    }
}

/// What adapters say of a tick that is too far ahead.
pub fn early_tick() -> Error {
    Error::conflict("the tick is more than 30 seconds ahead of the store's clock; is this process's clock right?")
}

/// Whether a text can name a queue.
pub fn is_queue_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'))
}

/// At most one job of a queue has the key, as long as the scope says.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unique {
    /// The key, within the queue.
    pub key: String,
    /// How long a job holds the key.
    pub scope: UniqueScope,
    /// What becomes of a job that finds its key held.
    pub taken: WhenTaken,
}

/// How long a job holds its unique key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UniqueScope {
    /// Until it starts: work that must see what changed while an earlier job was running. A claim frees the key, and a
    /// job that is handed back unstarted takes it again if it is free.
    Waiting,
    /// Until it is done, dead or cancelled: work that must not run twice at once.
    Unfinished,
    /// For a time from when it was added, whatever becomes of it; above zero.
    Period(Duration),
}

/// What becomes of a job that finds its unique key held. A job that is running or finished is never changed: whatever
/// is chosen, the new job is discarded then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenTaken {
    /// It is discarded, and the holder's id is given.
    Discard,
    /// The holder takes over its payload, version, priority and time, and what left it.
    Replace,
    /// The holder waits until its time: debouncing.
    Extend,
}

/// At most `limit` jobs of a key run at once in a queue; the rest waits without being in others' way.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concurrency {
    /// The key, within the queue.
    pub key: String,
    /// At once, at least 1. The newest job's limit counts.
    pub limit: u32,
}

/// At most `limit` jobs of a key start in each `period`, evenly (GCRA); what is too early waits for its time.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// The key, within the queue.
    pub key: String,
    /// Starts, at least 1.
    pub limit: u32,
    /// The time, above zero.
    pub period: Duration,
}

/// What became of a job that was to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It was added.
    Added(JobId),
    /// Another job holds its unique key and stays as it is.
    Kept(JobId),
    /// Another job holds its unique key and was changed as [`WhenTaken`] says.
    Changed(JobId),
}

impl Enqueued {
    /// The job that stands for it.
    pub const fn id(self) -> JobId {
        match self {
            Self::Added(id) | Self::Kept(id) | Self::Changed(id) => id,
        }
    }
}

/// Jobs that belong together, and what follows when all have finished.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchSpec {
    /// The jobs; their unique keys are refused, since a discarded job would never finish.
    pub jobs: Vec<JobSpec>,
    /// Added when the last of them is done, dead or cancelled; at once when there are none.
    pub then: JobSpec,
}

impl BatchSpec {
    /// Refuses what no adapter takes.
    ///
    /// # Errors
    /// `Validation`.
    pub fn validate(&self) -> Result<()> {
        if self.jobs.iter().any(|job| job.unique.is_some()) {
            return Err(Error::invalid("unique", "unknown", "A job of a batch cannot be unique"));
        }
        self.jobs.iter().chain([&self.then]).try_for_each(JobSpec::validate)
    }
}

/// A job that a process has claimed.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct ClaimedJob {
    /// Identity.
    pub id: JobId,
    /// Which handler runs it.
    #[debug(shown = "the program names its jobs and queues")]
    pub name: String,
    /// The claim, for the adapter: ending it and telling progress need it.
    pub claim: i64,
    /// Where it waited.
    #[debug(shown = "the program names its jobs and queues")]
    pub queue: String,
    /// The tenant, when it has one.
    pub organization: Option<OrganizationId>,
    /// What it works on.
    pub payload: String,
    /// The shape of the payload.
    pub version: u16,
    /// This try, from 1.
    pub attempt: u16,
    /// Tries before it is dead.
    pub max_attempts: u16,
    /// Its batch, when it has one.
    pub batch: Option<BatchId>,
    /// When it was added.
    pub enqueued_at: Timestamp,
    /// How long what it returns is kept.
    pub keep_result: Duration,
    /// What left it, as [`JobSpec::trace`] said; none for a job of an older version.
    pub trace: Option<Trace>,
}
