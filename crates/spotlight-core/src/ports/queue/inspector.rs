//! Looking at jobs, and stepping in.

use async_trait::async_trait;
use serde::Serialize;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{BatchId, JobId, OrganizationId, ProcessId, macros::words, time::Timestamp},
    error::Result,
};

words! {
    /// Where a job stands.
    JobState, "state" {
        /// Waits for its time.
        Scheduled = "scheduled",
        /// Could run now.
        Ready = "ready",
        /// Waits for others of its concurrency key.
        Blocked = "blocked",
        /// A process works on it.
        Running = "running",
        /// Ended well.
        Done = "done",
        /// Failed for good, and waits for a person.
        Dead = "dead",
        /// Was cancelled.
        Cancelled = "cancelled",
    }
}

/// One failed try.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize)]
pub struct JobFailure {
    /// The try, from 1.
    pub attempt: u16,
    /// When it failed.
    pub at: Timestamp,
    /// What went wrong.
    pub error: String,
}

/// A job as people see it.
#[derive(RedactedDebug, Clone, PartialEq, Serialize)]
pub struct JobRecord {
    /// Identity.
    pub id: JobId,
    /// Which handler runs it.
    #[debug(shown = "the program names its jobs and queues")]
    pub name: String,
    /// Its queue.
    #[debug(shown = "the program names its jobs and queues")]
    pub queue: String,
    /// The tenant, when it has one.
    pub organization: Option<OrganizationId>,
    /// What it works on: JSON.
    pub payload: String,
    /// Where it stands.
    pub state: JobState,
    /// Its priority.
    pub priority: i16,
    /// Tries begun.
    pub attempts: u16,
    /// Tries before it is dead.
    pub max_attempts: u16,
    /// When it was added.
    pub enqueued_at: Timestamp,
    /// When it runs, for a scheduled one.
    pub run_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How far it is, for a running one: percent and note.
    pub progress: Option<(u8, Option<String>)>,
    /// What it returned, while that is kept: JSON.
    pub result: Option<String>,
    /// Its newest failures, oldest first.
    pub failures: Vec<JobFailure>,
    /// Its batch, when it has one.
    pub batch: Option<BatchId>,
}

/// Which jobs to list.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Default)]
pub struct JobFilter {
    /// In this state.
    pub state: Option<JobState>,
    /// In this queue.
    #[debug(shown = "the program names its jobs and queues")]
    pub queue: Option<String>,
    /// With this name.
    #[debug(shown = "the program names its jobs and queues")]
    pub name: Option<String>,
    /// Of this tenant.
    pub organization: Option<OrganizationId>,
}

/// How a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BatchRecord {
    /// Identity.
    pub id: BatchId,
    /// All jobs.
    pub total: u64,
    /// Those that ended well.
    pub done: u64,
    /// Those that are dead, discarded or cancelled.
    pub failed: u64,
    /// When the following job was added.
    pub finished_at: Option<Timestamp>,
}

/// How one queue stands.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct QueueFigures {
    /// Its name.
    #[debug(shown = "the program names its jobs and queues")]
    pub queue: String,
    /// Jobs that could run now.
    pub ready: u64,
    /// Jobs that wait for their time.
    pub scheduled: u64,
    /// Jobs that wait for others of their key.
    pub blocked: u64,
    /// Jobs that are worked on.
    pub running: u64,
    /// Jobs that wait for a person.
    pub dead: u64,
    /// Milliseconds since the oldest ready job became ready.
    pub oldest_ready_ms: Option<u64>,
    /// Nothing is claimed from it.
    pub paused: bool,
}

/// One process of the fleet.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize)]
pub struct ProcessFigures {
    /// Identity.
    pub id: ProcessId,
    /// What it calls itself.
    pub label: String,
    /// Jobs it holds.
    pub running: u64,
    /// Milliseconds since its last sign of life.
    pub silent_ms: u64,
}

/// How the whole queue stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct QueueSnapshot {
    /// Every queue that holds a job or is paused, by name.
    pub queues: Vec<QueueFigures>,
    /// Every process, by id.
    pub processes: Vec<ProcessFigures>,
}

/// Looks at jobs and steps in.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait JobInspector: Send + Sync {
    /// A job, while it is kept; one that cannot be read as far as it is known.
    async fn find(&self, id: JobId) -> Result<Option<JobRecord>>;

    /// Where jobs stand, in the order of the ids; none for one that [`find`](Self::find) would not find.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when the store, or a part of it that may hold one of them, cannot answer.
    async fn states(&self, ids: &[JobId]) -> Result<Vec<Option<JobState>>>;

    /// Jobs, newest first by id, after `after`, at most `limit`.
    async fn list(&self, filter: &JobFilter, after: Option<JobId>, limit: u32) -> Result<Vec<JobRecord>>;

    /// Makes a dead job ready with all of its tries anew. False when it is not dead.
    async fn retry(&self, id: JobId) -> Result<bool>;

    /// Removes a dead job for good. False when it is not dead.
    async fn discard(&self, id: JobId) -> Result<bool>;

    /// Cancels a job. One that waits ends at once; a running one is told by its process's next heartbeat and ends when
    /// that settles it. False when it has finished or is unknown.
    ///
    /// # Idempotency
    /// Cancelling a running job again changes nothing and gives true.
    async fn cancel(&self, id: JobId) -> Result<bool>;

    /// Stops or resumes claiming from a queue, on every process, from their next claim on. Jobs that are claimed go on.
    ///
    /// # Idempotency
    /// Repeating changes nothing.
    async fn set_paused(&self, queue: &str, paused: bool) -> Result<()>;

    /// How a batch stands, while it is kept.
    async fn batch(&self, id: BatchId) -> Result<Option<BatchRecord>>;

    /// How many jobs could run now, those of paused queues included, counted up to `most`. It costs no more than reading
    /// so many of them, however many others are kept: a probe may ask it every second.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when the store, or a part of it that holds one of the queues, cannot answer.
    async fn waiting(&self, most: u64) -> Result<u64>;

    /// Figures of every queue and process, for the console and metrics. Not one instant's: counts may be a moment apart.
    async fn snapshot(&self) -> Result<QueueSnapshot>;
}
