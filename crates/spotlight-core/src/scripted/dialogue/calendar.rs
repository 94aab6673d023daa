//! The times an utterance names, and the calendar behind the tool.

use chrono::{Duration, NaiveDate, NaiveTime, SecondsFormat};
use serde_json::{Value, json};

use super::turn::{Flow, Turn};
use crate::{
    domain::{assistant::ToolKind, conversation::OfferedSlot, slots, time::Timestamp},
    ports::chat::ToolAnswer,
    scripted::{
        templates::{self, Line},
        understanding::{Understanding, When, YesNo},
    },
};

/// A time as the visitor means it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wish {
    /// One of the times offered.
    Offered(OfferedSlot),
    /// A moment of their own.
    At(Timestamp),
    /// A day, or a part of one.
    Day(When),
}

impl Turn<'_> {
    /// The time that an utterance names, matched with the times offered.
    pub(super) fn wish(&self, u: &Understanding) -> Option<Wish> {
        let offered = &self.state.offered;
        let zone = self.brief.time_zone;
        if let Some(choice) = u.choice {
            let index = if choice < 0 {
                offered.len().checked_add_signed(choice.into())
            } else {
                usize::try_from(choice - 1).ok()
            };
            if let Some(slot) = index.and_then(|index| offered.get(index)) {
                return Some(Wish::Offered(*slot));
            }
        }
        if let Some(when) = u.when {
            if let Some(at) = when.at {
                let slot = offered.iter().find(|slot| slot.starts_at == at);
                return Some(slot.map_or(Wish::At(at), |slot| Wish::Offered(*slot)));
            }
            if let Some(time) = u.time_only {
                return Some(self.at_time(when.date, time));
            }
            let mut fitting = offered.iter().filter(|slot| {
                let local = slot.starts_at.with_timezone(&zone);
                local.date_naive() == when.date
                    && when.from.is_none_or(|from| local.time() >= from)
                    && when.to.is_none_or(|to| to == NaiveTime::MIN || local.time() < to)
            });
            return match (fitting.next(), fitting.next()) {
                (Some(only), None) => Some(Wish::Offered(*only)),
                _ => Some(Wish::Day(when)),
            };
        }
        let time = u.time_only?;
        let local = |slot: &&OfferedSlot| slot.starts_at.with_timezone(&zone).time();
        let afternoon = time.overflowing_add_signed(Duration::hours(12)).0;
        // "At 3" of somebody who was offered three in the afternoon.
        let slot = offered
            .iter()
            .find(|slot| local(slot) == time)
            .or_else(|| offered.iter().find(|slot| local(slot) == afternoon));
        if let Some(slot) = slot {
            return Some(Wish::Offered(*slot));
        }
        let day = self.state.held.iter().chain(offered).next()?.starts_at.with_timezone(&zone).date_naive();
        Some(self.at_time(day, time))
    }

    /// A local time on a day as one of the times offered, or as a moment.
    pub(super) fn at_time(&self, date: NaiveDate, time: NaiveTime) -> Wish {
        let at = slots::local_instant(self.brief.time_zone, date.and_time(time));
        let slot = self.state.offered.iter().find(|slot| slot.starts_at == at);
        slot.map_or(Wish::At(at), |slot| Wish::Offered(*slot))
    }

    /// True when naming that time only repeats the held one.
    pub(super) fn is_held(&self, wish: Wish, held: OfferedSlot, u: &Understanding) -> bool {
        match wish {
            Wish::Offered(slot) => slot == held,
            Wish::At(at) => at == held.starts_at,
            Wish::Day(when) => {
                let date = held.starts_at.with_timezone(&self.brief.time_zone).date_naive();
                when.date == date && u.answer == Some(YesNo::Yes)
            }
        }
    }

    /// Free times; none when the calendar does not answer.
    pub(super) fn find(&mut self, wish: Option<Wish>) -> Flow<Option<Vec<OfferedSlot>>> {
        let arguments = find_arguments(wish);
        let answer = self.call(ToolKind::BookAppointment, arguments)?;
        Ok(answer.and_then(|answer| {
            let slots = slots_of(answer, self.brief.now);
            (answer.ok || !slots.is_empty()).then_some(slots)
        }))
    }

    pub(super) fn say_slot(&mut self, line: Line, slot: OfferedSlot) {
        let (language, zone) = (self.brief.language, self.brief.time_zone);
        let text = templates::moment(language, zone, slot.starts_at, self.brief.now);
        self.say_with(line, vec![("slot", text), ("zone", templates::zone(zone, slot.starts_at))]);
    }
}

/// Arguments of `find` for a wish, or for the next free times.
pub(super) fn find_arguments(wish: Option<Wish>) -> Value {
    let clock = |time: NaiveTime| time.format("%H:%M").to_string();
    let mut arguments = json!({ "action": "find" });
    match wish {
        Some(Wish::At(at)) => arguments["at"] = json!(rfc3339(at)),
        Some(Wish::Day(when)) => {
            arguments["date"] = json!(when.date.format("%Y-%m-%d").to_string());
            if let Some(from) = when.from {
                arguments["from"] = json!(clock(from));
            }
            if let Some(to) = when.to {
                arguments["to"] = json!(clock(to));
            }
        }
        Some(Wish::Offered(_)) | None => {}
    }
    arguments
}

fn rfc3339(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

pub(super) fn slot_arguments(action: &str, slot: OfferedSlot) -> Value {
    json!({ "action": action, "starts_at": rfc3339(slot.starts_at), "host_id": slot.host_id })
}

pub(super) fn moment_of(value: &Value) -> Option<Timestamp> {
    chrono::DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|at| at.to_utc())
}

/// The times of a tool's answer that are still to come.
pub(super) fn slots_of(answer: &ToolAnswer, now: Timestamp) -> Vec<OfferedSlot> {
    let slots = answer.content.get("slots").and_then(Value::as_array);
    let slot = |value: &Value| {
        let starts_at = moment_of(value.get("starts_at")?)?;
        let host_id = value.get("host_id")?.as_str()?.parse().ok()?;
        (starts_at > now).then_some(OfferedSlot { starts_at, host_id })
    };
    slots.into_iter().flatten().filter_map(slot).collect()
}
