//! Times of day, in digits and in words.

use chrono::NaiveTime;

use super::{
    heard::Heard,
    lexicon::{Part, Tag},
    point::{Hint, Point, fits_alone, point},
    token::Kind,
};
use crate::scripted::understanding::Asked;

/// A time in the utterance.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimeFound {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) span: Span,
}

/// What a time says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    /// At this time.
    At(NaiveTime),
    /// From the one to the other.
    Between(NaiveTime, NaiveTime),
    /// Not earlier.
    After(NaiveTime),
    /// Earlier.
    Before(NaiveTime),
}

/// The time that begins at `at`. `part` is a part of the day said elsewhere in the utterance; `dated` says that a day
/// was named.
pub(super) fn find(heard: &Heard<'_>, at: usize, part: Option<Part>, dated: bool) -> Option<TimeFound> {
    find_free(heard, at, part, dated).filter(|found| heard.is_free(found.start, found.end))
}

fn find_free(heard: &Heard<'_>, at: usize, part: Option<Part>, dated: bool) -> Option<TimeFound> {
    let cue = heard.pick(at, |tag| matches!(tag, Tag::Between | Tag::After | Tag::Before).then_some(tag));
    let (tag, from) = cue.map_or((None, at), |(tag, end)| (Some(tag), end));
    if let Some((a, b, end)) = range(heard, from, tag == Some(Tag::Between)) {
        let a = Point { hint: a.hint.or_else(|| shared_hint(a, b)), ..a };
        return Some(TimeFound { start: at, end, span: Span::Between(settle(a, part)?, settle(b, part)?) });
    }
    let point = point(heard, from)?;
    let limits = matches!(tag, Some(Tag::After | Tag::Before)) && fits_alone(heard, point.end);
    if !point.sure && !limits && !answers(heard, at, point, dated) {
        return None;
    }
    let time = settle(point, part)?;
    let span = match tag {
        Some(Tag::After) => Span::After(time),
        Some(Tag::Before) => Span::Before(time),
        _ => Span::At(time),
    };
    Some(TimeFound { start: at, end: point.end, span })
}

/// "2-4pm" is in the afternoon at both ends, "10 to 2pm" is not.
fn shared_hint(a: Point, b: Point) -> Option<Hint> {
    if a.hour < b.hour { b.hint } else { None }
}

fn range(heard: &Heard<'_>, at: usize, between: bool) -> Option<(Point, Point, usize)> {
    let a = point(heard, at)?;
    let dash = matches!(heard.kind(a.end), Some(Kind::Sign('-' | '–')));
    let next = if dash {
        Some(a.end + 1)
    } else {
        heard.after(a.end, Tag::Range).or(heard.after(a.end, Tag::And).filter(|_| between))
    };
    let b = point(heard, heard.skip(next?, &[Tag::The]))?;
    let sure = a.sure || b.sure || (between && fits_alone(heard, b.end));
    sure.then_some((a, b, b.end))
}

/// A number alone is a time where a time was asked for; the smallest ones choose among offers instead.
fn answers(heard: &Heard<'_>, at: usize, point: Point, dated: bool) -> bool {
    let marked = heard.is_sign(at.wrapping_sub(1), '#') || heard.follows(at, &[Tag::Option], 1);
    matches!(heard.hearing.asked, Asked::Slot | Asked::Confirm)
        && heard.len() <= 7
        && (point.hour > 3 || dated)
        && !marked
        && fits_alone(heard, point.end)
}

/// The time of a point; an hour from one to seven without more is in the afternoon.
fn settle(point: Point, part: Option<Part>) -> Option<NaiveTime> {
    let Point { hour, minute, .. } = point;
    let hour = match point.hint.or(part.map(Hint::Part).filter(|_| !point.exact)) {
        _ if hour > 12 => hour,
        Some(Hint::Am | Hint::Part(Part::Morning)) if hour == 12 => 0,
        Some(Hint::Am | Hint::Part(Part::Morning)) => hour,
        Some(Hint::Part(Part::Evening | Part::Night)) if hour == 12 => 24,
        Some(Hint::Part(Part::Night)) if hour < 6 => hour,
        Some(Hint::Part(Part::Lunch)) if hour > 10 => hour,
        Some(_) if hour < 12 => hour + 12,
        None if (1..=7).contains(&hour) && !point.exact => hour + 12,
        _ => hour,
    };
    NaiveTime::from_hms_opt(hour % 24, minute, 0)
}
