//! Plans, what of them is used, and the limits that are checked before anything costs money.

use chrono::{Datelike, Months, NaiveTime};

use super::{Context, deps::Deps};
use crate::{
    domain::{
        ConversationId, OrganizationId, UsageId,
        billing::{Meter, PlanId, PlanLimits, Subscription, SubscriptionStatus, Usage},
        conversation::Transcript,
        organization::Organization,
        time::{Timestamp, Window},
        user::{Role, Scope},
    },
    error::{Error, ErrorKind, Result},
    ports::{Between, Repositories, UnitOfWork},
};

/// What an organization is entitled to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// The plan whose limits apply.
    pub plan: PlanId,
    /// Those limits.
    pub limits: PlanLimits,
    /// What is paid for; none without a billing provider.
    pub subscription: Option<Subscription>,
}

/// How much of something is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// So much is used.
    pub used: i64,
    /// So much is allowed; none is without limit.
    pub limit: Option<i64>,
}

/// What an organization has used in the period its limits count in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodUsage {
    /// The calendar month (UTC).
    pub period: Window,
    /// Each meter, in its own unit.
    pub meters: Vec<(Meter, Used)>,
    /// Assistants that exist now.
    pub assistants: Used,
}

/// Billing, as far as this deployment knows it by itself.
#[derive(Clone)]
pub struct BillingService {
    deps: Deps,
}

impl BillingService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Every plan with its limits, smallest first.
    ///
    /// # Errors
    /// `Forbidden` below `admin`.
    pub fn plans(&self, ctx: &Context) -> Result<Vec<(PlanId, PlanLimits)>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        Ok(PlanId::ALL.iter().map(|plan| (*plan, plan.limits())).collect())
    }

    /// The organization's plan, its limits, and what is paid for.
    ///
    /// # Errors
    /// `Forbidden` below `admin`.
    pub async fn subscription(&self, ctx: &Context) -> Result<Entitlement> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let repos = self.deps.read(ctx);
        let plan = organization(repos, ctx).await?.plan;
        let subscription = repos.subscriptions().get(ctx.organization).await?;
        Ok(Entitlement { plan, limits: plan.limits(), subscription })
    }

    /// The organization's plan alone, for limits that depend on it. Anybody of the organization may ask.
    ///
    /// # Errors
    /// `NotFound` without the organization.
    pub async fn plan(&self, ctx: &Context) -> Result<PlanId> {
        Ok(organization(self.deps.read(ctx), ctx).await?.plan)
    }

    /// Where the organization pays for a plan.
    ///
    /// # Errors
    /// `Conflict` without a billing provider, for the plan it has, and for one that is not sold; `Forbidden` below
    /// `admin`; `Unavailable` when the provider does not answer.
    pub async fn checkout(&self, ctx: &Context, plan: PlanId) -> Result<String> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let provider = self.deps.billing.as_ref().ok_or_else(unbilled)?;
        let found = self.subscription(ctx).await?;
        let live = found
            .subscription
            .as_ref()
            .is_some_and(|it| !matches!(it.status, SubscriptionStatus::Canceled | SubscriptionStatus::Incomplete));
        if plan == PlanId::Free || found.plan == plan || live {
            let text = "change or end what is paid for in the billing portal; checkout begins a first subscription";
            return Err(Error::conflict(text));
        }
        let customer = found.subscription.and_then(|subscription| subscription.external_customer_id);
        provider.checkout(ctx.organization, plan, customer).await
    }

    /// Where the organization changes or ends what it pays for.
    ///
    /// # Errors
    /// `Conflict` without a billing provider, and for an organization that pays for nothing; `Forbidden` below `admin`;
    /// `Unavailable` when the provider does not answer.
    pub async fn portal(&self, ctx: &Context) -> Result<String> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let provider = self.deps.billing.as_ref().ok_or_else(unbilled)?;
        let subscription = self.deps.read(ctx).subscriptions().get(ctx.organization).await?;
        let customer = subscription.and_then(|subscription| subscription.external_customer_id);
        let customer = customer.ok_or_else(|| Error::conflict("nothing is paid for yet; begin with a checkout"))?;
        provider.portal(&customer).await
    }

    /// What has been used since the month began.
    ///
    /// # Errors
    /// `Forbidden` below `admin`.
    pub async fn usage(&self, ctx: &Context) -> Result<PeriodUsage> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let repos = self.deps.read(ctx);
        let limits = organization(repos, ctx).await?.plan.limits();
        let period = month(self.deps.now());
        let mut meters = Vec::with_capacity(Meter::ALL.len());
        for meter in Meter::ALL.iter().copied() {
            let used = total(repos, ctx.organization, meter, period).await?;
            meters.push((meter, Used { used, limit: limit(&limits, meter) }));
        }
        let assistants = i64::try_from(repos.assistants().count(ctx.organization).await?).unwrap_or(i64::MAX);
        Ok(PeriodUsage {
            period,
            meters,
            assistants: Used { used: assistants, limit: limits.assistants.map(i64::from) },
        })
    }
}

/// There is nobody to pay.
fn unbilled() -> Error {
    Error::conflict("this deployment has no billing provider; whoever runs it gives each organization its plan")
}

async fn organization(repos: &dyn Repositories, ctx: &Context) -> Result<Organization> {
    let found = repos.organizations().get(ctx.organization).await?;
    found.ok_or_else(|| Error::not_found("organization"))
}

/// The limit of a meter, in the meter's unit.
fn limit(limits: &PlanLimits, meter: Meter) -> Option<i64> {
    match meter {
        Meter::Conversations => limits.conversations_per_month.map(i64::from),
        Meter::VoiceSeconds => limits.voice_minutes_per_month.map(|minutes| i64::from(minutes) * 60),
        Meter::ModelTokens => None,
    }
}

async fn total(repos: &dyn Repositories, organization: OrganizationId, meter: Meter, period: Window) -> Result<i64> {
    let between = Between { from: Some(period.start), to: Some(period.end) };
    repos.usage().total(organization, meter, between).await
}

/// The calendar month (UTC) of an instant.
fn month(now: Timestamp) -> Window {
    let first = now.date_naive().with_day(1).unwrap_or_else(|| now.date_naive());
    let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let start = |day: chrono::NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    Window { start: start(first), end: start(next) }
}

fn reached(organization: &Organization, limit: u32, what: &str) -> Error {
    Error::new(ErrorKind::PlanLimit, format!("the plan {} allows {limit} {what} change the plan", organization.plan))
}

/// True while a meter is below its limit.
async fn is_below(repos: &dyn Repositories, organization: &Organization, meter: Meter, now: Timestamp) -> Result<bool> {
    let Some(limit) = limit(&organization.plan.limits(), meter) else { return Ok(true) };
    Ok(total(repos, organization.id, meter, month(now)).await? < limit)
}

/// Refuses a conversation over the plan's limit.
///
/// # Errors
/// `PlanLimit`.
pub(crate) async fn check_conversations(
    unit: &dyn UnitOfWork,
    organization: &Organization,
    now: Timestamp,
) -> Result<()> {
    if is_below(unit, organization, Meter::Conversations, now).await? {
        return Ok(());
    }
    let limit = organization.plan.limits().conversations_per_month.unwrap_or_default();
    Err(reached(organization, limit, "conversations a month;"))
}

/// Refuses voice once the month's minutes are used up. The utterance that crosses the limit is heard to its end.
///
/// # Errors
/// `PlanLimit`.
pub(crate) async fn check_voice(deps: &Deps, ctx: &Context) -> Result<()> {
    let repos = deps.read(ctx);
    let organization = organization(repos, ctx).await?;
    if is_below(repos, &organization, Meter::VoiceSeconds, deps.now()).await? {
        return Ok(());
    }
    let limit = organization.plan.limits().voice_minutes_per_month.unwrap_or_default();
    Err(reached(&organization, limit, "minutes of voice a month;"))
}

/// Notes what an utterance took to say, in the unit that stores it. A second that has begun counts.
pub(crate) async fn record_voice(deps: &Deps, unit: &dyn UnitOfWork, said: &Transcript) -> Result<()> {
    let Some(seconds) = said.duration_s.filter(|seconds| *seconds > 0.0) else { return Ok(()) };
    let key = format!("voice:{}:{}", said.conversation_id, said.seq);
    let usage = voice(deps, (said.organization_id, said.conversation_id), key, seconds);
    unit.usage().record(&usage).await.map(drop)
}

/// Notes voice that was recognised for a turn that could not begin.
pub(crate) async fn record_lost_voice(
    deps: &Deps,
    ctx: &Context,
    conversation: ConversationId,
    seconds: f64,
) -> Result<()> {
    let key = format!("recognition:{}", deps.ids.uuid());
    let unit = deps.storage.begin().await?;
    unit.usage().record(&voice(deps, (ctx.organization, conversation), key, seconds)).await?;
    unit.commit().await
}

fn voice(
    deps: &Deps,
    (organization, conversation): (OrganizationId, ConversationId),
    event_key: String,
    seconds: f64,
) -> Usage {
    Usage {
        id: UsageId::from_uuid(deps.ids.uuid()),
        organization_id: organization,
        meter: Meter::VoiceSeconds,
        quantity: (seconds.ceil() as i64).clamp(1, 24 * 3600),
        event_key,
        conversation_id: Some(conversation),
        occurred_at: deps.now(),
        reported_at: None,
    }
}

/// Refuses an assistant over the plan's limit.
///
/// # Errors
/// `PlanLimit`.
pub(crate) async fn check_assistants(unit: &dyn UnitOfWork, ctx: &Context) -> Result<()> {
    let organization = organization(unit, ctx).await?;
    let Some(limit) = organization.plan.limits().assistants else { return Ok(()) };
    if unit.assistants().count(ctx.organization).await? < u64::from(limit) {
        return Ok(());
    }
    Err(reached(&organization, limit, "assistants; delete one or"))
}
