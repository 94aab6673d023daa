//! Puts dates, times and parts of the day together.

use chrono::{DateTime, Duration, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

use super::{
    clock::{self, Span, TimeFound},
    date::{self, DateFound},
    heard::Heard,
    lexicon::{Part, Tag},
    pattern::Words,
    stretch,
};
use crate::{
    domain::{assistant::Language, time::Timestamp},
    scripted::understanding::{Understanding, When},
};

/// What an utterance says of time, in its order.
#[derive(Default)]
struct Found {
    dates: Vec<DateFound>,
    times: Vec<TimeFound>,
    part: Option<Part>,
}

/// Finds the day, the moment, or the time alone. Takes the tokens of days and times.
pub(super) fn extract(heard: &mut Heard<'_>, out: &mut Understanding) {
    let found = search(heard);
    for (start, end) in found.dates.iter().map(|d| (d.start, d.end)).chain(found.times.iter().map(|t| (t.start, t.end)))
    {
        heard.take(start, end);
    }
    let time = choose(heard, &found.times, |time| (time.start, time.end)).map(|time| time.span);
    let Some(day) = chosen_day(heard, &found) else {
        let denied = !found.dates.is_empty();
        out.time_only = time.filter(|_| !denied).and_then(|span| match span {
            Span::At(time) | Span::Between(time, _) | Span::After(time) => Some(time),
            Span::Before(_) => None,
        });
        return;
    };
    let mut when = When { date: day.date, from: None, to: None, at: day.at };
    match (day.at, time) {
        (Some(_), _) => {}
        (None, Some(Span::At(time))) => when.at = instant(heard.hearing.time_zone, day.date, time),
        (None, Some(Span::Between(from, to))) => (when.from, when.to) = (Some(from), Some(to)),
        (None, Some(Span::After(from))) => when.from = Some(from),
        (None, Some(Span::Before(to))) => when.to = Some(to),
        (None, None) => (when.from, when.to) = found.part.and_then(hours).unzip(),
    }
    out.when = Some(when);
}

fn search(heard: &Heard<'_>) -> Found {
    let today = heard.hearing.now.with_timezone(&heard.hearing.time_zone).date_naive();
    let mut found = Found { part: parts(heard), ..Found::default() };
    let mut at = 0;
    while at < heard.len() {
        let dated = !found.dates.is_empty();
        let timed = || clock::find(heard, at, found.part, dated);
        let cued = heard.after(at, Tag::At).is_some();
        if let Some(time) = if cued { timed() } else { None } {
            at = time.end.max(at + 1);
            found.times.push(time);
        } else if let Some(day) = date::find(heard, at, today).filter(|day| !is_part(heard, day)) {
            at = day.end.max(at + 1);
            found.dates.push(day);
        } else if let Some((_, end)) = part_at(heard, at) {
            at = end;
        } else if let Some(time) = timed() {
            at = time.end.max(at + 1);
            found.times.push(time);
        } else {
            at += 1;
        }
    }
    found
}

fn part_at(heard: &Heard<'_>, at: usize) -> Option<(Part, usize)> {
    heard.pick(at, |tag| match tag {
        Tag::Part(part) => Some(part),
        _ => None,
    })
}

/// The first part of the day that is said. "morgen" after a day is one.
fn parts(heard: &Heard<'_>) -> Option<Part> {
    (0..heard.len()).find_map(|at| {
        let german = heard.index.language == Language::De && heard.word(at) == "morgen" && after_day(heard, at);
        part_at(heard, at).map(|(part, _)| part).or(german.then_some(Part::Morning))
    })
}

fn after_day(heard: &Heard<'_>, at: usize) -> bool {
    at > 0 && heard.at(at - 1).iter().any(|m| m.end == at && matches!(m.tag, Tag::Day(_) | Tag::Weekday(_)))
}

/// "heute Morgen" is not tomorrow.
fn is_part(heard: &Heard<'_>, day: &DateFound) -> bool {
    heard.index.language == Language::De && heard.word(day.start) == "morgen" && after_day(heard, day.start)
}

/// Local hours of a part of the day; midnight is the end of the day.
fn hours(part: Part) -> Option<(NaiveTime, NaiveTime)> {
    let (from, to) = match part {
        Part::Morning => (6, 12),
        Part::Lunch => (12, 14),
        Part::Afternoon => (12, 18),
        Part::Evening => (18, 22),
        Part::Night => (20, 0),
    };
    Some((NaiveTime::from_hms_opt(from, 0, 0)?, NaiveTime::from_hms_opt(to, 0, 0)?))
}

/// The first that is not ruled out, or the last where something was corrected.
fn choose<'f, T>(heard: &Heard<'_>, all: &'f [T], place: impl Fn(&T) -> (usize, usize)) -> Option<&'f T> {
    let mut meant = all.iter().filter(|one| {
        let (start, end) = place(one);
        !is_denied(heard, start, end)
    });
    let first = meant.next()?;
    let last = meant.next_back().filter(|last| heard.last_counts(place(first).1, place(last).0));
    last.or(Some(first))
}

fn is_denied(heard: &Heard<'_>, start: usize, end: usize) -> bool {
    heard.denied(start, &[Tag::Not, Tag::Unfit], 4) || heard.precedes(end, &[Tag::Unfit], 4)
}

/// The day that is meant: weekdays fall in the week that is said beside them.
fn chosen_day(heard: &Heard<'_>, found: &Found) -> Option<DateFound> {
    let day = *choose(heard, &found.dates, |day| (day.start, day.end))?;
    let near = found.dates.iter().filter(|other| {
        let gap = other.start.saturating_sub(day.end).max(day.start.saturating_sub(other.end));
        other.start != day.start && gap <= 4 && !is_denied(heard, other.start, other.end)
    });
    for other in near {
        match (day.weekday, other.weekday) {
            (Some(weekday), None) if other.week => {
                return Some(DateFound { date: stretch::within_week(other.date, weekday)?, ..day });
            }
            (None, Some(weekday)) if day.week => {
                return Some(DateFound { date: stretch::within_week(day.date, weekday)?, ..day });
            }
            // "Tuesday the 3rd": the number is surer.
            (Some(_), None) if other.at.is_none() && other.start <= day.end + 2 && other.start > day.start => {
                let either = (day.end..other.start).any(|i| heard.after(i, Tag::Range).is_some());
                if !either {
                    return Some(*other);
                }
            }
            _ => {}
        }
    }
    Some(day)
}

/// The instant of a local time. A skipped time moves forward by the gap; of a repeated one it is the first.
pub(super) fn instant(zone: Tz, date: NaiveDate, time: NaiveTime) -> Option<Timestamp> {
    let local = NaiveDateTime::new(date, time);
    let utc = |at: DateTime<Tz>| at.to_utc();
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(utc(at)),
        // The offset from before the gap, found in steps of which every zone's offsets are multiples.
        MappedLocalTime::None => (1..=100).find_map(|step| {
            let back = Duration::minutes(15 * step);
            Some(utc(zone.from_local_datetime(&local.checked_sub_signed(back)?).earliest()?) + back)
        }),
    }
}
