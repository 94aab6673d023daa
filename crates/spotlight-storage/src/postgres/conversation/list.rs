//! Lists of conversations.

use spotlight_core::{
    Result,
    domain::{
        AssistantId, LeadId, OrganizationId, UserId,
        conversation::{
            Channel, Conversation, ConversationStatus, LONG_AFTER_MIN, Sentiment, UNANSWERED_AFTER_MIN, UNHAPPY_BELOW,
        },
    },
    ports::{ConversationFilter, ConversationSort, Cursor, Listing, Order, Paging, Sort},
};

use super::{PgDb, columns, read};
use crate::{
    postgres::sql::{KeyKind, List, SortKey},
    shared::cursor,
};

fn key(by: ConversationSort) -> SortKey {
    let (column, kind, nullable) = match by {
        ConversationSort::StartedAt => ("started_at", KeyKind::Instant, false),
        ConversationSort::LastActivityAt => ("last_activity_at", KeyKind::Instant, false),
        ConversationSort::Score => ("score", KeyKind::Number, true),
    };
    SortKey { column, kind, nullable }
}

fn filtered(organization: OrganizationId, filter: &ConversationFilter) -> List {
    let ConversationFilter {
        statuses,
        sources,
        assistant_id,
        lead_id,
        taken_over_by,
        sentiment,
        visible_to,
        needs_attention_at,
        started,
        search,
    } = filter;
    let mut list = List::new("conversations", columns!(), organization.as_uuid());
    list.one_of("status", statuses.iter().map(|status| status.as_str()));
    list.one_of("source", sources.iter().map(|source| source.as_str()));
    if let Some(assistant) = assistant_id {
        list.with("assistant_id = ?", assistant.as_uuid());
    }
    if let Some(lead) = lead_id {
        list.with("lead_id = ?", lead.as_uuid());
    }
    if let Some(user) = taken_over_by {
        list.with("taken_over_by = ?", user.as_uuid());
    }
    if let Some(sentiment) = sentiment {
        list.with("sentiment = ?", sentiment.as_str());
    }
    if let Some(user) = visible_to {
        list.with(
            "(assistant_id IN (SELECT s.id FROM assistants s WHERE s.organization_id = $1 AND s.owner_id = ?) \
             OR lead_id IN (SELECT l.id FROM leads l WHERE l.organization_id = $1 AND l.owner_id = ?))",
            user.as_uuid(),
        );
    }
    if let Some(now) = needs_attention_at {
        list.with(&needs_attention(), *now);
    }
    list.between("started_at", *started);
    if let Some(text) = search {
        list.search(text);
    }
    list
}

/// The rule of `Conversation::needs_attention`, at one instant.
fn needs_attention() -> String {
    format!(
        "(sentiment_value < {UNHAPPY_BELOW} \
         OR coalesce(ended_at, ?::timestamptz) - started_at > interval '{LONG_AFTER_MIN} minutes' \
         OR (status IN ('active', 'paused') \
         AND ?::timestamptz - waiting_since >= interval '{UNANSWERED_AFTER_MIN} minutes'))"
    )
}

fn cursor_of(by: ConversationSort, conversation: &Conversation) -> Cursor {
    let key = match by {
        ConversationSort::StartedAt => Some(cursor::instant(conversation.started_at)),
        ConversationSort::LastActivityAt => Some(cursor::instant(conversation.last_activity_at)),
        ConversationSort::Score => conversation.score.map(|score| score.to_string()),
    };
    Cursor { key, id: conversation.id.as_uuid() }
}

pub(super) async fn list(
    db: &PgDb,
    organization: OrganizationId,
    filter: &ConversationFilter,
    sort: Sort<ConversationSort>,
    paging: &Paging,
) -> Result<Listing<Conversation>> {
    let by = sort.by;
    filtered(organization, filter).fetch(db, key(by), sort.order, paging, read, |one| cursor_of(by, one)).await
}

/// The statements of lists: each sort, direction and way of paging, without a filter and with every filter.
pub(in crate::postgres) fn built(organization: OrganizationId, user: UserId) -> Result<Vec<String>> {
    let every = ConversationFilter {
        statuses: vec![ConversationStatus::Active, ConversationStatus::Paused],
        sources: vec![Channel::Chat],
        assistant_id: Some(AssistantId::from_uuid(organization.as_uuid())),
        lead_id: Some(LeadId::from_uuid(organization.as_uuid())),
        taken_over_by: Some(user),
        sentiment: Some(Sentiment::Neutral),
        visible_to: Some(user),
        needs_attention_at: crate::postgres::statements::whole_span().from,
        started: crate::postgres::statements::whole_span(),
        search: Some("price".to_owned()),
    };
    let mut built = Vec::new();
    for filter in [ConversationFilter::default(), every] {
        for by in [ConversationSort::StartedAt, ConversationSort::LastActivityAt, ConversationSort::Score] {
            for order in [Order::Asc, Order::Desc] {
                let list = || filtered(organization, &filter);
                built.extend(crate::postgres::statements::pages(list, key(by), order)?);
            }
        }
    }
    Ok(built)
}
