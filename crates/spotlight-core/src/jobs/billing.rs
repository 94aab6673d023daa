//! What the billing provider is told, and what it tells.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::{
    Job, JobContext,
    platform::{leave, tenant},
};
use crate::{
    domain::{
        OrganizationId,
        billing::{PlanId, Subscription, SubscriptionStatus, Usage},
    },
    error::{ErrorKind, Result, Retry},
    ports::{BillingProvider, ProvidedSubscription, ReadConsistency, Unique, UniqueScope, WhenTaken},
    services::{Context, deps::Deps},
};

/// Records of usage that are reported at once.
const BATCH: u32 = 500;
/// Organizations that are looked at at once.
const PAGE: u32 = 100;

/// Holds the key until it is done: a round that is late stands for the ones after it.
fn one_at_a_time(key: &str) -> Unique {
    Unique { key: key.to_owned(), scope: UniqueScope::Unfinished, taken: WhenTaken::Discard }
}

/// Tells the billing provider what was used. Usage of an organization without a subscription there is nobody's to pay, and
/// is noted as told.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReportUsage {}

impl Job for ReportUsage {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "report_usage";
    const QUEUE: &'static str = "low";
    const TIMEOUT: Duration = Duration::from_mins(15);

    fn unique(&self) -> Option<Unique> {
        Some(one_at_a_time("report_usage"))
    }

    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        let deps = &ctx.state;
        let Some(provider) = &deps.billing else { return Ok(()) };
        loop {
            let found = deps.storage.read(ReadConsistency::Strong).usage().unreported(BATCH).await?;
            let full = found.len() == BATCH as usize;
            let mut by_organization: BTreeMap<OrganizationId, Vec<Usage>> = BTreeMap::new();
            for used in found {
                by_organization.entry(used.organization_id).or_default().push(used);
            }
            for (organization, usage) in by_organization {
                report(deps, &**provider, organization, &usage).await?;
            }
            if !full {
                return Ok(());
            }
        }
    }
}

async fn report(
    deps: &Deps,
    provider: &dyn BillingProvider,
    organization: OrganizationId,
    usage: &[Usage],
) -> Result<()> {
    let subscription = deps.storage.read(ReadConsistency::Strong).subscriptions().get(organization).await?;
    if let Some(subscription) = subscription.filter(|subscription| subscription.external_customer_id.is_some()) {
        provider.report(&subscription, usage).await?;
    }
    let ids: Vec<_> = usage.iter().map(|used| used.id).collect();
    let unit = deps.storage.begin().await?;
    unit.usage().mark_reported(organization, &ids, deps.now()).await?;
    unit.commit().await
}

/// Takes over what the billing provider says of an organization's subscription, and its plan with it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SyncSubscription {
    #[serde(skip)]
    of: Option<OrganizationId>,
}

impl Job for SyncSubscription {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "sync_subscription";

    fn organization(&self) -> Option<OrganizationId> {
        self.of
    }

    fn unique(&self) -> Option<Unique> {
        let key = self.of.map(|organization| format!("sync_subscription:{organization}"))?;
        Some(Unique { key, scope: UniqueScope::Waiting, taken: WhenTaken::Discard })
    }

    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        let (deps, organization) = (&ctx.state, tenant(&ctx)?);
        let Some(provider) = &deps.billing else { return Ok(()) };
        let found = deps.storage.read(ReadConsistency::Strong).subscriptions().get(organization).await?;
        let Some(subscription) = found else { return Ok(()) };
        let Some(external_id) = &subscription.external_id else { return Ok(()) };
        let provided = provider.subscription(external_id).await?;
        match take_over(deps, subscription, provided).await {
            // Somebody changed it meanwhile: look again.
            Err(error) if error.kind() == ErrorKind::StaleVersion => Err(error.with_retry(Retry::Now)),
            done => done,
        }
    }
}

/// Takes over a subscription that the billing provider has told of, which need not be known yet.
#[derive(RedactedDebug, Serialize, Deserialize)]
pub(crate) struct NoteSubscription {
    subscription: String,
    customer: Option<String>,
    #[serde(skip)]
    of: Option<OrganizationId>,
}

impl NoteSubscription {
    /// The job for a subscription of an organization, by the provider's ids.
    pub(crate) const fn new(of: OrganizationId, subscription: String, customer: Option<String>) -> Self {
        Self { subscription, customer, of: Some(of) }
    }
}

impl Job for NoteSubscription {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "note_subscription";

    fn organization(&self) -> Option<OrganizationId> {
        self.of
    }

    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        let (deps, organization) = (&ctx.state, tenant(&ctx)?);
        // Without a provider nobody says how it stands, and the platform's own plan counts.
        let Some(provider) = &deps.billing else { return Ok(()) };
        let provided = provider.subscription(&self.subscription).await?;
        let stored = deps.storage.read(ReadConsistency::Strong).subscriptions().get(organization).await?;
        let done = match stored {
            Some(stored) if stored.external_id.as_ref() == Some(&self.subscription) => {
                take_over(deps, stored, provided).await
            }
            // One that ended, or was never paid, gives way to another. One that is paid stays: two would be charged.
            Some(stored) if stored.external_id.is_some() && is_live(&stored) => {
                tracing::warn!(%organization, "the billing provider tells of a second subscription");
                Ok(())
            }
            stored => match provided {
                Some(provided) => begin(deps, (organization, self), stored, provided).await,
                None => Ok(()),
            },
        };
        match done {
            Err(error) if matches!(error.kind(), ErrorKind::StaleVersion | ErrorKind::Conflict) => {
                Err(error.with_retry(Retry::Now))
            }
            done => done,
        }
    }
}

const fn is_live(subscription: &Subscription) -> bool {
    matches!(
        subscription.status,
        SubscriptionStatus::Trialing | SubscriptionStatus::Active | SubscriptionStatus::PastDue
    )
}

/// Stores a subscription that is new, in the place of one that has ended.
async fn begin(
    deps: &Deps,
    (id, job): (OrganizationId, NoteSubscription),
    stored: Option<Subscription>,
    provided: ProvidedSubscription,
) -> Result<()> {
    let (now, ctx) = (deps.now(), Context::system(id));
    let new = Subscription {
        organization_id: id,
        plan: provided.plan,
        status: provided.status,
        external_customer_id: job.customer,
        external_id: Some(job.subscription),
        period_start: provided.period_start,
        period_end: provided.period_end,
        cancel_at_period_end: provided.cancel_at_period_end,
        created_at: stored.as_ref().map_or(now, |stored| stored.created_at),
        updated_at: now,
        version: stored.as_ref().map_or(1, |stored| stored.version),
    };
    let unit = deps.storage.begin().await?;
    // Whoever named it need not be one of ours.
    let Some(mut organization) = unit.organizations().get(id).await? else { return Ok(()) };
    if stored.is_some() {
        unit.subscriptions().update(&new).await?;
    } else {
        unit.subscriptions().insert(&new).await?;
    }
    let plan = plan_of(&new);
    if organization.plan != plan {
        (organization.plan, organization.updated_at) = (plan, now);
        unit.organizations().update(&organization).await?;
    }
    let details = json!({ "plan": new.plan, "status": new.status });
    deps.audit(&*unit, &ctx, "subscription.begin", ("subscription", id.to_string()), details).await?;
    unit.commit().await
}

/// The plan that a subscription gives.
const fn plan_of(subscription: &Subscription) -> PlanId {
    match subscription.status {
        SubscriptionStatus::Trialing | SubscriptionStatus::Active | SubscriptionStatus::PastDue => subscription.plan,
        SubscriptionStatus::Canceled | SubscriptionStatus::Unpaid | SubscriptionStatus::Incomplete => PlanId::Free,
    }
}

async fn take_over(deps: &Deps, stored: Subscription, provided: Option<ProvidedSubscription>) -> Result<()> {
    let (id, now) = (stored.organization_id, deps.now());
    let mut changed = stored.clone();
    match provided {
        Some(provided) => {
            (changed.plan, changed.status) = (provided.plan, provided.status);
            (changed.period_start, changed.period_end) = (provided.period_start, provided.period_end);
            changed.cancel_at_period_end = provided.cancel_at_period_end;
        }
        None => changed.status = SubscriptionStatus::Canceled,
    }
    let unit = deps.storage.begin().await?;
    let Some(mut organization) = unit.organizations().get(id).await? else { return Ok(()) };
    let (ctx, plan) = (Context::system(id), plan_of(&changed));
    if changed != stored {
        changed.updated_at = now;
        unit.subscriptions().update(&changed).await?;
    }
    if organization.plan != plan {
        (organization.plan, organization.updated_at) = (plan, now);
        unit.organizations().update(&organization).await?;
    }
    if changed != stored {
        let record = ("subscription", id.to_string());
        let details = json!({ "plan": changed.plan, "status": changed.status });
        deps.audit(&*unit, &ctx, "subscription.sync", record, details).await?;
    }
    unit.commit().await
}

/// Leaves each organization that has a subscription to a job of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SyncSubscriptions {}

impl Job for SyncSubscriptions {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "sync_subscriptions";
    const QUEUE: &'static str = "low";

    fn unique(&self) -> Option<Unique> {
        Some(one_at_a_time("sync_subscriptions"))
    }

    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        let deps = &ctx.state;
        let repos = deps.storage.read(ReadConsistency::Strong);
        let mut after = None;
        loop {
            let ids = repos.organizations().ids(after, PAGE).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = Some(*last);
            let unit = deps.storage.begin().await?;
            for id in &ids {
                if repos.subscriptions().get(*id).await?.is_some_and(|known| known.external_id.is_some()) {
                    leave(&*unit, &SyncSubscription { of: Some(*id) }).await?;
                }
            }
            unit.commit().await?;
        }
    }
}
