//! An hour and minute as said, in digits and in words.

use super::{
    heard::Heard,
    lexicon::{Part, Tag, Unit},
    number,
    pattern::Words,
    token::Kind,
};
use crate::domain::assistant::Language;

/// An hour and minute as said, before the half of the day is settled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) hint: Option<Hint>,
    /// Written with a leading zero, or a word that is one time only.
    pub(super) exact: bool,
    /// Something besides the number shows that it is a time.
    pub(super) sure: bool,
    pub(super) end: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Hint {
    Am,
    Pm,
    Part(Part),
}

pub(super) fn point(heard: &Heard<'_>, at: usize) -> Option<Point> {
    let cue = heard.after(at, Tag::At);
    let from = heard.skip(cue.unwrap_or(at), &[Tag::About, Tag::At, Tag::TheDay]);
    let from = if cue.is_none() && from > at && heard.after(at, Tag::About).is_none() { at } else { from };
    let fixed = heard.pick(from, |tag| match tag {
        Tag::Noon => Some(12),
        Tag::Midnight => Some(0),
        _ => None,
    });
    if let Some((hour, end)) = fixed {
        let half = heard.after(end, Tag::AndHalf);
        let (minute, end) = half.map_or((0, end), |end| (30, end));
        return Some(Point { hour, minute, hint: None, exact: true, sure: true, end });
    }
    let found = fraction(heard, from).or_else(|| minutes_first(heard, from, cue.is_some()));
    let found = found.or_else(|| hour_first(heard, from, cue.is_some()));
    let mut point = found?;
    // "à une" and "a uma" are articles more often than one o'clock.
    let article = match heard.index.language {
        Language::Fr => heard.is_word(from),
        Language::Pt => heard.is_word(from) && heard.tokens.raw(at) == "a",
        _ => false,
    };
    point.sure |= cue.is_some() && !article && trusts_cue(heard, point.end);
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
    if let Some(number) = less.filter(|_| cue || point.sure || spoken)
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

/// No word follows that the number could count.
pub(super) fn fits_alone(heard: &Heard<'_>, end: usize) -> bool {
    let counted = |tag| matches!(tag, Tag::Unit(_) | Tag::Coin(_) | Tag::Month(_) | Tag::Option).then_some(());
    !heard.is_word(end) || heard.closes_clause(end) || (!heard.at(end).is_empty() && heard.pick(end, counted).is_none())
}
