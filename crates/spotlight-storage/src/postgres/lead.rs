//! Leads and proposed changes to them.

mod erase;
mod list;
mod merge;
mod proposal;

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{
        LeadId, OrganizationId, UserId,
        contact::{Email, Phone},
        lead::Lead,
        time::Timestamp,
    },
    ports::{LeadFilter, LeadRepository, LeadSort, Listing, MovedConsents, Paging, Sort},
};
use sqlx::{postgres::PgRow, types::Json};

pub(super) use self::{list::built as built_statements, proposal::PgProposalRepository};
use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::{lexemes, maybe_conversation, open_lead, statements},
    tx::Query,
    write,
};
use crate::shared::search;

macro_rules! columns {
    () => {
        "organization_id, id, name, email, phone, company, source, status, score, score_reasons, criteria, qualified, \
         owner_id, needs_review, merged_into, metadata, last_conversation_at, erased_at, deleted_at, created_at, \
         updated_at, version"
    };
}
use columns;

macro_rules! update {
    () => {
        "UPDATE leads SET name = $4, email = $5, phone = $6, company = $7, source = $8, status = $9, score = $10, \
         score_reasons = $11, criteria = $12, qualified = $13, owner_id = $14, needs_review = $15, merged_into = $16, \
         metadata = $17, last_conversation_at = $18, erased_at = $19, deleted_at = $20, created_at = $21, \
         updated_at = $22, search = array_to_tsvector($23), version = version + 1 \
         WHERE organization_id = $1 AND id = $2 AND version = $3"
    };
}

statements! {
    INSERT = [
        "INSERT INTO leads (organization_id, id, version, name, email, phone, company, source, status, score, \
         score_reasons, criteria, qualified, owner_id, needs_review, merged_into, metadata, last_conversation_at, \
         erased_at, deleted_at, created_at, updated_at, search) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, \
         array_to_tsvector($23)) ON CONFLICT DO NOTHING"
    ];
    GET = ["SELECT ", columns!(), " FROM leads WHERE organization_id = $1 AND id = $2"];
    GET_MANY = ["SELECT ", columns!(), " FROM leads WHERE organization_id = $1 AND id = ANY($2) ORDER BY id"];
    FIND_BY_CONTACT = [
        "SELECT ", columns!(), " FROM leads WHERE organization_id = $1 AND (email = $2 OR phone = $3) \
         AND deleted_at IS NULL AND merged_into IS NULL ORDER BY id"
    ];
    EXISTS = ["SELECT EXISTS (SELECT 1 FROM leads WHERE organization_id = $1 AND id = $2)"];
    VERSION = ["SELECT version FROM leads WHERE organization_id = $1 AND id = $2"];
    UPDATE = [update!()];
    // Nothing can be taken or missing where the contact data and the lead it was merged into stay, and the lead does not
    // come back among the live ones.
    UPDATE_SAME_CONTACT = [
        update!(), " AND email IS NOT DISTINCT FROM $5 AND phone IS NOT DISTINCT FROM $6 \
         AND merged_into IS NOT DISTINCT FROM $16::uuid \
         AND ((deleted_at IS NULL AND merged_into IS NULL) OR $20::timestamptz IS NOT NULL OR $16::uuid IS NOT NULL)"
    ];
    INACTIVE = [
        "SELECT id FROM leads WHERE organization_id = $1 AND erased_at IS NULL AND updated_at < $2 \
         AND (last_conversation_at IS NULL OR last_conversation_at < $2) \
         ORDER BY updated_at, id LIMIT $3"
    ];
}

/// Every statement about leads.
pub(super) fn all_statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, erase::STATEMENTS, merge::STATEMENTS, proposal::STATEMENTS].into_iter().flatten()
}

fn read(row: &PgRow) -> Result<Lead> {
    let mut row = Row::new("leads", row);
    Ok(Lead {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(LeadId::from_uuid)?,
        name: row.take()?,
        email: row.maybe_contact(Email::try_from)?,
        phone: row.maybe_contact(Phone::from_e164)?,
        company: row.take()?,
        source: row.word()?,
        status: row.word()?,
        score: row.maybe_score()?,
        score_reasons: row.json()?,
        criteria: row.json()?,
        qualified: row.take()?,
        owner_id: row.maybe_id(UserId::from_uuid)?,
        needs_review: row.take()?,
        merged_into: row.maybe_id(LeadId::from_uuid)?,
        metadata: row.json()?,
        last_conversation_at: row.maybe_at()?,
        erased_at: row.maybe_at()?,
        deleted_at: row.maybe_at()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.take()?,
    })
}

/// The arguments shared by insert and update.
fn bind<'q>(sql: &'static str, lead: &'q Lead, search: &'q str) -> Query<'q> {
    query(sql)
        .bind(lead.organization_id.as_uuid())
        .bind(lead.id.as_uuid())
        .bind(lead.version)
        .bind(lead.name.as_deref())
        .bind(lead.email.as_ref().map(Email::as_str))
        .bind(lead.phone.as_ref().map(Phone::as_str))
        .bind(lead.company.as_deref())
        .bind(lead.source.as_str())
        .bind(lead.status.as_str())
        .bind(lead.score.map(i16::from))
        .bind(Json(&lead.score_reasons))
        .bind(Json(&lead.criteria))
        .bind(lead.qualified)
        .bind(lead.owner_id.map(UserId::as_uuid))
        .bind(lead.needs_review)
        .bind(lead.merged_into.map(LeadId::as_uuid))
        .bind(Json(&lead.metadata))
        .bind(lead.last_conversation_at)
        .bind(lead.erased_at)
        .bind(lead.deleted_at)
        .bind(lead.created_at)
        .bind(lead.updated_at)
        .bind(lexemes(search))
}

/// Whether the lead exists that this one was merged into, when it was.
fn target_exists(lead: &Lead) -> Option<Query<'_>> {
    lead.merged_into.map(|into| query(EXISTS).bind(lead.organization_id.as_uuid()).bind(into.as_uuid()))
}

/// Keeps leads.
pub(super) struct PgLeadRepository {
    db: PgDb,
}

impl PgLeadRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl LeadRepository for PgLeadRepository {
    async fn insert(&self, lead: &Lead) -> Result<()> {
        let search = search::lead(lead);
        let mut tx = self.db.write().await?;
        if let Some(exists) = target_exists(lead)
            && !row::yes(tx.fetch_optional(exists).await?.as_ref())?
        {
            return Err(Error::not_found("lead it was merged into"));
        }
        match tx.execute(bind(INSERT, lead, &search)).await? {
            0 => Err(Error::conflict("the lead's id, e-mail or phone is taken")),
            _ => Ok(()),
        }
    }

    async fn get(&self, organization: OrganizationId, id: LeadId) -> Result<Option<Lead>> {
        let found = self.db.fetch_optional(query(GET).bind(organization.as_uuid()).bind(id.as_uuid())).await?;
        row::one(found.as_ref(), read)
    }

    async fn get_many(&self, organization: OrganizationId, ids: &[LeadId]) -> Result<Vec<Lead>> {
        let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
        row::all(&self.db.fetch_all(query(GET_MANY).bind(organization.as_uuid()).bind(ids)).await?, read)
    }

    async fn find_by_contact(
        &self,
        organization: OrganizationId,
        email: Option<Email>,
        phone: Option<Phone>,
    ) -> Result<Vec<Lead>> {
        let query = query(FIND_BY_CONTACT)
            .bind(organization.as_uuid())
            .bind(email.as_ref().map(Email::as_str))
            .bind(phone.as_ref().map(Phone::as_str));
        row::all(&self.db.fetch_all(query).await?, read)
    }

    async fn list(
        &self,
        organization: OrganizationId,
        filter: &LeadFilter,
        sort: Sort<LeadSort>,
        paging: &Paging,
    ) -> Result<Listing<Lead>> {
        list::list(&self.db, organization, filter, sort, paging).await
    }

    async fn update(&self, lead: &Lead) -> Result<()> {
        let search = search::lead(lead);
        let mut tx = self.db.write().await?;
        let version = query(VERSION).bind(lead.organization_id.as_uuid()).bind(lead.id.as_uuid());
        let updates = (bind(UPDATE_SAME_CONTACT, lead, &search), bind(UPDATE, lead, &search));
        let words = ("lead", "the e-mail or phone belongs to another lead");
        let target = target_exists(lead).map(|exists| (exists, "lead it was merged into"));
        write::update_unique(&mut tx, lead.version, updates, version, target, words).await
    }

    async fn merge(
        &self,
        organization: OrganizationId,
        from: LeadId,
        into: LeadId,
        consents: MovedConsents,
        now: Timestamp,
    ) -> Result<()> {
        merge::merge(&self.db, organization, from, into, consents, now).await
    }

    async fn erase(&self, organization: OrganizationId, id: LeadId, now: Timestamp) -> Result<Vec<String>> {
        erase::erase(&self.db, organization, id, now).await
    }

    async fn inactive(&self, organization: OrganizationId, before: Timestamp, limit: u32) -> Result<Vec<LeadId>> {
        let query = query(INACTIVE).bind(organization.as_uuid()).bind(before).bind(i64::from(limit));
        row::all(&self.db.fetch_all(query).await?, |row| Row::new("leads", row).id(LeadId::from_uuid))
    }
}
