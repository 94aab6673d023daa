//! Leads.

use chrono::Duration;
use http::StatusCode;
use spotlight_core::{
    domain::lead::FOLLOW_UP_AFTER_DAYS,
    error::Result,
    ports::{LeadFilter, LeadSort},
};

use super::dto::{self, LeadPatchInput, LeadStatusInput, NewLeadInput, entry, lead};
use crate::{
    output::{many, one, paged},
    resources::call::Call,
    response::Response,
};

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let (query, now) = (&call.query, call.now());
    let filter = LeadFilter {
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
    };
    let sort = query.sort(&[
        ("created_at", LeadSort::CreatedAt),
        ("updated_at", LeadSort::UpdatedAt),
        ("last_conversation_at", LeadSort::LastConversationAt),
        ("score", LeadSort::Score),
        ("name", LeadSort::Name),
    ]);
    let found = call.platform.leads().list(&call.context, filter, sort, &query.paging()).await?;
    many(found.map(|found| lead(found, now)), &call.request.path, query)
}

pub(super) async fn create(call: Call<'_>) -> Result<Response> {
    let input: NewLeadInput = call.input()?;
    let made = call.platform.leads().create(&call.context, input.into()).await?;
    one(StatusCode::CREATED, lead(made, call.now()))
}

pub(super) async fn get(call: Call<'_>) -> Result<Response> {
    let found = call.platform.leads().get(&call.context, call.id(0, "lead")?).await?;
    one(StatusCode::OK, lead(found, call.now()))
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
