//! Everything that is stored.

use super::{
    account::{ApiTokens, Links, Memberships, Sessions, Users},
    appointment::{Appointments, Hosts},
    assistant::{Assistants, KnowledgeEntries},
    audit::AuditEntries,
    billing::{Subscriptions, UsageRecords},
    consent::Consents,
    conversation::{Conversations, HandOffs, Transcripts},
    flag::Flags,
    idempotency::IdempotencyRecords,
    lead::{Leads, Proposals},
    lease::Leases,
    organization::Organizations,
    outbox::Outbox,
    report::Reports,
    webhook::{Deliveries, Endpoints, ProcessedEvents},
};
use crate::{
    domain::{AssistantId, ConversationId, LeadId, OrganizationId, UserId},
    error::{Error, Result},
};

/// Every table with its indexes. A copy is a snapshot: it shares all rows until one side changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    pub(super) organizations: Organizations,
    pub(super) users: Users,
    pub(super) memberships: Memberships,
    pub(super) sessions: Sessions,
    pub(super) api_tokens: ApiTokens,
    pub(super) links: Links,
    pub(super) assistants: Assistants,
    pub(super) knowledge: KnowledgeEntries,
    pub(super) leads: Leads,
    pub(super) proposals: Proposals,
    pub(super) conversations: Conversations,
    pub(super) transcripts: Transcripts,
    pub(super) hand_offs: HandOffs,
    pub(super) hosts: Hosts,
    pub(super) appointments: Appointments,
    pub(super) subscriptions: Subscriptions,
    pub(super) usage: UsageRecords,
    pub(super) endpoints: Endpoints,
    pub(super) deliveries: Deliveries,
    pub(super) processed: ProcessedEvents,
    pub(super) audit: AuditEntries,
    pub(super) flags: Flags,
    pub(super) reports: Reports,
    pub(super) consents: Consents,
    pub(super) idempotency: IdempotencyRecords,
    pub(super) outbox: Outbox,
    pub(super) leases: Leases,
}

impl Tables {
    /// True when a sales representative may see what belongs to this assistant and lead: one of them is theirs.
    pub(super) fn is_theirs(
        &self,
        organization: OrganizationId,
        user: UserId,
        assistant: AssistantId,
        lead: LeadId,
    ) -> bool {
        self.assistants.get(organization, assistant).is_some_and(|row| row.assistant.owner_id == user)
            || self.leads.get(organization, lead).is_some_and(|row| row.lead.owner_id == Some(user))
    }

    pub(super) fn need_organization(&self, id: OrganizationId) -> Result<()> {
        need("organization", self.organizations.get(id).is_some())
    }

    pub(super) fn need_user(&self, id: UserId) -> Result<()> {
        need("user", self.users.get(id).is_some())
    }

    pub(super) fn need_assistant(&self, organization: OrganizationId, id: AssistantId) -> Result<()> {
        need("assistant", self.assistants.get(organization, id).is_some())
    }

    pub(super) fn need_lead(&self, organization: OrganizationId, id: LeadId) -> Result<()> {
        need("lead", self.leads.get(organization, id).is_some())
    }

    pub(super) fn need_conversation(&self, organization: OrganizationId, id: ConversationId) -> Result<()> {
        need("conversation", self.conversations.get(organization, id).is_some())
    }
}

/// Refuses a row that points at nothing.
///
/// # Errors
/// `NotFound` unless it is there.
pub(super) fn need(what: &str, is_there: bool) -> Result<()> {
    if is_there { Ok(()) } else { Err(Error::not_found(what)) }
}

/// Refuses a value that another row holds.
///
/// # Errors
/// `Conflict` when it is taken.
pub(super) fn free(what: &str, is_taken: bool) -> Result<()> {
    if is_taken { Err(Error::conflict(format!("{what} is taken"))) } else { Ok(()) }
}

/// The version under which a row is stored that replaces one of the version it was read at.
///
/// # Errors
/// `StaleVersion` when the row has changed since.
pub(super) fn next_version(what: &str, stored: i64, read: i64) -> Result<i64> {
    if stored == read { Ok(stored + 1) } else { Err(Error::stale(what)) }
}
