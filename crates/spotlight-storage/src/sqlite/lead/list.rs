//! Filtered, searched and sorted lists of leads.

use spotlight_core::{
    Result,
    domain::{
        OrganizationId, UserId,
        lead::{Lead, LeadSource, LeadStatus},
    },
    ports::{LeadFilter, LeadSort, Listing, Paging, Sort},
};
use uuid::Uuid;

use super::{
    super::{
        db::Db,
        list::{By, Conditions, Kind, List},
        search::{self, LEADS},
    },
    columns, read,
};
use crate::shared::cursor;

/// Those nobody has talked to come first: `LeadSort::NEVER_TALKED_TO_HOURS` in microseconds. As the
/// index `leads_by_waiting` has it.
const WAITING: &str = "coalesce(last_conversation_at, created_at - 31536000000000000)";

fn by(sort: Sort<LeadSort>) -> By {
    let (column, kind, nullable) = match sort.by {
        LeadSort::CreatedAt => ("created_at", Kind::Instant, false),
        LeadSort::UpdatedAt => ("updated_at", Kind::Instant, false),
        LeadSort::LastConversationAt => ("last_conversation_at", Kind::Instant, true),
        LeadSort::Waiting => (WAITING, Kind::Instant, false),
        LeadSort::Score => ("score", Kind::Number, true),
        LeadSort::Name => ("name", Kind::Text, true),
    };
    By { column, kind, nullable, order: sort.order }
}

fn place(lead: &Lead, column: &'static str) -> (Uuid, Option<String>) {
    let key = match column {
        "updated_at" => Some(cursor::instant(lead.updated_at)),
        "last_conversation_at" => lead.last_conversation_at.map(cursor::instant),
        WAITING => Some(cursor::instant(LeadSort::waiting_since(lead))),
        "score" => lead.score.map(|score| score.to_string()),
        "name" => lead.name.clone(),
        _ => Some(cursor::instant(lead.created_at)),
    };
    (lead.id.as_uuid(), key)
}

/// The conditions but the search. A `+` keeps an index from being used where it would mean sorting all it finds.
fn conditions(organization: OrganizationId, filter: &LeadFilter, by_created: bool) -> Conditions {
    let mut conditions = Conditions::of(organization.as_uuid());
    conditions.and("deleted_at IS NULL");
    conditions.and("merged_into IS NULL");
    let statuses: Vec<_> = filter.statuses.iter().copied().map(LeadStatus::as_str).collect();
    conditions.one_of(if by_created { "status = ?" } else { "+status = ?" }, "+status", &statuses);
    let sources: Vec<_> = filter.sources.iter().copied().map(LeadSource::as_str).collect();
    conditions.one_of("source = ?", "source", &sources);
    let owner = if by_created { "owner_id = ?" } else { "+owner_id = ?" };
    conditions.equal(owner, filter.owner_id.map(UserId::as_uuid));
    conditions.equal("qualified = ?", filter.qualified);
    conditions.equal("+score >= ?", filter.min_score);
    conditions.equal("+score <= ?", filter.max_score);
    conditions.equal("needs_review = ?", filter.needs_review);
    if let Some(since) = filter.idle_since {
        conditions.and("+status IN ('fresh', 'contacted', 'qualified', 'nurturing')");
        conditions.with("coalesce(last_conversation_at, created_at) < ?", since.timestamp_micros());
    }
    if by_created {
        conditions.between("created_at >= ?", "created_at < ?", filter.created);
    } else {
        conditions.between("+created_at >= ?", "+created_at < ?", filter.created);
    }
    conditions
}

pub(super) async fn list(
    db: &Db,
    organization: OrganizationId,
    filter: &LeadFilter,
    sort: Sort<LeadSort>,
    paging: &Paging,
) -> Result<Listing<Lead>> {
    let mut conditions = conditions(organization, filter, sort.by == LeadSort::CreatedAt);
    let (mut from, mut total) = (LEADS.table, None);
    if let Some(search) = &filter.search {
        let pages = matches!(paging, Paging::Page { .. });
        let bare = LeadFilter { search: None, ..filter.clone() } == LeadFilter::default();
        match search::plan(db, LEADS, organization, search, pages && bare, &mut conditions).await? {
            Some(plan) => (from, total) = (plan.from, plan.hits),
            None => return Ok(Listing { items: Vec::new(), total: pages.then_some(0), next: None }),
        }
    }
    List { from, columns: columns!(), conditions, by: by(sort), read, place, total }.fetch(db, paging).await
}
