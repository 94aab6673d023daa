//! Lists of leads.

use spotlight_core::{
    Result,
    domain::{
        OrganizationId, UserId,
        lead::{Lead, LeadSource, LeadStatus},
    },
    ports::{Cursor, LeadFilter, LeadSort, Listing, Order, Paging, Sort},
};

use super::{PgDb, columns, read};
use crate::{
    postgres::sql::{KeyKind, List, SortKey},
    shared::cursor,
};

/// Those nobody has talked to come first: see `LeadSort::NEVER_TALKED_TO_HOURS`. As the index `leads_by_waiting` has it.
const WAITING: &str = "coalesce(last_conversation_at, \
     (created_at AT TIME ZONE 'UTC' - interval '8760000 hours') AT TIME ZONE 'UTC')";

fn key(by: LeadSort) -> SortKey {
    let (column, kind, nullable) = match by {
        LeadSort::CreatedAt => ("created_at", KeyKind::Instant, false),
        LeadSort::UpdatedAt => ("updated_at", KeyKind::Instant, false),
        LeadSort::LastConversationAt => ("last_conversation_at", KeyKind::Instant, true),
        LeadSort::Waiting => (WAITING, KeyKind::Instant, false),
        LeadSort::Score => ("score", KeyKind::Number, true),
        LeadSort::Name => ("name", KeyKind::Text, true),
    };
    SortKey { column, kind, nullable }
}

fn filtered(organization: OrganizationId, filter: &LeadFilter) -> List {
    let LeadFilter {
        statuses,
        sources,
        owner_id,
        qualified,
        min_score,
        max_score,
        needs_review,
        idle_since,
        created,
        search,
    } = filter;
    let mut list = List::new("leads", columns!(), organization.as_uuid());
    list.only("deleted_at IS NULL AND merged_into IS NULL");
    list.one_of("status", statuses.iter().map(|status: &LeadStatus| status.as_str()));
    list.one_of("source", sources.iter().map(|source: &LeadSource| source.as_str()));
    if let Some(owner) = owner_id {
        list.with("owner_id = ?", owner.as_uuid());
    }
    if let Some(qualified) = qualified {
        list.with("qualified = ?", *qualified);
    }
    if let Some(score) = min_score {
        list.with("score >= ?", i16::from(*score));
    }
    if let Some(score) = max_score {
        list.with("score <= ?", i16::from(*score));
    }
    if let Some(needs_review) = needs_review {
        list.with("needs_review = ?", *needs_review);
    }
    if let Some(since) = idle_since {
        list.one_of("status", LeadStatus::ALL.iter().filter(|status| status.is_open()).map(|status| status.as_str()));
        list.with("coalesce(last_conversation_at, created_at) < ?", *since);
    }
    list.between("created_at", *created);
    if let Some(text) = search {
        list.search(text);
    }
    list
}

fn cursor_of(by: LeadSort, lead: &Lead) -> Cursor {
    let key = match by {
        LeadSort::CreatedAt => Some(cursor::instant(lead.created_at)),
        LeadSort::UpdatedAt => Some(cursor::instant(lead.updated_at)),
        LeadSort::LastConversationAt => lead.last_conversation_at.map(cursor::instant),
        LeadSort::Waiting => Some(cursor::instant(LeadSort::waiting_since(lead))),
        LeadSort::Score => lead.score.map(|score| score.to_string()),
        LeadSort::Name => lead.name.clone(),
    };
    Cursor { key, id: lead.id.as_uuid() }
}

pub(super) async fn list(
    db: &PgDb,
    organization: OrganizationId,
    filter: &LeadFilter,
    sort: Sort<LeadSort>,
    paging: &Paging,
) -> Result<Listing<Lead>> {
    let by = sort.by;
    filtered(organization, filter).fetch(db, key(by), sort.order, paging, read, |lead| cursor_of(by, lead)).await
}

/// The statements of lists: each sort, direction and way of paging, without a filter and with every filter.
pub(in crate::postgres) fn built(organization: OrganizationId, user: UserId) -> Result<Vec<String>> {
    use LeadSort::{CreatedAt, LastConversationAt, Name, Score, UpdatedAt, Waiting};
    let every = LeadFilter {
        statuses: vec![LeadStatus::Fresh, LeadStatus::Lost],
        sources: vec![LeadSource::Website],
        owner_id: Some(user),
        qualified: Some(true),
        min_score: Some(1),
        max_score: Some(99),
        needs_review: Some(false),
        idle_since: Some(chrono::DateTime::UNIX_EPOCH),
        created: crate::postgres::statements::whole_span(),
        search: Some("ada".to_owned()),
    };
    let sorts = [CreatedAt, UpdatedAt, LastConversationAt, Waiting, Score, Name];
    let mut built = Vec::new();
    for filter in [LeadFilter::default(), every] {
        for by in sorts {
            for order in [Order::Asc, Order::Desc] {
                let list = || filtered(organization, &filter);
                built.extend(crate::postgres::statements::pages(list, key(by), order)?);
            }
        }
    }
    Ok(built)
}
