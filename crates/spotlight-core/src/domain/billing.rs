//! Plans, subscriptions and metered usage.

use spotlight_derive::RedactedDebug;

use super::{
    id::{ConversationId, OrganizationId, UsageId},
    macros::words,
    time::Timestamp,
};

words! {
    /// A plan of the catalogue.
    PlanId, "plan" {
        /// What a deployment without a billing provider gives.
        Free = "free",
        /// For a first assistant.
        Starter = "starter",
        /// For a team.
        Growth = "growth",
        /// For a company.
        Scale = "scale",
    }
}

/// What a plan allows. `None` is without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanLimits {
    /// Assistants that exist at once.
    pub assistants: Option<u32>,
    /// Conversations begun in a calendar month (UTC).
    pub conversations_per_month: Option<u32>,
    /// Minutes of voice in a calendar month (UTC).
    pub voice_minutes_per_month: Option<u32>,
    /// Members of the organization.
    pub seats: Option<u32>,
}

impl PlanId {
    /// The limits of the plan as delivered; a deployment can replace the catalogue.
    pub const fn limits(self) -> PlanLimits {
        let (assistants, conversations, voice, seats) = match self {
            Self::Free => (Some(3), Some(1_000), Some(60), Some(3)),
            Self::Starter => (Some(10), Some(5_000), Some(600), Some(10)),
            Self::Growth => (Some(50), Some(50_000), Some(6_000), Some(50)),
            Self::Scale => (None, None, None, None),
        };
        PlanLimits { assistants, conversations_per_month: conversations, voice_minutes_per_month: voice, seats }
    }
}

words! {
    /// Where a subscription stands, in the billing provider's words.
    SubscriptionStatus, "status" {
        /// Free for a time.
        Trialing = "trialing",
        /// Paid.
        Active = "active",
        /// A payment failed.
        PastDue = "past_due",
        /// Ended.
        Canceled = "canceled",
        /// Payments failed for good.
        Unpaid = "unpaid",
        /// The first payment is missing.
        Incomplete = "incomplete",
    }
}

/// What an organization pays for. One per organization.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The plan.
    pub plan: PlanId,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// The provider's id of the customer.
    pub external_customer_id: Option<String>,
    /// The provider's id of the subscription.
    pub external_id: Option<String>,
    /// Start of the paid period.
    pub period_start: Timestamp,
    /// End of the paid period.
    pub period_end: Timestamp,
    /// Ends with the period.
    pub cancel_at_period_end: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

words! {
    /// What is metered.
    Meter, "meter" {
        /// Conversations begun.
        Conversations = "conversations",
        /// Seconds of voice.
        VoiceSeconds = "voice_seconds",
        /// Tokens of the language model.
        ModelTokens = "model_tokens",
    }
}

/// Something that was used, recorded once per event.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Identity.
    pub id: UsageId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// What.
    pub meter: Meter,
    /// How much, above zero.
    pub quantity: i64,
    /// Names the event; unique per organization and meter, so that it counts once.
    pub event_key: String,
    /// Where it was used.
    pub conversation_id: Option<ConversationId>,
    /// When.
    pub occurred_at: Timestamp,
    /// When the billing provider was told.
    pub reported_at: Option<Timestamp>,
}
