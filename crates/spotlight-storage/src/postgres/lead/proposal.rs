//! Proposed changes to leads.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{
        ConversationId, LeadId, OrganizationId, ProposalId,
        lead::{Proposal, ProposalState},
    },
    ports::ProposalRepository,
};
use sqlx::postgres::PgRow;

use super::{PgDb, Row, maybe_conversation, open_lead, query, row, statements};

statements! {
    INSERT = [
        "INSERT INTO proposals (organization_id, id, lead_id, conversation_id, field, value, state, created_at) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8 \
         WHERE ", open_lead!("$3"), " AND ", maybe_conversation!("$4"), " ON CONFLICT DO NOTHING"
    ];
    PARENTS_EXIST = ["SELECT ", open_lead!("$2"), " AND ", maybe_conversation!("$3")];
    LIST = [
        "SELECT organization_id, id, lead_id, conversation_id, field, value, state, created_at FROM proposals \
         WHERE organization_id = $1 AND lead_id = $2 ORDER BY created_at, id"
    ];
    DECIDE = ["UPDATE proposals SET state = $3 WHERE organization_id = $1 AND id = $2 AND state = 'open'"];
    EXISTS = ["SELECT EXISTS (SELECT 1 FROM proposals WHERE organization_id = $1 AND id = $2)"];
}

fn read(row: &PgRow) -> Result<Proposal> {
    let mut row = Row::new("proposals", row);
    Ok(Proposal {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(ProposalId::from_uuid)?,
        lead_id: row.id(LeadId::from_uuid)?,
        conversation_id: row.maybe_id(ConversationId::from_uuid)?,
        field: row.word()?,
        value: row.take()?,
        state: row.word()?,
        created_at: row.at()?,
    })
}

/// Keeps proposals.
pub(in crate::postgres) struct PgProposalRepository {
    db: PgDb,
}

impl PgProposalRepository {
    pub(in crate::postgres) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ProposalRepository for PgProposalRepository {
    async fn insert(&self, proposal: &Proposal) -> Result<bool> {
        let mut tx = self.db.write().await?;
        let insert = query(INSERT)
            .bind(proposal.organization_id.as_uuid())
            .bind(proposal.id.as_uuid())
            .bind(proposal.lead_id.as_uuid())
            .bind(proposal.conversation_id.map(ConversationId::as_uuid))
            .bind(proposal.field.as_str())
            .bind(proposal.value.as_str())
            .bind(proposal.state.as_str())
            .bind(proposal.created_at);
        if tx.execute(insert).await? > 0 {
            return Ok(true);
        }
        let parents = query(PARENTS_EXIST)
            .bind(proposal.organization_id.as_uuid())
            .bind(proposal.lead_id.as_uuid())
            .bind(proposal.conversation_id.map(ConversationId::as_uuid));
        if !row::yes(tx.fetch_optional(parents).await?.as_ref())? {
            return Err(Error::not_found("lead or conversation"));
        }
        let same_id = query(EXISTS).bind(proposal.organization_id.as_uuid()).bind(proposal.id.as_uuid());
        if row::yes(tx.fetch_optional(same_id).await?.as_ref())? {
            return Err(Error::conflict("the proposal's id is taken"));
        }
        Ok(false)
    }

    async fn list(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<Proposal>> {
        row::all(&self.db.fetch_all(query(LIST).bind(organization.as_uuid()).bind(lead.as_uuid())).await?, read)
    }

    async fn decide(&self, organization: OrganizationId, id: ProposalId, state: ProposalState) -> Result<()> {
        let mut tx = self.db.write().await?;
        let decide = query(DECIDE).bind(organization.as_uuid()).bind(id.as_uuid()).bind(state.as_str());
        if tx.execute(decide).await? > 0 {
            return Ok(());
        }
        let exists = query(EXISTS).bind(organization.as_uuid()).bind(id.as_uuid());
        Err(if row::yes(tx.fetch_optional(exists).await?.as_ref())? {
            Error::conflict("the proposal is decided already")
        } else {
            Error::not_found("proposal")
        })
    }
}
