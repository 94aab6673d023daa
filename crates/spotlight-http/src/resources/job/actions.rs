//! Work in the background.

use http::StatusCode;
use spotlight_core::{
    domain::{JobId, OutboxId},
    error::Result,
    ports::page::{Cursor, DEFAULT_PER_PAGE},
};
use uuid::Uuid;

use super::dto::{event, job, queue, schedule};
use crate::{
    output::{Attributes, Resource, forward, one, paged},
    resources::call::Call,
    response::Response,
};

/// Where a list begins, and how long its part is.
fn part(call: &Call<'_>) -> (Option<Uuid>, u32) {
    let cursor: Option<Cursor> = call.query.get("cursor");
    (cursor.map(|cursor| cursor.id), call.query.get("per_page").unwrap_or(DEFAULT_PER_PAGE))
}

/// A part of a list that goes on after its last id while it is full.
fn parted<A: Attributes>(call: &Call<'_>, shown: &[Resource<A>], last: Option<Uuid>, limit: u32) -> Result<Response> {
    let next = last.filter(|_| shown.len() >= limit as usize).map(|id| Cursor { key: None, id });
    forward(shown, next, limit, &call.request.path, &call.query)
}

fn done() -> Response {
    Response::empty(StatusCode::NO_CONTENT)
}

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let (after, limit) = part(&call);
    let state = call.query.get("state");
    let found = call.platform.jobs().list(&call.context, state, after.map(JobId::from_uuid), limit).await?;
    let last = found.last().map(|job| job.id.as_uuid());
    parted(&call, &found.into_iter().map(job).collect::<Vec<_>>(), last, limit)
}

pub(super) async fn get(call: Call<'_>) -> Result<Response> {
    one(StatusCode::OK, job(call.platform.jobs().get(&call.context, call.id(0, "job")?).await?))
}

pub(super) async fn retry(call: Call<'_>) -> Result<Response> {
    call.platform.jobs().retry(&call.context, call.id(0, "job")?).await?;
    Ok(done())
}

pub(super) async fn discard(call: Call<'_>) -> Result<Response> {
    call.platform.jobs().discard(&call.context, call.id(0, "job")?).await?;
    Ok(done())
}

pub(super) async fn cancel(call: Call<'_>) -> Result<Response> {
    call.platform.jobs().cancel(&call.context, call.id(0, "job")?).await?;
    Ok(done())
}

pub(super) async fn queues(call: Call<'_>) -> Result<Response> {
    let found = call.platform.jobs().snapshot(&call.context).await?;
    paged(found.queues.into_iter().map(queue).collect(), &call.request.path, &call.query)
}

async fn set_paused(call: &Call<'_>, paused: bool) -> Result<Response> {
    let queue = call.path.first().map(String::as_str).unwrap_or_default();
    call.platform.jobs().set_paused(&call.context, queue, paused).await?;
    Ok(done())
}

pub(super) async fn pause(call: Call<'_>) -> Result<Response> {
    set_paused(&call, true).await
}

pub(super) async fn resume(call: Call<'_>) -> Result<Response> {
    set_paused(&call, false).await
}

pub(super) fn schedules(call: &Call<'_>) -> Result<Response> {
    let found = call.platform.jobs().schedules(&call.context)?;
    paged(found.into_iter().map(schedule).collect(), &call.request.path, &call.query)
}

pub(super) async fn events(call: Call<'_>) -> Result<Response> {
    let (after, limit) = part(&call);
    let found = call.platform.jobs().dead_events(&call.context, after.map(OutboxId::from_uuid), limit).await?;
    let last = found.last().map(|row| row.id.as_uuid());
    parted(&call, &found.into_iter().map(event).collect::<Vec<_>>(), last, limit)
}

pub(super) async fn retry_event(call: Call<'_>) -> Result<Response> {
    call.platform.jobs().retry_event(&call.context, call.id(0, "event")?).await?;
    Ok(done())
}

pub(super) async fn discard_event(call: Call<'_>) -> Result<Response> {
    call.platform.jobs().discard_event(&call.context, call.id(0, "event")?).await?;
    Ok(done())
}
