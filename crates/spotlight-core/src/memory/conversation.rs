//! Conversations, utterances and hand-offs.

mod hand_off;
mod transcript;

use std::{cmp::Reverse, collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

pub(super) use self::{hand_off::HandOffs, transcript::Transcripts};
use super::{
    assistant::found,
    map::{Index, Map},
    page::{Key, KeyKind, Place, cut},
    tables::{Tables, free, next_version},
    unit::MemoryRepositories,
};
use crate::{
    domain::{
        AssistantId, ConversationId, LeadId, OrganizationId,
        conversation::{Conversation, ConversationStatus, Transcript},
        time::Timestamp,
    },
    error::{Error, Result},
    ports::{
        Between, CompletedConversation, ConversationFilter, ConversationRepository, ConversationSort, Listing, Paging,
        Repositories, Scene, Sort,
    },
    text,
};

#[derive(RedactedDebug)]
pub(super) struct ConversationRow {
    pub(super) conversation: Conversation,
    search: Arc<str>,
}

type Rank<G> = (G, (Timestamp, ConversationId));
type SilenceRank = (Timestamp, (ConversationId, OrganizationId));

impl ConversationRow {
    /// The row of a conversation that takes the place of another row, if any.
    fn new(conversation: Conversation, old: Option<&Self>) -> Self {
        let unchanged = old.filter(|old| {
            old.conversation.summary == conversation.summary && old.conversation.keywords == conversation.keywords
        });
        let words = || {
            let keywords = conversation.keywords.iter().map(String::as_str);
            text::search_text(conversation.summary.as_deref().into_iter().chain(keywords)).into()
        };
        let search = unchanged.map_or_else(words, |old| Arc::clone(&old.search));
        Self { conversation, search }
    }

    fn key(&self) -> (OrganizationId, ConversationId) {
        (self.conversation.organization_id, self.conversation.id)
    }

    fn call_key(&self) -> Option<(OrganizationId, String)> {
        self.conversation.external_call_id.clone().map(|call| (self.conversation.organization_id, call))
    }

    fn started_in<G>(&self, group: G) -> Rank<G> {
        (group, (self.conversation.started_at, self.conversation.id))
    }

    fn started_rank(&self) -> Rank<OrganizationId> {
        self.started_in(self.conversation.organization_id)
    }

    fn lead_rank(&self) -> Rank<(OrganizationId, LeadId)> {
        self.started_in((self.conversation.organization_id, self.conversation.lead_id))
    }

    fn assistant_rank(&self) -> Rank<(OrganizationId, AssistantId)> {
        self.started_in((self.conversation.organization_id, self.conversation.assistant_id))
    }

    fn silence_rank(&self) -> Option<((), SilenceRank)> {
        let conversation = &self.conversation;
        let rank = (conversation.last_activity_at, (conversation.id, conversation.organization_id));
        (!conversation.status.is_final()).then_some(((), rank))
    }

    fn end_rank(&self) -> Option<Rank<OrganizationId>> {
        let conversation = &self.conversation;
        conversation.ended_at.map(|at| (conversation.organization_id, (at, conversation.id)))
    }
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Conversations {
    rows: Map<(OrganizationId, ConversationId), Arc<ConversationRow>>,
    by_call: Map<(OrganizationId, String), ConversationId>,
    by_started: Index<OrganizationId, (Timestamp, ConversationId)>,
    by_lead: Index<(OrganizationId, LeadId), (Timestamp, ConversationId)>,
    by_assistant: Index<(OrganizationId, AssistantId), (Timestamp, ConversationId)>,
    /// Of those that go on, the longest silent first.
    by_silence: Index<(), SilenceRank>,
    by_end: Index<OrganizationId, (Timestamp, ConversationId)>,
}

impl Conversations {
    pub(super) fn get(&self, organization: OrganizationId, id: ConversationId) -> Option<&Arc<ConversationRow>> {
        self.rows.get(&(organization, id))
    }

    fn rows(
        &self,
        organization: OrganizationId,
        ranks: impl Iterator<Item = (Timestamp, ConversationId)>,
    ) -> impl Iterator<Item = &Arc<ConversationRow>> {
        ranks.filter_map(move |(_, id)| self.get(organization, id))
    }

    /// Begun in a span, oldest first.
    pub(super) fn started(
        &self,
        organization: OrganizationId,
        span: Between,
    ) -> impl Iterator<Item = &Arc<ConversationRow>> {
        self.rows(organization, self.by_started.between(organization, span))
    }

    pub(super) fn of_lead(
        &self,
        organization: OrganizationId,
        lead: LeadId,
    ) -> impl Iterator<Item = &Arc<ConversationRow>> {
        self.rows(organization, self.by_lead.of((organization, lead)))
    }

    pub(super) fn of_assistant(
        &self,
        organization: OrganizationId,
        assistant: AssistantId,
    ) -> impl Iterator<Item = &Arc<ConversationRow>> {
        self.rows(organization, self.by_assistant.of((organization, assistant)))
    }

    /// Checks what a conversation must not share with another, or points at, as far as it differs from the row it takes
    /// the place of.
    fn check(tables: &Tables, row: &ConversationRow, old: Option<&ConversationRow>) -> Result<()> {
        let old = old.map(|old| &old.conversation);
        let holder = row.call_key().and_then(|key| tables.conversations.by_call.get(&key));
        free("external call id", holder.is_some_and(|id| *id != row.conversation.id))?;
        let (organization, lead) = (row.conversation.organization_id, row.conversation.lead_id);
        if old.is_none_or(|old| old.lead_id != lead) {
            tables.need_open_lead(organization, lead)?;
        }
        let assistant = row.conversation.assistant_id;
        if old.is_none_or(|old| old.assistant_id != assistant) {
            tables.need_assistant(organization, assistant)?;
        }
        Ok(())
    }

    /// Stores a conversation that passes every check.
    pub(super) fn store(&mut self, conversation: Conversation) {
        let old = self.get(conversation.organization_id, conversation.id).cloned();
        self.store_row(ConversationRow::new(conversation, old.as_deref()), old.as_deref());
    }

    fn store_row(&mut self, row: ConversationRow, old: Option<&ConversationRow>) {
        self.by_call.rekey(old.and_then(ConversationRow::call_key), row.call_key(), row.conversation.id);
        self.by_started.rekey(old.map(ConversationRow::started_rank), Some(row.started_rank()));
        self.by_lead.rekey(old.map(ConversationRow::lead_rank), Some(row.lead_rank()));
        self.by_assistant.rekey(old.map(ConversationRow::assistant_rank), Some(row.assistant_rank()));
        self.by_silence.rekey(old.and_then(ConversationRow::silence_rank), row.silence_rank());
        self.by_end.rekey(old.and_then(ConversationRow::end_rank), row.end_rank());
        self.rows.insert(row.key(), Arc::new(row));
    }
}

#[async_trait]
impl ConversationRepository for MemoryRepositories {
    async fn insert(&self, conversation: &Conversation) -> Result<()> {
        self.write(|tables| {
            let row = ConversationRow::new(conversation.clone(), None);
            free("conversation id", tables.conversations.rows.contains(&row.key()))?;
            Conversations::check(tables, &row, None)?;
            tables.conversations.store_row(row, None);
            Ok(())
        })
    }

    async fn by_external_call(&self, organization: OrganizationId, call: &str) -> Result<Option<Conversation>> {
        self.read(|tables| {
            let id = tables.conversations.by_call.get(&(organization, call.to_owned()));
            let row = id.and_then(|id| tables.conversations.get(organization, *id));
            Ok(row.map(|row| row.conversation.clone()))
        })
    }

    async fn get(&self, organization: OrganizationId, id: ConversationId) -> Result<Option<Conversation>> {
        self.read(|tables| Ok(tables.conversations.get(organization, id).map(|row| row.conversation.clone())))
    }

    async fn scene(&self, organization: OrganizationId, id: ConversationId) -> Result<Option<Scene>> {
        let Some(conversation) = self.conversations().get(organization, id).await? else { return Ok(None) };
        let lead = self.leads().get(organization, conversation.lead_id).await?;
        let assistant = self.assistants().get(organization, conversation.assistant_id).await?;
        let tenant = self.organizations().get(organization).await?;
        Ok(assistant.zip(tenant).map(|(assistant, organization)| Scene {
            conversation,
            lead_is_gone: lead.is_none_or(|lead| lead.deleted_at.is_some() || lead.erased_at.is_some()),
            assistant,
            organization,
        }))
    }

    async fn of_leads(&self, organization: OrganizationId, leads: &[LeadId], each: u32) -> Result<Vec<Conversation>> {
        let leads: BTreeSet<_> = leads.iter().collect();
        self.read(|tables| {
            let table = &tables.conversations;
            let newest = |lead: &LeadId| {
                let ranks = table.by_lead.of((organization, *lead)).rev().take(each as usize);
                table.rows(organization, ranks).map(|row| row.conversation.clone()).collect::<Vec<_>>()
            };
            let mut found: Vec<_> = leads.into_iter().flat_map(newest).collect();
            found.sort_by_key(|conversation| Reverse((conversation.started_at, conversation.id)));
            Ok(found)
        })
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &ConversationFilter,
        sort: Sort<ConversationSort>,
        paging: &Paging,
    ) -> Result<Listing<Conversation>> {
        let search = filter.search.as_deref().map(text::tokens);
        let kind = match sort.by {
            ConversationSort::StartedAt | ConversationSort::LastActivityAt => KeyKind::Instant,
            ConversationSort::Score => KeyKind::OptionalNumber,
        };
        self.read(|tables| {
            let table = &tables.conversations;
            // A lead has few conversations, so a list of one lead's does not look at the others.
            let rows: Box<dyn Iterator<Item = &Arc<ConversationRow>> + '_> = match filter.lead_id {
                Some(lead) => {
                    Box::new(table.rows(organization, table.by_lead.between((organization, lead), filter.started)))
                }
                None => Box::new(table.started(organization, filter.started)),
            };
            let rows = rows.filter(|row| passes(tables, &row.conversation, filter));
            let rows = rows.filter(|row| search.as_ref().is_none_or(|tokens| found(&row.search, tokens)));
            let place = |row| place(row, sort.by);
            Ok(cut(rows, place, kind, sort.order, paging)?.map(|row| row.conversation.clone()))
        })
    }

    async fn update(&self, conversation: &Conversation) -> Result<()> {
        self.write(|tables| {
            let stored = tables.conversations.get(conversation.organization_id, conversation.id).cloned();
            let stored = stored.ok_or_else(|| Error::not_found("conversation"))?;
            let version = next_version("conversation", stored.conversation.version, conversation.version)?;
            let row = ConversationRow::new(Conversation { version, ..conversation.clone() }, Some(&stored));
            Conversations::check(tables, &row, Some(&stored))?;
            tables.conversations.store_row(row, Some(&stored));
            Ok(())
        })
    }

    async fn say(&self, conversation: &Conversation, said: &Transcript) -> Result<()> {
        self.or_end(self.conversations().update(conversation).await)?;
        self.or_end(self.transcripts().append(std::slice::from_ref(said)).await)
    }

    async fn idle(&self, before: Timestamp, limit: u32) -> Result<Vec<(OrganizationId, ConversationId)>> {
        self.read(|tables| {
            let ranks = tables.conversations.by_silence.before((), before).take(limit as usize);
            Ok(ranks.map(|(_, (conversation, organization))| (organization, conversation)).collect())
        })
    }

    async fn recorded(
        &self,
        organization: OrganizationId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<ConversationId>> {
        self.read(|tables| {
            let table = &tables.conversations;
            let ended = table.rows(organization, table.by_end.before(organization, before));
            let recorded = ended.filter(|row| row.conversation.audio_file.is_some());
            Ok(recorded.map(|row| row.conversation.id).take(limit as usize).collect())
        })
    }

    async fn completed(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<CompletedConversation>> {
        self.read(|tables| {
            let rows = tables.conversations.of_lead(organization, lead).map(|row| &row.conversation);
            let rows = rows.filter(|conversation| conversation.status == ConversationStatus::Completed);
            let completed = rows.filter_map(|conversation| {
                let (score, ended_at) = (conversation.score?, conversation.ended_at?);
                Some(CompletedConversation { id: conversation.id, ended_at, score })
            });
            let mut completed: Vec<_> = completed.collect();
            completed.sort_unstable_by_key(|conversation| (conversation.ended_at, conversation.id));
            Ok(completed)
        })
    }

    async fn count_started(&self, organization: OrganizationId, between: Between) -> Result<u64> {
        self.read(|tables| Ok(tables.conversations.by_started.between(organization, between).count() as u64))
    }
}

/// Everything of a filter but the span and the search.
fn passes(tables: &Tables, conversation: &Conversation, filter: &ConversationFilter) -> bool {
    (filter.statuses.is_empty() || filter.statuses.contains(&conversation.status))
        && (filter.sources.is_empty() || filter.sources.contains(&conversation.source))
        && filter.assistant_id.is_none_or(|assistant| conversation.assistant_id == assistant)
        && filter.lead_id.is_none_or(|lead| conversation.lead_id == lead)
        && filter.taken_over_by.is_none_or(|user| conversation.taken_over_by == Some(user))
        && filter.sentiment.is_none_or(|sentiment| conversation.sentiment == Some(sentiment))
        && filter.needs_attention_at.is_none_or(|now| conversation.needs_attention(now))
        && filter.visible_to.is_none_or(|user| {
            tables.is_theirs(conversation.organization_id, user, conversation.assistant_id, conversation.lead_id)
        })
}

fn place(row: &Arc<ConversationRow>, sort: ConversationSort) -> Place<'_> {
    let conversation = &row.conversation;
    let key = match sort {
        ConversationSort::StartedAt => Key::Instant(conversation.started_at),
        ConversationSort::LastActivityAt => Key::Instant(conversation.last_activity_at),
        ConversationSort::Score => Key::number(conversation.score),
    };
    (key, conversation.id.as_uuid())
}
