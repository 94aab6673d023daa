//! Plans, what is paid for, and what is used.

use spotlight_core::{
    domain::{
        OrganizationId,
        billing::{Meter, PlanId, PlanLimits, SubscriptionStatus},
        time::Timestamp,
    },
    services::billing::{Entitlement, PeriodUsage, Used},
};

use crate::{
    input::input,
    output::{Attributes, Resource, output},
};

output! {
    /// A plan and its limits; null is without limit.
    PlanAttributes as "Plan" {
        /// Assistants that exist at once.
        assistants: Option<u32>,
        /// Conversations begun in a calendar month (UTC).
        conversations_per_month: Option<u32>,
        /// Minutes of voice in a calendar month (UTC).
        voice_minutes_per_month: Option<u32>,
        /// Members of the organization.
        seats: Option<u32>,
        /// Requests that a user or a token may make at once, and again over each minute.
        requests: u32,
    }
}

impl Attributes for PlanAttributes {
    const KIND: &'static str = "plan";
}

/// A plan as it is shown.
pub(crate) fn plan(id: PlanId, limits: PlanLimits, requests: u32) -> Resource<PlanAttributes> {
    let attributes = PlanAttributes {
        assistants: limits.assistants,
        conversations_per_month: limits.conversations_per_month,
        voice_minutes_per_month: limits.voice_minutes_per_month,
        seats: limits.seats,
        requests,
    };
    Resource::new(id, attributes)
}

output! {
    /// What an organization is entitled to, and what it pays for.
    SubscriptionAttributes as "Subscription" {
        /// The plan whose limits apply.
        plan: PlanId,
        /// Where the subscription stands; null when nothing is paid for.
        status: Option<SubscriptionStatus>,
        /// Start of the paid period.
        period_start: Option<Timestamp>,
        /// End of the paid period.
        period_end: Option<Timestamp>,
        /// Ends with the period.
        cancel_at_period_end: bool,
    }
}

impl Attributes for SubscriptionAttributes {
    const KIND: &'static str = "subscription";
}

/// An entitlement as it is shown; its id is the organization's.
pub(crate) fn subscription(id: OrganizationId, found: Entitlement) -> Resource<SubscriptionAttributes> {
    let paid = found.subscription.as_ref();
    let attributes = SubscriptionAttributes {
        plan: found.plan,
        status: paid.map(|paid| paid.status),
        period_start: paid.map(|paid| paid.period_start),
        period_end: paid.map(|paid| paid.period_end),
        cancel_at_period_end: paid.is_some_and(|paid| paid.cancel_at_period_end),
    };
    Resource::new(id, attributes)
}

output! {
    /// How much of something is used.
    UsedShown as "Used" {
        /// So much is used.
        used: i64,
        /// So much is allowed; null is without limit.
        limit: Option<i64>,
    }
}

impl From<Used> for UsedShown {
    fn from(used: Used) -> Self {
        Self { used: used.used, limit: used.limit }
    }
}

output! {
    /// What was used in a period.
    UsageAttributes as "Usage" {
        /// Start of the period.
        period_start: Timestamp,
        /// End of the period.
        period_end: Timestamp,
        /// Conversations begun.
        conversations: UsedShown,
        /// Seconds of voice.
        voice_seconds: UsedShown,
        /// Tokens of the language model.
        model_tokens: UsedShown,
        /// Assistants that exist now.
        assistants: UsedShown,
    }
}

impl Attributes for UsageAttributes {
    const KIND: &'static str = "usage";
}

/// Usage as it is shown; its id is the organization's.
pub(crate) fn usage(id: OrganizationId, found: PeriodUsage) -> Resource<UsageAttributes> {
    let meter = |wanted: Meter| {
        let of = found.meters.iter().find(|(meter, _)| *meter == wanted).map(|(_, used)| *used);
        UsedShown::from(of.unwrap_or(Used { used: 0, limit: None }))
    };
    let attributes = UsageAttributes {
        period_start: found.period.start,
        period_end: found.period.end,
        conversations: meter(Meter::Conversations),
        voice_seconds: meter(Meter::VoiceSeconds),
        model_tokens: meter(Meter::ModelTokens),
        assistants: found.assistants.into(),
    };
    Resource::new(id, attributes)
}

input! {
    /// What is to be paid for.
    CheckoutInput {
        /// The plan.
        required plan: PlanId,
    }
}

output! {
    /// A page of the billing provider.
    PageAttributes as "BillingPage" {
        /// Where to send the browser.
        url: String,
    }
}

impl Attributes for PageAttributes {
    const KIND: &'static str = "billing_page";
}

/// A page as it is shown.
pub(crate) fn page(id: &str, url: String) -> Resource<PageAttributes> {
    Resource::new(id, PageAttributes { url })
}
