//! Consent.

use std::sync::Arc;

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::{
    map::{Index, Map},
    tables::free,
    unit::MemoryRepositories,
};
use crate::{
    domain::{
        ConsentId, LeadId, OrganizationId,
        consent::{Consent, ConsentKind},
        conversation::Channel,
        time::Timestamp,
    },
    error::Result,
    ports::ConsentRepository,
};

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Consents {
    rows: Map<(OrganizationId, ConsentId), Arc<Consent>>,
    by_lead: Index<(OrganizationId, LeadId), (Timestamp, ConsentId)>,
}

type Rank = ((OrganizationId, LeadId), (Timestamp, ConsentId));

impl Consents {
    /// A lead's changes of consent, oldest first.
    pub(super) fn of_lead(
        &self,
        organization: OrganizationId,
        lead: LeadId,
    ) -> impl DoubleEndedIterator<Item = &Arc<Consent>> {
        let ids = self.by_lead.of((organization, lead));
        ids.filter_map(move |(_, id)| self.rows.get(&(organization, id)))
    }

    fn rank(consent: &Consent) -> Rank {
        ((consent.organization_id, consent.lead_id), (consent.created_at, consent.id))
    }

    pub(super) fn store(&mut self, consent: Consent) {
        let key = (consent.organization_id, consent.id);
        let old = self.rows.get(&key).map(|old| Self::rank(old));
        self.by_lead.rekey(old, Some(Self::rank(&consent)));
        self.rows.insert(key, Arc::new(consent));
    }
}

#[async_trait]
impl ConsentRepository for MemoryRepositories {
    async fn append(&self, consent: &Consent) -> Result<()> {
        self.write(|tables| {
            free("consent id", tables.consents.rows.contains(&(consent.organization_id, consent.id)))?;
            tables.need_open_lead(consent.organization_id, consent.lead_id)?;
            tables.need_maybe_conversation(consent.organization_id, consent.conversation_id)?;
            tables.consents.store(consent.clone());
            Ok(())
        })
    }

    async fn current(
        &self,
        organization: OrganizationId,
        lead: LeadId,
        kind: ConsentKind,
        channel: Channel,
    ) -> Result<Option<Consent>> {
        self.read(|tables| {
            let mut rows = tables.consents.of_lead(organization, lead);
            let newest = rows.rfind(|row| row.kind == kind && row.channel == channel);
            Ok(newest.map(|row| Consent::clone(row)))
        })
    }

    async fn list(&self, organization: OrganizationId, lead: LeadId) -> Result<Vec<Consent>> {
        self.read(|tables| {
            let rows = tables.consents.of_lead(organization, lead);
            Ok(rows.map(|row| Consent::clone(row)).collect())
        })
    }
}
