//! Works jobs off: claims, runs, settles, and gives signs of life.
//!
//! The tasks of a worker:
//!
//! - `heart`, on a thread of its own, renews the lease, so that jobs that block every other thread do not cost it;
//! - a `pool` for each group of queues fetches jobs ahead and runs them in its places;
//! - `settle` ends claims, as many at once as came while the store was busy with the ones before, and where that fails
//!   those of each queue by themselves;
//! - `dispatch` makes scheduled jobs ready and takes over from dead processes;
//! - `schedule` adds the jobs of recurring schedules.
//!
//! A store that is away is asked again with a growing pause, for ever: a worker ends when it is told to, and never by
//! itself.

mod dispatch;
mod health;
mod heart;
mod options;
mod pool;
mod ready;
mod rest;
mod run;
mod settle;

use std::{sync::Arc, time::Duration};

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub(super) use self::rest::Rest;
pub use self::{
    health::WorkerHealth,
    options::{PoolOptions, Share, WorkerOptions},
};
use self::{heart::Heart, run::Running};
use super::{Registry, Schedule};
use crate::{
    domain::ProcessId,
    error::Result,
    metrics::Metrics,
    ports::{Clock, IdGenerator, JobQueue, Settlement},
};

/// Settlements that wait for the store before jobs wait with theirs.
const UNSETTLED: usize = 4096;

/// Works off the jobs of a registry. One per process.
pub struct Worker<S> {
    shared: Arc<Shared<S>>,
    schedules: Vec<Schedule>,
}

/// How long the last jobs and settlements are waited for after the grace.
const LAST: Duration = Duration::from_secs(5);

/// What the tasks of a worker share.
struct Shared<S> {
    queue: Arc<dyn JobQueue>,
    registry: Registry<S>,
    options: WorkerOptions,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    running: Running,
    health: health::Health,
    rest: Rest,
    metrics: Option<Arc<Metrics>>,
}

/// The end of a job, on its way to the store.
struct Ended {
    process: ProcessId,
    queue: String,
    settlement: Settlement,
}

impl<S: Send + Sync + 'static> Worker<S> {
    /// A worker that has not begun.
    ///
    /// # Errors
    /// `Validation` for options that cannot work.
    pub fn new(
        queue: Arc<dyn JobQueue>,
        registry: Registry<S>,
        options: WorkerOptions,
        (clock, ids): (Arc<dyn Clock>, Arc<dyn IdGenerator>),
    ) -> Result<Self> {
        options.validate()?;
        let (running, health) = (Running::default(), health::Health::default());
        let rest = Rest::never();
        let shared = Shared { queue, registry, options, clock, ids, running, health, rest, metrics: None };
        let shared = Arc::new(shared);
        Ok(Self { shared, schedules: Vec::new() })
    }

    /// Adds the jobs of these schedules too, once for the whole fleet.
    #[must_use]
    pub fn with_schedules(mut self, schedules: Vec<Schedule>) -> Self {
        self.schedules = schedules;
        self
    }

    /// Counts its jobs too. Before it runs: afterwards nothing changes.
    #[must_use]
    pub fn counted_by(mut self, metrics: Arc<Metrics>) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.metrics = Some(metrics);
        }
        self
    }

    /// Has the worker rest while this says `true`: jobs in hand are finished, those that were claimed and not begun are
    /// handed back, none is claimed, and schedules add none. What they missed is made up for afterwards as
    /// [`Missed`](super::Missed) says. It keeps its place in the fleet.
    #[must_use]
    pub fn resting(mut self, resting: watch::Receiver<bool>) -> Self {
        // Nobody shares it before it runs.
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.rest = Rest::by(resting);
        }
        self
    }

    /// How the worker is.
    pub fn health(&self) -> WorkerHealth {
        self.shared.health.look()
    }

    /// Works until `stop` is cancelled. Then it claims nothing more, hands back what was not started, lets running jobs
    /// go on for the grace, has the rest run again elsewhere, and leaves the fleet.
    ///
    /// # Cancel safety
    /// A dropped future leaves the fleet to find out by the lease.
    pub async fn run(&self, stop: CancellationToken) {
        let Some(heart) = Heart::start(Arc::clone(&self.shared), &stop).await else { return };
        let (ended, arrived) = mpsc::channel(UNSETTLED);
        let settling = tokio::spawn(settle::run(Arc::clone(&self.shared), heart.process(), arrived));
        let dispatching = tokio::spawn(dispatch::run(Arc::clone(&self.shared), stop.clone()));
        let (queue, clock) = (Arc::clone(&self.shared.queue), Arc::clone(&self.shared.clock));
        let (schedules, rest) = (self.schedules.clone(), self.shared.rest.clone());
        let ticking = tokio::spawn(super::schedule::run(queue, clock, schedules, rest, stop.clone()));
        let pools: Vec<_> = self
            .shared
            .options
            .pools
            .iter()
            .map(|options| pool::start(&self.shared, options, &heart, &ended, &stop))
            .collect();
        drop(ended);
        stop.cancelled().await;
        let running = &self.shared.running;
        if tokio::time::timeout(self.shared.options.grace, pool::all(&pools)).await.is_err() {
            running.stop_all();
            // A job that blocks its thread cannot be dropped; the fleet takes it over when this process has left.
            let _ = tokio::time::timeout(LAST, pool::all(&pools)).await;
        }
        // The pools held the other ends of the channel: what they sent is settled, then the task ends.
        drop(pools);
        if tokio::time::timeout(LAST, settling).await.is_err() {
            tracing::warn!("some ends of jobs could not be noted before the stop; these jobs run again");
        }
        let _ = tokio::join!(dispatching, ticking);
        heart.stop().await;
    }
}
