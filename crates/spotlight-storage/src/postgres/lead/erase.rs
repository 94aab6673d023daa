//! Erasing a lead.

use spotlight_core::{
    Error, Result,
    domain::{LeadId, OrganizationId, time::Timestamp},
};
use uuid::Uuid;

use super::{PgDb, Row, query, row, statements};
use crate::postgres::db::WriteGuard;

/// Criteria without the words that showed them.
macro_rules! unquoted {
    () => {
        "coalesce((SELECT jsonb_object_agg(c.key, jsonb_set(c.value, '{quote}', 'null')) \
         FROM jsonb_each(criteria) c), '{}')"
    };
}

statements! {
    // The lead and every lead that became part of it, however far back.
    LOCK = [
        "WITH RECURSIVE family AS (SELECT organization_id, id FROM leads WHERE organization_id = $1 AND id = $2 \
         UNION SELECT l.organization_id, l.id FROM leads l JOIN family f \
         ON l.organization_id = f.organization_id AND l.merged_into = f.id WHERE l.organization_id = $1) \
         SELECT id, erased_at IS NOT NULL FROM leads WHERE organization_id = $1 AND id IN (SELECT id FROM family) \
         ORDER BY id FOR UPDATE"
    ];
    FILES = [
        "SELECT audio_file FROM conversations \
         WHERE organization_id = $1 AND lead_id = ANY($2) AND audio_file IS NOT NULL ORDER BY audio_file"
    ];
    TRANSCRIPTS = [
        "UPDATE transcripts SET content = '', keywords = '[]', tools = '[]' WHERE organization_id = $1 \
         AND conversation_id IN (SELECT id FROM conversations WHERE organization_id = $1 AND lead_id = ANY($2))"
    ];
    REPORTS = [
        "DELETE FROM call_reports WHERE organization_id = $1 \
         AND conversation_id IN (SELECT id FROM conversations WHERE organization_id = $1 AND lead_id = ANY($2))"
    ];
    CONVERSATIONS = [
        "UPDATE conversations SET summary = NULL, keywords = '[]', outcome = NULL, audio_file = NULL, \
         external_call_id = NULL, criteria = ", unquoted!(), ", score_reasons = '[]', state = '{}', search = '', \
         version = version + 1 WHERE organization_id = $1 AND lead_id = ANY($2)"
    ];
    HAND_OFFS = [
        "UPDATE hand_offs SET reason = '', version = version + 1 WHERE organization_id = $1 \
         AND conversation_id IN (SELECT id FROM conversations WHERE organization_id = $1 AND lead_id = ANY($2))"
    ];
    EVENTS = [
        "DELETE FROM outbox WHERE kind = 'event' AND organization_id = $1 \
         AND conversation_id IN (SELECT id FROM conversations WHERE organization_id = $1 AND lead_id = ANY($2))"
    ];
    // A visitor's id in the audit log is that of the conversation.
    ADDRESSES = [
        "UPDATE audit_entries SET source_address = NULL WHERE organization_id = $1 AND actor_kind = 'visitor' \
         AND actor_id IN (SELECT id::text FROM conversations WHERE organization_id = $1 AND lead_id = ANY($2))"
    ];
    // Before a visitor has a token they are nobody known; what they opened and agreed to is theirs all the same.
    OPENED = [
        "UPDATE audit_entries SET source_address = NULL WHERE organization_id = $1 AND actor_kind = 'anonymous' \
         AND record_type = 'conversation' \
         AND record_id IN (SELECT id::text FROM conversations WHERE organization_id = $1 AND lead_id = ANY($2))"
    ];
    AGREED = [
        "UPDATE audit_entries SET source_address = NULL WHERE organization_id = $1 AND actor_kind = 'anonymous' \
         AND record_type = 'lead' AND record_id = ANY($2::uuid[]::text[])"
    ];
    APPOINTMENTS = [
        "UPDATE appointments SET notes = NULL, cancel_reason = NULL, version = version + 1 \
         WHERE organization_id = $1 AND lead_id = ANY($2)"
    ];
    PROPOSALS = ["DELETE FROM proposals WHERE organization_id = $1 AND lead_id = ANY($2)"];
    LEADS = [
        "UPDATE leads SET name = NULL, email = NULL, phone = NULL, company = NULL, score_reasons = '[]', \
         criteria = ", unquoted!(), ", metadata = '{}', search = '', erased_at = $3, deleted_at = $3, updated_at = $3, \
         version = version + 1 WHERE organization_id = $1 AND id = ANY($2)"
    ];
}

/// Locks a lead and those merged into it. Gives the id of each, and whether it is erased already.
///
/// The family is that of the moment at which the statement began: a merge it had to wait for has made the family grow, so
/// it is looked for again until it grows no more.
async fn lock(tx: &mut WriteGuard<'_>, organization: OrganizationId, id: LeadId) -> Result<Vec<(Uuid, bool)>> {
    let mut known = 0;
    loop {
        let rows = tx.fetch_all(query(LOCK).bind(organization.as_uuid()).bind(id.as_uuid())).await?;
        let family = row::all(&rows, |row| {
            let mut row = Row::new("leads", row);
            Ok((row.take()?, row.take()?))
        })?;
        if family.len() <= known {
            return Ok(family);
        }
        known = family.len();
    }
}

pub(super) async fn erase(db: &PgDb, organization: OrganizationId, id: LeadId, now: Timestamp) -> Result<Vec<String>> {
    let mut tx = db.write().await?;
    let family = lock(&mut tx, organization, id).await?;
    match family.iter().find(|(member, _)| *member == id.as_uuid()) {
        None => return Err(Error::not_found("lead")),
        Some((_, true)) => return Ok(Vec::new()),
        Some((_, false)) => {}
    }
    let ids: Vec<_> = family.into_iter().filter(|(_, erased)| !erased).map(|(member, _)| member).collect();
    let of_family = |sql| query(sql).bind(organization.as_uuid()).bind(ids.clone());
    let files = tx.fetch_all(of_family(FILES)).await?;
    let files = files.iter().map(|row| Row::new("conversations", row).take()).collect::<Result<Vec<String>>>()?;
    for sql in
        [TRANSCRIPTS, REPORTS, HAND_OFFS, EVENTS, ADDRESSES, OPENED, AGREED, CONVERSATIONS, APPOINTMENTS, PROPOSALS]
    {
        tx.execute(of_family(sql)).await?;
    }
    tx.execute(of_family(LEADS).bind(now)).await?;
    Ok(files)
}
