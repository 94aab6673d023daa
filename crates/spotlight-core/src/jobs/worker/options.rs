//! How a worker works.

use std::time::Duration;

use spotlight_derive::RedactedDebug;

use crate::{
    error::{Result, Violations},
    ports::is_queue_name,
};

/// How a process works jobs off. The usual values are those of the deployment guide.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct WorkerOptions {
    /// What the process is called in figures.
    pub label: String,
    /// How long the fleet waits for a sign of life before it gives the process up. One is given three times as often.
    /// 15 s; 100 ms to an hour.
    pub lease: Duration,
    /// How often scheduled jobs and dead processes are looked for. 1 s.
    pub polling_interval: Duration,
    /// Scheduled jobs that become ready in one round. 500.
    pub batch_size: u32,
    /// How long running jobs may go on once the worker is to stop. 25 s.
    pub grace: Duration,
    /// Groups of queues with places of their own.
    pub pools: Vec<PoolOptions>,
}

/// One group of queues.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct PoolOptions {
    /// The queues, most urgent first.
    #[debug(shown = "the program names its jobs and queues")]
    pub queues: Vec<String>,
    /// How the queues share the places.
    pub share: Share,
    /// Jobs that run at once. 3.
    pub threads: usize,
    /// How long an idle pool waits for a wake-up before it looks by itself. It grows tenfold while nothing comes, since
    /// wake-ups are the rule and looking the safety net. 100 ms.
    pub polling_interval: Duration,
    /// Jobs that are claimed and not started at most: short jobs are claimed ahead, so that none waits for the store.
    /// 4000, which is what a store whose disk takes 10 ms needs to keep up with the shortest jobs.
    pub prefetch: u32,
}

/// How queues share the places of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Share {
    /// In the order listed; but each sixteenth look begins with the next queue in turn, so that no queue starves.
    Listed,
    /// In turns by weight, one for each queue; each at least 1.
    Weighted(Vec<u32>),
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            label: "worker".to_owned(),
            lease: Duration::from_secs(15),
            polling_interval: Duration::from_secs(1),
            batch_size: 500,
            grace: Duration::from_secs(25),
            pools: vec![PoolOptions::default()],
        }
    }
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            queues: ["critical", "default", "low"].map(str::to_owned).to_vec(),
            share: Share::Listed,
            threads: 3,
            polling_interval: Duration::from_millis(100),
            prefetch: 4000,
        }
    }
}

impl WorkerOptions {
    /// Refuses what cannot work.
    ///
    /// # Errors
    /// `Validation` with everything that is wrong.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        if !(Duration::from_millis(100)..=Duration::from_hours(1)).contains(&self.lease) {
            broken.add("lease", "range", "A lease must be 100 ms to an hour");
        }
        if self.polling_interval.is_zero() || self.batch_size == 0 {
            broken.add("dispatcher", "range", "polling_interval and batch_size must be above zero");
        }
        if self.pools.is_empty() {
            broken.add("workers", "required", "A worker needs at least one group of queues");
        }
        for (at, pool) in self.pools.iter().enumerate() {
            let field = |name: &str| format!("workers.{at}.{name}");
            if pool.queues.is_empty() || !pool.queues.iter().all(|queue| is_queue_name(queue)) {
                broken.add(field("queues"), "format", "Name at least one queue, each 1 to 64 of a-z, 0-9, _, - and .");
            }
            if !(1..=10_000).contains(&pool.threads) {
                broken.add(field("threads"), "range", "threads must be 1 to 10000");
            }
            if pool.polling_interval.is_zero() {
                broken.add(field("polling_interval"), "range", "polling_interval must be above zero");
            }
            if let Share::Weighted(weights) = &pool.share
                && (weights.len() != pool.queues.len() || weights.contains(&0))
            {
                broken.add(field("weights"), "length", "Give each queue a weight of at least 1");
            }
        }
        broken.into_result()
    }
}
