//! Erasing leads.

use spotlight_core::{
    Error, Result,
    domain::{ConversationId, LeadId, OrganizationId, conversation::DialogueState, time::Timestamp},
};

use super::super::{
    codec::{Bind, Fields, all, json},
    db::{Db, Write, query},
    sql::statements,
};

macro_rules! no_quotes {
    () => {
        "criteria = json_replace(criteria, '$.budget.quote', NULL, '$.authority.quote', NULL, \
         '$.need.quote', NULL, '$.timeline.quote', NULL)"
    };
}

statements! {
    ERASED = ["SELECT erased_at IS NOT NULL FROM leads WHERE organization_id = ? AND id = ?"];
    // The lead, those merged into it, and so on.
    FAMILY = [
        "WITH RECURSIVE family (id) AS (SELECT ?2 UNION SELECT leads.id FROM family JOIN leads \
         ON leads.organization_id = ?1 AND leads.merged_into = family.id) \
         SELECT leads.id FROM family JOIN leads ON leads.organization_id = ?1 AND leads.id = family.id \
         WHERE leads.erased_at IS NULL"
    ];
    RECORDINGS = [
        "SELECT audio_file FROM conversations WHERE organization_id = ? AND lead_id = ? AND audio_file IS NOT NULL"
    ];
    PROPOSALS = ["DELETE FROM proposals WHERE organization_id = ? AND lead_id = ?"];
    REPORTS = [
        "DELETE FROM call_reports WHERE organization_id = ?1 AND conversation_id IN \
         (SELECT id FROM conversations WHERE organization_id = ?1 AND lead_id = ?2)"
    ];
    TRANSCRIPTS = [
        "UPDATE transcripts SET content = '', keywords = '[]', tools = '[]' WHERE organization_id = ?1 \
         AND conversation_id IN (SELECT id FROM conversations WHERE organization_id = ?1 AND lead_id = ?2)"
    ];
    CONVERSATIONS = [
        "UPDATE conversations SET summary = NULL, keywords = '[]', ", no_quotes!(), ", score_reasons = '[]', \
         outcome = NULL, state = ?3, audio_file = NULL, external_call_id = NULL, search = '', version = version + 1 \
         WHERE organization_id = ?1 AND lead_id = ?2"
    ];
    HAND_OFFS = [
        "UPDATE hand_offs SET reason = '', version = version + 1 WHERE organization_id = ?1 \
         AND conversation_id IN (SELECT id FROM conversations WHERE organization_id = ?1 AND lead_id = ?2)"
    ];
    TALKS = ["SELECT id FROM conversations WHERE organization_id = ? AND lead_id = ?"];
    // A visitor's id in the audit log is that of the conversation.
    ADDRESSES = [
        "UPDATE audit_entries SET source_address = NULL \
         WHERE organization_id = ? AND actor_kind = 'visitor' AND actor_id = ?"
    ];
    // Before a visitor has a token they are nobody known; what they opened and agreed to is theirs all the same.
    NAMELESS = [
        "UPDATE audit_entries SET source_address = NULL \
         WHERE organization_id = ? AND actor_kind = 'anonymous' AND record_type = ? AND record_id = ?"
    ];
    APPOINTMENTS = [
        "UPDATE appointments SET notes = NULL, cancel_reason = NULL, version = version + 1 \
         WHERE organization_id = ? AND lead_id = ?"
    ];
    LEAD = [
        "UPDATE leads SET name = NULL, email = NULL, phone = NULL, company = NULL, metadata = '{}', ", no_quotes!(), ", \
         score_reasons = '[]', search = '', erased_at = ?3, deleted_at = ?3, updated_at = ?3, version = version + 1 \
         WHERE organization_id = ?1 AND id = ?2"
    ];
    @global {
        /// The outbox is global.
        EVENTS = ["DELETE FROM outbox WHERE kind = 'event' AND organization_id = ?1 AND conversation_id = ?2"];
    }
}

pub(super) async fn erase(db: &Db, organization: OrganizationId, id: LeadId, now: Timestamp) -> Result<Vec<String>> {
    let mut write = db.write().await?;
    let erased = write.row(query(ERASED).bind(organization.as_uuid()).bind(id.as_uuid())).await?;
    let Some(erased) = erased else { return Err(Error::not_found("lead")) };
    if Fields::new("leads", &erased).flag()? {
        return Ok(Vec::new());
    }
    let family = write.rows(query(FAMILY).bind(organization.as_uuid()).bind(id.as_uuid())).await?;
    let family = all(&family, |row| Fields::new("leads", row).id(LeadId::from_uuid))?;
    write.begin_many();
    let mut keys = Vec::new();
    for id in family {
        keys.extend(erase_one(&mut write, organization, id, now).await?);
    }
    write.whole();
    keys.sort_unstable();
    Ok(keys)
}

async fn erase_one(
    write: &mut Write<'_>,
    organization: OrganizationId,
    id: LeadId,
    now: Timestamp,
) -> Result<Vec<String>> {
    let bound = |sql| query(sql).bind(organization.as_uuid()).bind(id.as_uuid());
    let keys = all(&write.rows(bound(RECORDINGS)).await?, |row| Fields::new("conversations", row).text())?;
    let talks =
        all(&write.rows(bound(TALKS)).await?, |row| Fields::new("conversations", row).id(ConversationId::from_uuid))?;
    for talk in talks {
        let of_organization = |sql| query(sql).bind(organization.as_uuid());
        write.execute(of_organization(EVENTS).bind(talk.as_uuid())).await?;
        write.execute(of_organization(ADDRESSES).bind(talk.to_string())).await?;
        write.execute(of_organization(NAMELESS).bind("conversation").bind(talk.to_string())).await?;
    }
    write.execute(query(NAMELESS).bind(organization.as_uuid()).bind("lead").bind(id.to_string())).await?;
    for sql in [PROPOSALS, REPORTS, TRANSCRIPTS, HAND_OFFS, APPOINTMENTS] {
        write.execute(bound(sql)).await?;
    }
    write.execute(bound(CONVERSATIONS).bind(json(&DialogueState::default())?)).await?;
    write.execute(bound(LEAD).at(now)).await?;
    Ok(keys)
}
