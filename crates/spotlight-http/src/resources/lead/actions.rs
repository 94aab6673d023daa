//! Leads.

use chrono::Duration;
use http::StatusCode;
use spotlight_core::{
    domain::lead::FOLLOW_UP_AFTER_DAYS,
    error::Result,
    ports::{LeadFilter, LeadSort, Listing, Sort, page::MAX_PER_PAGE},
};

use super::{
    beside::include,
    dto::{self, LeadPatchInput, LeadStatusInput, MergeInput, NewLeadInput, entry, lead},
};
use crate::{
    output::{many_beside, one, one_of, paged},
    query::Query,
    resources::call::Call,
    response::Response,
};

/// Conversations and appointments of each lead of a list that stand beside it at most.
const BESIDE_EACH: u32 = 10;

/// The filter that a query asks for.
pub(crate) async fn lead_filter(call: &Call<'_>) -> Result<LeadFilter> {
    let (query, now) = (&call.query, call.now());
    Ok(LeadFilter {
        statuses: query.list("status"),
        sources: query.list("source"),
        owner_id: query.get("owner_id"),
        qualified: query.get("qualified"),
        min_score: query.get("min_score"),
        max_score: query.get("max_score"),
        needs_review: query.get("needs_review"),
        idle_since: query
            .get::<bool>("needs_follow_up")
            .filter(|wanted| *wanted)
            .map(|_| now - Duration::days(FOLLOW_UP_AFTER_DAYS)),
        created: call.between("created_after", "created_before").await?,
        search: query.text("search").map(str::to_owned),
    })
}

/// The sort that a query asks for.
pub(crate) fn lead_sort(query: &Query) -> Sort<LeadSort> {
    query.sort(&[
        ("created_at", LeadSort::CreatedAt),
        ("updated_at", LeadSort::UpdatedAt),
        ("last_conversation_at", LeadSort::LastConversationAt),
        ("score", LeadSort::Score),
        ("name", LeadSort::Name),
    ])
}

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let query = &call.query;
    let (filter, sort) = (lead_filter(&call).await?, lead_sort(query));
    let found = call.platform.leads().list(&call.context, filter, sort, &query.paging()).await?;
    let (items, included) = include(&call, found.items, BESIDE_EACH).await?;
    let shown = Listing { items, total: found.total, next: found.next };
    many_beside(shown, &included, &call.request.path, query)
}

pub(super) async fn create(call: Call<'_>) -> Result<Response> {
    let input: NewLeadInput = call.input()?;
    let made = call.platform.leads().create(&call.context, input.into()).await?;
    one(StatusCode::CREATED, lead(made, call.now()))
}

pub(super) async fn get(call: Call<'_>) -> Result<Response> {
    let found = call.platform.leads().get(&call.context, call.id(0, "lead")?).await?;
    let (shown, included) = include(&call, vec![found], MAX_PER_PAGE).await?;
    one_of(shown, &included)
}

pub(super) async fn update(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "lead")?;
    let input: LeadPatchInput = call.input()?;
    let changed = call.platform.leads().update(&call.context, id, input.into(), call.expected_version).await?;
    one(StatusCode::OK, lead(changed, call.now()))
}

pub(super) async fn delete(call: Call<'_>) -> Result<Response> {
    call.platform.leads().delete(&call.context, call.id(0, "lead")?, call.expected_version).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}

pub(super) async fn set_status(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "lead")?;
    let status = call.input::<LeadStatusInput>()?.status.0;
    let changed = call.platform.leads().set_status(&call.context, id, status, call.expected_version).await?;
    one(StatusCode::OK, lead(changed, call.now()))
}

pub(super) async fn score(call: Call<'_>) -> Result<Response> {
    let found = call.platform.leads().get(&call.context, call.id(0, "lead")?).await?;
    one(StatusCode::OK, dto::score(found))
}

pub(super) async fn timeline(call: Call<'_>) -> Result<Response> {
    let found = call.platform.leads().timeline(&call.context, call.id(0, "lead")?).await?;
    let count = found.len();
    let shown = found.into_iter().enumerate().map(|(place, found)| entry(count - place, found)).collect();
    paged(shown, &call.request.path, &call.query)
}

pub(super) async fn merge(call: Call<'_>) -> Result<Response> {
    let into = call.id(0, "lead")?;
    let from = call.input::<MergeInput>()?.lead_id.0;
    let kept = call.platform.leads().merge(&call.context, from, into, call.expected_version).await?;
    one(StatusCode::OK, lead(kept, call.now()))
}

pub(super) async fn erase(call: Call<'_>) -> Result<Response> {
    call.platform.leads().erase(&call.context, call.id(0, "lead")?, call.expected_version).await?;
    Ok(Response::empty(StatusCode::NO_CONTENT))
}
