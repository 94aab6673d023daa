//! Leads and proposed changes to them.

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::page::{Between, Listing, Paging, Sort};
use crate::{
    domain::{
        LeadId, OrganizationId, ProposalId, UserId,
        contact::{Email, Phone},
        lead::{Lead, LeadSource, LeadStatus, Proposal, ProposalState},
        time::Timestamp,
    },
    error::Result,
};

/// Which leads are listed. Deleted and merged leads never are.
#[derive(RedactedDebug, Clone, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// In one of these statuses; empty means any.
    pub statuses: Vec<LeadStatus>,
    /// From one of these sources; empty means any.
    pub sources: Vec<LeadSource>,
    /// Assigned to this user.
    pub owner_id: Option<UserId>,
    /// Qualified or not.
    pub qualified: Option<bool>,
    /// At least this score; a lead without a score does not pass.
    pub min_score: Option<u8>,
    /// At most this score; a lead without a score does not pass.
    pub max_score: Option<u8>,
    /// Flagged for a person or not.
    pub needs_review: Option<bool>,
    /// Open, and no conversation (or else no creation) since this instant.
    pub idle_since: Option<Timestamp>,
    /// Made in this span.
    pub created: Between,
    /// Every token is a prefix of a token of name, e-mail, phone or company; tokens as of
    /// [`text::tokens`](crate::text::tokens). A text without a token finds nothing.
    pub search: Option<String>,
}

/// What leads are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LeadSort {
    /// When it was made.
    #[default]
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// When the last conversation took place.
    LastConversationAt,
    /// How long nobody has talked to it: leads without a conversation come before all others, by when they were made; then
    /// the others by their last conversation. Ascending is longest first. No value is absent here; see
    /// [`waiting_since`](Self::waiting_since).
    Waiting,
    /// Score.
    Score,
    /// Name, by code point.
    Name,
}

/// Which consents a merge moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovedConsents {
    /// Every change: a person knows that both leads are one.
    All,
    /// Refusals alone: somebody typed what the other lead holds, which proves nothing. A refusal is honoured whoever it
    /// comes from; what was given or asked for stays with the lead and the conversation in which it was, so that nobody
    /// can undo an opt-out of somebody else by typing their address.
    Refusals,
}

impl LeadSort {
    /// Hours by which a lead that nobody has talked to counts as waiting longer than since it was made: a thousand years
    /// of 365 days, more than any other has waited.
    pub const NEVER_TALKED_TO_HOURS: i64 = 8_760_000;

    /// The instant that [`Waiting`](Self::Waiting) sorts by.
    pub fn waiting_since(lead: &Lead) -> Timestamp {
        let never = || lead.created_at - chrono::Duration::hours(Self::NEVER_TALKED_TO_HOURS);
        lead.last_conversation_at.unwrap_or_else(never)
    }
}

/// Keeps leads.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LeadRepository: Send + Sync {
    /// Adds a lead.
    ///
    /// # Errors
    /// `Conflict` when the id, e-mail or phone is taken by a lead of the organization that is neither deleted nor
    /// merged; `NotFound` when it names a lead in `merged_into` that does not exist.
    async fn insert(&self, lead: &Lead) -> Result<()>;

    /// The lead with this id, deleted or merged ones too.
    async fn get(&self, organization: OrganizationId, id: LeadId) -> Result<Option<Lead>>;

    /// Leads with these ids, by id, each once; deleted or merged ones too.
    async fn get_many(&self, organization: OrganizationId, ids: &[LeadId]) -> Result<Vec<Lead>>;

    /// The leads that hold this e-mail or this phone: none, one, or two different ones; by id.
    async fn find_by_contact(
        &self,
        organization: OrganizationId,
        email: Option<Email>,
        phone: Option<Phone>,
    ) -> Result<Vec<Lead>>;

    /// Leads that pass the filter.
    ///
    /// # Ordering
    /// As `sort` says.
    async fn list(
        &self,
        organization: OrganizationId,
        filter: &LeadFilter,
        sort: Sort<LeadSort>,
        paging: &Paging,
    ) -> Result<Listing<Lead>>;

    /// Replaces a lead that is stored at `lead.version`, and stores it at one more.
    ///
    /// # Errors
    /// `StaleVersion`; `NotFound`, also when it names a lead in `merged_into` that does not exist; `Conflict` when e-mail
    /// or phone is taken.
    async fn update(&self, lead: &Lead) -> Result<()>;

    /// Makes `from` part of `into`: conversations, appointments, proposals of `from` belong to `into` afterwards, and of
    /// its consents those that `consents` says, save that of two equal open proposals the one of `into` stays; `from` keeps no e-mail and no phone,
    /// names `into` in `merged_into` and has changed at `now`. A conversation that moved owns its lead no longer
    /// (`state.owns_lead`): what `into` holds came from elsewhere. The versions of `from` and of the conversations and
    /// appointments that moved grow by one, so that nobody writes back what they held. `into` itself is not changed.
    ///
    /// # Errors
    /// `NotFound` when either is missing, deleted or merged already; `Conflict` when they are the same.
    ///
    /// # Ordering
    /// Of two merges that touch a lead at once, one waits and then sees what the other did. What is added for `from` at
    /// the same time either moves with the rest, or waits and is then refused with `NotFound`.
    async fn merge(
        &self,
        organization: OrganizationId,
        from: LeadId,
        into: LeadId,
        consents: MovedConsents,
        now: Timestamp,
    ) -> Result<()>;

    /// Removes every personal datum of a lead for good, and of the leads merged into it, and so on.
    ///
    /// - The lead: name, e-mail, phone, company, metadata, quotes, score reasons and search text go; `erased_at`,
    ///   `deleted_at` and `updated_at` become `now`.
    /// - Its proposals and the call reports of its conversations are removed.
    /// - Its conversations: summary, keywords, quotes, score reasons, outcome, dialogue state, the recording's key and the
    ///   external call id go.
    /// - Their hand-offs lose their reasons, and events about them that wait to be published are removed.
    /// - What a visitor did in them stays in the audit log, without the address it came from; so does what nobody known
    ///   did to them or to the lead, as opening a conversation. What the team did keeps its addresses.
    /// - Their utterances stay, in number and order, without words, keywords and tools.
    /// - Its appointments: notes and the reason of cancelling go.
    ///
    /// The versions of leads, conversations, hand-offs and appointments that were changed grow by one, so that nobody
    /// writes back what was removed. An erased lead takes no more conversations, appointments, proposals and consents. Gives the keys of recordings to remove from the file store, ascending.
    ///
    /// # Errors
    /// `NotFound`.
    ///
    /// # Idempotency
    /// An erased lead is left as it is and gives no keys.
    ///
    /// # Ordering
    /// A merge into the lead at the same time is waited for, and what it moved is erased too.
    async fn erase(&self, organization: OrganizationId, id: LeadId, now: Timestamp) -> Result<Vec<String>>;

    /// Ids of leads that were neither changed nor talked to since `before` and are not erased, by `updated_at`, then by
    /// id. Deleted and merged ones too.
    async fn inactive(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<Vec<LeadId>>;
}

/// Keeps proposals.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ProposalRepository: Send + Sync {
    /// Adds a proposal.
    ///
    /// # Errors
    /// `NotFound` when the lead does not exist, is merged or erased, or when the conversation does not exist; `Conflict`
    /// when the id is taken.
    ///
    /// # Idempotency
    /// An open proposal of the same lead, field and value is kept; nothing is added. True when it was added.
    async fn insert(&self, proposal: &Proposal) -> Result<bool>;

    /// A lead's proposals, oldest first, then by id.
    async fn list(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<Proposal>>;

    /// Decides an open proposal.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it is decided already.
    async fn decide(&self, organization: OrganizationId, id: ProposalId, state: ProposalState) -> Result<()>;
}
