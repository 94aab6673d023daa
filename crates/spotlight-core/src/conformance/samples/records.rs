//! Billing, webhooks, the audit log, idempotency, jobs and events.

use serde_json::json;

use super::{Samples, at};
use crate::{
    domain::{
        AuditEntryId, OrganizationId, UsageId, WebhookDeliveryId, WebhookEndpointId, WebhookSourceId,
        audit::AuditEntry,
        billing::{Meter, PlanId, Subscription, SubscriptionStatus, Usage},
        deployment::DeploymentSetting,
        flag::FeatureFlag,
        webhook::{
            DeliveryAttempt, DeliveryStatus, DisabledReason, SigningSecret, SourceKind, WebhookDelivery,
            WebhookEndpoint, WebhookSource,
        },
    },
    ports::{IdempotencyRecord, JobSpec, NewEvent},
};

impl Samples {
    /// A paid subscription.
    pub fn subscription(&self, organization_id: OrganizationId) -> Subscription {
        Subscription {
            organization_id,
            plan: PlanId::Starter,
            status: SubscriptionStatus::Active,
            external_customer_id: Some(format!("customer-{}", self.number())),
            external_id: Some(format!("subscription-{}", self.number())),
            period_start: at(0),
            period_end: at(30 * 24 * 60),
            cancel_at_period_end: true,
            created_at: at(0),
            updated_at: at(1),
            version: 1,
        }
    }

    /// Tokens that were used, under an event key of their own.
    pub fn usage(&self, organization_id: OrganizationId, quantity: i64) -> Usage {
        Usage {
            id: UsageId::from_uuid(self.uuid()),
            organization_id,
            meter: Meter::ModelTokens,
            quantity,
            event_key: format!("turn-{}", self.number()),
            conversation_id: None,
            occurred_at: at(0),
            reported_at: None,
        }
    }

    /// An endpoint whose secret is being changed.
    pub fn endpoint(&self, organization_id: OrganizationId) -> WebhookEndpoint {
        WebhookEndpoint {
            id: WebhookEndpointId::from_uuid(self.uuid()),
            organization_id,
            url: "https://hooks.example.com/spotlight".to_owned(),
            events: vec!["lead.qualified".to_owned()],
            secret: SigningSecret::new("whsec_new"),
            previous_secret: Some(SigningSecret::new("whsec_old")),
            previous_secret_until: Some(at(60)),
            enabled: true,
            consecutive_failures: 3,
            disabled_at: Some(at(2)),
            disabled_reason: Some(DisabledReason::Gone),
            created_at: at(0),
            updated_at: at(1),
            version: 1,
        }
    }

    /// A source whose secret is being changed.
    pub fn source(&self, organization_id: OrganizationId) -> WebhookSource {
        WebhookSource {
            id: WebhookSourceId::from_uuid(self.uuid()),
            organization_id,
            name: "Website form".to_owned(),
            accepts: vec![SourceKind::Leads, SourceKind::Conversations],
            secret: SigningSecret::new("whsrc_new"),
            previous_secret: Some(SigningSecret::new("whsrc_old")),
            previous_secret_until: Some(at(60)),
            enabled: true,
            created_at: at(0),
            updated_at: at(1),
            version: 1,
        }
    }

    /// A delivery that was tried once.
    pub fn delivery(&self, endpoint: &WebhookEndpoint) -> WebhookDelivery {
        WebhookDelivery {
            id: WebhookDeliveryId::from_uuid(self.uuid()),
            organization_id: endpoint.organization_id,
            endpoint_id: endpoint.id,
            event_type: "lead.qualified".to_owned(),
            payload: json!({ "type": "lead.qualified", "data": { "score": 71 } }),
            status: DeliveryStatus::Pending,
            attempts: vec![DeliveryAttempt {
                at: at(1),
                status: Some(503),
                error: Some("the receiver answered 503".to_owned()),
                elapsed_ms: 40,
                answer: None,
            }],
            next_attempt_at: Some(at(5)),
            created_at: at(0),
            updated_at: at(1),
        }
    }

    /// An entry about a lead.
    pub fn audit_entry(&self, organization_id: OrganizationId) -> AuditEntry {
        AuditEntry {
            id: AuditEntryId::from_uuid(self.uuid()),
            organization_id,
            actor_kind: "user".to_owned(),
            actor_id: Some(self.uuid().to_string()),
            action: "lead.update".to_owned(),
            record_type: "lead".to_owned(),
            record_id: self.uuid().to_string(),
            details: json!({ "fields": ["company"] }),
            request_id: Some("request".to_owned()),
            source_address: Some("192.0.2.1".to_owned()),
            created_at: at(0),
        }
    }

    /// A flag that is on for a fifth.
    pub fn flag(&self, key: &str) -> FeatureFlag {
        FeatureFlag { key: key.to_owned(), enabled: true, percentage: 20, updated_at: at(0) }
    }

    /// A setting of the deployment.
    pub fn setting(&self, key: &str) -> DeploymentSetting {
        DeploymentSetting { key: key.to_owned(), value: json!({ "number": self.number() }), updated_at: at(0) }
    }

    /// A record that is kept for an hour.
    pub fn idempotency(&self, organization_id: OrganizationId) -> IdempotencyRecord {
        IdempotencyRecord {
            organization_id,
            scope: "user:1:leads.create".to_owned(),
            key: format!("key-{}", self.number()),
            fingerprint: self.hash(),
            answer: json!({ "id": self.number() }),
            expires_at: at(60),
        }
    }

    /// A job to run at once.
    pub fn job(&self, organization_id: OrganizationId, name: &str) -> JobSpec {
        let payload = json!({ "number": self.number() }).to_string();
        JobSpec { organization: Some(organization_id), ..JobSpec::new(name, payload) }
    }

    /// An event about leads.
    pub fn event(&self, organization_id: OrganizationId, event_type: &str) -> NewEvent {
        NewEvent {
            organization_id,
            channel: "leads".to_owned(),
            event_type: event_type.to_owned(),
            conversation_id: None,
            data: json!({ "number": self.number() }),
        }
    }
}
