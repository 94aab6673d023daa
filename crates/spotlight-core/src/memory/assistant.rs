//! Assistants and what they know.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::{
    map::{Index, Map},
    page::{Key, KeyKind, Place, cut},
    tables::{free, next_version},
    unit::MemoryRepositories,
};
use crate::{
    domain::{
        AssistantId, KnowledgeId, OrganizationId,
        assistant::{Assistant, Knowledge},
        conversation::ConversationStatus,
        time::Timestamp,
    },
    error::{Error, Result},
    ports::{
        AssistantFigures, AssistantFilter, AssistantRepository, AssistantSort, KnowledgeRepository, Listing, Paging,
        Sort,
    },
    text,
};

#[derive(RedactedDebug)]
pub(super) struct AssistantRow {
    pub(super) assistant: Assistant,
    search: String,
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Assistants {
    rows: Map<(OrganizationId, AssistantId), Arc<AssistantRow>>,
    organizations: Index<AssistantId, OrganizationId>,
}

impl Assistants {
    pub(super) fn get(&self, organization: OrganizationId, id: AssistantId) -> Option<&Arc<AssistantRow>> {
        self.rows.get(&(organization, id))
    }

    fn store(&mut self, assistant: Assistant) {
        let key = (assistant.organization_id, assistant.id);
        let search = text::search_text([assistant.name.as_str(), assistant.role.as_str()]);
        self.organizations.rekey(None, Some((assistant.id, assistant.organization_id)));
        self.rows.insert(key, Arc::new(AssistantRow { assistant, search }));
    }
}

#[async_trait]
impl AssistantRepository for MemoryRepositories {
    async fn insert(&self, assistant: &Assistant) -> Result<()> {
        self.write(|tables| {
            free("assistant id", tables.assistants.get(assistant.organization_id, assistant.id).is_some())?;
            tables.need_organization(assistant.organization_id)?;
            tables.need_user(assistant.owner_id)?;
            tables.assistants.store(assistant.clone());
            Ok(())
        })
    }

    async fn get(&self, organization: OrganizationId, id: AssistantId) -> Result<Option<Assistant>> {
        self.read(|tables| Ok(tables.assistants.get(organization, id).map(|row| row.assistant.clone())))
    }

    async fn get_many(&self, organization: OrganizationId, ids: &[AssistantId]) -> Result<Vec<Assistant>> {
        let ids: BTreeSet<_> = ids.iter().collect();
        self.read(|tables| {
            let rows = ids.into_iter().filter_map(|id| tables.assistants.get(organization, *id));
            Ok(rows.map(|row| row.assistant.clone()).collect())
        })
    }

    async fn organization_of(&self, id: AssistantId) -> Result<Option<OrganizationId>> {
        self.read(|tables| Ok(tables.assistants.organizations.of(id).next()))
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &AssistantFilter,
        sort: Sort<AssistantSort>,
        paging: &Paging,
    ) -> Result<Listing<Assistant>> {
        let search = filter.search.as_deref().map(text::tokens);
        let passes = |row: &AssistantRow| {
            let assistant = &row.assistant;
            filter.active.is_none_or(|active| assistant.active == active)
                && filter.language.is_none_or(|language| assistant.language == language)
                && filter.owner_id.is_none_or(|owner| assistant.owner_id == owner)
                && search.as_ref().is_none_or(|tokens| found(&row.search, tokens))
        };
        let kind = match sort.by {
            AssistantSort::CreatedAt | AssistantSort::UpdatedAt => KeyKind::Instant,
            AssistantSort::Name => KeyKind::Text,
        };
        self.read(|tables| {
            let rows = tables.assistants.rows.group(organization).filter(|row| passes(row));
            let place = |row| place(row, sort.by);
            Ok(cut(rows, place, kind, sort.order, paging)?.map(|row| row.assistant.clone()))
        })
    }

    async fn update(&self, assistant: &Assistant) -> Result<()> {
        self.write(|tables| {
            let stored = tables.assistants.get(assistant.organization_id, assistant.id);
            let stored = stored.ok_or_else(|| Error::not_found("assistant"))?;
            let version = next_version("assistant", stored.assistant.version, assistant.version)?;
            tables.need_user(assistant.owner_id)?;
            tables.assistants.store(Assistant { version, ..assistant.clone() });
            Ok(())
        })
    }

    async fn delete(&self, organization: OrganizationId, id: AssistantId) -> Result<()> {
        self.write(|tables| {
            tables.need_assistant(organization, id)?;
            if tables.conversations.of_assistant(organization, id).next().is_some()
                || tables.appointments.of_assistant(organization, id).next().is_some()
            {
                return Err(Error::conflict("the assistant has conversations or appointments"));
            }
            let entries: Vec<_> = tables.knowledge.of_assistant(organization, id).cloned().collect();
            for entry in entries {
                tables.knowledge.remove(&entry);
            }
            tables.assistants.organizations.rekey(Some((id, organization)), None);
            tables.assistants.rows.remove(&(organization, id));
            Ok(())
        })
    }

    async fn count(&self, organization: OrganizationId) -> Result<u64> {
        self.read(|tables| Ok(tables.assistants.rows.group(organization).count() as u64))
    }

    async fn figures(&self, organization: OrganizationId, id: AssistantId) -> Result<AssistantFigures> {
        self.read(|tables| {
            let (mut conversations, mut active, mut ended, mut completed) = (0_u64, 0, 0_u64, 0_u64);
            let mut leads = std::collections::BTreeSet::new();
            for row in tables.conversations.of_assistant(organization, id) {
                conversations += 1;
                if row.conversation.status.is_final() {
                    ended += 1;
                } else {
                    active += 1;
                }
                completed += u64::from(row.conversation.status == ConversationStatus::Completed);
                leads.insert(row.conversation.lead_id);
            }
            let leads = leads.into_iter().filter_map(|lead| tables.leads.get(organization, lead));
            let scores = leads.filter(|row| row.is_live()).filter_map(|row| row.lead.score);
            Ok(AssistantFigures {
                average_lead_score: super::analytics::mean(scores.map(f64::from)),
                conversations,
                active_conversations: active,
                completion_rate: (ended > 0).then(|| completed as f64 / ended as f64),
            })
        })
    }
}

fn place(row: &Arc<AssistantRow>, sort: AssistantSort) -> Place<'_> {
    let assistant = &row.assistant;
    let key = match sort {
        AssistantSort::CreatedAt => Key::Instant(assistant.created_at),
        AssistantSort::UpdatedAt => Key::Instant(assistant.updated_at),
        AssistantSort::Name => Key::text(Some(&assistant.name)),
    };
    (key, assistant.id.as_uuid())
}

/// True when a search finds a row: it has a token, and the row matches all of them.
pub(super) fn found(search_text: &str, tokens: &[String]) -> bool {
    !tokens.is_empty() && text::matches(search_text, tokens)
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct KnowledgeEntries {
    rows: Map<(OrganizationId, KnowledgeId), Arc<Knowledge>>,
    by_assistant: Index<(OrganizationId, AssistantId), (Timestamp, KnowledgeId)>,
}

type KnowledgeRank = ((OrganizationId, AssistantId), (Timestamp, KnowledgeId));

impl KnowledgeEntries {
    fn of_assistant(
        &self,
        organization: OrganizationId,
        assistant: AssistantId,
    ) -> impl Iterator<Item = &Arc<Knowledge>> {
        let ids = self.by_assistant.of((organization, assistant));
        ids.filter_map(move |(_, id)| self.rows.get(&(organization, id)))
    }

    fn rank(entry: &Knowledge) -> KnowledgeRank {
        ((entry.organization_id, entry.assistant_id), (entry.created_at, entry.id))
    }

    fn store(&mut self, entry: &Knowledge) {
        let key = (entry.organization_id, entry.id);
        let old = self.rows.get(&key).map(|old| Self::rank(old));
        self.by_assistant.rekey(old, Some(Self::rank(entry)));
        self.rows.insert(key, Arc::new(entry.clone()));
    }

    fn remove(&mut self, entry: &Knowledge) -> bool {
        self.by_assistant.rekey(Some(Self::rank(entry)), None);
        self.rows.remove(&(entry.organization_id, entry.id))
    }
}

#[async_trait]
impl KnowledgeRepository for MemoryRepositories {
    async fn insert(&self, entry: &Knowledge) -> Result<()> {
        self.write(|tables| {
            free("knowledge id", tables.knowledge.rows.contains(&(entry.organization_id, entry.id)))?;
            tables.need_assistant(entry.organization_id, entry.assistant_id)?;
            tables.knowledge.store(entry);
            Ok(())
        })
    }

    async fn list(&self, organization: OrganizationId, assistant: AssistantId) -> Result<Vec<Knowledge>> {
        self.read(|tables| {
            let rows = tables.knowledge.of_assistant(organization, assistant);
            Ok(rows.map(|row| Knowledge::clone(row)).collect())
        })
    }

    async fn get(&self, organization: OrganizationId, id: KnowledgeId) -> Result<Option<Knowledge>> {
        self.read(|tables| Ok(tables.knowledge.rows.get(&(organization, id)).map(|row| Knowledge::clone(row))))
    }

    async fn update(&self, entry: &Knowledge, seen: Timestamp) -> Result<()> {
        self.write(|tables| {
            let stored = tables.knowledge.rows.get(&(entry.organization_id, entry.id));
            let stored = stored.ok_or_else(|| Error::not_found("knowledge entry"))?;
            if stored.updated_at != seen {
                return Err(Error::stale("knowledge entry"));
            }
            tables.need_assistant(entry.organization_id, entry.assistant_id)?;
            tables.knowledge.store(entry);
            Ok(())
        })
    }

    async fn delete(&self, organization: OrganizationId, id: KnowledgeId) -> Result<bool> {
        self.write(|tables| {
            let entry = tables.knowledge.rows.get(&(organization, id)).cloned();
            Ok(entry.is_some_and(|entry| tables.knowledge.remove(&entry)))
        })
    }
}
