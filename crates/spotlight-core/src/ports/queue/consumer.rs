//! What a worker process needs.

use std::time::Duration;

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::ClaimedJob;
use crate::{
    domain::{JobId, ProcessId},
    error::Result,
};

/// What became of a claimed job.
#[derive(RedactedDebug, Clone, PartialEq)]
pub enum Outcome {
    /// It is done, and returned this JSON, if anything.
    Done(Option<String>),
    /// It failed and runs again after a pause, unless its tries are used up: then it is dead.
    Retry {
        /// The pause.
        after: Duration,
        /// What went wrong, without personal data.
        error: String,
    },
    /// It failed for good.
    Dead {
        /// What went wrong, without personal data.
        error: String,
    },
    /// It stopped because it was cancelled.
    Cancelled,
    /// It was not started: it is ready again in its place, and the try does not count. A unique key that it held while
    /// it waited is its own again, unless another job took it meanwhile. One that was cancelled meanwhile has ended.
    HandedBack,
}

/// The end of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// The job.
    pub id: JobId,
    /// Its claim.
    pub claim: i64,
    /// What became of it.
    pub outcome: Outcome,
}

/// How far a running job is.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct Progress {
    /// The job.
    pub id: JobId,
    /// Its claim.
    pub claim: i64,
    /// Percent, 0 to 100.
    pub percent: u8,
    /// What it is doing, at most 200 characters.
    pub note: Option<String>,
}

/// What a heartbeat brings back.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Default)]
pub struct Pulse {
    /// False when the process was given up: its claims belong to others, and it must register anew.
    pub alive: bool,
    /// Jobs of this process that were cancelled since they were claimed.
    pub cancelled: Vec<JobId>,
    /// Queues that are paused.
    pub paused: Vec<String>,
}

/// What a round of upkeep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Upkeep {
    /// Scheduled jobs whose time had come.
    pub promoted: u32,
    /// Claims of dead processes that were given back.
    pub recovered: u32,
    /// Old records that were removed.
    pub removed: u32,
}

/// Works jobs off. A process registers, claims, settles, and gives a sign of life; one that gives none for its lease is
/// given up, and its jobs become ready for others.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait JobConsumer: Send + Sync {
    /// Adds a process to the fleet, with a lease of `lease` (100 ms or more) from now. `label` is for people.
    async fn register(&self, process: ProcessId, label: &str, lease: Duration) -> Result<()>;

    /// Renews the lease, notes progress, and brings back what the process must know.
    ///
    /// # Cancel safety
    /// It can be dropped; the lease is then renewed or not.
    async fn heartbeat(&self, process: ProcessId, progress: &[Progress]) -> Result<Pulse>;

    /// Takes a process out of the fleet at once; what it still holds becomes ready, as after a lost lease.
    async fn deregister(&self, process: ProcessId) -> Result<()>;

    /// Claims up to `limit` ready jobs for a registered process. Paused queues give nothing.
    ///
    /// A job that the adapter cannot read, as another version or a person left it, is not given: its claim has begun a
    /// try that failed for good, and it is dead with an error that says what a person can do, and nothing of what it
    /// holds. Whatever it held that can be read comes free: its keys, and its place in its batch. The others are given.
    /// Nor is such a job in the way of anything else that moves or shows many.
    ///
    /// # Errors
    /// `Conflict` when the process is not registered or was given up.
    ///
    /// # Ordering
    /// The queues in the order given; in each by priority, then by when they became ready. Two claims at once never
    /// give the same job. A job that another process puts back to an earlier place, or that a slow transaction adds
    /// there, is found within a second, though others may go before it that long.
    ///
    /// # Cancel safety
    /// A dropped future may have claimed. Such jobs are ready again by a later claim of the process, and when its lease
    /// ends or it is deregistered.
    async fn claim(&self, process: ProcessId, queues: &[String], limit: u32) -> Result<Vec<ClaimedJob>>;

    /// Ends claims, and tells for each whether it was accepted. One is refused when the claim belongs to somebody else by
    /// now, or has ended: then nothing was written for it.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when the store, or a part of it that holds one of the queues, cannot answer: each of the
    /// claims was ended or not.
    ///
    /// # Idempotency
    /// A repeated settlement is refused and changes nothing.
    async fn settle(&self, process: ProcessId, settlements: &[Settlement]) -> Result<Vec<bool>>;

    /// Waits until one of the queues may have a job to claim, at most for `patience`. May return early; never sleeps
    /// through a job that became ready after the call began for longer than `patience`.
    async fn wait(&self, queues: &[String], patience: Duration) -> Result<()>;

    /// One bounded round: scheduled jobs whose time has come become ready (at most `limit`), processes whose lease ended
    /// are given up, old records are removed. Every process may call it; rounds at once do not hinder one another.
    async fn upkeep(&self, limit: u32) -> Result<Upkeep>;
}
