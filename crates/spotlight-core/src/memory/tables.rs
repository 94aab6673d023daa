//! Everything that is stored.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use super::{
    account::{ApiTokens, Links, Memberships, Sessions, Users},
    appointment::{Appointments, Hosts},
    assistant::{Assistants, KnowledgeEntries},
    audit::AuditEntries,
    billing::{Subscriptions, UsageRecords},
    consent::Consents,
    conversation::{Conversations, HandOffs, Transcripts},
    deployment::DeploymentSettings,
    flag::Flags,
    idempotency::IdempotencyRecords,
    lead::{Leads, Proposals},
    lease::Leases,
    organization::Organizations,
    outbox::Outbox,
    report::Reports,
    webhook::{Deliveries, Endpoints, ProcessedEvents, Sources},
};
use crate::{
    domain::{AssistantId, ConversationId, LeadId, OrganizationId, UserId, lead::Lead},
    error::{Error, Result},
};

/// A table with its indexes, shared between copies until one of them changes it.
#[derive(Debug, Default)]
pub(super) struct Part<T>(Arc<T>);

impl<T> Clone for Part<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Part<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Part<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

/// Every table. A copy is a snapshot: it shares all rows until one side changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    pub(super) organizations: Part<Organizations>,
    pub(super) users: Part<Users>,
    pub(super) memberships: Part<Memberships>,
    pub(super) sessions: Part<Sessions>,
    pub(super) api_tokens: Part<ApiTokens>,
    pub(super) links: Part<Links>,
    pub(super) assistants: Part<Assistants>,
    pub(super) knowledge: Part<KnowledgeEntries>,
    pub(super) leads: Part<Leads>,
    pub(super) proposals: Part<Proposals>,
    pub(super) conversations: Part<Conversations>,
    pub(super) transcripts: Part<Transcripts>,
    pub(super) hand_offs: Part<HandOffs>,
    pub(super) hosts: Part<Hosts>,
    pub(super) appointments: Part<Appointments>,
    pub(super) subscriptions: Part<Subscriptions>,
    pub(super) usage: Part<UsageRecords>,
    pub(super) endpoints: Part<Endpoints>,
    pub(super) sources: Part<Sources>,
    pub(super) deliveries: Part<Deliveries>,
    pub(super) processed: Part<ProcessedEvents>,
    pub(super) audit: Part<AuditEntries>,
    pub(super) flags: Part<Flags>,
    pub(super) deployment: Part<DeploymentSettings>,
    pub(super) reports: Part<Reports>,
    pub(super) consents: Part<Consents>,
    pub(super) idempotency: Part<IdempotencyRecords>,
    pub(super) outbox: Part<Outbox>,
    pub(super) leases: Part<Leases>,
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

    /// A lead that records can be added for.
    pub(super) fn need_open_lead(&self, organization: OrganizationId, id: LeadId) -> Result<()> {
        let open = |lead: &Lead| lead.merged_into.is_none() && lead.erased_at.is_none();
        need("lead", self.leads.get(organization, id).is_some_and(|row| open(&row.lead)))
    }

    /// The conversation, when there is one.
    pub(super) fn need_maybe_conversation(
        &self,
        organization: OrganizationId,
        id: Option<ConversationId>,
    ) -> Result<()> {
        id.map_or(Ok(()), |id| self.need_conversation(organization, id))
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
