//! Conversations, utterances and hand-offs.

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::page::{Between, Listing, Paging, Sort};
use crate::{
    domain::{
        AssistantId, ConversationId, HandOffId, LeadId, OrganizationId, TranscriptId, UserId,
        assistant::Assistant,
        conversation::{Channel, Conversation, ConversationStatus, HandOff, Sentiment, Speaker, Transcript},
        organization::Organization,
        time::Timestamp,
    },
    error::Result,
};

/// Which conversations are listed.
#[derive(RedactedDebug, Clone, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// In one of these statuses; empty means any.
    pub statuses: Vec<ConversationStatus>,
    /// On one of these channels; empty means any.
    pub sources: Vec<Channel>,
    /// With this assistant.
    pub assistant_id: Option<AssistantId>,
    /// With this lead.
    pub lead_id: Option<LeadId>,
    /// Taken over by this person.
    pub taken_over_by: Option<UserId>,
    /// Of this mood.
    pub sentiment: Option<Sentiment>,
    /// What this user may see as a sales representative: with an assistant of theirs, or a lead assigned to them.
    pub visible_to: Option<UserId>,
    /// Needing attention at this instant, as [`Conversation::needs_attention`] says.
    pub needs_attention_at: Option<Timestamp>,
    /// Begun in this span.
    pub started: Between,
    /// Every token is a prefix of a token of the summary or the keywords. A text without a token finds nothing.
    pub search: Option<String>,
}

/// What conversations are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConversationSort {
    /// When it began.
    #[default]
    StartedAt,
    /// When either last said something.
    LastActivityAt,
    /// Score.
    Score,
}

/// A completed conversation, as scoring a lead needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompletedConversation {
    /// Identity.
    pub id: ConversationId,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Its score.
    pub score: u8,
}

/// A conversation and what a turn of it needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// The conversation.
    pub conversation: Conversation,
    /// Its lead was erased or deleted: nothing more may be written about it.
    pub lead_is_gone: bool,
    /// Who answers.
    pub assistant: Assistant,
    /// The tenant.
    pub organization: Organization,
}

/// Keeps conversations.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ConversationRepository: Send + Sync {
    /// Adds a conversation.
    ///
    /// # Errors
    /// `Conflict` when the id or the external call id is taken; `NotFound` when the assistant does not exist, or the
    /// lead does not exist, is merged or erased.
    async fn insert(&self, conversation: &Conversation) -> Result<()>;

    /// The conversation with this id.
    async fn get(&self, organization: OrganizationId, id: ConversationId) -> Result<Option<Conversation>>;

    /// The conversation with this id, and what belongs to it. `None` without the conversation.
    async fn scene(&self, organization: OrganizationId, id: ConversationId) -> Result<Option<Scene>>;

    /// Of each of these leads the conversations that began last, at most `each`.
    ///
    /// # Ordering
    /// By start descending, then by id descending, whosever they are.
    async fn of_leads(&self, organization: OrganizationId, leads: &[LeadId], each: u32) -> Result<Vec<Conversation>>;

    /// The conversation with this external call id.
    async fn by_external_call(&self, organization: OrganizationId, call: &str) -> Result<Option<Conversation>>;

    /// Conversations that pass the filter.
    ///
    /// # Ordering
    /// As `sort` says.
    async fn list(
        &self,
        organization: OrganizationId,
        filter: &ConversationFilter,
        sort: Sort<ConversationSort>,
        paging: &Paging,
    ) -> Result<Listing<Conversation>>;

    /// Replaces a conversation that is stored at `conversation.version`, and stores it at one more.
    ///
    /// # Errors
    /// `StaleVersion`; `NotFound`, also when a lead or assistant it did not have before cannot have conversations, as for
    /// [`insert`](Self::insert); `Conflict` when the external call id is taken.
    async fn update(&self, conversation: &Conversation) -> Result<()>;

    /// Replaces a conversation as [`update`](Self::update) does, and appends an utterance of it as
    /// [`TranscriptRepository::append`] does, for a unit that has nothing left to do where either is refused.
    ///
    /// # Errors
    /// Those of both; the unit has ended then.
    async fn say(&self, conversation: &Conversation, said: &Transcript) -> Result<()>;

    /// Conversations of every organization that are not final and silent since before `before`, longest silent first,
    /// then by id.
    async fn idle(&self, before: Timestamp, limit: u32) -> Result<Vec<(OrganizationId, ConversationId)>>;

    /// Conversations that ended before `before` and have a recording, first ended first, then by id.
    async fn recorded(
        &self,
        organization: OrganizationId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<ConversationId>>;

    /// A lead's completed conversations that have a score, by end, then by id.
    async fn completed(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<CompletedConversation>>;

    /// How many conversations began in the span.
    async fn count_started(&self, organization: OrganizationId, between: Between) -> Result<u64>;
}

/// What analysis finds out about an utterance.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct UtteranceAnalysis {
    /// The utterance.
    pub id: TranscriptId,
    /// How it was said.
    pub sentiment: Sentiment,
    /// -1 to 1.
    pub value: f64,
    /// 0 to 1.
    pub confidence: f64,
    /// Words that stand out.
    pub keywords: Vec<String>,
}

/// What of an utterance a model is shown.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The utterance's number.
    pub seq: i64,
    /// Who spoke.
    pub speaker: Speaker,
    /// The words as stored.
    pub content: String,
}

/// Keeps utterances.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TranscriptRepository: Send + Sync {
    /// Appends utterances of one conversation. The conversation itself is not changed.
    ///
    /// # Errors
    /// `Conflict` when a number is taken or leaves a gap after the last; `NotFound` without the conversation;
    /// `Validation` when they are not of one conversation. Nothing is appended then.
    ///
    /// # Ordering
    /// Of two with one number, appended at once, one waits for the other's commit and is then refused.
    async fn append(&self, utterances: &[Transcript]) -> Result<()>;

    /// A conversation's utterances with a number above `after_seq`, ascending, at most `limit`.
    async fn list(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        after_seq: i64,
        limit: u32,
    ) -> Result<Vec<Transcript>>;

    /// The first utterances of each of these conversations, at most `each`.
    ///
    /// # Ordering
    /// By conversation, then ascending.
    async fn first_of(
        &self,
        organization: OrganizationId,
        conversations: &[ConversationId],
        each: u32,
    ) -> Result<Vec<Transcript>>;

    /// Who said what in a conversation's last `limit` utterances, ascending.
    async fn tail(&self, organization: OrganizationId, conversation: ConversationId, limit: u32) -> Result<Vec<Words>>;

    /// Notes what analysis found out. Unknown ids are passed over.
    ///
    /// # Idempotency
    /// The same analysis again changes nothing.
    async fn set_analysis(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        analyses: &[UtteranceAnalysis],
    ) -> Result<()>;

    /// Replaces the words of utterances, where personal data is taken out after the fact. Unknown ids are passed over.
    ///
    /// # Idempotency
    /// The same words again change nothing.
    async fn rewrite(
        &self,
        organization: OrganizationId,
        conversation: ConversationId,
        contents: &[(TranscriptId, String)],
    ) -> Result<()>;

    /// Removes the utterances of at most `limit` conversations that have any and ended before `before`, first ended
    /// first; the conversations stay. Gives how many utterances went.
    async fn purge(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<u64>;
}

/// Keeps hand-offs.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HandOffRepository: Send + Sync {
    /// Adds a hand-off.
    ///
    /// # Errors
    /// `Conflict` when the id is taken, or the conversation has one that is requested, accepted or human; `NotFound`
    /// without the conversation.
    async fn insert(&self, hand_off: &HandOff) -> Result<()>;

    /// The hand-off with this id.
    async fn get(&self, organization: OrganizationId, id: HandOffId) -> Result<Option<HandOff>>;

    /// A conversation's newest hand-off, by request, then by id.
    async fn latest(&self, organization: OrganizationId, conversation: ConversationId) -> Result<Option<HandOff>>;

    /// Replaces a hand-off that is stored at `hand_off.version`, and stores it at one more.
    ///
    /// # Errors
    /// `StaleVersion`; `NotFound`, also when its conversation does not exist; `Conflict` when it is open from now on and
    /// the conversation has another open one.
    async fn update(&self, hand_off: &HandOff) -> Result<()>;

    /// Hand-offs of every organization that are requested or accepted and expired at `now`, first expired first, then
    /// by id.
    async fn expired(&self, now: Timestamp, limit: u32) -> Result<Vec<HandOff>>;
}
