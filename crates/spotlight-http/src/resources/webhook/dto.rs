//! Webhook endpoints and their deliveries.

use serde_json::Value;
use spotlight_core::{
    domain::{
        event::EventType,
        time::Timestamp,
        webhook::{DeliveryAttempt, DeliveryStatus, DisabledReason, WebhookDelivery},
    },
    error::Violations,
    services::webhooks::{self, EndpointPatch},
};

use crate::{
    input::{Field, List, Text, input, word},
    output::{Attributes, Relation, Resource, output},
    schema::{Book, Described, Node, one_of},
};

/// An event that webhooks hear of.
#[derive(Debug)]
pub(crate) struct Event(EventType);

fn words() -> impl Iterator<Item = &'static str> {
    EventType::ALL.iter().filter(|event| event.is_for_webhooks()).map(|event| event.as_str())
}

impl Described for Event {
    fn describe(_: &mut Book) -> Node {
        one_of(words())
    }
}

impl Field for Event {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        // Those that are not for webhooks are unknown here.
        let known = value.as_str().is_none_or(|text| words().any(|word| word == text));
        let value = if known { value } else { Value::String(String::new()) };
        word(value, at, broken, words()).map(Self)
    }
}

input! {
    /// A new webhook endpoint.
    EndpointInput,
    /// A change of a webhook endpoint: what is left out stays.
    EndpointPatchInput {
        /// Where it listens: https, or what else the deployment allows; a host, and no user name or password.
        required url: Text<1, 2000>,
        /// The events it hears of; all of them when the list is empty.
        optional events: List<Event, 50>,
        /// Hears of events only while true. Switching it on again forgives its failures.
        optional enabled: bool,
    }
}

fn names(events: List<Event, 50>) -> Vec<String> {
    events.0.into_iter().map(|event| event.0.as_str().to_owned()).collect()
}

impl From<EndpointInput> for webhooks::EndpointInput {
    fn from(new: EndpointInput) -> Self {
        Self {
            url: new.url.0.0,
            events: new.events.map(names).unwrap_or_default(),
            enabled: new.enabled.unwrap_or(true),
        }
    }
}

impl From<EndpointPatchInput> for EndpointPatch {
    fn from(patch: EndpointPatchInput) -> Self {
        Self { url: patch.url.map(|url| url.0), events: patch.events.map(names), enabled: patch.enabled }
    }
}

output! {
    /// A webhook endpoint. Its secret is shown only when it is made.
    EndpointAttributes as "WebhookEndpoint" {
        /// Where it listens.
        url: String,
        /// The events it hears of; all of them when the list is empty.
        events: Vec<String>,
        /// Hears of events only while true.
        enabled: bool,
        /// Until when the secret before the newest one signs too.
        previous_secret_until: Option<Timestamp>,
        /// Failures since the last success.
        consecutive_failures: u32,
        /// When the platform switched it off.
        disabled_at: Option<Timestamp>,
        /// Why it did: it went on failing, or its receiver answered 410 and so said that it is gone for good.
        disabled_reason: Option<DisabledReason>,
        /// When it was made.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

impl Attributes for EndpointAttributes {
    const KIND: &'static str = "webhook_endpoint";
}

/// An endpoint as it is shown.
pub(crate) fn endpoint(endpoint: webhooks::Endpoint) -> Resource<EndpointAttributes> {
    let attributes = EndpointAttributes {
        url: endpoint.url,
        events: endpoint.events,
        enabled: endpoint.enabled,
        previous_secret_until: endpoint.previous_secret_until,
        consecutive_failures: endpoint.consecutive_failures,
        disabled_at: endpoint.disabled_at,
        disabled_reason: endpoint.disabled_reason,
        created_at: endpoint.created_at,
        updated_at: endpoint.updated_at,
    };
    Resource::new(endpoint.id, attributes).at(endpoint.version)
}

output! {
    /// One try to deliver.
    AttemptShown as "DeliveryAttempt" {
        /// When.
        at: Timestamp,
        /// The receiver's status; null when it did not answer.
        status: Option<u32>,
        /// What went wrong.
        error: Option<String>,
        /// Milliseconds it took.
        elapsed_ms: u32,
        /// The beginning of what the receiver answered, without secrets and contact data.
        answer: Option<String>,
    }
}

impl From<DeliveryAttempt> for AttemptShown {
    fn from(attempt: DeliveryAttempt) -> Self {
        Self {
            at: attempt.at,
            status: attempt.status.map(u32::from),
            error: attempt.error,
            elapsed_ms: attempt.elapsed_ms,
            answer: attempt.answer,
        }
    }
}

output! {
    /// One event for one endpoint.
    DeliveryAttributes as "WebhookDelivery" {
        /// The event's type.
        event_type: String,
        /// Where it stands.
        status: DeliveryStatus,
        /// The body, as it is signed and sent.
        payload: Value,
        /// Every try, oldest first.
        attempts: Vec<AttemptShown>,
        /// When it is tried again, while it waits.
        next_attempt_at: Option<Timestamp>,
        /// When it was made.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

impl Attributes for DeliveryAttributes {
    const KIND: &'static str = "webhook_delivery";
    const RELATIONS: &'static [Relation] = &[Relation::one("endpoint", "webhook_endpoint")];
}

/// A delivery as it is shown.
pub(crate) fn delivery(delivery: WebhookDelivery) -> Resource<DeliveryAttributes> {
    let attributes = DeliveryAttributes {
        event_type: delivery.event_type,
        status: delivery.status,
        payload: delivery.payload,
        attempts: delivery.attempts.into_iter().map(AttemptShown::from).collect(),
        next_attempt_at: delivery.next_attempt_at,
        created_at: delivery.created_at,
        updated_at: delivery.updated_at,
    };
    Resource::new(delivery.id, attributes).refers_to("endpoint", Some(delivery.endpoint_id))
}
