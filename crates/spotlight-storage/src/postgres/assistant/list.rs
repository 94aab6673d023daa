//! Lists of assistants.

use spotlight_core::{
    Result,
    domain::{
        OrganizationId, UserId,
        assistant::{Assistant, Language},
    },
    ports::{AssistantFilter, AssistantSort, Cursor, Listing, Order, Paging, Sort},
};

use super::{PgDb, columns, read};
use crate::{
    postgres::sql::{KeyKind, List, SortKey},
    shared::cursor,
};

fn key(by: AssistantSort) -> SortKey {
    let (column, kind) = match by {
        AssistantSort::CreatedAt => ("created_at", KeyKind::Instant),
        AssistantSort::UpdatedAt => ("updated_at", KeyKind::Instant),
        AssistantSort::Name => ("name", KeyKind::Text),
    };
    SortKey { column, kind, nullable: false }
}

fn filtered(organization: OrganizationId, filter: &AssistantFilter) -> List {
    let AssistantFilter { active, language, owner_id, search } = filter;
    let mut list = List::new("assistants", columns!(), organization.as_uuid());
    if let Some(active) = active {
        list.with("active = ?", *active);
    }
    if let Some(language) = language {
        list.with("language = ?", language.as_str());
    }
    if let Some(owner) = owner_id {
        list.with("owner_id = ?", owner.as_uuid());
    }
    if let Some(text) = search {
        list.search(text);
    }
    list
}

fn cursor_of(by: AssistantSort, assistant: &Assistant) -> Cursor {
    let key = match by {
        AssistantSort::CreatedAt => cursor::instant(assistant.created_at),
        AssistantSort::UpdatedAt => cursor::instant(assistant.updated_at),
        AssistantSort::Name => assistant.name.clone(),
    };
    Cursor { key: Some(key), id: assistant.id.as_uuid() }
}

pub(super) async fn list(
    db: &PgDb,
    organization: OrganizationId,
    filter: &AssistantFilter,
    sort: Sort<AssistantSort>,
    paging: &Paging,
) -> Result<Listing<Assistant>> {
    let by = sort.by;
    filtered(organization, filter).fetch(db, key(by), sort.order, paging, read, |one| cursor_of(by, one)).await
}

/// The statements of lists: each sort, direction and way of paging, without a filter and with every filter.
pub(in crate::postgres) fn built(organization: OrganizationId, user: UserId) -> Result<Vec<String>> {
    let every = AssistantFilter {
        active: Some(true),
        language: Some(Language::En),
        owner_id: Some(user),
        search: Some("ada".to_owned()),
    };
    let mut built = Vec::new();
    for filter in [AssistantFilter::default(), every] {
        for by in [AssistantSort::CreatedAt, AssistantSort::UpdatedAt, AssistantSort::Name] {
            for order in [Order::Asc, Order::Desc] {
                let list = || filtered(organization, &filter);
                built.extend(crate::postgres::statements::pages(list, key(by), order)?);
            }
        }
    }
    Ok(built)
}
