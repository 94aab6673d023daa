//! Times of day, in digits and in words.

use chrono::NaiveTime;

use super::{
    heard::Heard,
    lexicon::{Part, Tag, Unit},
    number,
    pattern::Words,
    token::Kind,
};
use crate::{domain::assistant::Language, scripted::understanding::Asked};

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

/// An hour and minute as said, before the half of the day is settled.
#[derive(Debug, Clone, Copy)]
struct Point {
    hour: u32,
    minute: u32,
    hint: Option<Hint>,
    /// Written with a leading zero, or a word that is one time only.
    exact: bool,
    /// Something besides the number shows that it is a time.
    sure: bool,
    end: usize,
}

#[derive(Debug, Clone, Copy)]
enum Hint {
    Am,
    Pm,
    Part(Part),
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
    let b = point(heard, next?)?;
    let sure = a.sure || b.sure || (between && fits_alone(heard, b.end));
    sure.then_some((a, b, b.end))
}

/// No word follows that the number could count.
fn fits_alone(heard: &Heard<'_>, end: usize) -> bool {
    let counted = |tag| matches!(tag, Tag::Unit(_) | Tag::Coin(_) | Tag::Month(_) | Tag::Option).then_some(());
    !heard.is_word(end) || heard.closes_clause(end) || (!heard.at(end).is_empty() && heard.pick(end, counted).is_none())
}

/// A number alone is a time where a time was asked for; the smallest ones choose among offers instead.
fn answers(heard: &Heard<'_>, at: usize, point: Point, dated: bool) -> bool {
    let marked = heard.is_sign(at.wrapping_sub(1), '#') || heard.follows(at, &[Tag::Option], 1);
    heard.hearing.asked == Asked::Slot
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

fn point(heard: &Heard<'_>, at: usize) -> Option<Point> {
    let cue = heard.after(at, Tag::At);
    let from = heard.skip(cue.unwrap_or(at), &[Tag::About, Tag::At, Tag::TheDay]);
    let from = if cue.is_none() && from > at && heard.after(at, Tag::About).is_none() { at } else { from };
    let fixed = heard.pick(from, |tag| match tag {
        Tag::Noon => Some(12),
        Tag::Midnight => Some(0),
        _ => None,
    });
    if let Some((hour, end)) = fixed {
        return Some(Point { hour, minute: 0, hint: None, exact: true, sure: true, end });
    }
    let found = fraction(heard, from).or_else(|| minutes_first(heard, from, cue.is_some()));
    let found = found.or_else(|| hour_first(heard, from, cue.is_some()));
    let mut point = found?;
    point.sure |= cue.is_some() && trusts_cue(heard, point.end);
    (0..2).for_each(|_| half_of_day(heard, &mut point));
    Some(point)
}

/// "à" and "as" are also said before other numbers.
fn trusts_cue(heard: &Heard<'_>, end: usize) -> bool {
    let counted = |tag| matches!(tag, Tag::Unit(_) | Tag::Coin(_) | Tag::Month(_)).then_some(());
    let loose = matches!(heard.index.language, Language::Fr | Language::Pt);
    let joined = matches!(heard.kind(end), Some(Kind::Sign('/' | '%')))
        || (matches!(heard.kind(end), Some(Kind::Sign('.' | ','))) && heard.digits(end + 1).is_some());
    heard.pick(end, counted).is_none() && !joined && (!loose || fits_alone(heard, end))
}

/// "half past three", "halb drei", "quarter to four".
fn fraction(heard: &Heard<'_>, at: usize) -> Option<Point> {
    let (tag, next) = heard.pick(at, |tag| {
        matches!(tag, Tag::HalfPast | Tag::HalfTo | Tag::QuarterPast | Tag::QuarterTo).then_some(tag)
    })?;
    let (hour, _, end) = hour(heard, next)?;
    let minutes = match tag {
        Tag::HalfPast => 30,
        Tag::HalfTo => -30,
        Tag::QuarterPast => 15,
        _ => -15,
    };
    Some(shifted(hour, minutes, end))
}

fn shifted(hour: u32, minutes: i32, end: usize) -> Point {
    let (hour, minute) = if minutes < 0 {
        // "quarter to one" is in the afternoon like "one".
        (if hour == 1 { 12 } else { (hour + 23) % 24 }, (60 + minutes) as u32)
    } else {
        (hour, minutes as u32)
    };
    Point { hour, minute, hint: None, exact: false, sure: true, end }
}

/// "ten past three", "zehn vor drei".
fn minutes_first(heard: &Heard<'_>, at: usize, cue: bool) -> Option<Point> {
    let number = number::read(heard, at).filter(|n| n.decimals == 0)?;
    let minutes = number.whole().filter(|n| (1..=59).contains(n))? as i32;
    let counted = heard.after(number.end, Tag::Unit(Unit::Minute));
    let next = counted.unwrap_or(number.end);
    let (to, next) = heard.pick(next, |tag| match tag {
        Tag::Past => Some(false),
        Tag::To => Some(true),
        _ => None,
    })?;
    let (hour, _, end) = hour(heard, next)?;
    // "2 to 4" is a range.
    let clear = !to || cue || counted.is_some() || !number.in_digits || heard.index.language != Language::En;
    (clear && minutes % 5 == 0).then(|| shifted(hour, if to { -minutes } else { minutes }, end))
}

/// An hour up to 24, whether it has a leading zero, and the token after it.
fn hour(heard: &Heard<'_>, at: usize) -> Option<(u32, bool, usize)> {
    let raw = heard.tokens.raw(at);
    if let Some(hour) = heard.digits(at) {
        return (hour <= 24 && raw.len() <= 2).then_some((hour, raw.len() == 2 && raw.starts_with('0'), at + 1));
    }
    let number = number::read(heard, at)?;
    Some((number.whole().filter(|h| (1..=24).contains(h))?, false, number.end))
}

/// "3", "15:30", "15h30", "tres y media", "three thirty".
fn hour_first(heard: &Heard<'_>, at: usize, cue: bool) -> Option<Point> {
    let (hour, zero, end) = hour(heard, at)?;
    let spoken = heard.is_word(at);
    let mut point = Point { hour, minute: 0, hint: None, exact: zero || hour == 0, sure: false, end };
    let glued = |i: usize| heard.token(i).is_some_and(|t| t.glued);
    let two = |i: usize| heard.digits(i).filter(|m| *m < 60 && heard.tokens.raw(i).len() == 2);
    let ends_number = |i: usize| {
        !(matches!(heard.kind(i), Some(Kind::Sign('.' | '/' | '-' | ',')))
            && glued(i)
            && glued(i + 1)
            && heard.digits(i + 1).is_some())
    };
    if glued(end) && glued(end + 1) && matches!(heard.kind(end), Some(Kind::Sign(':' | '.'))) {
        let colon = heard.is_sign(end, ':');
        let minute = two(end + 1)?;
        let timed = colon || cue || heard.after(end + 2, Tag::Clock).is_some() || meridiem(heard, end + 2).is_some();
        if !timed || !ends_number(end + 2) {
            return None;
        }
        point = Point { minute, sure: true, end: end + 2, ..point };
        // "15:30:00".
        if colon && heard.is_sign(point.end, ':') && two(point.end + 1).is_some() {
            point.end += 2;
        }
    } else if !spoken && !ends_number(end) && !heard.is_sign(end, '-') {
        return None;
    }
    if let Some(clock) = heard.after(point.end, Tag::Clock).filter(|clock| !lasts(heard, at, *clock)) {
        point.sure = true;
        point.end = clock;
        if point.minute == 0
            && let Some((minute, end)) = minutes_after(heard, clock)
        {
            point = Point { minute, end, ..point };
        }
    }
    Some(with_minutes(heard, point, spoken, cue))
}

/// "2h" after a word for "during" is a length of time, and "2 hours" in front of "from now" is one too.
fn lasts(heard: &Heard<'_>, at: usize, end: usize) -> bool {
    heard.follows(at, &[Tag::In], 1) || heard.after(end, Tag::Hence).is_some()
}

fn minutes_after(heard: &Heard<'_>, at: usize) -> Option<(u32, usize)> {
    if heard.digits(at).is_some() {
        return (heard.tokens.raw(at).len() == 2).then(|| Some((heard.digits(at).filter(|m| *m < 60)?, at + 1)))?;
    }
    let joint = usize::from(heard.is_word(at) && heard.index.joins_numbers(heard.word(at)));
    let number = number::read(heard, at + joint).filter(|n| !n.in_digits)?;
    Some((number.whole().filter(|m| (1..60).contains(m))?, number.end))
}

/// What words add to the hour: "y media", "moins le quart", "e vinte", "thirty".
fn with_minutes(heard: &Heard<'_>, point: Point, spoken: bool, cue: bool) -> Point {
    if point.minute != 0 {
        return point;
    }
    let fraction = heard.pick(point.end, |tag| match tag {
        Tag::AndHalf => Some(30),
        Tag::AndQuarter => Some(15),
        Tag::LessQuarter => Some(-15),
        _ => None,
    });
    if let Some((minutes, end)) = fraction.filter(|_| cue || point.sure || spoken) {
        return Point { exact: point.exact, ..shifted(point.hour, minutes, end) };
    }
    let less = heard.after(point.end, Tag::Less).and_then(|next| number::read(heard, next));
    if let Some(number) = less.filter(|_| cue || point.sure)
        && let Some(minutes) = number.whole().filter(|m| (1..60).contains(m))
    {
        return shifted(point.hour, -(minutes as i32), number.end);
    }
    let more = minutes_after(heard, point.end).filter(|(_, end)| {
        (spoken || cue)
            && heard
                .pick(*end, |tag| matches!(tag, Tag::Unit(_) | Tag::Coin(_) | Tag::Month(_)).then_some(()))
                .is_none()
    });
    match more {
        Some((minute, end)) if (cue || point.sure || spoken) && heard.is_word(point.end) && minute >= 5 => {
            Point { minute, end, sure: point.sure || cue, ..point }
        }
        _ => point,
    }
}

/// "a.m." in any spelling.
fn meridiem(heard: &Heard<'_>, at: usize) -> Option<(Hint, usize)> {
    let tagged = heard.pick(at, |tag| match tag {
        // German "am" is another word.
        Tag::Am if heard.index.language != Language::De => Some(Hint::Am),
        Tag::Pm => Some(Hint::Pm),
        _ => None,
    });
    tagged.or_else(|| {
        let hint = match heard.tokens.fold(at) {
            "a" => Hint::Am,
            "p" => Hint::Pm,
            _ => return None,
        };
        let dot = usize::from(heard.is_sign(at + 1, '.'));
        let written = heard.tokens.fold(at + 1 + dot) == "m" && heard.token(at).is_some();
        written.then(|| (hint, at + 2 + dot + usize::from(heard.is_sign(at + 2 + dot, '.'))))
    })
}

/// Reads what follows a time: "pm", "o'clock", "in the evening".
fn half_of_day(heard: &Heard<'_>, point: &mut Point) {
    if let Some((hint, end)) = meridiem(heard, point.end) {
        *point = Point { hint: Some(hint), sure: true, end, ..*point };
    } else if let Some((part, end)) = heard.pick(point.end, |tag| match tag {
        Tag::Part(part) => Some(part),
        _ => None,
    }) {
        // "10 tomorrow morning" has its day first; "3 in the afternoon" is sure enough.
        *point = Point { hint: point.hint.or(Some(Hint::Part(part))), sure: true, end, ..*point };
    } else if let Some(end) = heard.after(point.end, Tag::Clock).filter(|_| point.sure) {
        point.end = end;
    }
}
