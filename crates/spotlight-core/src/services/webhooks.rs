//! Outgoing webhooks: where a business hears of events, and what was sent there.
//!
//! An event that is published leaves a delivery for every endpoint that wants it, in the unit that notes the
//! publication: each event once per endpoint. Deliveries hold ids and states, never a visitor's words, so that erasure
//! has nothing to look for in them.

mod record;

use chrono::Duration;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use spotlight_derive::RedactedDebug;

pub(crate) use self::record::record;
use super::{
    Context,
    deps::{Deps, answered_id, hex, id_answer},
};
use crate::{
    domain::{
        WebhookDeliveryId, WebhookEndpointId,
        event::EventType,
        time::Timestamp,
        user::{Role, Scope},
        webhook::{DeliveryStatus, DisabledReason, SigningSecret, WebhookDelivery, WebhookEndpoint},
    },
    error::{Error, Result, Violations},
    jobs::{leave, webhook::DeliverWebhook},
    ports::{Listing, Paging, UnitOfWork},
};

/// Most endpoints of an organization.
pub const MAX_ENDPOINTS: usize = 20;
/// The event that an endpoint is tried with.
pub const TEST_EVENT: &str = "webhook.test";
/// Hours in which the secret before the newest one signs too.
pub const OVERLAP_HOURS: i64 = 24;

/// What describes an endpoint.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointInput {
    /// A URL with a host and without credentials, at most 2000 characters, to where the deployment's sender may go: over
    /// HTTPS and to no private address, unless it is allowed more. What a name resolves to is seen at each delivery.
    pub url: String,
    /// Event types it hears of, as [`EventType`] names them; empty means all that
    /// are for webhooks.
    #[serde(default)]
    pub events: Vec<String>,
    /// Hears of events only while true. Switching it on again forgives its failures.
    pub enabled: bool,
}

/// A change of an endpoint: absent fields stay.
#[derive(RedactedDebug, Clone, Default, PartialEq, Eq)]
pub struct EndpointPatch {
    /// As in [`EndpointInput`].
    pub url: Option<String>,
    /// As in [`EndpointInput`].
    pub events: Option<Vec<String>>,
    /// As in [`EndpointInput`].
    pub enabled: Option<bool>,
}

/// An endpoint as it is shown: without its secrets.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Identity.
    pub id: WebhookEndpointId,
    /// Where it listens.
    pub url: String,
    /// Event types it hears of; empty means all.
    pub events: Vec<String>,
    /// Hears of events only while true.
    pub enabled: bool,
    /// When the secret before the newest one stops signing; none when it has no earlier one.
    pub previous_secret_until: Option<Timestamp>,
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// When the platform switched it off.
    pub disabled_at: Option<Timestamp>,
    /// Why it did.
    pub disabled_reason: Option<DisabledReason>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

impl From<WebhookEndpoint> for Endpoint {
    fn from(endpoint: WebhookEndpoint) -> Self {
        Self {
            id: endpoint.id,
            url: endpoint.url,
            events: endpoint.events,
            enabled: endpoint.enabled,
            previous_secret_until: endpoint.previous_secret_until,
            consecutive_failures: endpoint.consecutive_failures,
            disabled_at: endpoint.disabled_at,
            disabled_reason: endpoint.disabled_reason,
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
            version: endpoint.version,
        }
    }
}

/// An endpoint with its newest secret, which is shown this once.
#[derive(Debug)]
pub struct NewSecret {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What its messages are signed with from now on.
    pub secret: SecretString,
}

impl From<WebhookEndpoint> for NewSecret {
    fn from(endpoint: WebhookEndpoint) -> Self {
        let secret = SecretString::from(endpoint.secret.expose().to_owned());
        Self { endpoint: endpoint.into(), secret }
    }
}

/// Webhook endpoints and their deliveries, for administrators.
#[derive(Clone)]
pub struct WebhookService {
    deps: Deps,
}

impl WebhookService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// The organization's endpoints, oldest first.
    ///
    /// # Errors
    /// `Forbidden` below `admin`.
    pub async fn list(&self, ctx: &Context) -> Result<Vec<Endpoint>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let found = self.deps.read(ctx).webhook_endpoints().list(ctx.organization).await?;
        Ok(found.into_iter().map(Endpoint::from).collect())
    }

    /// The endpoint with this id.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` below `admin`.
    pub async fn get(&self, ctx: &Context, id: WebhookEndpointId) -> Result<Endpoint> {
        self.stored(ctx, id).await.map(Endpoint::from)
    }

    async fn stored(&self, ctx: &Context, id: WebhookEndpointId) -> Result<WebhookEndpoint> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let found = self.deps.read(ctx).webhook_endpoints().get(ctx.organization, id).await?;
        found.ok_or_else(missing)
    }

    /// Adds an endpoint, with a secret of its own.
    ///
    /// # Errors
    /// `Validation` with every broken rule; `Conflict` when there are 20; `Forbidden` below `admin`.
    pub async fn create(&self, ctx: &Context, input: EndpointInput) -> Result<NewSecret> {
        ctx.require(Scope::Admin, Role::Admin)?;
        if let Some(answer) = self.deps.replay(ctx, "webhook_endpoint.create", &input).await? {
            return self.stored(ctx, answered_id(&answer)?).await.map(NewSecret::from);
        }
        let now = self.deps.now();
        let mut endpoint = WebhookEndpoint {
            id: WebhookEndpointId::from_uuid(self.deps.ids.uuid()),
            organization_id: ctx.organization,
            url: String::new(),
            events: Vec::new(),
            secret: self.secret(),
            previous_secret: None,
            previous_secret_until: None,
            enabled: true,
            consecutive_failures: 0,
            disabled_at: None,
            disabled_reason: None,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        self.apply(&input, &mut endpoint)?;
        let unit = self.deps.storage.begin().await?;
        if unit.webhook_endpoints().list(ctx.organization).await?.len() >= MAX_ENDPOINTS {
            return Err(Error::conflict(format!("an organization has at most {MAX_ENDPOINTS} endpoints; delete one")));
        }
        unit.webhook_endpoints().insert(&endpoint).await?;
        self.deps.audit(&*unit, ctx, "webhook_endpoint.create", record_of(endpoint.id), json!({})).await?;
        self.deps.remember(&*unit, ctx, "webhook_endpoint.create", &input, id_answer(endpoint.id)).await?;
        unit.commit().await?;
        Ok(endpoint.into())
    }

    fn secret(&self) -> SigningSecret {
        SigningSecret::new(format!("whsec_{}", hex(&self.deps.ids.secret())))
    }

    /// Changes an endpoint; its secret stays. With `expected_version`, only when it is still at that version.
    ///
    /// # Errors
    /// `NotFound`, `Validation` with every broken rule, `StaleVersion`, `Forbidden` below `admin`.
    pub async fn update(
        &self,
        ctx: &Context,
        id: WebhookEndpointId,
        input: EndpointInput,
        expected_version: Option<i64>,
    ) -> Result<Endpoint> {
        let EndpointInput { url, events, enabled } = input;
        let patch = EndpointPatch { url: Some(url), events: Some(events), enabled: Some(enabled) };
        self.change(ctx, id, patch, expected_version).await
    }

    /// Changes parts of an endpoint: absent fields stay. As [`update`](Self::update) otherwise.
    ///
    /// # Errors
    /// As `update`.
    pub async fn change(
        &self,
        ctx: &Context,
        id: WebhookEndpointId,
        patch: EndpointPatch,
        expected_version: Option<i64>,
    ) -> Result<Endpoint> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        let mut endpoint = find(&*unit, ctx, id).await?;
        if expected_version.is_some_and(|version| version != endpoint.version) {
            return Err(Error::stale("webhook endpoint"));
        }
        let input = EndpointInput {
            url: patch.url.unwrap_or_else(|| endpoint.url.clone()),
            events: patch.events.unwrap_or_else(|| endpoint.events.clone()),
            enabled: patch.enabled.unwrap_or(endpoint.enabled),
        };
        if input.enabled && !endpoint.enabled {
            (endpoint.consecutive_failures, endpoint.disabled_at, endpoint.disabled_reason) = (0, None, None);
        }
        self.apply(&input, &mut endpoint)?;
        self.store(&*unit, ctx, &mut endpoint, "webhook_endpoint.update").await?;
        unit.commit().await?;
        Ok(endpoint.into())
    }

    /// Gives an endpoint a new secret. The one it had signs too for another 24 hours, so that the receiver can change
    /// over; one before that stops at once.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`, `Forbidden` below `admin`.
    ///
    /// # Idempotency
    /// With an idempotency key, the same rotation again gives the newest secret and makes none.
    pub async fn rotate_secret(&self, ctx: &Context, id: WebhookEndpointId) -> Result<NewSecret> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let scope = "webhook_endpoint.rotate";
        if self.deps.replay(ctx, scope, &id).await?.is_some() {
            return self.stored(ctx, id).await.map(NewSecret::from);
        }
        let unit = self.deps.storage.begin().await?;
        let mut endpoint = find(&*unit, ctx, id).await?;
        endpoint.previous_secret = Some(std::mem::replace(&mut endpoint.secret, self.secret()));
        endpoint.previous_secret_until = Some(self.deps.now() + Duration::hours(OVERLAP_HOURS));
        self.store(&*unit, ctx, &mut endpoint, scope).await?;
        self.deps.remember(&*unit, ctx, scope, &id, id_answer(id)).await?;
        unit.commit().await?;
        Ok(endpoint.into())
    }

    /// Puts the input into an endpoint. An address that stays is not looked at again: it can always be switched off.
    fn apply(&self, input: &EndpointInput, endpoint: &mut WebhookEndpoint) -> Result<()> {
        let moved = endpoint.url != input.url.trim();
        input.url.trim().clone_into(&mut endpoint.url);
        endpoint.events.clone_from(&input.events);
        endpoint.events.sort();
        endpoint.events.dedup();
        endpoint.enabled = input.enabled;
        let mut broken = Violations::new();
        for (index, event) in input.events.iter().enumerate() {
            if !event.parse().is_ok_and(EventType::is_for_webhooks) {
                let known: Vec<_> =
                    EventType::ALL.iter().filter(|it| it.is_for_webhooks()).map(|it| it.as_str()).collect();
                let detail = format!("An event must be one of: {}", known.join(", "));
                broken.add(format!("events.{index}"), "unknown", detail);
            }
        }
        // What is no URL has no destination.
        if broken.take("", endpoint.validate())?.is_some() && moved {
            let destinations = self.deps.webhooks.as_ref().map(|sender| sender.destinations()).unwrap_or_default();
            broken.take("", destinations.check(&endpoint.url))?;
        }
        broken.into_result()
    }

    async fn store(
        &self,
        unit: &dyn UnitOfWork,
        ctx: &Context,
        endpoint: &mut WebhookEndpoint,
        action: &str,
    ) -> Result<()> {
        endpoint.updated_at = self.deps.now();
        unit.webhook_endpoints().update(endpoint).await?;
        endpoint.version += 1;
        self.deps.audit(unit, ctx, action, record_of(endpoint.id), json!({})).await
    }

    /// Removes an endpoint and its deliveries.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` below `admin`.
    pub async fn delete(&self, ctx: &Context, id: WebhookEndpointId) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        if !unit.webhook_endpoints().delete(ctx.organization, id).await? {
            return Err(missing());
        }
        self.deps.audit(&*unit, ctx, "webhook_endpoint.delete", record_of(id), json!({})).await?;
        unit.commit().await
    }

    /// An endpoint's deliveries, newest first, then by id descending.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` below `admin`.
    pub async fn deliveries(
        &self,
        ctx: &Context,
        endpoint: WebhookEndpointId,
        paging: &Paging,
    ) -> Result<Listing<WebhookDelivery>> {
        self.stored(ctx, endpoint).await?;
        self.deps.read(ctx).webhook_deliveries().list(ctx.organization, endpoint, paging).await
    }

    /// A delivery of an endpoint.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` below `admin`.
    pub async fn delivery(
        &self,
        ctx: &Context,
        endpoint: WebhookEndpointId,
        id: WebhookDeliveryId,
    ) -> Result<WebhookDelivery> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let found = self.deps.read(ctx).webhook_deliveries().get(ctx.organization, id).await?;
        found.filter(|delivery| delivery.endpoint_id == endpoint).ok_or_else(|| Error::not_found("webhook delivery"))
    }

    /// Leaves a delivery of an event that means nothing, `webhook.test`, whatever events the endpoint hears of.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the endpoint is switched off; `Forbidden` below `admin`.
    ///
    /// # Idempotency
    /// With an idempotency key, the same test again gives the delivery it left.
    pub async fn test(&self, ctx: &Context, endpoint: WebhookEndpointId) -> Result<WebhookDelivery> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let scope = "webhook_endpoint.test";
        if let Some(answer) = self.deps.replay(ctx, scope, &endpoint).await? {
            return self.delivery(ctx, endpoint, answered_id(&answer)?).await;
        }
        let unit = self.deps.storage.begin().await?;
        let receiver = find(&*unit, ctx, endpoint).await?;
        if !receiver.enabled {
            return Err(Error::conflict("the endpoint is switched off; switch it on first"));
        }
        let now = self.deps.now();
        let payload = json!({
            "id": self.deps.ids.uuid(),
            "type": TEST_EVENT,
            "conversation_id": null,
            "data": {},
            "at": now,
        });
        let delivery = WebhookDelivery {
            id: WebhookDeliveryId::from_uuid(self.deps.ids.uuid()),
            organization_id: ctx.organization,
            endpoint_id: endpoint,
            event_type: TEST_EVENT.to_owned(),
            payload,
            status: DeliveryStatus::Pending,
            attempts: Vec::new(),
            next_attempt_at: Some(now),
            created_at: now,
            updated_at: now,
        };
        unit.webhook_deliveries().insert(&delivery).await?;
        if self.deps.webhooks.is_some() {
            leave(&*unit, &DeliverWebhook::new(&delivery)).await?;
        }
        self.deps.audit(&*unit, ctx, scope, record_of(endpoint), json!({})).await?;
        self.deps.remember(&*unit, ctx, scope, &endpoint, id_answer(delivery.id)).await?;
        unit.commit().await?;
        Ok(delivery)
    }

    /// Sends a delivery that has ended once more: it waits again, with its earlier attempts beside it. The receiver sees
    /// the same event id.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it waits already or the endpoint is switched off; `Forbidden` below `admin`.
    ///
    /// # Idempotency
    /// With an idempotency key, the same request again gives the delivery and sends nothing.
    pub async fn replay(
        &self,
        ctx: &Context,
        endpoint: WebhookEndpointId,
        id: WebhookDeliveryId,
    ) -> Result<WebhookDelivery> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let (scope, request) = ("webhook_delivery.replay", (endpoint, id));
        if self.deps.replay(ctx, scope, &request).await?.is_some() {
            return self.delivery(ctx, endpoint, id).await;
        }
        let unit = self.deps.storage.begin().await?;
        let receiver = find(&*unit, ctx, endpoint).await?;
        let found = unit.webhook_deliveries().get(ctx.organization, id).await?;
        let mut delivery = found
            .filter(|delivery| delivery.endpoint_id == endpoint)
            .ok_or_else(|| Error::not_found("webhook delivery"))?;
        if delivery.status == DeliveryStatus::Pending {
            return Err(Error::conflict("the delivery waits for its next attempt already"));
        }
        if !receiver.enabled {
            return Err(Error::conflict("the endpoint is switched off; switch it on first"));
        }
        let now = self.deps.now();
        (delivery.status, delivery.next_attempt_at, delivery.updated_at) = (DeliveryStatus::Pending, Some(now), now);
        unit.webhook_deliveries().update(&delivery).await?;
        if self.deps.webhooks.is_some() {
            leave(&*unit, &DeliverWebhook::new(&delivery)).await?;
        }
        let record = ("webhook_delivery", id.to_string());
        self.deps.audit(&*unit, ctx, scope, record, json!({ "endpoint_id": endpoint })).await?;
        self.deps.remember(&*unit, ctx, scope, &request, id_answer(id)).await?;
        unit.commit().await?;
        Ok(delivery)
    }
}

fn missing() -> Error {
    Error::not_found("webhook endpoint")
}

fn record_of(id: WebhookEndpointId) -> (&'static str, String) {
    ("webhook_endpoint", id.to_string())
}

async fn find(unit: &dyn UnitOfWork, ctx: &Context, id: WebhookEndpointId) -> Result<WebhookEndpoint> {
    unit.webhook_endpoints().get(ctx.organization, id).await?.ok_or_else(missing)
}
