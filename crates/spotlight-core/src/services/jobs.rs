//! Work that was given up, for administrators: what failed and why, to be tried again or let go; and how the queue
//! stands.

use serde::Serialize;
use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::{Context, deployment::require_operator, deps::Deps};
use crate::{
    domain::{
        JobId, OutboxId,
        audit::Actor,
        time::Timestamp,
        user::{Role, Scope},
    },
    error::{Error, Result},
    jobs::{QUEUES, platform::schedules},
    ports::{DeadRow, JobFilter, JobRecord, JobState, OutboxKind, OutboxStats, QueueSnapshot},
};

/// Most rows that are listed at once.
const MOST: u32 = 100;

/// A job as administrators see it. What it works on stays out of it, since it can name people.
#[derive(RedactedDebug, Clone, PartialEq, Serialize)]
pub struct SeenJob {
    /// Identity.
    pub id: JobId,
    /// What it does.
    #[debug(shown = "the program names its jobs and queues")]
    pub name: String,
    /// Its queue.
    #[debug(shown = "the program names its jobs and queues")]
    pub queue: String,
    /// Where it stands.
    pub state: JobState,
    /// Tries begun.
    pub attempts: u16,
    /// Tries before it is given up.
    pub max_attempts: u16,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was added.
    pub enqueued_at: Timestamp,
    /// When it runs, while it waits for its time.
    pub run_at: Option<Timestamp>,
    /// When it ended or was given up.
    pub finished_at: Option<Timestamp>,
}

impl From<JobRecord> for SeenJob {
    fn from(mut job: JobRecord) -> Self {
        Self {
            id: job.id,
            name: job.name,
            queue: job.queue,
            state: job.state,
            attempts: job.attempts,
            max_attempts: job.max_attempts,
            last_error: job.failures.pop().map(|failure| failure.error),
            enqueued_at: job.enqueued_at,
            run_at: job.run_at,
            finished_at: job.finished_at,
        }
    }
}

/// Something that recurs.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct SeenSchedule {
    /// The job it adds.
    #[debug(shown = "the program names its jobs and queues")]
    pub name: String,
    /// When, as a cron pattern in UTC.
    #[debug(shown = "the program names its jobs and queues")]
    pub pattern: String,
    /// When next.
    pub next_at: Option<Timestamp>,
}

/// How the work of the whole deployment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobFigures {
    /// The queue.
    pub queue: QueueSnapshot,
    /// Events on their way.
    pub events: OutboxStats,
}

/// Jobs and events that did not get done.
#[derive(Clone)]
pub struct JobService {
    deps: Deps,
}

impl JobService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Jobs of the organization, newest first by id, after `after`, at most `limit` and never more than 100: those in a
    /// state, or all that are kept.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator.
    pub async fn list(
        &self,
        ctx: &Context,
        state: Option<JobState>,
        after: Option<JobId>,
        limit: u32,
    ) -> Result<Vec<SeenJob>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let filter = JobFilter { state, organization: Some(ctx.organization), ..JobFilter::default() };
        let found = self.deps.queue.list(&filter, after, limit.min(MOST)).await?;
        Ok(found.into_iter().map(SeenJob::from).collect())
    }

    /// A job of the organization, while it is kept.
    ///
    /// # Errors
    /// `NotFound`; `Unauthenticated`, `Forbidden` below an administrator.
    pub async fn get(&self, ctx: &Context, id: JobId) -> Result<SeenJob> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let found = self.deps.queue.find(id).await?.filter(|job| job.organization == Some(ctx.organization));
        found.map(SeenJob::from).ok_or_else(|| Error::not_found("job"))
    }

    /// Cancels a job of the organization: one that waits at once, one that runs as soon as its process hears of it.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it has finished; `Unauthenticated`, `Forbidden` below an administrator.
    pub async fn cancel(&self, ctx: &Context, id: JobId) -> Result<()> {
        let job = self.get(ctx, id).await?;
        if matches!(job.state, JobState::Done | JobState::Dead | JobState::Cancelled) {
            return Err(finished());
        }
        let unit = self.deps.storage.begin().await?;
        let details = json!({ "name": job.name });
        self.deps.audit(&*unit, ctx, "job.cancel", ("job", id.to_string()), details).await?;
        unit.commit().await?;
        if self.deps.queue.cancel(id).await? { Ok(()) } else { Err(finished()) }
    }

    /// Stops or resumes claiming from a queue, on every process. Queues are shared by every organization, so that only
    /// the operator may: the platform itself, and administrators of the organization that was made first.
    ///
    /// # Errors
    /// `NotFound` for a queue that this deployment does not have; `Unauthenticated`; `Forbidden` for all others.
    ///
    /// # Idempotency
    /// Repeating changes nothing but the audit log.
    pub async fn set_paused(&self, ctx: &Context, queue: &str, paused: bool) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let reason = "queues work for every organization; only the deployment's operator stops them";
        require_operator(&self.deps, ctx, reason).await?;
        let known = QUEUES.contains(&queue)
            || self.deps.queue.snapshot().await?.queues.iter().any(|figures| figures.queue == queue);
        if !known {
            return Err(Error::not_found("queue"));
        }
        let action = if paused { "queue.pause" } else { "queue.resume" };
        let unit = self.deps.storage.begin().await?;
        self.deps.audit(&*unit, ctx, action, ("queue", queue.to_owned()), json!({})).await?;
        unit.commit().await?;
        self.deps.queue.set_paused(queue, paused).await
    }

    /// What recurs in the whole deployment, by name.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator.
    pub fn schedules(&self, ctx: &Context) -> Result<Vec<SeenSchedule>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let now = self.deps.now();
        let mut seen: Vec<_> = schedules(&self.deps)?
            .iter()
            .map(|schedule| SeenSchedule {
                name: schedule.name().to_owned(),
                pattern: schedule.pattern(),
                next_at: schedule.next(now),
            })
            .collect();
        seen.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(seen)
    }

    /// Jobs of the organization that were given up, as [`list`](Self::list).
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator.
    pub async fn dead(&self, ctx: &Context, after: Option<JobId>, limit: u32) -> Result<Vec<SeenJob>> {
        self.list(ctx, Some(JobState::Dead), after, limit).await
    }

    /// Makes a job that was given up ready, as if it had never been tried.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator; `NotFound` unless it was given up; `Conflict` when another
    /// job has its unique key by now.
    ///
    /// # Idempotency
    /// Once it is ready, a repeated call finds nothing.
    pub async fn retry(&self, ctx: &Context, id: JobId) -> Result<()> {
        self.step_in(ctx, "job.retry", id).await?;
        if self.deps.queue.retry(id).await? { Ok(()) } else { Err(Error::not_found("job")) }
    }

    /// Lets go of a job that was given up: it will never be done.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator; `NotFound` unless it was given up.
    ///
    /// # Idempotency
    /// A repeated call finds nothing.
    pub async fn discard(&self, ctx: &Context, id: JobId) -> Result<()> {
        self.step_in(ctx, "job.discard", id).await?;
        if self.deps.queue.discard(id).await? { Ok(()) } else { Err(Error::not_found("job")) }
    }

    /// Notes in the audit log that somebody steps in. Before they do: the queue may be another store than the log.
    async fn step_in(&self, ctx: &Context, action: &str, id: JobId) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let found = self.deps.queue.find(id).await?;
        let theirs = |job: &JobRecord| job.organization == Some(ctx.organization) && job.state == JobState::Dead;
        let job = found.filter(theirs).ok_or_else(|| Error::not_found("job"))?;
        let unit = self.deps.storage.begin().await?;
        let details = json!({ "name": job.name });
        self.deps.audit(&*unit, ctx, action, ("job", id.to_string()), details).await?;
        unit.commit().await
    }

    /// Events of the organization that were given up, and jobs that never reached the queue, by id, after `after`, at
    /// most `limit` and never more than 100.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator.
    pub async fn dead_events(&self, ctx: &Context, after: Option<OutboxId>, limit: u32) -> Result<Vec<DeadRow>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        self.deps.read(ctx).outbox().dead(ctx.organization, after, limit.min(MOST)).await
    }

    /// Has an event that was given up published at once, as if it had never been tried.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator; `NotFound` unless it was given up.
    ///
    /// # Idempotency
    /// Once it is due again, a repeated call finds nothing.
    pub async fn retry_event(&self, ctx: &Context, id: OutboxId) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        if !unit.outbox().revive(ctx.organization, id, self.deps.now()).await? {
            return Err(Error::not_found("event"));
        }
        self.deps.audit(&*unit, ctx, "event.retry", ("event", id.to_string()), json!({})).await?;
        unit.commit().await
    }

    /// Lets go of an event that was given up: nobody will hear of it.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator; `NotFound` unless it was given up.
    ///
    /// # Idempotency
    /// A repeated call finds nothing.
    pub async fn discard_event(&self, ctx: &Context, id: OutboxId) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        if !unit.outbox().discard(ctx.organization, id).await? {
            return Err(Error::not_found("event"));
        }
        self.deps.audit(&*unit, ctx, "event.discard", ("event", id.to_string()), json!({})).await?;
        unit.commit().await
    }

    /// How the queues and the processes of the deployment stand. The figures hold counts and names of queues, and nothing
    /// of any organization.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator.
    pub async fn snapshot(&self, ctx: &Context) -> Result<QueueSnapshot> {
        ctx.require(Scope::Admin, Role::Admin)?;
        self.deps.queue.snapshot().await
    }

    /// How the queue and the outbox of the deployment stand.
    ///
    /// # Errors
    /// `Forbidden` for everybody but the platform itself.
    pub async fn figures(&self, ctx: &Context) -> Result<JobFigures> {
        if ctx.actor != Actor::System {
            return Err(Error::forbidden("these figures are of the whole deployment"));
        }
        let events = self.deps.read(ctx).outbox().stats(OutboxKind::Event, self.deps.now()).await?;
        Ok(JobFigures { queue: self.deps.queue.snapshot().await?, events })
    }
}

fn finished() -> Error {
    Error::conflict("the job has finished")
}
