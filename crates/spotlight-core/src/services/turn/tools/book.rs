//! `book_appointment`: finds free times, holds one while the visitor decides, and books it.

use chrono::{Duration, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answering, Scene, enter, keep, remember};
use crate::{
    domain::{
        UserId,
        appointment::{Appointment, AppointmentStatus, MeetingType},
        conversation::{Channel, Conversation, OfferedSlot},
        slots,
        time::{Timestamp, Window},
    },
    error::{Error, Result},
    ports::{AppointmentFilter, Order, Paging, ToolCall, UnitOfWork},
    services::appointments::{Draft, FreeTime, booked, call_off, free_times, insert, relocate},
};

/// Times offered at once.
const OFFERS: usize = 3;

pub(super) const DESCRIPTION: &str = "Books an appointment. `find` gives up to three free times (on a date, between local \
     times, or nearest to an instant). `hold` keeps one for five minutes while the visitor confirms. `book` books it; an \
     e-mail or phone must be noted before. `reschedule` moves this conversation's appointment to another time, at once \
     or not at all. `release` gives a hold back. `cancel` calls this conversation's appointment off and gives a hold back.";

pub(super) fn parameters() -> Value {
    json!({
        "type": "object",
        "properties": {
            "action": { "type": "string", "enum": ["find", "hold", "book", "reschedule", "release", "cancel"] },
            "date": { "type": "string", "format": "date", "description": "find: on this local date" },
            "from": { "type": "string", "description": "find: not before this local time, HH:MM" },
            "to": { "type": "string", "description": "find: not after this local time, HH:MM" },
            "at": { "type": "string", "format": "date-time", "description": "find: nearest to this instant" },
            "starts_at": { "type": "string", "format": "date-time", "description": "hold, book, reschedule: the time chosen" },
            "host_id": { "type": "string", "format": "uuid", "description": "hold, book, reschedule: as found" }
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
    Reschedule,
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
    let arguments: Arguments = super::arguments(call)?;
    match arguments.action {
        Action::Find => find(turn, scene, &arguments).await,
        Action::Hold => hold(turn, scene, call, &arguments).await,
        Action::Book => book(turn, scene, call, &arguments).await,
        Action::Reschedule => reschedule(turn, scene, call, &arguments).await,
        Action::Release => release(turn, call).await,
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
        (None, Some(at)) => around(at)?,
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

/// The day before an instant and the week after it. The instant is the model's, and may be at the end of the calendar.
fn around(at: Timestamp) -> Result<Window> {
    let start = at.checked_sub_signed(Duration::days(1));
    let end = at.checked_add_signed(Duration::days(7));
    match (start, end) {
        (Some(start), Some(end)) => Ok(Window { start, end }),
        _ => Err(Error::invalid("at", "range", "Name an instant within the booking horizon")),
    }
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
    if scene.assistant.can_host(host) {
        Ok(())
    } else {
        Err(Error::not_found("host"))
            .inspect_err(|_| tracing::warn!(conversation = %turn.conversation.id, "a model named a foreign host"))
    }
}

/// A time keeps the assistant's notice and horizon, whatever the model names.
fn check_reach(turn: &Answering, scene: &Scene, starts_at: Timestamp) -> Result<()> {
    let (now, booking) = (turn.deps.now(), &scene.assistant.booking);
    if starts_at < now + Duration::minutes(i64::from(booking.notice_min)) {
        return Err(Error::conflict("this time is too soon; choose a free time"));
    }
    if starts_at > now + Duration::days(i64::from(booking.horizon_days)) {
        return Err(Error::conflict("this time is too far off; choose a free time"));
    }
    Ok(())
}

/// A booking needs a way to reach the visitor: one they gave here, be it kept for review only, or the lead's.
async fn check_contact(unit: &dyn UnitOfWork, conversation: &Conversation) -> Result<()> {
    let given = &conversation.state.given;
    if given.email.is_some() || given.phone.is_some() {
        return Ok(());
    }
    let lead = unit.leads().get(conversation.organization_id, conversation.lead_id).await?;
    if lead.ok_or_else(|| Error::not_found("lead"))?.has_contact() {
        return Ok(());
    }
    Err(Error::invalid("email", "required", "Ask for an e-mail or a phone before booking"))
}

fn draft(
    conversation: &Conversation,
    scene: &Scene,
    (starts_at, host_id): (Timestamp, UserId),
    status: AppointmentStatus,
) -> Draft {
    Draft {
        lead_id: conversation.lead_id,
        conversation_id: Some(conversation.id),
        host_id,
        starts_at,
        duration_min: scene.assistant.booking.duration_min,
        time_zone: conversation.time_zone.unwrap_or(scene.organization.time_zone),
        meeting_type: if conversation.source == Channel::Phone { MeetingType::Phone } else { MeetingType::Video },
        notes: None,
        status,
    }
}

async fn hold(turn: &mut Answering, scene: &Scene, call: &ToolCall, arguments: &Arguments) -> Result<Value> {
    let (starts_at, host) = chosen(arguments)?;
    check_host(turn, scene, host)?;
    check_reach(turn, scene, starts_at)?;
    let unit = turn.deps.storage.begin().await?;
    let mut conversation = enter(turn, &*unit).await?;
    // One hold a conversation: the former goes in the same unit.
    give_back(turn, &*unit).await?;
    let draft = draft(&conversation, scene, (starts_at, host), AppointmentStatus::Held);
    let held = insert(&turn.deps, &*unit, &scene.assistant, draft).await?;
    conversation.state.held = Some(OfferedSlot { starts_at, host_id: host });
    let answer = json!({ "held_until": held.hold_expires_at, "starts_at": starts_at });
    finish(turn, unit, call, conversation, answer).await
}

async fn book(turn: &mut Answering, scene: &Scene, call: &ToolCall, arguments: &Arguments) -> Result<Value> {
    let (starts_at, host) = chosen(arguments)?;
    check_host(turn, scene, host)?;
    let now = turn.deps.now();
    let unit = turn.deps.storage.begin().await?;
    let mut conversation = enter(turn, &*unit).await?;
    check_contact(&*unit, &conversation).await?;
    if let Some(open) = open_appointment(turn, &*unit).await? {
        if (open.starts_at, open.host_id) == (starts_at, host) {
            return Ok(json!({ "appointment_id": open.id, "starts_at": starts_at }));
        }
        return Err(Error::conflict("an appointment is booked already; use reschedule to move it"));
    }
    let held = holds(turn, &*unit).await?.into_iter().find(|held| held.starts_at == starts_at && held.host_id == host);
    let appointment = if let Some(mut held) = held {
        held.move_to(AppointmentStatus::Scheduled)?;
        held.lead_id = conversation.lead_id;
        held.updated_at = now;
        unit.appointments().update(&held, now).await?;
        held.version += 1;
        held
    } else {
        // The hold has expired, or there was none: the time may still be free.
        check_reach(turn, scene, starts_at)?;
        let draft = draft(&conversation, scene, (starts_at, host), AppointmentStatus::Scheduled);
        insert(&turn.deps, &*unit, &scene.assistant, draft).await?
    };
    booked(&turn.deps, &*unit, &turn.ctx, &appointment).await?;
    conversation.state.held = None;
    conversation.state.booked = true;
    let answer = json!({ "appointment_id": appointment.id, "starts_at": starts_at });
    finish(turn, unit, call, conversation, answer).await
}

/// Moves the appointment in one unit: the former time is free and the new one taken, or nothing changes.
async fn reschedule(turn: &mut Answering, scene: &Scene, call: &ToolCall, arguments: &Arguments) -> Result<Value> {
    let (starts_at, host) = chosen(arguments)?;
    check_host(turn, scene, host)?;
    let unit = turn.deps.storage.begin().await?;
    let mut conversation = enter(turn, &*unit).await?;
    let before = open_appointment(turn, &*unit).await?.ok_or_else(|| Error::not_found("appointment"))?;
    let holds = holds(turn, &*unit).await?;
    let kept = |time: &Appointment| time.starts_at == starts_at && time.host_id == host;
    if !holds.iter().any(kept) && !kept(&before) {
        check_reach(turn, scene, starts_at)?;
    }
    // The hold stands in the way of what it was kept for.
    for held in holds {
        unit.appointments().delete_hold(turn.ctx.organization, held.id).await?;
    }
    let moved = relocate(&turn.deps, &*unit, &turn.ctx, before, (starts_at, host)).await?;
    conversation.state.held = None;
    conversation.state.booked = true;
    let answer = json!({ "appointment_id": moved.id, "starts_at": moved.starts_at });
    finish(turn, unit, call, conversation, answer).await
}

async fn release(turn: &mut Answering, call: &ToolCall) -> Result<Value> {
    let unit = turn.deps.storage.begin().await?;
    let mut conversation = enter(turn, &*unit).await?;
    give_back(turn, &*unit).await?;
    conversation.state.held = None;
    finish(turn, unit, call, conversation, json!({ "released": true })).await
}

async fn cancel(turn: &mut Answering, call: &ToolCall) -> Result<Value> {
    let unit = turn.deps.storage.begin().await?;
    let mut conversation = enter(turn, &*unit).await?;
    let appointment = open_appointment(turn, &*unit).await?.ok_or_else(|| Error::not_found("appointment"))?;
    let starts_at = appointment.starts_at;
    call_off(&turn.deps, &*unit, &turn.ctx, appointment, "by the visitor").await?;
    // Whoever calls off while moving wants the other time no more.
    give_back(turn, &*unit).await?;
    conversation.state.held = None;
    conversation.state.booked = false;
    finish(turn, unit, call, conversation, json!({ "cancelled": true, "starts_at": starts_at })).await
}

/// Ends a tool's unit. The turn takes the changed conversation over once it is committed, and not before.
async fn finish(
    turn: &mut Answering,
    unit: Box<dyn UnitOfWork>,
    call: &ToolCall,
    mut conversation: Conversation,
    answer: Value,
) -> Result<Value> {
    keep(turn, &*unit, &mut conversation).await?;
    remember(turn, &*unit, call, &answer, turn.deps.now()).await?;
    unit.commit().await?;
    turn.conversation = conversation;
    Ok(answer)
}

async fn give_back(turn: &Answering, unit: &dyn UnitOfWork) -> Result<()> {
    for held in holds(turn, unit).await? {
        unit.appointments().delete_hold(turn.ctx.organization, held.id).await?;
    }
    Ok(())
}

/// The conversation's appointment that is neither over nor called off.
async fn open_appointment(turn: &Answering, unit: &dyn UnitOfWork) -> Result<Option<Appointment>> {
    let wanted = vec![AppointmentStatus::Scheduled, AppointmentStatus::Confirmed];
    Ok(of_conversation(turn, unit, wanted).await?.into_iter().next())
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
