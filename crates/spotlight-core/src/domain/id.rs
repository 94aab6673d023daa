//! Identifiers: UUID v7 newtypes, so that ids sort by the time they were made.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $label:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID made by [`IdGenerator`](crate::ports::IdGenerator) or read from storage.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID itself, for an adapter.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Uuid::try_parse(text).map(Self).map_err(|_| {
                    Error::invalid("id", "format", concat!($label, " id must be a UUID"))
                })
            }
        }
    )*};
}

ids! {
    /// Identifies an organization, the tenant.
    OrganizationId, "Organization";
    /// Identifies a user.
    UserId, "User";
    /// Identifies a signed-in session.
    SessionId, "Session";
    /// Identifies an API token.
    ApiTokenId, "API token";
    /// Identifies a single-use link.
    LinkId, "Link";
    /// Identifies an assistant.
    AssistantId, "Assistant";
    /// Identifies a knowledge entry of an assistant.
    KnowledgeId, "Knowledge";
    /// Identifies a lead.
    LeadId, "Lead";
    /// Identifies a proposed change to a lead.
    ProposalId, "Proposal";
    /// Identifies a conversation.
    ConversationId, "Conversation";
    /// Identifies one utterance.
    TranscriptId, "Transcript";
    /// Identifies a hand-off to a person.
    HandOffId, "Hand-off";
    /// Identifies an appointment or a hold on a slot.
    AppointmentId, "Appointment";
    /// Identifies an outgoing webhook endpoint.
    WebhookEndpointId, "Webhook endpoint";
    /// Identifies one delivery to a webhook endpoint.
    WebhookDeliveryId, "Webhook delivery";
    /// Identifies a source of incoming webhooks.
    WebhookSourceId, "Webhook source";
    /// Identifies an audit entry.
    AuditEntryId, "Audit entry";
    /// Identifies a metered usage record.
    UsageId, "Usage record";
    /// Identifies a call report.
    CallReportId, "Call report";
    /// Identifies a consent record.
    ConsentId, "Consent";
    /// Identifies a row of the outbox: a job or an event.
    OutboxId, "Outbox";
    /// Identifies a job.
    JobId, "Job";
    /// Identifies a batch of jobs.
    BatchId, "Batch";
    /// Identifies a process that works jobs off.
    ProcessId, "Process";
}
