//! The right to go on with an import, and what is remembered of it: both belong to its key.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{runtime::Handle, time::Instant};

use super::{ImportOptions, progress::Progress};
use crate::{
    error::{Error, ErrorKind, Result, Retry},
    ports::{Lease, UnitOfWork},
    services::{
        Context,
        deps::{Deps, hash, hex},
    },
};

/// How long an import is held without a sign of life.
const TTL_MS: u32 = 30_000;
/// How often it gives one.
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// What keys of imports are kept as.
const SCOPE: &str = "lead.import";

/// The right to go on with the import of a key; without a key there is nothing to go on with, and nothing is held.
pub(super) struct Held(Option<Of>);

struct Of {
    deps: Deps,
    lease: Lease,
    renewed: Mutex<Instant>,
    given_back: AtomicBool,
}

impl Drop for Of {
    fn drop(&mut self) {
        // A caller that went away must not keep the next one waiting until the lease ends by itself.
        if !self.given_back.load(Ordering::Relaxed) && Handle::try_current().is_ok() {
            let (deps, lease) = (self.deps.clone(), self.lease.clone());
            self.deps.tasks.spawn(async move { release(&deps, &lease).await });
        }
    }
}

impl Held {
    /// Takes the right.
    ///
    /// # Errors
    /// `Conflict` while another request has it; `Validation` for a key of another request.
    pub(super) async fn take(deps: &Deps, ctx: &Context, options: &ImportOptions) -> Result<Self> {
        let Some(key) = &ctx.idempotency_key else { return Ok(Self(None)) };
        deps.replay(ctx, SCOPE, options).await?;
        let actor = ctx.actor.id().unwrap_or_default();
        let tag = hex(&hash(format!("{}:{}:{actor}:{key}", ctx.organization, ctx.actor.kind()).as_bytes()).0);
        let unit = deps.storage.begin().await?;
        let lease = unit.leases().acquire(&format!("import:{tag}"), TTL_MS).await?.ok_or_else(|| {
            Error::conflict("the same import is running; wait for its end, or send it again after half a minute")
                .with_retry(Retry::After(Duration::from_secs(5)))
        })?;
        unit.commit().await?;
        let (renewed, given_back) = (Mutex::new(Instant::now()), AtomicBool::new(false));
        Ok(Self(Some(Of { deps: deps.clone(), lease, renewed, given_back })))
    }

    /// How far the import had come when it was held last.
    pub(super) async fn progress(
        &self,
        deps: &Deps,
        ctx: &Context,
        options: &ImportOptions,
    ) -> Result<Option<Progress>> {
        let Some(known) = deps.replay(ctx, SCOPE, options).await? else { return Ok(None) };
        let read = serde_json::from_value(known);
        let corrupt = |error| Error::new(ErrorKind::Corrupt, "a stored import cannot be read").with_source(error);
        read.map(Some).map_err(corrupt)
    }

    /// Gives a sign of life, now and then.
    pub(super) async fn keep(&self, deps: &Deps) -> Result<()> {
        let Some(of) = &self.0 else { return Ok(()) };
        if of.renewed().elapsed() < RENEW_EVERY {
            return Ok(());
        }
        let unit = deps.storage.begin().await?;
        self.check(&*unit).await?;
        unit.commit().await
    }

    /// Refuses to write when somebody else goes on with it by now. In a unit, nobody else can until the unit ends.
    pub(super) async fn check(&self, unit: &dyn UnitOfWork) -> Result<()> {
        let Some(of) = &self.0 else { return Ok(()) };
        if !unit.leases().renew(&of.lease, TTL_MS).await? {
            return Err(Error::conflict("this import took too long, and another request goes on with it"));
        }
        *of.renewed() = Instant::now();
        Ok(())
    }

    /// Remembers how far the import has come, in the unit that does it.
    pub(super) async fn remember(
        &self,
        deps: &Deps,
        unit: &dyn UnitOfWork,
        ctx: &Context,
        options: &ImportOptions,
        progress: &Progress,
        again: bool,
    ) -> Result<()> {
        let answer = serde_json::to_value(progress)
            .map_err(|error| Error::internal("an import cannot be remembered").with_source(error))?;
        if again {
            deps.remember_anew(unit, ctx, SCOPE, options, answer).await
        } else {
            deps.remember(unit, ctx, SCOPE, options, answer).await
        }
    }

    /// Gives the right back.
    pub(super) async fn give_back(&self) {
        let Some(of) = &self.0 else { return };
        of.given_back.store(true, Ordering::Relaxed);
        release(&of.deps, &of.lease).await;
    }
}

/// Gives a lease back. One that cannot be given back ends by itself.
async fn release(deps: &Deps, lease: &Lease) {
    let given = async {
        let unit = deps.storage.begin().await?;
        unit.leases().release(lease).await?;
        unit.commit().await
    };
    if let Err(error) = given.await {
        tracing::warn!(error = error.chain(), "an import's lease was left to expire");
    }
}

impl Of {
    fn renewed(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.renewed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
