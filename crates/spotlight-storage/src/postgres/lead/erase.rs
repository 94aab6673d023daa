//! Erasing a lead.

use spotlight_core::{
    Error, Result,
    domain::{LeadId, OrganizationId, time::Timestamp},
};
use uuid::Uuid;

use super::{PgDb, Row, query, statements};

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
         criteria = ", unquoted!(), ", score_reasons = '[]', state = '{}', search = '', version = version + 1 \
         WHERE organization_id = $1 AND lead_id = ANY($2)"
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

pub(super) async fn erase(db: &PgDb, organization: OrganizationId, id: LeadId, now: Timestamp) -> Result<Vec<String>> {
    let mut tx = db.write().await?;
    let family = tx.fetch_all(query(LOCK).bind(organization.as_uuid()).bind(id.as_uuid())).await?;
    let mut ids: Vec<Uuid> = Vec::with_capacity(family.len());
    let mut erased = None;
    for row in &family {
        let mut row = Row::new("leads", row);
        let member: Uuid = row.take()?;
        if member == id.as_uuid() {
            erased = Some(row.take::<bool>()?);
        }
        ids.push(member);
    }
    match erased {
        None => return Err(Error::not_found("lead")),
        Some(true) => return Ok(Vec::new()),
        Some(false) => {}
    }
    let of_family = |sql| query(sql).bind(organization.as_uuid()).bind(ids.clone());
    let files = tx.fetch_all(of_family(FILES)).await?;
    let files = files.iter().map(|row| Row::new("conversations", row).take()).collect::<Result<Vec<String>>>()?;
    for sql in [TRANSCRIPTS, REPORTS, CONVERSATIONS, APPOINTMENTS, PROPOSALS] {
        tx.execute(of_family(sql)).await?;
    }
    tx.execute(of_family(LEADS).bind(now)).await?;
    Ok(files)
}
