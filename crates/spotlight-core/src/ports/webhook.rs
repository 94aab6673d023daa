//! Outgoing webhooks, and the ids of incoming ones.

use async_trait::async_trait;

use super::page::{Listing, Paging};
use crate::{
    domain::{
        OrganizationId, WebhookDeliveryId, WebhookEndpointId,
        time::Timestamp,
        webhook::{WebhookDelivery, WebhookEndpoint},
    },
    error::Result,
};

/// Keeps webhook endpoints.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EndpointRepository: Send + Sync {
    /// Adds an endpoint.
    ///
    /// # Errors
    /// `Conflict` when the id is taken.
    async fn insert(&self, endpoint: &WebhookEndpoint) -> Result<()>;

    /// The endpoint with this id.
    async fn get(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<Option<WebhookEndpoint>>;

    /// An organization's endpoints, oldest first, then by id.
    async fn list(&self, organization: OrganizationId) -> Result<Vec<WebhookEndpoint>>;

    /// Replaces an endpoint that is stored at `endpoint.version`, and stores it at one more.
    ///
    /// # Errors
    /// `StaleVersion`, `NotFound`.
    async fn update(&self, endpoint: &WebhookEndpoint) -> Result<()>;

    /// Removes an endpoint and its deliveries. True when there was one.
    async fn delete(&self, organization: OrganizationId, id: WebhookEndpointId) -> Result<bool>;
}

/// Keeps webhook deliveries.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait DeliveryRepository: Send + Sync {
    /// Adds a delivery.
    ///
    /// # Errors
    /// `Conflict` when the id is taken, `NotFound` without the endpoint.
    async fn insert(&self, delivery: &WebhookDelivery) -> Result<()>;

    /// The delivery with this id.
    async fn get(&self, organization: OrganizationId, id: WebhookDeliveryId) -> Result<Option<WebhookDelivery>>;

    /// An endpoint's deliveries, newest first, then by id descending.
    async fn list(
        &self,
        organization: OrganizationId,
        endpoint: WebhookEndpointId,
        paging: &Paging,
    ) -> Result<Listing<WebhookDelivery>>;

    /// Replaces a delivery's status, attempts and next attempt.
    ///
    /// # Errors
    /// `NotFound`.
    async fn update(&self, delivery: &WebhookDelivery) -> Result<()>;
}

/// Keeps the ids of incoming webhook events, over the whole deployment.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ProcessedRepository: Send + Sync {
    /// Notes an event of a source. True for the first time, false for every later one.
    async fn accept(&self, source: &str, event_id: &str, now: Timestamp) -> Result<bool>;

    /// Removes at most `limit` ids noted before `before`. Gives how many.
    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<u64>;
}
