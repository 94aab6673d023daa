//! Proposed changes to leads.

use std::sync::Arc;

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{
        LeadId, OrganizationId, ProposalId,
        lead::{Proposal, ProposalState},
        time::Timestamp,
    },
    error::{Error, Result},
    memory::{
        map::{Index, Map},
        tables::free,
        unit::MemoryRepositories,
    },
    ports::ProposalRepository,
};

#[derive(RedactedDebug, Clone, Default)]
pub(in crate::memory) struct Proposals {
    rows: Map<(OrganizationId, ProposalId), Arc<Proposal>>,
    by_lead: Index<(OrganizationId, LeadId), (Timestamp, ProposalId)>,
}

type Rank = ((OrganizationId, LeadId), (Timestamp, ProposalId));

impl Proposals {
    pub(super) fn of_lead(&self, organization: OrganizationId, lead: LeadId) -> impl Iterator<Item = &Arc<Proposal>> {
        let ids = self.by_lead.of((organization, lead));
        ids.filter_map(move |(_, id)| self.rows.get(&(organization, id)))
    }

    /// True when an open proposal is open already in another row: same lead, field and value.
    pub(super) fn has_open(&self, proposal: &Proposal) -> bool {
        proposal.state == ProposalState::Open
            && self.of_lead(proposal.organization_id, proposal.lead_id).any(|other| {
                other.state == ProposalState::Open
                    && other.field == proposal.field
                    && other.value == proposal.value
                    && other.id != proposal.id
            })
    }

    fn rank(proposal: &Proposal) -> Rank {
        ((proposal.organization_id, proposal.lead_id), (proposal.created_at, proposal.id))
    }

    pub(super) fn store(&mut self, proposal: Proposal) {
        let key = (proposal.organization_id, proposal.id);
        let old = self.rows.get(&key).map(|old| Self::rank(old));
        self.by_lead.rekey(old, Some(Self::rank(&proposal)));
        self.rows.insert(key, Arc::new(proposal));
    }

    pub(super) fn remove(&mut self, proposal: &Proposal) {
        self.by_lead.rekey(Some(Self::rank(proposal)), None);
        self.rows.remove(&(proposal.organization_id, proposal.id));
    }
}

#[async_trait]
impl ProposalRepository for MemoryRepositories {
    async fn insert(&self, proposal: &Proposal) -> Result<bool> {
        self.write(|tables| {
            let organization = proposal.organization_id;
            tables.need_open_lead(organization, proposal.lead_id)?;
            tables.need_maybe_conversation(organization, proposal.conversation_id)?;
            free("proposal id", tables.proposals.rows.contains(&(organization, proposal.id)))?;
            if tables.proposals.has_open(proposal) {
                return Ok(false);
            }
            tables.proposals.store(proposal.clone());
            Ok(true)
        })
    }

    async fn list(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<Proposal>> {
        self.read(|tables| {
            let rows = tables.proposals.of_lead(organization, lead);
            Ok(rows.map(|row| Proposal::clone(row)).collect())
        })
    }

    async fn decide(&self, organization: OrganizationId, id: ProposalId, state: ProposalState) -> Result<()> {
        self.write(|tables| {
            let stored = tables.proposals.rows.get(&(organization, id)).ok_or_else(|| Error::not_found("proposal"))?;
            if stored.state != ProposalState::Open {
                return Err(Error::conflict(format!("the proposal is {} already", stored.state)));
            }
            let decided = Proposal { state, ..Proposal::clone(stored) };
            tables.proposals.store(decided);
            Ok(())
        })
    }
}
