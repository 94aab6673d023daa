//! What becomes of an appointment, in the unit that brings it about.

use chrono::Duration;
use chrono_tz::Tz;
use serde_json::json;

use super::hosts::{bookable, check_hours};
use crate::{
    domain::{
        AppointmentId, ConversationId, LeadId, UserId,
        appointment::{Appointment, AppointmentStatus, HOLD_MIN, MeetingType},
        assistant::Assistant,
        event::EventType,
        schedule::Host,
        slots,
        time::Timestamp,
    },
    error::{Error, Result},
    jobs::mail::leave_mails,
    ports::UnitOfWork,
    services::{Context, deps::Deps},
};

/// Puts an appointment to another time of a host.
pub(super) fn move_in(appointment: &mut Appointment, host: &Host, starts_at: Timestamp, now: Timestamp) -> Result<()> {
    if !matches!(appointment.status, AppointmentStatus::Scheduled | AppointmentStatus::Confirmed) {
        return Err(Error::conflict(format!("A {} appointment cannot be rescheduled", appointment.status)));
    }
    let starts_at = crate::domain::time::truncate(starts_at);
    if (appointment.starts_at, appointment.host_id) == (starts_at, host.user_id) {
        return Ok(());
    }
    check_hours(host, starts_at, appointment.duration_min, now)?;
    appointment.host_id = host.user_id;
    appointment.starts_at = starts_at;
    appointment.blocked = slots::blocked_window(host, starts_at, appointment.duration_min);
    appointment.status = AppointmentStatus::Scheduled;
    appointment.sequence += 1;
    Ok(())
}

/// Moves an appointment in a unit, and leaves what both sides are told to jobs. The time it has changes nothing.
pub(crate) async fn relocate(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    before: Appointment,
    (starts_at, host): (Timestamp, UserId),
) -> Result<Appointment> {
    let host = bookable(unit, ctx.organization, host).await?.ok_or_else(|| Error::not_found("host"))?;
    let now = deps.now();
    let mut appointment = before.clone();
    move_in(&mut appointment, &host, starts_at, now)?;
    if appointment == before {
        return Ok(before);
    }
    tell_change(deps, unit, ctx, appointment, "appointment.reschedule").await
}

/// Calls an appointment off in a unit, and leaves what both sides are told to jobs.
pub(crate) async fn call_off(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    mut appointment: Appointment,
    reason: &str,
) -> Result<Appointment> {
    appointment.move_to(AppointmentStatus::Cancelled)?;
    appointment.cancel_reason = Some(reason.to_owned());
    tell_change(deps, unit, ctx, appointment, "appointment.cancel").await
}

/// Stores a changed time or a cancellation with everything that follows from it.
async fn tell_change(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    mut appointment: Appointment,
    action: &str,
) -> Result<Appointment> {
    let now = deps.now();
    appointment.updated_at = now;
    unit.appointments().update(&appointment, now).await.map_err(taken)?;
    appointment.version += 1;
    leave_mails(unit, &appointment, now).await?;
    deps.audit(unit, ctx, action, ("appointment", appointment.id.to_string()), json!({})).await?;
    announce(deps, unit, ctx, &appointment, action).await?;
    Ok(appointment)
}

/// What an appointment or a hold is made of.
pub(crate) struct Draft {
    pub(crate) lead_id: LeadId,
    pub(crate) conversation_id: Option<ConversationId>,
    pub(crate) host_id: UserId,
    pub(crate) starts_at: Timestamp,
    pub(crate) duration_min: u32,
    pub(crate) time_zone: Tz,
    pub(crate) meeting_type: MeetingType,
    pub(crate) notes: Option<String>,
    pub(crate) status: AppointmentStatus,
}

/// Adds an appointment or a hold in the host's hours.
pub(crate) async fn insert(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    assistant: &Assistant,
    draft: Draft,
) -> Result<Appointment> {
    let now = deps.now();
    let host = bookable(unit, assistant.organization_id, draft.host_id).await?;
    let host = host.ok_or_else(|| Error::not_found("host"))?;
    check_hours(&host, draft.starts_at, draft.duration_min, now)?;
    let held = draft.status == AppointmentStatus::Held;
    let appointment = Appointment {
        id: AppointmentId::from_uuid(deps.ids.uuid()),
        organization_id: assistant.organization_id,
        lead_id: draft.lead_id,
        assistant_id: assistant.id,
        conversation_id: draft.conversation_id,
        host_id: draft.host_id,
        starts_at: crate::domain::time::truncate(draft.starts_at),
        duration_min: draft.duration_min,
        blocked: slots::blocked_window(&host, draft.starts_at, draft.duration_min),
        time_zone: draft.time_zone,
        status: draft.status,
        meeting_type: draft.meeting_type,
        external_id: None,
        external_link: None,
        notes: draft.notes,
        cancel_reason: None,
        hold_expires_at: held.then(|| now + Duration::minutes(HOLD_MIN)),
        sequence: 0,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    appointment.validate()?;
    unit.appointments().insert(&appointment, now).await.map_err(taken)?;
    Ok(appointment)
}

/// Leaves invitation and reminders to jobs and tells listeners, in the unit that books.
pub(crate) async fn booked(deps: &Deps, unit: &dyn UnitOfWork, ctx: &Context, appointment: &Appointment) -> Result<()> {
    leave_mails(unit, appointment, deps.now()).await?;
    let record = ("appointment", appointment.id.to_string());
    deps.audit(unit, ctx, "appointment.create", record, json!({})).await?;
    announce(deps, unit, ctx, appointment, "appointment.create").await
}

pub(super) async fn announce(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    ctx: &Context,
    appointment: &Appointment,
    action: &str,
) -> Result<()> {
    let event = match action {
        "appointment.create" => EventType::AppointmentBooked,
        "appointment.confirm" => EventType::AppointmentConfirmed,
        "appointment.cancel" => EventType::AppointmentCancelled,
        "appointment.reschedule" => EventType::AppointmentRescheduled,
        "appointment.complete" => EventType::AppointmentCompleted,
        "appointment.no_show" => EventType::AppointmentNoShow,
        _ => EventType::AppointmentUpdated,
    };
    let data = json!({
        "appointment_id": appointment.id,
        "lead_id": appointment.lead_id,
        "starts_at": appointment.starts_at,
        "status": appointment.status,
    });
    deps.publish(unit, ctx, "notifications", event, appointment.conversation_id, data).await
}

pub(super) fn taken(error: Error) -> Error {
    if error.is_conflict() { Error::conflict("this time is taken; choose another").with_source(error) } else { error }
}
