//! Outgoing webhooks, and the ids of incoming ones.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;

use super::page::{Listing, Paging};
use crate::{
    domain::{
        OrganizationId, WebhookDeliveryId, WebhookEndpointId, WebhookSourceId,
        destination::Destinations,
        time::Timestamp,
        webhook::{WebhookDelivery, WebhookEndpoint, WebhookSource},
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

    /// Deliveries of every organization that wait and whose next attempt was due before `before`, at most `limit`.
    ///
    /// # Ordering
    /// Those whose time came first, then by id.
    async fn late(&self, before: Timestamp, limit: u32) -> Result<Vec<(OrganizationId, WebhookDeliveryId)>>;

    /// Replaces a delivery's status, attempts and next attempt.
    ///
    /// # Errors
    /// `NotFound`.
    async fn update(&self, delivery: &WebhookDelivery) -> Result<()>;
}

/// Keeps the sources of incoming webhooks.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SourceRepository: Send + Sync {
    /// Adds a source.
    ///
    /// # Errors
    /// `Conflict` when the id is taken.
    async fn insert(&self, source: &WebhookSource) -> Result<()>;

    /// The source with this id.
    async fn get(&self, organization: OrganizationId, id: WebhookSourceId) -> Result<Option<WebhookSource>>;

    /// An organization's sources, oldest first, then by id.
    async fn list(&self, organization: OrganizationId) -> Result<Vec<WebhookSource>>;

    /// Replaces a source that is stored at `source.version`, and stores it at one more.
    ///
    /// # Errors
    /// `StaleVersion`, `NotFound`.
    async fn update(&self, source: &WebhookSource) -> Result<()>;

    /// Removes a source. True when there was one.
    async fn delete(&self, organization: OrganizationId, id: WebhookSourceId) -> Result<bool>;
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

/// One request to an endpoint. Its printed form names neither headers nor body.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookRequest {
    /// Where to.
    pub url: String,
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body, exactly as it was signed.
    pub body: Bytes,
}

impl fmt::Debug for WebhookRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookRequest").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// What a receiver answered. Its printed form does not hold the body.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// When it wants to be asked again, if it said so.
    pub retry_after: Option<Duration>,
    /// The beginning of the body, at most 4096 bytes.
    pub body: Bytes,
}

impl WebhookAnswer {
    /// A status, and nothing else said.
    pub const fn of(status: u16) -> Self {
        Self { status, retry_after: None, body: Bytes::new() }
    }
}

impl fmt::Debug for WebhookAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, retry_after, bytes) = (self.status, self.retry_after, self.body.len());
        f.debug_struct("WebhookAnswer")
            .field("status", &status)
            .field("retry_after", &retry_after)
            .field("bytes", &bytes)
            .finish()
    }
}

/// Sends requests to endpoints, with POST. Follows no redirect, and keeps out of private networks unless the deployment
/// allows them.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Where its requests may go: addresses of endpoints are checked by this when they are given, and names again when
    /// they are resolved.
    fn destinations(&self) -> Destinations;

    /// Sends one request and gives what was answered, whatever the status, with the beginning of its body.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout` when there was no answer; `Validation` when the address is one that requests never go
    /// to. The text names no address and no secret.
    ///
    /// # Idempotency
    /// None: the receiver tells repeated events apart by their id.
    ///
    /// # Cancel safety
    /// A dropped future may have sent the request.
    async fn send(&self, request: &WebhookRequest) -> Result<WebhookAnswer>;
}
