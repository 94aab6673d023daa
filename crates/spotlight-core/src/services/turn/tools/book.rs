//! `book_appointment`: finds free times, holds one while the visitor decides, and books it.

use chrono::{Duration, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answering, Scene, remember};
use crate::{
    domain::{
        UserId,
        appointment::{Appointment, AppointmentStatus, MeetingType},
        conversation::{Channel, OfferedSlot},
        lead::Lead,
        slots,
        time::{Timestamp, Window},
    },
    error::{Error, Result},
    ports::{AppointmentFilter, Order, Paging, ToolCall, UnitOfWork},
    services::appointments::{Draft, FreeTime, booked, free_times, insert},
};

/// Times offered at once.
const OFFERS: usize = 3;

pub(super) const DESCRIPTION: &str = "Books an appointment. `find` gives up to three free times (on a date, between local \
     times, or nearest to an instant). `hold` keeps one for five minutes while the visitor confirms. `book` books it; an \
     e-mail or phone must be noted before. `release` gives a hold back. `cancel` calls this conversation's appointment off.";

pub(super) fn parameters() -> Value {
    json!({
        "type": "object",
        "properties": {
            "action": { "type": "string", "enum": ["find", "hold", "book", "release", "cancel"] },
            "date": { "type": "string", "format": "date", "description": "find: on this local date" },
            "from": { "type": "string", "description": "find: not before this local time, HH:MM" },
            "to": { "type": "string", "description": "find: not after this local time, HH:MM" },
            "at": { "type": "string", "format": "date-time", "description": "find: nearest to this instant" },
            "starts_at": { "type": "string", "format": "date-time", "description": "hold, book: the time chosen" },
            "host_id": { "type": "string", "format": "uuid", "description": "hold, book: as found" }
        },
        "required": ["action"],
        "additionalProperties": false
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Find,
    Hold,
    Book,
    Release,
    Cancel,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    action: Action,
    date: Option<NaiveDate>,
    from: Option<String>,
    to: Option<String>,
    at: Option<Timestamp>,
    starts_at: Option<Timestamp>,
    host_id: Option<UserId>,
}

pub(super) async fn run(turn: &mut Answering, scene: &Scene, call: &ToolCall) -> Result<Value> {
    let arguments: Arguments = serde_json::from_value(call.arguments.clone()).map_err(|error| {
        Error::invalid("arguments", "format", format!("the arguments do not fit the schema: {error}"))
    })?;
    match arguments.action {
        Action::Find => find(turn, scene, &arguments).await,
        Action::Hold => hold(turn, scene, call, &arguments).await,
        Action::Book => book(turn, scene, call, &arguments).await,
        Action::Release => release(turn).await,
        Action::Cancel => cancel(turn, call).await,
    }
}

/// Free times for a wish: on a date, nearest to an instant, or the next ones, spread over days.
async fn find(turn: &Answering, scene: &Scene, arguments: &Arguments) -> Result<Value> {
    let zone = turn.conversation.time_zone.unwrap_or(scene.organization.time_zone);
    let now = turn.deps.now();
    let horizon = Window { start: now, end: now + Duration::days(i64::from(scene.assistant.booking.horizon_days) + 1) };
    let range = match (arguments.date, arguments.at) {
        (Some(date), _) => day_of(date, zone, arguments)?,
        (None, Some(at)) => Window { start: at - Duration::days(1), end: at + Duration::days(7) },
        (None, None) => horizon,
    };
    let repos = turn.deps.storage.read(crate::ports::ReadConsistency::Strong);
    let owner =
        repos.leads().get(turn.ctx.organization, turn.conversation.lead_id).await?.and_then(|lead| lead.owner_id);
    let mut times = free_times(&turn.deps, repos, &scene.assistant, owner, range, 400).await?;
    if let Some(at) = arguments.at {
        times.sort_by_key(|time| ((time.starts_at - at).abs(), time.starts_at));
        if times.first().is_some_and(|time| time.starts_at == at) {
            times.truncate(1);
        }
        times.truncate(OFFERS);
        times.sort_by_key(|time| time.starts_at);
    } else if arguments.date.is_some() {
        times = spread(&times);
    } else {
        times = spread(&over_days(&times, zone));
    }
    Ok(
        json!({ "slots": times.iter().map(|time| json!({ "starts_at": time.starts_at, "host_id": time.host_id })).collect::<Vec<_>>() }),
    )
}

/// A local day, or the part of it that was asked for.
fn day_of(date: NaiveDate, zone: Tz, arguments: &Arguments) -> Result<Window> {
    let time = |text: &Option<String>, field: &str| -> Result<Option<NaiveTime>> {
        text.as_ref()
            .map(|text| {
                NaiveTime::parse_from_str(text, "%H:%M")
                    .map_err(|_| Error::invalid(field, "format", "A time is written HH:MM"))
            })
            .transpose()
    };
    let from = time(&arguments.from, "from")?.unwrap_or(NaiveTime::MIN);
    let start = slots::local_instant(zone, date.and_time(from));
    let end = match time(&arguments.to, "to")? {
        Some(to) if to > from => slots::local_instant(zone, date.and_time(to)),
        _ => slots::local_instant(zone, date.succ_opt().unwrap_or(date).and_time(NaiveTime::MIN)),
    };
    Ok(Window { start, end })
}

/// First, middle and last of some times, so that an offer is a choice.
fn spread(times: &[FreeTime]) -> Vec<FreeTime> {
    match times.len() {
        0..=OFFERS => times.to_vec(),
        count => vec![times[0], times[count / 2], times[count - 1]],
    }
}

/// The times of the first three days that have any, one in the morning, one at noon, one late.
fn over_days(times: &[FreeTime], zone: Tz) -> Vec<FreeTime> {
    let mut days: Vec<Vec<FreeTime>> = Vec::new();
    for time in times {
        let date = time.starts_at.with_timezone(&zone).date_naive();
        let full = days.len() == OFFERS;
        match days.last_mut() {
            Some(day) if day[0].starts_at.with_timezone(&zone).date_naive() == date => day.push(*time),
            _ if full => break,
            _ => days.push(vec![*time]),
        }
    }
    days.iter().enumerate().map(|(index, day)| day[(day.len() - 1) * index / 2]).collect()
}

fn chosen(arguments: &Arguments) -> Result<(Timestamp, UserId)> {
    match (arguments.starts_at, arguments.host_id) {
        (Some(starts_at), Some(host)) => Ok((starts_at, host)),
        _ => Err(Error::invalid("starts_at", "required", "Name starts_at and host_id of a time that was found")),
    }
}

/// Only a host of this assistant can be booked, whatever the model names.
fn check_host(turn: &Answering, scene: &Scene, host: UserId) -> Result<()> {
    let hosts = &scene.assistant.booking.hosts;
    let allowed = if hosts.is_empty() { scene.assistant.owner_id == host } else { hosts.contains(&host) };
    if allowed {
        Ok(())
    } else {
        Err(Error::not_found("host"))
            .inspect_err(|_| tracing::warn!(conversation = %turn.conversation.id, "a model named a foreign host"))
    }
}

async fn own_lead(turn: &Answering, unit: &dyn UnitOfWork) -> Result<Lead> {
    let lead = unit.leads().get(turn.ctx.organization, turn.conversation.lead_id).await?;
    lead.ok_or_else(|| Error::not_found("lead"))
}

fn draft(turn: &Answering, scene: &Scene, starts_at: Timestamp, host_id: UserId, status: AppointmentStatus) -> Draft {
    Draft {
        lead_id: turn.conversation.lead_id,
        conversation_id: Some(turn.conversation.id),
        host_id,
        starts_at,
        duration_min: scene.assistant.booking.duration_min,
        time_zone: turn.conversation.time_zone.unwrap_or(scene.organization.time_zone),
        meeting_type: if turn.conversation.source == Channel::Phone { MeetingType::Phone } else { MeetingType::Video },
        notes: None,
        status,
    }
}

async fn hold(turn: &mut Answering, scene: &Scene, call: &ToolCall, arguments: &Arguments) -> Result<Value> {
    let (starts_at, host) = chosen(arguments)?;
    check_host(turn, scene, host)?;
    let unit = turn.deps.storage.begin().await?;
    turn.lease.check(&*unit).await?;
    // One hold a conversation: the former goes in the same unit.
    for held in holds(turn, &*unit).await? {
        unit.appointments().delete_hold(turn.ctx.organization, held.id).await?;
    }
    let held =
        insert(&turn.deps, &*unit, &scene.assistant, draft(turn, scene, starts_at, host, AppointmentStatus::Held))
            .await?;
    let slot = OfferedSlot { starts_at, host_id: host };
    set_state(turn, &*unit, |conversation| conversation.state.held = Some(slot)).await?;
    let answer = json!({ "held_until": held.hold_expires_at, "starts_at": starts_at });
    remember(turn, &*unit, call, &answer, turn.deps.now()).await?;
    unit.commit().await?;
    turn.conversation.version += 1;
    Ok(answer)
}

async fn book(turn: &mut Answering, scene: &Scene, call: &ToolCall, arguments: &Arguments) -> Result<Value> {
    let (starts_at, host) = chosen(arguments)?;
    check_host(turn, scene, host)?;
    let now = turn.deps.now();
    let unit = turn.deps.storage.begin().await?;
    turn.lease.check(&*unit).await?;
    if !own_lead(turn, &*unit).await?.has_contact() {
        return Err(Error::invalid("email", "required", "Ask for an e-mail or a phone before booking"));
    }
    let held = holds(turn, &*unit).await?.into_iter().find(|held| held.starts_at == starts_at && held.host_id == host);
    let appointment = match held {
        Some(mut held) => {
            held.move_to(AppointmentStatus::Scheduled)?;
            held.lead_id = turn.conversation.lead_id;
            held.updated_at = now;
            unit.appointments().update(&held, now).await?;
            held.version += 1;
            held
        }
        // The hold has expired: the time may still be free.
        None => {
            insert(
                &turn.deps,
                &*unit,
                &scene.assistant,
                draft(turn, scene, starts_at, host, AppointmentStatus::Scheduled),
            )
            .await?
        }
    };
    booked(&turn.deps, &*unit, &turn.ctx, &appointment).await?;
    set_state(turn, &*unit, |conversation| {
        conversation.state.held = None;
        conversation.state.booked = true;
    })
    .await?;
    let answer = json!({ "appointment_id": appointment.id, "starts_at": starts_at });
    remember(turn, &*unit, call, &answer, now).await?;
    unit.commit().await?;
    turn.conversation.version += 1;
    Ok(answer)
}

async fn release(turn: &mut Answering) -> Result<Value> {
    let unit = turn.deps.storage.begin().await?;
    turn.lease.check(&*unit).await?;
    for held in holds(turn, &*unit).await? {
        unit.appointments().delete_hold(turn.ctx.organization, held.id).await?;
    }
    set_state(turn, &*unit, |conversation| conversation.state.held = None).await?;
    unit.commit().await?;
    turn.conversation.version += 1;
    Ok(json!({ "released": true }))
}

async fn cancel(turn: &mut Answering, call: &ToolCall) -> Result<Value> {
    let now = turn.deps.now();
    let unit = turn.deps.storage.begin().await?;
    turn.lease.check(&*unit).await?;
    let wanted = vec![AppointmentStatus::Scheduled, AppointmentStatus::Confirmed];
    let Some(mut appointment) = of_conversation(turn, &*unit, wanted).await?.into_iter().next() else {
        return Err(Error::not_found("appointment"));
    };
    appointment.move_to(AppointmentStatus::Cancelled)?;
    appointment.cancel_reason = Some("by the visitor".to_owned());
    appointment.updated_at = now;
    unit.appointments().update(&appointment, now).await?;
    for job in crate::jobs::appointment_mails(&appointment, now) {
        unit.enqueue(job).await?;
    }
    set_state(turn, &*unit, |conversation| conversation.state.booked = false).await?;
    let record = ("appointment", appointment.id.to_string());
    turn.deps.audit(&*unit, &turn.ctx, "appointment.cancel", record, json!({})).await?;
    let answer = json!({ "cancelled": true, "starts_at": appointment.starts_at });
    remember(turn, &*unit, call, &answer, now).await?;
    unit.commit().await?;
    turn.conversation.version += 1;
    Ok(answer)
}

/// Changes the stored conversation and the turn's own copy alike. The copy's version is raised by the caller, once the
/// unit is committed.
async fn set_state(
    turn: &mut Answering,
    unit: &dyn UnitOfWork,
    change: impl FnOnce(&mut crate::domain::conversation::Conversation) + Send,
) -> Result<()> {
    let found = unit.conversations().get(turn.ctx.organization, turn.conversation.id).await?;
    let mut conversation = found.ok_or_else(|| Error::not_found("conversation"))?;
    change(&mut conversation);
    conversation.updated_at = turn.deps.now();
    unit.conversations().update(&conversation).await?;
    turn.conversation = conversation;
    Ok(())
}

async fn holds(turn: &Answering, unit: &dyn UnitOfWork) -> Result<Vec<Appointment>> {
    of_conversation(turn, unit, vec![AppointmentStatus::Held]).await
}

async fn of_conversation(
    turn: &Answering,
    unit: &dyn UnitOfWork,
    statuses: Vec<AppointmentStatus>,
) -> Result<Vec<Appointment>> {
    let filter =
        AppointmentFilter { statuses, conversation_id: Some(turn.conversation.id), ..AppointmentFilter::default() };
    let page = Paging::After { cursor: None, limit: 10 };
    Ok(unit.appointments().list(turn.ctx.organization, &filter, Order::Asc, &page).await?.items)
}
