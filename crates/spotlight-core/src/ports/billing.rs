//! Subscriptions, usage and the billing provider.

use async_trait::async_trait;

use super::page::Between;
use crate::{
    domain::{
        OrganizationId, UsageId,
        billing::{Meter, PlanId, Subscription, SubscriptionStatus, Usage},
        time::Timestamp,
    },
    error::Result,
};

/// Keeps subscriptions.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SubscriptionRepository: Send + Sync {
    /// The organization's subscription.
    async fn get(&self, organization: OrganizationId) -> Result<Option<Subscription>>;

    /// Adds the organization's subscription.
    ///
    /// # Errors
    /// `Conflict` when it has one or the provider's id is taken; `NotFound` without the organization.
    async fn insert(&self, subscription: &Subscription) -> Result<()>;

    /// Replaces a subscription that is stored at `subscription.version`, and stores it at one more.
    ///
    /// # Errors
    /// `StaleVersion`, `NotFound`, `Conflict` when the provider's id is taken.
    async fn update(&self, subscription: &Subscription) -> Result<()>;
}

/// Keeps metered usage.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UsageRepository: Send + Sync {
    /// Records usage. True when it was recorded.
    ///
    /// # Errors
    /// `Conflict` when the id is taken by another event; `NotFound` when the conversation does not exist.
    ///
    /// # Idempotency
    /// An event key that is recorded already adds nothing.
    async fn record(&self, usage: &Usage) -> Result<bool>;

    /// The sum of a meter in a span.
    async fn total(&self, organization: OrganizationId, meter: Meter, between: Between) -> Result<i64>;

    /// Usage of every organization that the provider was not told of, oldest first, then by id.
    async fn unreported(&self, limit: u32) -> Result<Vec<Usage>>;

    /// Notes that the provider was told.
    ///
    /// # Idempotency
    /// A record keeps its first time.
    async fn mark_reported(&self, organization: OrganizationId, ids: &[UsageId], at: Timestamp) -> Result<()>;
}

/// A subscription as the billing provider has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvidedSubscription {
    /// The plan.
    pub plan: PlanId,
    /// Where it stands.
    pub status: SubscriptionStatus,
    /// Start of the paid period.
    pub period_start: Timestamp,
    /// End of the paid period.
    pub period_end: Timestamp,
    /// Ends with the period.
    pub cancel_at_period_end: bool,
}

/// Bills organizations. Without one, every organization is on the plan that the platform itself gives it.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait BillingProvider: Send + Sync {
    /// Tells what was used. `subscription` names the customer.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when the provider does not answer, and then it may have been told; `NotFound` when it
    /// does not know the customer.
    ///
    /// # Idempotency
    /// Usage of an id that was told before counts once.
    ///
    /// # Cancel safety
    /// A dropped future may have told it.
    async fn report(&self, subscription: &Subscription, usage: &[Usage]) -> Result<()>;

    /// Where somebody pays for a plan: a page of the provider. What is paid there is told to us by an event that names the
    /// organization. `customer` is the provider's id of the organization, where it has one.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when the provider does not answer; `Conflict` for a plan that it does not sell.
    async fn checkout(&self, organization: OrganizationId, plan: PlanId, customer: Option<String>) -> Result<String>;

    /// Where a customer changes or ends what they pay for: a page of the provider.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when the provider does not answer; `NotFound` when it does not know the customer.
    async fn portal(&self, customer: &str) -> Result<String>;

    /// A subscription as it stands; none when the provider knows it no more.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when the provider does not answer.
    async fn subscription(&self, external_id: &str) -> Result<Option<ProvidedSubscription>>;
}
