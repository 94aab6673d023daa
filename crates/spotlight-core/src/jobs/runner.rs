//! Takes jobs and events from the outbox, in this process.

use std::{sync::Arc, time::Duration};

use chrono::Duration as Span;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{analysis, email, mail, names, relay, rescore, upkeep};
use crate::{
    error::{Error, ErrorKind, Result, Retry},
    ports::{OutboxKind, OutboxRow},
    services::deps::Deps,
};

/// Jobs that run at once.
const AT_ONCE: usize = 4;
/// Seconds a claimed job is kept from others.
const LEASE_S: u32 = 60;
/// Longest run of one job; shorter than its claim.
const LIMIT: Duration = Duration::from_secs(50);
/// Tries before a job is given up: about three days.
const TRIES: u32 = 25;
/// Pause after a look that found work, and the longest pause after looks that found none.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(250));
/// Longest pause after looks that failed.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Time between two rounds of upkeep.
const UPKEEP: Duration = Duration::from_mins(1);
/// Time between two looks for what organizations keep no longer. It counts in days, and reads every organization.
const RETENTION: Duration = Duration::from_hours(1);

/// Runs what services leave behind. One per process; several processes share the work.
#[derive(Clone)]
pub struct Runner {
    deps: Deps,
    places: Arc<Semaphore>,
}

impl Runner {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Works until `stop` is cancelled, then finishes the jobs in hand. Never stops by itself: a database or a bus that
    /// is away is asked again with a growing pause. Events, jobs and upkeep do not wait for one another.
    pub async fn run(&self, stop: CancellationToken) {
        let jobs = async {
            let running = TaskTracker::new();
            repeat(&stop, "jobs could not be fetched; trying again", || self.begin_jobs(&running)).await;
            running.close();
            running.wait().await;
        };
        let events = repeat(&stop, "events could not be published; trying again", || relay::publish(&self.deps));
        let upkeep = every(&stop, UPKEEP, || upkeep::minute(&self.deps));
        let retention = every(&stop, RETENTION, || upkeep::retain(&self.deps));
        tokio::join!(jobs, events, upkeep, retention);
    }

    /// Works until nothing is due, for tests and tools. Jobs that wait for a later time stay.
    ///
    /// # Errors
    /// Those of storage; and those of the bus, once no job is due any more.
    pub async fn run_until_idle(&self) -> Result<()> {
        loop {
            let running = TaskTracker::new();
            let published = relay::publish(&self.deps).await;
            let begun = self.begin_jobs(&running).await?;
            running.close();
            running.wait().await;
            if begun == 0 && published? == 0 {
                return Ok(());
            }
        }
    }

    /// One round of what is due by itself: silence, hand-offs nobody took, expired records, retention. A record that
    /// fails is logged and left for the next round.
    ///
    /// # Errors
    /// Those of storage, when what is due could not be read.
    pub async fn upkeep(&self) -> Result<()> {
        let minute = upkeep::minute(&self.deps).await;
        upkeep::retain(&self.deps).await.and(minute)
    }

    /// Begins the jobs that are due, as far as there is room. Gives how many.
    async fn begin_jobs(&self, running: &TaskTracker) -> Result<usize> {
        let free = self.places.available_permits();
        if free == 0 {
            return Ok(0);
        }
        let now = self.deps.now();
        // Looking costs no unit: most looks find nothing, and units wait for one another on SQLite.
        let repos = self.deps.storage.read(crate::ports::ReadConsistency::Strong);
        if !repos.outbox().due(OutboxKind::Job, now).await? {
            return Ok(0);
        }
        let unit = self.deps.storage.begin().await?;
        let rows = unit.outbox().claim(OutboxKind::Job, now, LEASE_S, u32::try_from(free).unwrap_or(1)).await?;
        unit.commit().await?;
        let count = rows.len();
        for row in rows {
            let (runner, places) = (self.clone(), Arc::clone(&self.places));
            running.spawn(async move {
                let Ok(_place) = places.acquire_owned().await else { return };
                runner.work(row).await;
            });
        }
        Ok(count)
    }

    /// Runs one job and notes what came of it. A panic of a job is that job's failure.
    async fn work(&self, row: OutboxRow) {
        let (deps, job) = (self.deps.clone(), row.clone());
        let task = tokio::spawn(async move { tokio::time::timeout(LIMIT, handle(&deps, &job)).await });
        let result = match task.await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::new(ErrorKind::Timeout, "the job took too long")),
            Err(_) => Err(Error::internal("the job panicked").with_retry(Retry::Backoff)),
        };
        if let Err(error) = self.settle(&row, result).await {
            // The claim ends by itself, and the job runs again.
            tracing::warn!(job = row.name, error = error.chain(), "a job's end could not be noted");
        }
    }

    async fn settle(&self, row: &OutboxRow, result: Result<()>) -> Result<()> {
        let unit = self.deps.storage.begin().await?;
        match result {
            Ok(()) => {
                unit.outbox().complete(row.id, row.claim).await?;
            }
            Err(error) if row.attempts >= TRIES || error.retry() == Retry::Never => {
                tracing::error!(job = row.name, attempts = row.attempts, error = error.chain(), "a job was given up");
                unit.outbox().bury(row.id, row.claim, &error.to_string()).await?;
            }
            Err(error) => {
                tracing::warn!(
                    job = row.name,
                    attempts = row.attempts,
                    error = error.chain(),
                    "a job failed; it runs again"
                );
                let at = self.deps.now() + pause_after(row, error.retry());
                unit.outbox().retry(row.id, row.claim, at, &error.to_string()).await?;
            }
        }
        unit.commit().await
    }
}

/// Does something again and again until `stop` is cancelled: at once after it found work, with growing pauses after it
/// found none or failed. What has begun is brought to its end.
async fn repeat<F: Future<Output = Result<usize>>>(stop: &CancellationToken, failure: &str, look: impl Fn() -> F) {
    let mut pause = PAUSES.0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = match look().await {
            Ok(0) => (pause * 2).min(PAUSES.1),
            Ok(_) => PAUSES.0,
            Err(error) => {
                tracing::warn!(error = error.chain(), "{failure}");
                (pause * 2).min(LONGEST_PAUSE)
            }
        };
    }
}

/// Does something at once and then at a steady pace until `stop` is cancelled.
async fn every<F: Future<Output = Result<()>>>(stop: &CancellationToken, pace: Duration, round: impl Fn() -> F) {
    let mut ticks = tokio::time::interval(pace);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = round().await {
            tracing::warn!(error = error.chain(), "upkeep failed; it is tried again in the next round");
        }
    }
}

/// Doubles from one second to six hours; the row's own id spreads rows that failed together.
fn pause_after(row: &OutboxRow, retry: Retry) -> Span {
    match retry {
        Retry::Now => Span::zero(),
        Retry::After(pause) => Span::from_std(pause).unwrap_or(Span::hours(6)),
        Retry::Never | Retry::Backoff => {
            let base = 1000_i64 << row.attempts.saturating_sub(1).min(14);
            let spread = i64::from(row.id.as_uuid().as_bytes()[15]) * base / 1024;
            Span::milliseconds((base + spread).min(6 * 3600 * 1000))
        }
    }
}

async fn handle(deps: &Deps, row: &OutboxRow) -> Result<()> {
    match row.name.as_str() {
        names::ANALYZE_CONVERSATION => analysis::conversation(deps, row).await,
        names::SCORE_LEAD => analysis::lead(deps, row).await,
        names::SCORE_LEADS => rescore::leads(deps, row).await,
        names::SEND_INVITATION => mail::invitation(deps, row).await,
        names::REMIND_APPOINTMENT => mail::reminder(deps, row).await,
        names::SEND_EMAIL => email::send(deps, row).await,
        names::DELETE_FILE => upkeep::delete_file(deps, row).await,
        // While a newer version is rolled out, it may run beside this one and take the job when it comes up again.
        _ => Err(Error::new(ErrorKind::Unavailable, "no job of this version has this name")),
    }
}

/// The organization and a field of a job's payload.
pub(super) fn facts<T: serde::de::DeserializeOwned>(
    row: &OutboxRow,
    field: &str,
) -> Result<(crate::domain::OrganizationId, T)> {
    let bad = || Error::new(ErrorKind::Corrupt, format!("the payload of a {} job lacks {field}", row.name));
    let organization = row.organization_id.ok_or_else(bad)?;
    let value = serde_json::from_value(row.payload[field].clone()).map_err(|error| bad().with_source(error))?;
    Ok((organization, value))
}
