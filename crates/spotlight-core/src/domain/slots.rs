//! Free times of a host.
//!
//! Hours are local, appointments are instants. Between the two stand clock changes: an hour that is skipped is not
//! there to be booked, and one that comes twice can be booked twice.

mod choice;
mod local;

use std::fmt;

use chrono::{DateTime, TimeDelta};

use self::local::{Span, Zone};
pub use self::{
    choice::{Candidate, choose_host},
    local::local_instant,
};
use super::{
    assistant::BookingSettings,
    schedule::Host,
    time::{Timestamp, Window},
};

/// Why a time cannot be booked. `Display` gives words that follow "this time cannot be booked: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It has begun already.
    Past,
    /// The host does not work for the whole of it.
    OutsideHours,
    /// Something else, or its buffer, is in the way.
    Taken,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Past => "it has passed",
            Self::OutsideHours => "it is outside the host's hours",
            Self::Taken => "it is taken",
        })
    }
}

/// What an appointment keeps free: its own time and the host's buffers around it.
pub fn blocked_window(host: &Host, starts_at: Timestamp, duration_min: u32) -> Window {
    Window {
        start: shifted(starts_at, -i64::from(host.buffer_before_min)),
        end: shifted(starts_at, i64::from(duration_min) + i64::from(host.buffer_after_min)),
    }
}

/// The window in which blocked windows bear on slots that start in `range`: what [`free_slots`] must be told of.
pub fn reach(host: &Host, duration_min: u32, range: Window) -> Window {
    let last = blocked_window(host, range.end, duration_min);
    Window { start: shifted(range.start, -i64::from(host.buffer_before_min)), end: last.end }
}

/// When the host works, as instants, within `range`: in order, apart, and cut at its ends.
///
/// An exception replaces the weekly hours of its date. Of local hours that a clock change skips nothing is left; hours
/// that come twice are there twice. Looks no further than 400 days.
pub fn working_windows(host: &Host, range: Window) -> Vec<Window> {
    let from = ceil_second(range.start);
    let to = ceil_second(range.end).min(from.saturating_add(400 * 24 * 60 * 60));
    let spans = local::working_spans(host, &Zone::between(host.time_zone, from, to), from, to);
    spans.into_iter().filter_map(Span::window).collect()
}

/// Times at which an appointment can start, as the windows it would take, in order, at most `limit`.
///
/// A slot starts in `range` on a multiple of `settings.step_min` of the local hour, no sooner than the notice and no
/// later than the horizon after `now`. It lies wholly in the host's hours, and with the host's buffers it overlaps none
/// of `occupied`, which are blocked windows with their own buffers, in any order, at least those of [`reach`]. Two
/// slots never start closer together than the step.
pub fn free_slots(
    host: &Host,
    occupied: &[Window],
    settings: &BookingSettings,
    now: Timestamp,
    range: Window,
    limit: usize,
) -> Vec<Window> {
    let soonest = shifted(now, i64::from(settings.notice_min)).max(range.start);
    let latest = shifted(now, i64::from(settings.horizon_days.min(366)) * 24 * 60);
    let from = ceil_second(soonest).max(now.timestamp() + 1);
    // Excluded, where the latest start is not.
    let to = ceil_second(range.end).min(latest.timestamp().saturating_add(1));
    if from >= to || limit == 0 {
        return Vec::new();
    }
    let duration = i64::from(settings.duration_min.max(1)) * 60;
    let step = i64::from(settings.step_min.clamp(1, 60)) * 60;
    let zone = Zone::between(host.time_zone, from, to.saturating_add(duration));
    let busy = local::merged(occupied.iter().map(Span::around).collect());
    let mut slots: Vec<Window> = Vec::new();
    let mut next = from;
    for open in local::working_spans(host, &zone, from, to.saturating_add(duration)) {
        for stretch in zone.stretches(open) {
            // On the grid of local time, which a clock change may shift.
            let mut start = stretch.on_grid(next.max(stretch.span.from), step);
            while start < stretch.span.to.min(to) && start + duration <= open.to {
                let slot = Span { from: start, to: start + duration };
                let blocked = Span {
                    from: slot.from - i64::from(host.buffer_before_min) * 60,
                    to: slot.to + i64::from(host.buffer_after_min) * 60,
                };
                if !overlaps_any(&busy, blocked) {
                    let Some(window) = slot.window() else { return slots };
                    slots.push(window);
                    if slots.len() == limit {
                        return slots;
                    }
                    next = start + step;
                }
                start += step;
            }
        }
    }
    slots
}

/// Whether an appointment can be booked: it starts after `now`, lies wholly in the host's hours, and with the host's
/// buffers overlaps none of `occupied`. It need not start on the grid of [`free_slots`], nor keep its notice.
///
/// # Errors
/// The first of the reasons, in the order of [`Why`], that stands against it.
pub fn is_free(
    host: &Host,
    occupied: &[Window],
    now: Timestamp,
    starts_at: Timestamp,
    duration_min: u32,
) -> Result<(), Why> {
    let wanted = Window { start: starts_at, end: shifted(starts_at, i64::from(duration_min)) };
    if starts_at <= now {
        return Err(Why::Past);
    }
    let around = Window { start: shifted(wanted.start, -1), end: shifted(wanted.end, 1) };
    if !working_windows(host, around).iter().any(|open| open.contains(&wanted)) {
        return Err(Why::OutsideHours);
    }
    let blocked = blocked_window(host, starts_at, duration_min);
    if occupied.iter().any(|window| window.overlaps(&blocked)) { Err(Why::Taken) } else { Ok(()) }
}

/// True when one of the ordered, separate `busy` spans overlaps.
fn overlaps_any(busy: &[Span], wanted: Span) -> bool {
    let first = busy.partition_point(|span| span.to <= wanted.from);
    busy.get(first).is_some_and(|span| span.from < wanted.to)
}

/// So many minutes later, or the first or last instant there is.
fn shifted(at: Timestamp, minutes: i64) -> Timestamp {
    let limit = if minutes < 0 { Timestamp::MIN_UTC } else { Timestamp::MAX_UTC };
    TimeDelta::try_minutes(minutes).and_then(|by| at.checked_add_signed(by)).unwrap_or(limit)
}

/// Seconds since the epoch, the next whole one where there is a fraction.
fn ceil_second(at: Timestamp) -> i64 {
    at.timestamp() + i64::from(at.timestamp_subsec_nanos() > 0)
}

impl Span {
    /// The same as a window; none beyond the calendar.
    fn window(self) -> Option<Window> {
        let instant = |seconds| DateTime::from_timestamp(seconds, 0);
        Some(Window { start: instant(self.from)?, end: instant(self.to)? })
    }

    /// The whole seconds that a window touches.
    fn around(window: &Window) -> Self {
        Self { from: window.start.timestamp(), to: ceil_second(window.end) }
    }
}

#[cfg(test)]
mod tests;
