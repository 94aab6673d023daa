//! Outgoing webhooks, and the sources of incoming ones.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use spotlight_derive::RedactedDebug;

use super::{
    id::{OrganizationId, WebhookDeliveryId, WebhookEndpointId, WebhookSourceId},
    macros::words,
    time::Timestamp,
};
use crate::error::{Result, Violations};

/// The key an endpoint's messages are signed with. Never printed.
#[derive(Clone)]
pub struct SigningSecret(SecretString);

impl SigningSecret {
    /// Wraps a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(SecretString::from(secret.into()))
    }

    /// The secret, for signing and storage.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

impl PartialEq for SigningSecret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

words! {
    /// Why the platform has switched an endpoint off.
    DisabledReason, "reason" {
        /// It went on failing.
        Failures = "failures",
        /// Its receiver said that it is gone, and so it will stay.
        Gone = "gone",
    }
}

/// Where a business wants to hear of events.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct WebhookEndpoint {
    /// Identity.
    pub id: WebhookEndpointId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// An http(s) URL of at most 2000 characters.
    pub url: String,
    /// Event types it hears of; empty means all.
    pub events: Vec<String>,
    /// Signs messages.
    pub secret: SigningSecret,
    /// Also signs, until the receiver has changed over.
    pub previous_secret: Option<SigningSecret>,
    /// When the previous secret stops signing.
    pub previous_secret_until: Option<Timestamp>,
    /// Hears of events only while true.
    pub enabled: bool,
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// When the platform switched it off.
    pub disabled_at: Option<Timestamp>,
    /// Why it did. Endpoints that older versions switched off have none.
    pub disabled_reason: Option<DisabledReason>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

impl WebhookEndpoint {
    /// Checks every rule of the entity.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) with every broken rule.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        let rest = self.url.strip_prefix("https://").or_else(|| self.url.strip_prefix("http://"));
        let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
        if authority.is_empty() || authority.starts_with(':') || self.url.len() > 2000 {
            broken.add(
                "url",
                "format",
                "URL must start with https:// or http://, name a host and have at most 2000 characters",
            );
        }
        if self.url.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            broken.add("url", "format", "URL must have no spaces, backslashes or control characters");
        }
        // A URL is shown and logged, so it is no place for secrets.
        if authority.contains('@') {
            broken.add("url", "credentials", "URL must have no user name or password; check the signature instead");
        }
        broken.into_result()
    }
}

words! {
    /// Where a delivery stands.
    DeliveryStatus, "status" {
        /// Not delivered yet.
        Pending = "pending",
        /// The receiver said yes.
        Delivered = "delivered",
        /// Given up after three days, or refused for good.
        Failed = "failed",
    }
}

/// One try to deliver.
#[derive(RedactedDebug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DeliveryAttempt {
    /// When.
    pub at: Timestamp,
    /// The receiver's status, when it answered.
    pub status: Option<u16>,
    /// What went wrong, without addresses or secrets.
    pub error: Option<String>,
    /// Milliseconds it took.
    pub elapsed_ms: u32,
    /// The beginning of what the receiver answered, at most 500 characters, without secrets and contact data; none when
    /// it said nothing. Tries of older versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// One event for one endpoint.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct WebhookDelivery {
    /// Identity.
    pub id: WebhookDeliveryId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The endpoint.
    pub endpoint_id: WebhookEndpointId,
    /// The event's type.
    #[debug(shown = "the program names its events")]
    pub event_type: String,
    /// The body, exactly as signed.
    pub payload: serde_json::Value,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Every try, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
    /// When to try again; set exactly while `pending`.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

words! {
    /// What a source may tell of.
    SourceKind, "kind" {
        /// Leads.
        Leads = "leads",
        /// Conversations held elsewhere.
        Conversations = "conversations",
    }
}

/// Another system that tells us of leads or conversations. Its messages are signed with a secret of its own.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct WebhookSource {
    /// Identity. With the organization's id, the key that its messages name.
    pub id: WebhookSourceId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// What people call it, 2 to 100 characters.
    pub name: String,
    /// What it may tell of, at least one thing.
    pub accepts: Vec<SourceKind>,
    /// Signs its messages.
    pub secret: SigningSecret,
    /// Is accepted too, until the other system has changed over.
    pub previous_secret: Option<SigningSecret>,
    /// When the previous secret is accepted no more.
    pub previous_secret_until: Option<Timestamp>,
    /// Is listened to only while true.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

impl WebhookSource {
    /// Checks every rule of the entity.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) with every broken rule.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        broken.length("name", "Name", &self.name, 2, 100);
        if self.accepts.is_empty() {
            broken.add("accepts", "length", "Accepts must name at least one of: leads, conversations");
        }
        broken.into_result()
    }

    /// The secrets its messages may be signed with at an instant, the newest first.
    pub fn secrets(&self, now: Timestamp) -> impl Iterator<Item = &SigningSecret> {
        let until = self.previous_secret_until;
        let previous = self.previous_secret.as_ref().filter(move |_| until.is_some_and(|until| now < until));
        std::iter::once(&self.secret).chain(previous)
    }
}
