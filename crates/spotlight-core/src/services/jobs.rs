//! Work that was given up, for administrators: what failed and why, to be tried again or let go.

use serde_json::json;

use super::{Context, deps::Deps};
use crate::{
    domain::{
        OutboxId,
        audit::Actor,
        user::{Role, Scope},
    },
    error::{Error, Result},
    ports::{DeadRow, OutboxKind, OutboxStats},
};

/// Most rows that are listed at once.
const MOST: u32 = 100;

/// How full the outbox of the whole deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobFigures {
    /// Jobs.
    pub jobs: OutboxStats,
    /// Events.
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

    /// Jobs and events of the organization that were given up, by id, after `after`, at most `limit` and never more
    /// than 100.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator.
    pub async fn dead(&self, ctx: &Context, after: Option<OutboxId>, limit: u32) -> Result<Vec<DeadRow>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        self.deps.read(ctx).outbox().dead(ctx.organization, after, limit.min(MOST)).await
    }

    /// Makes what was given up due at once, as if it had never been tried.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator; `NotFound` unless it was given up.
    ///
    /// # Idempotency
    /// Once it is due again, a repeated call finds nothing.
    pub async fn retry(&self, ctx: &Context, id: OutboxId) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        if !unit.outbox().revive(ctx.organization, id, self.deps.now()).await? {
            return Err(Error::not_found("job"));
        }
        self.deps.audit(&*unit, ctx, "job.retry", ("job", id.to_string()), json!({})).await?;
        unit.commit().await
    }

    /// Lets go of what was given up: it will never be done.
    ///
    /// # Errors
    /// `Unauthenticated`, `Forbidden` below an administrator; `NotFound` unless it was given up.
    ///
    /// # Idempotency
    /// A repeated call finds nothing.
    pub async fn discard(&self, ctx: &Context, id: OutboxId) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        if !unit.outbox().discard(ctx.organization, id).await? {
            return Err(Error::not_found("job"));
        }
        self.deps.audit(&*unit, ctx, "job.discard", ("job", id.to_string()), json!({})).await?;
        unit.commit().await
    }

    /// How full the outbox is.
    ///
    /// # Errors
    /// `Forbidden` for everybody but the platform itself: the figures are of every organization.
    pub async fn figures(&self, ctx: &Context) -> Result<JobFigures> {
        if ctx.actor != Actor::System {
            return Err(Error::forbidden("these figures are of the whole deployment"));
        }
        let (outbox, now) = (self.deps.read(ctx).outbox(), self.deps.now());
        let jobs = outbox.stats(OutboxKind::Job, now).await?;
        let events = outbox.stats(OutboxKind::Event, now).await?;
        Ok(JobFigures { jobs, events })
    }
}
