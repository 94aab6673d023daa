//! Leads and proposed changes to them.

mod erase;
mod merge;
mod proposal;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

pub(super) use self::proposal::Proposals;
use super::{
    assistant::found,
    map::{Index, Map},
    page::{Key, KeyKind, Place, cut},
    tables::{Tables, free, next_version},
    unit::MemoryRepositories,
};
use crate::{
    domain::{
        LeadId, OrganizationId,
        contact::{Email, Phone},
        lead::Lead,
        time::Timestamp,
    },
    error::{Error, Result},
    ports::{Between, LeadFilter, LeadRepository, LeadSort, Listing, MovedConsents, Paging, Sort},
    text,
};

#[derive(RedactedDebug)]
pub(super) struct LeadRow {
    pub(super) lead: Lead,
    search: Arc<str>,
}

impl LeadRow {
    /// The row of a lead that takes the place of another row, if any.
    fn new(lead: Lead, old: Option<&Self>) -> Self {
        let words = |lead: &Lead| (lead.name.clone(), lead.email.clone(), lead.phone.clone(), lead.company.clone());
        let unchanged = old.filter(|old| words(&old.lead) == words(&lead));
        let search = unchanged.map_or_else(|| search_text(&lead), |old| Arc::clone(&old.search));
        Self { lead, search }
    }

    /// Neither deleted nor merged.
    pub(super) fn is_live(&self) -> bool {
        self.lead.deleted_at.is_none() && self.lead.merged_into.is_none()
    }

    fn key(&self) -> (OrganizationId, LeadId) {
        (self.lead.organization_id, self.lead.id)
    }

    fn email_key(&self) -> Option<(OrganizationId, Email)> {
        let email = self.lead.email.clone().filter(|_| self.is_live());
        email.map(|email| (self.lead.organization_id, email))
    }

    fn phone_key(&self) -> Option<(OrganizationId, Phone)> {
        let phone = self.lead.phone.clone().filter(|_| self.is_live());
        phone.map(|phone| (self.lead.organization_id, phone))
    }

    fn created_rank(&self) -> Option<(OrganizationId, (Timestamp, LeadId))> {
        self.is_live().then_some((self.lead.organization_id, (self.lead.created_at, self.lead.id)))
    }

    fn merged_rank(&self) -> Option<((OrganizationId, LeadId), LeadId)> {
        self.lead.merged_into.map(|into| ((self.lead.organization_id, into), self.lead.id))
    }
}

fn search_text(lead: &Lead) -> Arc<str> {
    let email = lead.email.as_ref().map(Email::as_str);
    let phone = lead.phone.as_ref().map(Phone::as_str);
    text::search_text([lead.name.as_deref(), email, phone, lead.company.as_deref()].into_iter().flatten()).into()
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Leads {
    rows: Map<(OrganizationId, LeadId), Arc<LeadRow>>,
    /// Of live leads.
    by_email: Map<(OrganizationId, Email), LeadId>,
    /// Of live leads.
    by_phone: Map<(OrganizationId, Phone), LeadId>,
    /// Of live leads.
    by_created: Index<OrganizationId, (Timestamp, LeadId)>,
    /// What was merged into a lead.
    merged: Index<(OrganizationId, LeadId), LeadId>,
}

impl Leads {
    pub(super) fn get(&self, organization: OrganizationId, id: LeadId) -> Option<&Arc<LeadRow>> {
        self.rows.get(&(organization, id))
    }

    fn get_live(&self, organization: OrganizationId, id: LeadId) -> Result<&Arc<LeadRow>> {
        self.get(organization, id).filter(|row| row.is_live()).ok_or_else(|| Error::not_found("lead"))
    }

    /// Live leads made in a span, oldest first.
    pub(super) fn created(&self, organization: OrganizationId, span: Between) -> impl Iterator<Item = &Arc<LeadRow>> {
        let ids = self.by_created.between(organization, span);
        ids.filter_map(move |(_, id)| self.get(organization, id))
    }

    /// Checks what a lead must not share with another, or point at.
    fn check(tables: &Tables, row: &LeadRow) -> Result<()> {
        let is_other = |id: &LeadId| *id != row.lead.id;
        free("e-mail", row.email_key().and_then(|key| tables.leads.by_email.get(&key)).is_some_and(is_other))?;
        free("phone", row.phone_key().and_then(|key| tables.leads.by_phone.get(&key)).is_some_and(is_other))?;
        row.lead.merged_into.map_or(Ok(()), |into| tables.need_lead(row.lead.organization_id, into))
    }

    fn store(&mut self, row: LeadRow) {
        let id = row.lead.id;
        let old = self.rows.get(&row.key()).cloned();
        let old = old.as_deref();
        self.by_email.rekey(old.and_then(LeadRow::email_key), row.email_key(), id);
        self.by_phone.rekey(old.and_then(LeadRow::phone_key), row.phone_key(), id);
        self.by_created.rekey(old.and_then(LeadRow::created_rank), row.created_rank());
        self.merged.rekey(old.and_then(LeadRow::merged_rank), row.merged_rank());
        self.rows.insert(row.key(), Arc::new(row));
    }
}

#[async_trait]
impl LeadRepository for MemoryRepositories {
    async fn insert(&self, lead: &Lead) -> Result<()> {
        self.write(|tables| {
            let row = LeadRow::new(lead.clone(), None);
            free("lead id", tables.leads.rows.contains(&row.key()))?;
            Leads::check(tables, &row)?;
            tables.leads.store(row);
            Ok(())
        })
    }

    async fn get(&self, organization: OrganizationId, id: LeadId) -> Result<Option<Lead>> {
        self.read(|tables| Ok(tables.leads.get(organization, id).map(|row| row.lead.clone())))
    }

    async fn get_many(&self, organization: OrganizationId, ids: &[LeadId]) -> Result<Vec<Lead>> {
        let ids: BTreeSet<_> = ids.iter().collect();
        self.read(|tables| {
            let rows = ids.into_iter().filter_map(|id| tables.leads.get(organization, *id));
            Ok(rows.map(|row| row.lead.clone()).collect())
        })
    }

    async fn find_by_contact(
        &self,
        organization: OrganizationId,
        email: Option<Email>,
        phone: Option<Phone>,
    ) -> Result<Vec<Lead>> {
        self.read(|tables| {
            let by_email = email.and_then(|email| tables.leads.by_email.get(&(organization, email)));
            let by_phone = phone.and_then(|phone| tables.leads.by_phone.get(&(organization, phone)));
            let rows =
                by_email.into_iter().chain(by_phone).filter_map(|id| Some((id, tables.leads.get(organization, *id)?)));
            let rows: BTreeMap<_, _> = rows.collect();
            Ok(rows.into_values().map(|row| row.lead.clone()).collect())
        })
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &LeadFilter,
        sort: Sort<LeadSort>,
        paging: &Paging,
    ) -> Result<Listing<Lead>> {
        let search = filter.search.as_deref().map(text::tokens);
        let kind = match sort.by {
            LeadSort::CreatedAt | LeadSort::UpdatedAt | LeadSort::Waiting => KeyKind::Instant,
            LeadSort::LastConversationAt => KeyKind::OptionalInstant,
            LeadSort::Score => KeyKind::OptionalNumber,
            LeadSort::Name => KeyKind::OptionalText,
        };
        self.read(|tables| {
            let rows = tables.leads.created(organization, filter.created);
            let rows = rows.filter(|row| passes(&row.lead, filter));
            let rows = rows.filter(|row| search.as_ref().is_none_or(|tokens| found(&row.search, tokens)));
            let place = |row| place(row, sort.by);
            Ok(cut(rows, place, kind, sort.order, paging)?.map(|row| row.lead.clone()))
        })
    }

    async fn update(&self, lead: &Lead) -> Result<()> {
        self.write(|tables| {
            let stored = tables.leads.get(lead.organization_id, lead.id).ok_or_else(|| Error::not_found("lead"))?;
            let version = next_version("lead", stored.lead.version, lead.version)?;
            let row = LeadRow::new(Lead { version, ..lead.clone() }, Some(stored));
            Leads::check(tables, &row)?;
            tables.leads.store(row);
            Ok(())
        })
    }

    async fn merge(
        &self,
        organization: OrganizationId,
        from: LeadId,
        into: LeadId,
        consents: MovedConsents,
        now: Timestamp,
    ) -> Result<()> {
        self.write(|tables| merge::merge(tables, organization, from, into, consents, now))
    }

    async fn erase(&self, organization: OrganizationId, id: LeadId, now: Timestamp) -> Result<Vec<String>> {
        self.write(|tables| erase::erase(tables, organization, id, now))
    }

    async fn inactive(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<Vec<LeadId>> {
        self.read(|tables| {
            let rows = tables.leads.rows.group(organization).map(|row| &row.lead);
            let inactive = rows.filter(|lead| {
                lead.erased_at.is_none()
                    && lead.updated_at < before
                    && lead.last_conversation_at.is_none_or(|at| at < before)
            });
            let mut ranks: Vec<_> = inactive.map(|lead| (lead.updated_at, lead.id)).collect();
            ranks.sort_unstable();
            Ok(ranks.into_iter().take(limit as usize).map(|(_, id)| id).collect())
        })
    }
}

/// Everything of a filter but the span of creation and the search.
fn passes(lead: &Lead, filter: &LeadFilter) -> bool {
    (filter.statuses.is_empty() || filter.statuses.contains(&lead.status))
        && (filter.sources.is_empty() || filter.sources.contains(&lead.source))
        && filter.owner_id.is_none_or(|owner| lead.owner_id == Some(owner))
        && filter.qualified.is_none_or(|qualified| lead.qualified == qualified)
        && filter.min_score.is_none_or(|min| lead.score.is_some_and(|score| score >= min))
        && filter.max_score.is_none_or(|max| lead.score.is_some_and(|score| score <= max))
        && filter.needs_review.is_none_or(|needs_review| lead.needs_review == needs_review)
        && filter
            .idle_since
            .is_none_or(|since| lead.status.is_open() && lead.last_conversation_at.unwrap_or(lead.created_at) < since)
}

fn place(row: &Arc<LeadRow>, sort: LeadSort) -> Place<'_> {
    let lead = &row.lead;
    let key = match sort {
        LeadSort::CreatedAt => Key::Instant(lead.created_at),
        LeadSort::UpdatedAt => Key::Instant(lead.updated_at),
        LeadSort::LastConversationAt => Key::instant(lead.last_conversation_at),
        LeadSort::Waiting => Key::Instant(LeadSort::waiting_since(lead)),
        LeadSort::Score => Key::number(lead.score),
        LeadSort::Name => Key::text(lead.name.as_deref()),
    };
    (key, lead.id.as_uuid())
}
