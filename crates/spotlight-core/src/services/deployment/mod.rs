//! What an operator sets for the whole deployment while it runs: maintenance, and what is logged.

pub(crate) mod watched;

use std::sync::Arc;

use serde_json::{Value, json};
use spotlight_derive::RedactedDebug;
use tokio::sync::watch;

use super::{Context, deps::Deps};
use crate::{
    domain::{
        OrganizationId,
        audit::Actor,
        deployment::{DeploymentSettings, LogLevel, Maintenance, PoolsRenewed, Setting},
        time::Timestamp,
        user::{Role, Scope},
    },
    error::{Error, Result},
    ports::{Repositories, UnitOfWork},
};

/// What is said about a maintenance.
#[derive(RedactedDebug, Clone, Default, PartialEq, Eq)]
pub struct NewMaintenance {
    /// What people are told: 1 to 500 characters.
    pub message: Option<String>,
    /// When it is expected to be over.
    pub until: Option<Timestamp>,
}

/// Settings of the whole deployment. They are its operator's: the platform itself, and administrators of the organization
/// that was made first, whose audit log tells of every change.
#[derive(Clone)]
pub struct DeploymentService {
    deps: Deps,
}

impl DeploymentService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// What is set, what the environment says included. It is at most about a second old, and of this process's own
    /// changes none is missing. No I/O while somebody [watches](super::Spotlight::watch). Anybody may ask.
    ///
    /// # Errors
    /// Those of storage, when nothing has ever been read; later a storage that is away changes nothing of what is known.
    pub async fn settings(&self) -> Result<Arc<DeploymentSettings>> {
        self.deps.watched.settings().await
    }

    /// Hears of what is set when it changes, while somebody [watches](super::Spotlight::watch); it begins with what is
    /// known.
    pub fn follow(&self) -> watch::Receiver<Arc<DeploymentSettings>> {
        self.deps.watched.follow()
    }

    /// The environment of this process says that the deployment is in maintenance, whatever is stored.
    pub fn is_forced(&self) -> bool {
        self.deps.watched.is_forced()
    }

    /// The deployment is in maintenance from now on, on every process within two seconds. Where it is already, what is
    /// said about it changes.
    ///
    /// # Errors
    /// `Validation` with every broken rule; `Forbidden` for everybody but the operator.
    ///
    /// # Idempotency
    /// The same again changes nothing but the audit log: it goes on since it began.
    pub async fn begin_maintenance(&self, ctx: &Context, new: NewMaintenance) -> Result<Maintenance> {
        self.require(ctx).await?;
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        let (stored, _) = DeploymentSettings::read(&unit.deployment().list().await?);
        let since = stored.maintenance.map_or(now, |running| running.since);
        let maintenance = Maintenance { message: new.message, until: new.until, since };
        maintenance.validate(now)?;
        unit.deployment().set(&maintenance.kept(now)?).await?;
        self.commit(unit, ctx, "maintenance.begin", json!({ "until": maintenance.until })).await?;
        Ok(maintenance)
    }

    /// The maintenance that is stored is over. False when there was none. One that the environment says goes on.
    ///
    /// # Errors
    /// `Forbidden` for everybody but the operator.
    ///
    /// # Idempotency
    /// Once it is over, nothing changes.
    pub async fn end_maintenance(&self, ctx: &Context) -> Result<bool> {
        self.require(ctx).await?;
        self.remove::<Maintenance>(ctx, "maintenance.end").await
    }

    /// Sets what every process logs, or with none has each follow what it was started with.
    ///
    /// # Errors
    /// `Validation`; `Forbidden` for everybody but the operator.
    ///
    /// # Idempotency
    /// The same again changes nothing but the audit log.
    pub async fn set_log_level(&self, ctx: &Context, level: Option<LogLevel>) -> Result<()> {
        self.require(ctx).await?;
        let Some(level) = level else {
            return self.remove::<LogLevel>(ctx, "log_level.clear").await.map(drop);
        };
        level.validate()?;
        let unit = self.deps.storage.begin().await?;
        unit.deployment().set(&level.kept(self.deps.now())?).await?;
        self.commit(unit, ctx, "log_level.set", json!({})).await
    }

    /// Has every process make its connections to the database anew, within two seconds: those that are older are closed
    /// once nobody uses them, and no request is disturbed.
    ///
    /// # Errors
    /// `Forbidden` for everybody but the operator.
    ///
    /// # Idempotency
    /// Each call renews once more.
    pub async fn renew_pools(&self, ctx: &Context) -> Result<()> {
        self.require(ctx).await?;
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        unit.deployment().set(&PoolsRenewed(now).kept(now)?).await?;
        self.commit(unit, ctx, "pools.renew", json!({})).await
    }

    /// Whether the actor is the deployment's operator: the platform itself, or an administrator of the organization that
    /// was made first.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn is_operator(&self, ctx: &Context) -> Result<bool> {
        Ok(ctx.require(Scope::Admin, Role::Admin).is_ok() && is_operator(&self.deps, ctx).await?)
    }

    /// The operator's own organization, the one that was made first; none before there is any. For the platform itself,
    /// which keeps its records there.
    ///
    /// # Errors
    /// `Forbidden` for everybody but the platform; those of storage.
    pub async fn operator(&self, ctx: &Context) -> Result<Option<OrganizationId>> {
        ctx.require_platform()?;
        first(self.deps.read(ctx)).await
    }

    async fn require(&self, ctx: &Context) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        require_operator(&self.deps, ctx, "settings are the whole deployment's; only its operator changes them").await
    }

    async fn remove<S: Setting>(&self, ctx: &Context, action: &str) -> Result<bool> {
        let unit = self.deps.storage.begin().await?;
        if !unit.deployment().delete(S::KEY).await? {
            unit.rollback().await?;
            return Ok(false);
        }
        self.commit(unit, ctx, action, json!({})).await?;
        Ok(true)
    }

    /// Ends the unit of a change with its entry in the operator's audit log, and has this process know of it.
    async fn commit(&self, unit: Box<dyn UnitOfWork>, ctx: &Context, action: &str, details: Value) -> Result<()> {
        let operator = first(&*unit).await?.unwrap_or(ctx.organization);
        let by = ctx.by(ctx.actor, operator);
        let setting = action.split('.').next().unwrap_or_default();
        self.deps.audit(&*unit, &by, action, ("deployment", setting.to_owned()), details).await?;
        unit.commit().await?;
        self.deps.watched.changed().await;
        Ok(())
    }
}

/// The organization that was made first: ids begin with the time they were made at.
async fn first<R: Repositories + ?Sized>(repos: &R) -> Result<Option<OrganizationId>> {
    Ok(repos.organizations().ids(None, 1).await?.first().copied())
}

async fn is_operator(deps: &Deps, ctx: &Context) -> Result<bool> {
    Ok(ctx.actor == Actor::System || first(deps.read(ctx)).await? == Some(ctx.organization))
}

/// Refuses all but the platform itself and members of the operator's own organization.
///
/// # Errors
/// `Forbidden` with this reason.
pub(crate) async fn require_operator(deps: &Deps, ctx: &Context, reason: &'static str) -> Result<()> {
    if is_operator(deps, ctx).await? { Ok(()) } else { Err(Error::forbidden(reason)) }
}
