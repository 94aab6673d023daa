//! Leads and proposed changes to them.

mod erase;
mod list;
mod merge;
mod proposal;

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{
        LeadId, OrganizationId, UserId,
        contact::{Email, Phone},
        lead::Lead,
        time::Timestamp,
    },
    ports::{LeadFilter, LeadRepository, LeadSort, Listing, MovedConsents, Paging, Sort},
};
use sqlx::sqlite::SqliteRow;

pub(super) use self::proposal::SqliteProposalRepository;
use super::{
    codec::{Bind, Fields, all, ids, json, one},
    db::query,
    repositories::repository,
    sql::statements,
    writer::Query,
};
use crate::shared;

/// Every statement of the files below.
#[cfg(test)]
pub(super) const PARTS: [(&[super::sql::Sql], &[super::sql::Sql]); 3] =
    [erase::STATEMENTS, merge::STATEMENTS, proposal::STATEMENTS];

macro_rules! columns {
    () => {
        "name, email, phone, company, source, status, score, score_reasons, criteria, qualified, owner_id, \
         needs_review, merged_into, metadata, last_conversation_at, erased_at, deleted_at, created_at, updated_at, \
         organization_id, id, version"
    };
}
use columns;

statements! {
    INSERT = [
        "INSERT INTO leads (search, ", columns!(), ") \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    ];
    GET = ["SELECT ", columns!(), " FROM leads WHERE organization_id = ? AND id = ?"];
    GET_MANY = [
        "SELECT ", columns!(), " FROM leads WHERE organization_id = ? \
         AND id IN (SELECT unhex(value) FROM json_each(?)) ORDER BY id"
    ];
    BY_CONTACT = [
        "SELECT ", columns!(), " FROM leads WHERE organization_id = ?1 AND id IN ( \
         SELECT id FROM leads WHERE organization_id = ?1 AND email = ?2 AND deleted_at IS NULL AND merged_into IS NULL \
         UNION \
         SELECT id FROM leads WHERE organization_id = ?1 AND phone = ?3 AND deleted_at IS NULL AND merged_into IS NULL \
         ) ORDER BY id"
    ];
    UPDATE = [
        "UPDATE leads SET search = ?, name = ?, email = ?, phone = ?, company = ?, source = ?, status = ?, score = ?, \
         score_reasons = ?, criteria = ?, qualified = ?, owner_id = ?, needs_review = ?, merged_into = ?, \
         metadata = ?, last_conversation_at = ?, erased_at = ?, deleted_at = ?, created_at = ?, updated_at = ?, \
         version = version + 1 WHERE organization_id = ? AND id = ? AND version = ?"
    ];
    EXISTS = ["SELECT 1 FROM leads WHERE organization_id = ? AND id = ?"];
    INACTIVE = [
        "SELECT id FROM leads WHERE organization_id = ?1 AND updated_at < ?2 \
         AND (last_conversation_at IS NULL OR last_conversation_at < ?2) AND erased_at IS NULL \
         ORDER BY updated_at, id LIMIT ?3"
    ];
}

repository! {
    /// Keeps leads.
    SqliteLeadRepository
}

fn read(row: &SqliteRow) -> Result<Lead> {
    let mut f = Fields::new("leads", row);
    Ok(Lead {
        name: f.opt_text()?,
        email: f.opt_checked()?,
        phone: f.opt_checked()?,
        company: f.opt_text()?,
        source: f.word()?,
        status: f.word()?,
        score: f.opt_int()?,
        score_reasons: f.json()?,
        criteria: f.json()?,
        qualified: f.flag()?,
        owner_id: f.opt_id(UserId::from_uuid)?,
        needs_review: f.flag()?,
        merged_into: f.opt_id(LeadId::from_uuid)?,
        metadata: f.json()?,
        last_conversation_at: f.opt_at()?,
        erased_at: f.opt_at()?,
        deleted_at: f.opt_at()?,
        created_at: f.at()?,
        updated_at: f.at()?,
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(LeadId::from_uuid)?,
        version: f.int()?,
    })
}

/// The arguments of `INSERT` and `UPDATE`, which have the same order.
fn bind<'q>(query: Query<'q>, lead: &Lead) -> Result<Query<'q>> {
    let live = lead.deleted_at.is_none() && lead.merged_into.is_none();
    Ok(query
        .bind(if live { shared::search::lead(lead) } else { String::new() })
        .bind(lead.name.clone())
        .bind(lead.email.as_ref().map(|email| email.as_str().to_owned()))
        .bind(lead.phone.as_ref().map(|phone| phone.as_str().to_owned()))
        .bind(lead.company.clone())
        .bind(lead.source.as_str())
        .bind(lead.status.as_str())
        .bind(lead.score)
        .bind(json(&lead.score_reasons)?)
        .bind(json(&lead.criteria)?)
        .bind(lead.qualified)
        .bind(lead.owner_id.map(UserId::as_uuid))
        .bind(lead.needs_review)
        .bind(lead.merged_into.map(LeadId::as_uuid))
        .bind(json(&lead.metadata)?)
        .opt_at(lead.last_conversation_at)
        .opt_at(lead.erased_at)
        .opt_at(lead.deleted_at)
        .at(lead.created_at)
        .at(lead.updated_at)
        .bind(lead.organization_id.as_uuid())
        .bind(lead.id.as_uuid())
        .bind(lead.version))
}

#[async_trait]
impl LeadRepository for SqliteLeadRepository {
    async fn insert(&self, lead: &Lead) -> Result<()> {
        let insert = bind(query(INSERT), lead)?;
        self.db.write().await?.execute(insert).await?;
        Ok(())
    }

    async fn get(&self, organization: OrganizationId, id: LeadId) -> Result<Option<Lead>> {
        one(self.db.row(query(GET).bind(organization.as_uuid()).bind(id.as_uuid())).await?, read)
    }

    async fn get_many(&self, organization: OrganizationId, wanted: &[LeadId]) -> Result<Vec<Lead>> {
        let get = query(GET_MANY).bind(organization.as_uuid()).bind(ids(wanted.iter().map(|id| id.as_uuid())));
        all(&self.db.rows(get).await?, read)
    }

    async fn find_by_contact(
        &self,
        organization: OrganizationId,
        email: Option<Email>,
        phone: Option<Phone>,
    ) -> Result<Vec<Lead>> {
        let find =
            query(BY_CONTACT).bind(organization.as_uuid()).bind(email.map(String::from)).bind(phone.map(String::from));
        all(&self.db.rows(find).await?, read)
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
        let exists = query(EXISTS).bind(lead.organization_id.as_uuid()).bind(lead.id.as_uuid());
        let update = bind(query(UPDATE), lead)?;
        self.db.write().await?.replace("lead", update, exists).await
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
        let inactive = query(INACTIVE).bind(organization.as_uuid()).at(before).bind(limit);
        all(&self.db.rows(inactive).await?, |row| Fields::new("leads", row).id(LeadId::from_uuid))
    }
}
