//! Assistants and what they know.

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::page::{Listing, Paging, Sort};
use crate::{
    domain::{
        AssistantId, KnowledgeId, OrganizationId, UserId,
        assistant::{Assistant, Knowledge, Language},
        time::Timestamp,
    },
    error::Result,
};

/// Which assistants are listed.
#[derive(RedactedDebug, Clone, Default, PartialEq, Eq)]
pub struct AssistantFilter {
    /// Active or not.
    pub active: Option<bool>,
    /// In this language.
    pub language: Option<Language>,
    /// Made by this user.
    pub owner_id: Option<UserId>,
    /// Every token is a prefix of a token of name or role; tokens as of [`text::tokens`](crate::text::tokens).
    pub search: Option<String>,
}

/// What assistants are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AssistantSort {
    /// When it was made.
    #[default]
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// Name, by code point.
    Name,
}

/// Figures of an assistant, over all time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AssistantFigures {
    /// Mean score of the leads that talked to it; none before the first score.
    pub average_lead_score: Option<f64>,
    /// Conversations.
    pub conversations: u64,
    /// Conversations that go on.
    pub active_conversations: u64,
    /// Completed among the ended, 0 to 1; none before the first end.
    pub completion_rate: Option<f64>,
}

/// Keeps assistants.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AssistantRepository: Send + Sync {
    /// Adds an assistant.
    ///
    /// # Errors
    /// `Conflict` when the id is taken, `NotFound` when organization or owner does not exist.
    async fn insert(&self, assistant: &Assistant) -> Result<()>;

    /// The assistant with this id.
    async fn get(&self, organization: OrganizationId, id: AssistantId) -> Result<Option<Assistant>>;

    /// The assistants with these ids, by id; those that are not there are left out.
    async fn get_many(&self, organization: OrganizationId, ids: &[AssistantId]) -> Result<Vec<Assistant>>;

    /// The organization of an assistant, for the public routes that know the assistant's id alone.
    async fn organization_of(&self, id: AssistantId) -> Result<Option<OrganizationId>>;

    /// Assistants that pass the filter.
    ///
    /// # Ordering
    /// As `sort` says.
    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AssistantFilter,
        sort: Sort<AssistantSort>,
        paging: &Paging,
    ) -> Result<Listing<Assistant>>;

    /// Replaces an assistant that is stored at `assistant.version`, and stores it at one more.
    ///
    /// # Errors
    /// `StaleVersion`; `NotFound`, also when its owner does not exist.
    async fn update(&self, assistant: &Assistant) -> Result<()>;

    /// Removes an assistant and its knowledge.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when conversations or appointments refer to it.
    async fn delete(&self, organization: OrganizationId, id: AssistantId) -> Result<()>;

    /// How many assistants there are.
    async fn count(&self, organization: OrganizationId) -> Result<u64>;

    /// Figures of an assistant; zeros when there is none.
    async fn figures(&self, organization: OrganizationId, id: AssistantId) -> Result<AssistantFigures>;
}

/// Keeps knowledge entries.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait KnowledgeRepository: Send + Sync {
    /// Adds an entry.
    ///
    /// # Errors
    /// `Conflict` when the id is taken, `NotFound` when the assistant does not exist.
    async fn insert(&self, entry: &Knowledge) -> Result<()>;

    /// An assistant's entries, oldest first, then by id.
    async fn list(&self, organization: OrganizationId, assistant: AssistantId) -> Result<Vec<Knowledge>>;

    /// The entry with this id.
    async fn get(&self, organization: OrganizationId, id: KnowledgeId) -> Result<Option<Knowledge>>;

    /// Replaces an entry that was last changed at `seen`. Whoever changes it gives it a later `updated_at`, so that of
    /// two who read the same entry the second is refused.
    ///
    /// # Errors
    /// `StaleVersion` when it was last changed at another instant, `NotFound`.
    async fn update(&self, entry: &Knowledge, seen: Timestamp) -> Result<()>;

    /// Removes an entry. True when there was one.
    async fn delete(&self, organization: OrganizationId, id: KnowledgeId) -> Result<bool>;
}
