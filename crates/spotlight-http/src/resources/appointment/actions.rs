//! Appointments and free times.

use chrono_tz::Tz;
use http::StatusCode;
use spotlight_core::{
    domain::time::Window,
    error::{Error, Result},
    ports::{AppointmentFilter, page::Order},
};

use super::{
    beside::include,
    dto::{AppointmentPatchInput, CancelInput, NewAppointmentInput, RescheduleInput, appointment, free_time},
};
use crate::{
    output::{many_beside, one, one_of, whole},
    resources::call::Call,
    response::Response,
};

/// Free times shown unless asked for more.
const DEFAULT_TIMES: u32 = 100;

pub(super) async fn list(call: Call<'_>) -> Result<Response> {
    let query = &call.query;
    let filter = AppointmentFilter {
        statuses: query.list("status"),
        lead_id: query.get("lead_id"),
        assistant_id: query.get("assistant_id"),
        conversation_id: query.get("conversation_id"),
        host_id: query.get("host_id"),
        visible_to: None,
        starts: call.between("starts_after", "starts_before").await?,
    };
    let order = query.order(Order::Desc);
    let found = call.platform.appointments().list(&call.context, filter, order, &query.paging()).await?;
    let included = include(&call, &found.items).await?;
    many_beside(found.map(appointment), &included, &call.request.path, query)
}

pub(super) async fn create(call: Call<'_>) -> Result<Response> {
    let input: NewAppointmentInput = call.input()?;
    let made = call.platform.appointments().create(&call.context, input.into()).await?;
    one(StatusCode::CREATED, appointment(made))
}

pub(super) async fn get(call: Call<'_>) -> Result<Response> {
    let found = call.platform.appointments().get(&call.context, call.id(0, "appointment")?).await?;
    let included = include(&call, std::slice::from_ref(&found)).await?;
    one_of(vec![appointment(found)], &included)
}

pub(super) async fn update(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "appointment")?;
    let patch = call.input::<AppointmentPatchInput>()?.into();
    let changed = call.platform.appointments().update(&call.context, id, patch, call.expected_version).await?;
    one(StatusCode::OK, appointment(changed))
}

pub(super) async fn complete(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "appointment")?;
    let changed = call.platform.appointments().complete(&call.context, id, call.expected_version).await?;
    one(StatusCode::OK, appointment(changed))
}

pub(super) async fn no_show(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "appointment")?;
    let changed = call.platform.appointments().no_show(&call.context, id, call.expected_version).await?;
    one(StatusCode::OK, appointment(changed))
}

pub(super) async fn confirm(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "appointment")?;
    let changed = call.platform.appointments().confirm(&call.context, id, call.expected_version).await?;
    one(StatusCode::OK, appointment(changed))
}

pub(super) async fn reschedule(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "appointment")?;
    let starts_at = call.input::<RescheduleInput>()?.starts_at.0;
    let appointments = call.platform.appointments();
    let changed = appointments.reschedule(&call.context, id, starts_at, call.expected_version).await?;
    one(StatusCode::OK, appointment(changed))
}

pub(super) async fn cancel(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "appointment")?;
    let reason = call.input::<CancelInput>()?.reason.0.flatten().map(|text| text.0);
    let changed = call.platform.appointments().cancel(&call.context, id, reason, call.expected_version).await?;
    one(StatusCode::OK, appointment(changed))
}

pub(super) async fn availability(call: Call<'_>) -> Result<Response> {
    let query = &call.query;
    let instant =
        |name: &str| query.instant(name).ok_or_else(|| Error::internal("a required parameter was not checked"));
    let range = Window { start: instant("from")?, end: instant("to")? };
    let limit: u32 = query.get("limit").unwrap_or(DEFAULT_TIMES);
    let zone: Tz = query.get("time_zone").unwrap_or(Tz::UTC);
    let assistant = query.need("assistant_id")?;
    let free = call.platform.appointments().availability(&call.context, assistant, range, limit as usize).await?;
    let shown: Vec<_> = free.into_iter().map(|time| free_time(time, zone)).collect();
    whole(&shown, limit, &call.request.path, query)
}
