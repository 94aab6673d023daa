//! Filtered, searched and sorted lists of conversations.

use spotlight_core::{
    Result,
    domain::{
        AssistantId, LeadId, OrganizationId, UserId,
        conversation::{
            Channel, Conversation, ConversationStatus, LONG_AFTER_MIN, Sentiment, UNANSWERED_AFTER_MIN, UNHAPPY_BELOW,
        },
    },
    ports::{ConversationFilter, ConversationSort, Listing, Paging, Sort},
};
use uuid::Uuid;

use super::{
    super::{
        db::Db,
        list::{By, Conditions, Kind, List},
        search::{self, CONVERSATIONS},
    },
    columns, read,
};
use crate::shared::cursor;

fn by(sort: Sort<ConversationSort>) -> By {
    let (column, kind, nullable) = match sort.by {
        ConversationSort::StartedAt => ("started_at", Kind::Instant, false),
        ConversationSort::LastActivityAt => ("last_activity_at", Kind::Instant, false),
        ConversationSort::Score => ("score", Kind::Number, true),
    };
    By { column, kind, nullable, order: sort.order }
}

fn place(conversation: &Conversation, column: &'static str) -> (Uuid, Option<String>) {
    let key = match column {
        "last_activity_at" => Some(cursor::instant(conversation.last_activity_at)),
        "score" => conversation.score.map(|score| score.to_string()),
        _ => Some(cursor::instant(conversation.started_at)),
    };
    (conversation.id.as_uuid(), key)
}

/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;
const _: () = assert!(LONG_AFTER_MIN * MINUTE == 1_800_000_000, "the statement below has the product");

/// The conditions but the search. A `+` keeps an index from being used where it would mean sorting all it finds.
fn conditions(organization: OrganizationId, filter: &ConversationFilter, by_started: bool) -> Conditions {
    let mut conditions = Conditions::of(organization.as_uuid());
    let statuses: Vec<_> = filter.statuses.iter().copied().map(ConversationStatus::as_str).collect();
    conditions.one_of("+status = ?", "+status", &statuses);
    let sources: Vec<_> = filter.sources.iter().copied().map(Channel::as_str).collect();
    conditions.one_of("source = ?", "source", &sources);
    conditions.equal("+assistant_id = ?", filter.assistant_id.map(AssistantId::as_uuid));
    // Few are of one lead.
    conditions.equal("lead_id = ?", filter.lead_id.map(LeadId::as_uuid));
    conditions.equal("taken_over_by = ?", filter.taken_over_by.map(UserId::as_uuid));
    conditions.equal("sentiment = ?", filter.sentiment.map(Sentiment::as_str));
    if let Some(user) = filter.visible_to {
        let user = user.as_uuid();
        conditions.with(
            "(EXISTS (SELECT 1 FROM assistants WHERE assistants.organization_id = conversations.organization_id \
             AND assistants.id = conversations.assistant_id AND assistants.owner_id = ?)",
            user,
        );
        conditions.or(
            "EXISTS (SELECT 1 FROM leads WHERE leads.organization_id = conversations.organization_id \
             AND leads.id = conversations.lead_id AND leads.owner_id = ?))",
            user,
        );
    }
    if let Some(now) = filter.needs_attention_at {
        let now = now.timestamp_micros();
        conditions.with("(sentiment_value < ?", UNHAPPY_BELOW);
        // Microseconds, of which a conversation that goes on has as many as have passed.
        conditions.or("coalesce(ended_at, ?) - started_at > 1800000000", now);
        conditions.or(
            "(status IN ('active', 'paused') AND waiting_since <= ?))",
            now.saturating_sub(UNANSWERED_AFTER_MIN * MINUTE),
        );
    }
    if by_started {
        conditions.between("started_at >= ?", "started_at < ?", filter.started);
    } else {
        conditions.between("+started_at >= ?", "+started_at < ?", filter.started);
    }
    conditions
}

pub(super) async fn list(
    db: &Db,
    organization: OrganizationId,
    filter: &ConversationFilter,
    sort: Sort<ConversationSort>,
    paging: &Paging,
) -> Result<Listing<Conversation>> {
    let mut conditions = conditions(organization, filter, sort.by == ConversationSort::StartedAt);
    let (mut from, mut total) = (CONVERSATIONS.table, None);
    if let Some(search) = &filter.search {
        let pages = matches!(paging, Paging::Page { .. });
        let bare = ConversationFilter { search: None, ..filter.clone() } == ConversationFilter::default();
        match search::plan(db, CONVERSATIONS, organization, search, pages && bare, &mut conditions).await? {
            Some(plan) => (from, total) = (plan.from, plan.hits),
            None => return Ok(Listing { items: Vec::new(), total: pages.then_some(0), next: None }),
        }
    }
    List { from, columns: columns!(), conditions, by: by(sort), read, place, total }.fetch(db, paging).await
}
