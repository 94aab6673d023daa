//! Works off what services leave behind: jobs from the queue, and events and jobs on their way from the outbox.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Worker, WorkerHealth, WorkerOptions, look, platform, relay, send::Sender, worker::Rest};
use crate::{error::Result, services::deps::Deps};

/// Pause after a look that found work, and the longest pause after looks that found none.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(250));
/// The longest pause after looks for what is in no hurry, and after looks that failed.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Works off the platform's jobs, adds those that recur, and publishes events. One per process; several processes share
/// the work.
pub struct PlatformWorker {
    deps: Deps,
    worker: Worker<Deps>,
    sender: Sender,
}

impl PlatformWorker {
    pub(crate) fn new(deps: Deps, options: WorkerOptions) -> Result<Self> {
        let ports = (deps.clock.clone(), deps.ids.clone());
        let schedules = platform::schedules(&deps)?;
        let worker = Worker::new(deps.queue.clone(), platform::registry(deps.clone()), options, ports)?;
        let worker = worker.with_schedules(schedules).resting(deps.watched.resting());
        let worker = worker.counted_by(Arc::clone(&deps.metrics));
        Ok(Self { deps, worker, sender: Sender::default() })
    }

    /// How the worker is.
    pub fn health(&self) -> WorkerHealth {
        self.worker.health()
    }

    /// Works until `stop` is cancelled, then ends as [`Worker::run`] says. Never stops by itself: a store or a bus that is
    /// away is asked again with a growing pause. Events, jobs and what brings them into the queue do not wait for
    /// one another. During maintenance it rests, once the jobs in hand are done, and then goes on.
    pub async fn run(&self, stop: CancellationToken) {
        // A process that starts during maintenance does not begin to work. One that cannot read it finds no jobs either.
        tokio::select! {
            _ = self.deps.watched.known() => {}
            () = stop.cancelled() => {}
        }
        let rest = Rest::by(self.deps.watched.resting());
        let failed = "events could not be published; trying again";
        let events = repeat((&stop, &rest), failed, PAUSES.1, || relay::publish(&self.deps));
        let failed = "jobs could not be brought into the queue; trying again";
        let jobs = repeat((&stop, &rest), failed, PAUSES.1, || self.sender.send(&self.deps));
        let failed = "jobs in the queue could not be looked after; trying again";
        let sent = repeat((&stop, &rest), failed, LONGEST_PAUSE, || look::look(&self.deps));
        let watching = self.deps.watched.watch(stop.clone());
        tokio::join!(watching, self.worker.run(stop.clone()), events, jobs, sent);
        if let Err(error) = self.sender.let_go(&self.deps).await {
            tracing::warn!(
                error = error.chain(),
                "other processes wait a moment before they bring jobs into the queue"
            );
        }
    }

    /// Works until nothing is due, for tests and tools. Jobs that wait for a later time stay.
    ///
    /// # Errors
    /// Those of the queue and of storage; and those of the bus, once no job is due any more.
    pub async fn run_until_idle(&self) -> Result<()> {
        let worked = self.work_off().await;
        worked.and(self.sender.let_go(&self.deps).await)
    }

    async fn work_off(&self) -> Result<()> {
        loop {
            let published = relay::publish(&self.deps).await;
            let sent = self.sender.send(&self.deps).await? + look::look(&self.deps).await?;
            let ran = self.worker.run_ready().await?;
            if sent + ran == 0 && published? == 0 {
                return self.sender.check().await;
            }
        }
    }
}

/// Does something again and again until `stop` is cancelled: at once after it found work, with pauses that grow up to
/// `longest` after it found none, and beyond after it failed; but not while it rests. What has begun is brought to its end.
async fn repeat<F: Future<Output = Result<usize>>>(
    (stop, rest): (&CancellationToken, &Rest),
    failure: &str,
    longest: Duration,
    look: impl Fn() -> F,
) {
    let mut pause = PAUSES.0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = async { tokio::time::sleep(pause).await; rest.is_over().await; } => {}
        }
        pause = match look().await {
            Ok(0) => (pause * 2).min(longest),
            Ok(_) => PAUSES.0,
            Err(error) => {
                tracing::warn!(error = error.chain(), "{failure}");
                (pause * 2).min(LONGEST_PAUSE)
            }
        };
    }
}
