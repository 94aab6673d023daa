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

use super::super::{
    codec::{Bind, Fields, all},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "organization_id, id, lead_id, conversation_id, field, value, state, created_at"
    };
}

statements! {
    INSERT = [
        "INSERT INTO proposals (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (organization_id, lead_id, field, value) WHERE state = 'open' DO NOTHING"
    ];
    LIST = ["SELECT ", columns!(), " FROM proposals WHERE organization_id = ? AND lead_id = ? ORDER BY created_at, id"];
    DECIDE = ["UPDATE proposals SET state = ? WHERE organization_id = ? AND id = ? AND state = 'open'"];
    EXISTS = ["SELECT 1 FROM proposals WHERE organization_id = ? AND id = ?"];
}

repository! {
    /// Keeps proposals.
    SqliteProposalRepository
}

#[async_trait]
impl ProposalRepository for SqliteProposalRepository {
    async fn insert(&self, proposal: &Proposal) -> Result<bool> {
        let insert = query(INSERT)
            .bind(proposal.organization_id.as_uuid())
            .bind(proposal.id.as_uuid())
            .bind(proposal.lead_id.as_uuid())
            .bind(proposal.conversation_id.map(ConversationId::as_uuid))
            .bind(proposal.field.as_str())
            .bind(proposal.value.as_str())
            .bind(proposal.state.as_str())
            .at(proposal.created_at);
        let mut write = self.db.write().await?;
        let done = write.execute(insert).await;
        if done.map_err(|failure| failure.or_reference(|| Error::not_found("lead or conversation")))? > 0 {
            return Ok(true);
        }
        // The proposal that is open already can be this very one.
        let same_id = query(EXISTS).bind(proposal.organization_id.as_uuid()).bind(proposal.id.as_uuid());
        match write.row(same_id).await? {
            Some(_) => Err(Error::conflict("the proposal's id is taken")),
            None => Ok(false),
        }
    }

    async fn list(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<Proposal>> {
        let list = query(LIST).bind(organization.as_uuid()).bind(lead.as_uuid());
        all(&self.db.rows(list).await?, |row| {
            let mut f = Fields::new("proposals", row);
            Ok(Proposal {
                organization_id: f.id(OrganizationId::from_uuid)?,
                id: f.id(ProposalId::from_uuid)?,
                lead_id: f.id(LeadId::from_uuid)?,
                conversation_id: f.opt_id(ConversationId::from_uuid)?,
                field: f.word()?,
                value: f.text()?,
                state: f.word()?,
                created_at: f.at()?,
            })
        })
    }

    async fn decide(&self, organization: OrganizationId, id: ProposalId, state: ProposalState) -> Result<()> {
        let decide = query(DECIDE).bind(state.as_str()).bind(organization.as_uuid()).bind(id.as_uuid());
        let exists = query(EXISTS).bind(organization.as_uuid()).bind(id.as_uuid());
        let mut write = self.db.write().await?;
        if write.execute(decide).await? > 0 {
            return Ok(());
        }
        Err(match write.row(exists).await? {
            Some(_) => Error::conflict("the proposal is decided already"),
            None => Error::not_found("proposal"),
        })
    }
}
