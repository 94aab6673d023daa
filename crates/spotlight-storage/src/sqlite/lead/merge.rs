//! Merging leads.

use spotlight_core::{
    Error, Result,
    domain::{LeadId, OrganizationId, time::Timestamp},
    ports::MovedConsents,
};

use super::super::{
    codec::{Bind, number},
    db::{Db, query},
    sql::statements,
};

statements! {
    LIVE = [
        "SELECT count(*) FROM leads WHERE organization_id = ? AND id IN (?, ?) AND deleted_at IS NULL \
         AND merged_into IS NULL"
    ];
    CONVERSATIONS = [
        "UPDATE conversations SET lead_id = ?3, version = version + 1, \
         state = json_set(state, '$.owns_lead', json('false')) WHERE organization_id = ?1 AND lead_id = ?2"
    ];
    APPOINTMENTS = [
        "UPDATE appointments SET lead_id = ?3, version = version + 1 WHERE organization_id = ?1 AND lead_id = ?2"
    ];
    EQUAL_PROPOSALS = [
        "DELETE FROM proposals WHERE organization_id = ?1 AND lead_id = ?2 AND state = 'open' AND EXISTS ( \
         SELECT 1 FROM proposals AS kept WHERE kept.organization_id = ?1 AND kept.lead_id = ?3 \
         AND kept.state = 'open' AND kept.field = proposals.field AND kept.value = proposals.value)"
    ];
    PROPOSALS = ["UPDATE proposals SET lead_id = ?3 WHERE organization_id = ?1 AND lead_id = ?2"];
    CONSENTS = ["UPDATE consents SET lead_id = ?3 WHERE organization_id = ?1 AND lead_id = ?2"];
    REFUSALS = [
        "UPDATE consents SET lead_id = ?3 WHERE organization_id = ?1 AND lead_id = ?2 AND state = 'refused'"
    ];
    LEAD = [
        "UPDATE leads SET email = NULL, phone = NULL, search = '', merged_into = ?3, updated_at = ?4, \
         version = version + 1 WHERE organization_id = ?1 AND id = ?2"
    ];
}

pub(super) async fn merge(
    db: &Db,
    organization: OrganizationId,
    from: LeadId,
    into: LeadId,
    consents: MovedConsents,
    now: Timestamp,
) -> Result<()> {
    let mut write = db.write().await?;
    if from == into {
        return Err(Error::conflict("a lead cannot be merged with itself"));
    }
    let bound = |sql| query(sql).bind(organization.as_uuid()).bind(from.as_uuid()).bind(into.as_uuid());
    if number(write.row(bound(LIVE)).await?)? != 2 {
        return Err(Error::not_found("lead"));
    }
    write.begin_many();
    let agreed = match consents {
        MovedConsents::All => CONSENTS,
        MovedConsents::Refusals => REFUSALS,
    };
    for sql in [CONVERSATIONS, APPOINTMENTS, EQUAL_PROPOSALS, PROPOSALS, agreed] {
        write.execute(bound(sql)).await?;
    }
    write.execute(bound(LEAD).at(now)).await?;
    write.whole();
    Ok(())
}
