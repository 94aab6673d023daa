//! Making one lead part of another.

use super::LeadRow;
use crate::{
    domain::{
        LeadId, OrganizationId,
        appointment::Appointment,
        consent::{Consent, ConsentState},
        conversation::{Conversation, DialogueState},
        lead::{Lead, Proposal},
        time::Timestamp,
    },
    error::{Error, Result},
    memory::tables::Tables,
    ports::MovedConsents,
};

pub(super) fn merge(
    tables: &mut Tables,
    organization: OrganizationId,
    from: LeadId,
    into: LeadId,
    consents: MovedConsents,
    now: Timestamp,
) -> Result<()> {
    if from == into {
        return Err(Error::conflict("a lead cannot be merged into itself"));
    }
    tables.leads.get_live(organization, into)?;
    let source = tables.leads.get_live(organization, from)?;
    let merged = Lead {
        email: None,
        phone: None,
        merged_into: Some(into),
        updated_at: now,
        version: source.lead.version + 1,
        ..source.lead.clone()
    };
    let row = LeadRow::new(merged, Some(source));
    tables.leads.store(row);

    let conversations: Vec<_> = tables.conversations.of_lead(organization, from).cloned().collect();
    for row in conversations {
        let stored = &row.conversation;
        let state = DialogueState { owns_lead: false, ..stored.state.clone() };
        let moved = Conversation { lead_id: into, state, version: stored.version + 1, ..stored.clone() };
        tables.conversations.store(moved);
    }
    let appointments: Vec<_> = tables.appointments.of_lead(organization, from).cloned().collect();
    for stored in appointments {
        let moved = Appointment { lead_id: into, version: stored.version + 1, ..Appointment::clone(&stored) };
        tables.appointments.store(moved);
    }
    let proposals: Vec<_> = tables.proposals.of_lead(organization, from).cloned().collect();
    for stored in proposals {
        let moved = Proposal { lead_id: into, ..Proposal::clone(&stored) };
        if tables.proposals.has_open(&moved) {
            tables.proposals.remove(&stored);
        } else {
            tables.proposals.store(moved);
        }
    }
    let changes: Vec<_> = tables.consents.of_lead(organization, from).cloned().collect();
    let moves = |change: &Consent| consents == MovedConsents::All || change.state == ConsentState::Refused;
    for stored in changes.into_iter().filter(|change| moves(change)) {
        tables.consents.store(Consent { lead_id: into, ..Consent::clone(&stored) });
    }
    Ok(())
}
