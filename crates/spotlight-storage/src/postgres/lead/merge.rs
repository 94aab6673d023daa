//! Merging two leads.

use spotlight_core::{
    Error, Result,
    domain::{LeadId, OrganizationId, time::Timestamp},
    ports::MovedConsents,
};

use super::{PgDb, query, statements};

statements! {
    // In the order of their ids, so that two merges cannot wait for each other.
    LOCK = [
        "SELECT id FROM leads WHERE organization_id = $1 AND id IN ($2, $3) \
         AND deleted_at IS NULL AND merged_into IS NULL ORDER BY id FOR UPDATE"
    ];
    // An open proposal that the other lead has too would stand there twice.
    MERGE = [
        "WITH talks AS (UPDATE conversations SET lead_id = $3, version = version + 1, \
         state = jsonb_set(state, '{owns_lead}', 'false') WHERE organization_id = $1 AND lead_id = $2), \
         booked AS (UPDATE appointments SET lead_id = $3, version = version + 1 \
         WHERE organization_id = $1 AND lead_id = $2), \
         twice AS (DELETE FROM proposals p WHERE p.organization_id = $1 AND p.lead_id = $2 AND p.state = 'open' \
         AND EXISTS (SELECT 1 FROM proposals o WHERE o.organization_id = $1 AND o.lead_id = $3 AND o.state = 'open' \
         AND o.field = p.field AND o.value = p.value)), \
         proposed AS (UPDATE proposals p SET lead_id = $3 WHERE p.organization_id = $1 AND p.lead_id = $2 \
         AND NOT (p.state = 'open' AND EXISTS (SELECT 1 FROM proposals o WHERE o.organization_id = $1 \
         AND o.lead_id = $3 AND o.state = 'open' AND o.field = p.field AND o.value = p.value))), \
         agreed AS (UPDATE consents SET lead_id = $3 WHERE organization_id = $1 AND lead_id = $2 \
         AND ($5 OR state = 'refused')) \
         UPDATE leads SET email = NULL, phone = NULL, search = '', merged_into = $3, updated_at = $4, \
         version = version + 1 WHERE organization_id = $1 AND id = $2"
    ];
}

pub(super) async fn merge(
    db: &PgDb,
    organization: OrganizationId,
    from: LeadId,
    into: LeadId,
    consents: MovedConsents,
    now: Timestamp,
) -> Result<()> {
    let mut tx = db.write().await?;
    if from == into {
        return Err(Error::conflict("a lead cannot be merged into itself"));
    }
    let pair = |sql| query(sql).bind(organization.as_uuid()).bind(from.as_uuid()).bind(into.as_uuid());
    if tx.fetch_all(pair(LOCK)).await?.len() != 2 {
        return Err(Error::not_found("lead"));
    }
    tx.execute(pair(MERGE).bind(now).bind(consents == MovedConsents::All)).await?;
    Ok(())
}
