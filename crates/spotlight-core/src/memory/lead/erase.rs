//! Removing personal data for good.

use std::collections::{BTreeSet, HashSet};

use super::LeadRow;
use crate::{
    domain::{
        LeadId, OrganizationId,
        appointment::Appointment,
        conversation::{Conversation, DialogueState, Transcript},
        lead::Lead,
        scoring::{Criteria, Criterion},
        time::Timestamp,
    },
    error::Result,
    memory::tables::Tables,
};

pub(super) fn erase(
    tables: &mut Tables,
    organization: OrganizationId,
    id: LeadId,
    now: Timestamp,
) -> Result<Vec<String>> {
    tables.need_lead(organization, id)?;
    if is_erased(tables, organization, id) {
        return Ok(Vec::new());
    }
    let mut leads = vec![id];
    let mut next = 0;
    while let Some(lead) = leads.get(next).copied() {
        leads.extend(tables.leads.merged.of((organization, lead)));
        next += 1;
    }
    leads.retain(|lead| !is_erased(tables, organization, *lead));
    let mut files = BTreeSet::new();
    for lead in leads {
        erase_one(tables, organization, lead, now, &mut files);
    }
    Ok(files.into_iter().collect())
}

fn is_erased(tables: &Tables, organization: OrganizationId, id: LeadId) -> bool {
    tables.leads.get(organization, id).is_some_and(|row| row.lead.erased_at.is_some())
}

fn erase_one(
    tables: &mut Tables,
    organization: OrganizationId,
    id: LeadId,
    now: Timestamp,
    files: &mut BTreeSet<String>,
) {
    if let Some(row) = tables.leads.get(organization, id) {
        let erased = without_person(&row.lead, now);
        let row = LeadRow::new(erased, None);
        tables.leads.store(row);
    }
    let proposals: Vec<_> = tables.proposals.of_lead(organization, id).cloned().collect();
    for proposal in proposals {
        tables.proposals.remove(&proposal);
    }
    let conversations: Vec<_> = tables.conversations.of_lead(organization, id).cloned().collect();
    let talks: HashSet<_> = conversations.iter().map(|row| row.conversation.id.to_string()).collect();
    tables.audit.forget_addresses(organization, &id.to_string(), &talks);
    for row in conversations {
        let conversation = &row.conversation;
        files.extend(conversation.audio_file.clone());
        tables.reports.remove(organization, conversation.id);
        tables.hand_offs.forget(organization, conversation.id);
        tables.outbox.forget(organization, conversation.id);
        tables.transcripts.change_all(organization, conversation.id, without_words);
        tables.conversations.store(without_content(conversation));
    }
    let appointments: Vec<_> = tables.appointments.of_lead(organization, id).cloned().collect();
    for stored in appointments {
        let version = stored.version + 1;
        let erased = Appointment { notes: None, cancel_reason: None, version, ..Appointment::clone(&stored) };
        tables.appointments.store(erased);
    }
}

fn without_person(lead: &Lead, now: Timestamp) -> Lead {
    Lead {
        name: None,
        email: None,
        phone: None,
        company: None,
        metadata: serde_json::Map::new(),
        criteria: without_quotes(&lead.criteria),
        score_reasons: Vec::new(),
        erased_at: Some(now),
        deleted_at: Some(now),
        updated_at: now,
        version: lead.version + 1,
        ..lead.clone()
    }
}

fn without_content(conversation: &Conversation) -> Conversation {
    Conversation {
        summary: None,
        keywords: Vec::new(),
        criteria: without_quotes(&conversation.criteria),
        score_reasons: Vec::new(),
        outcome: None,
        state: DialogueState::default(),
        audio_file: None,
        external_call_id: None,
        version: conversation.version + 1,
        ..conversation.clone()
    }
}

fn without_words(utterance: &mut Transcript) {
    utterance.content.clear();
    utterance.keywords.clear();
    utterance.tools.clear();
}

fn without_quotes(criteria: &Criteria) -> Criteria {
    let bare = |criterion: &Criterion| Criterion { met: criterion.met, quote: None };
    Criteria {
        budget: bare(&criteria.budget),
        authority: bare(&criteria.authority),
        need: bare(&criteria.need),
        timeline: bare(&criteria.timeline),
    }
}
