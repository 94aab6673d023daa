//! Lists of appointments.

use spotlight_core::{
    Result,
    domain::{
        AssistantId, ConversationId, LeadId, OrganizationId, UserId,
        appointment::{Appointment, AppointmentStatus},
    },
    ports::{AppointmentFilter, Cursor, Listing, Order, Paging},
};

use super::{PgDb, columns, read};
use crate::{
    postgres::{
        sql::{KeyKind, List, SortKey},
        statements::{pages, whole_span},
    },
    shared::cursor,
};

const KEY: SortKey = SortKey { column: "starts_at", kind: KeyKind::Instant, nullable: false };

fn filtered(organization: OrganizationId, filter: &AppointmentFilter) -> List {
    let AppointmentFilter { statuses, lead_id, assistant_id, conversation_id, host_id, visible_to, starts } = filter;
    let mut list = List::new("appointments", columns!(), organization.as_uuid());
    if statuses.is_empty() {
        list.only("status <> 'held'");
    }
    list.one_of("status", statuses.iter().map(|status| status.as_str()));
    for (condition, id) in [
        ("lead_id = ?", lead_id.map(LeadId::as_uuid)),
        ("assistant_id = ?", assistant_id.map(AssistantId::as_uuid)),
        ("conversation_id = ?", conversation_id.map(ConversationId::as_uuid)),
        ("host_id = ?", host_id.map(UserId::as_uuid)),
        (
            "(host_id = ? \
             OR assistant_id IN (SELECT s.id FROM assistants s WHERE s.organization_id = $1 AND s.owner_id = ?) \
             OR lead_id IN (SELECT l.id FROM leads l WHERE l.organization_id = $1 AND l.owner_id = ?))",
            visible_to.map(UserId::as_uuid),
        ),
    ] {
        if let Some(id) = id {
            list.with(condition, id);
        }
    }
    list.between("starts_at", *starts);
    list
}

pub(super) async fn list(
    db: &PgDb,
    organization: OrganizationId,
    filter: &AppointmentFilter,
    order: Order,
    paging: &Paging,
) -> Result<Listing<Appointment>> {
    let cursor_of = |one: &Appointment| Cursor { key: Some(cursor::instant(one.starts_at)), id: one.id.as_uuid() };
    filtered(organization, filter).fetch(db, KEY, order, paging, read, cursor_of).await
}

/// The statements of lists, without a filter and with every filter.
pub(in crate::postgres) fn built(organization: OrganizationId, user: UserId) -> Result<Vec<String>> {
    let id = organization.as_uuid();
    let every = AppointmentFilter {
        statuses: vec![AppointmentStatus::Held, AppointmentStatus::Scheduled],
        lead_id: Some(LeadId::from_uuid(id)),
        assistant_id: Some(AssistantId::from_uuid(id)),
        conversation_id: Some(ConversationId::from_uuid(id)),
        host_id: Some(user),
        visible_to: Some(user),
        starts: whole_span(),
    };
    let mut built = Vec::new();
    for filter in [AppointmentFilter::default(), every] {
        for order in [Order::Asc, Order::Desc] {
            built.extend(pages(|| filtered(organization, &filter), KEY, order)?);
        }
    }
    Ok(built)
}
