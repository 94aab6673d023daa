//! Dates: relative, of the week, and of the calendar.

use chrono::{Datelike, Days, Duration, Months, NaiveDate};

use super::{
    heard::Heard,
    lexicon::Tag,
    number, numeric_date,
    pattern::Words,
    stretch::{distance, edge, period, stretch, unit},
    token::Kind,
};
use crate::{
    domain::{
        assistant::{Language, Topic},
        time::Timestamp,
    },
    scripted::understanding::Asked,
};

/// A date in the utterance.
#[derive(Debug, Clone, Copy)]
pub(super) struct DateFound {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) date: NaiveDate,
    /// The instant, of "in two hours".
    pub(super) at: Option<Timestamp>,
    /// The date only names a week, within which a weekday can be said.
    pub(super) week: bool,
    /// The date is a day of the week.
    pub(super) weekday: Option<u8>,
}

impl DateFound {
    pub(super) fn new(start: usize, end: usize, date: NaiveDate) -> Self {
        Self { start, end, date, at: None, week: false, weekday: None }
    }
}

/// The date that begins at token `at`; `today` is the visitor's.
pub(super) fn find(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
    find_free(heard, at, today).filter(|found| heard.is_free(found.start, found.end))
}

fn find_free(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
    numeric_date::find(heard, at, today)
        .or_else(|| edge(heard, at, today))
        .or_else(|| distance(heard, at, today))
        .or_else(|| period(heard, at, today))
        .or_else(|| with_month(heard, at, today))
        .or_else(|| weekday(heard, at, today))
        .or_else(|| day(heard, at, today))
        .or_else(|| day_of_month(heard, at, today))
}

/// "today", "the day after tomorrow".
fn day(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
    let soon = heard.hearing.asked == Asked::Topic(Topic::Timeline);
    let (days, end) = heard.pick(at, |tag| match tag {
        Tag::Day(days) => Some(days),
        Tag::Asap if soon => Some(0),
        _ => None,
    })?;
    Some(DateFound::new(at, end, today.checked_add_signed(Duration::days(days.into()))?))
}

pub(super) fn weekday_name(heard: &Heard<'_>, at: usize) -> Option<(u8, usize)> {
    if is_place(heard, at) {
        return None;
    }
    heard.pick(at, |tag| match tag {
        Tag::Weekday(day) => Some(day),
        _ => None,
    })
}

/// Among offers, "a segunda" is the second rather than Monday.
fn is_place(heard: &Heard<'_>, at: usize) -> bool {
    let ordinal = heard.index.language == Language::Pt
        && heard.pick(at, |tag| matches!(tag, Tag::Ordinal(_)).then_some(())).is_some()
        && heard.word(at + 1) != "feira";
    let option = heard.after(at + 1, Tag::Option).is_some();
    let timed = heard
        .pick(at + 1, |tag| matches!(tag, Tag::At | Tag::Part(_) | Tag::Next | Tag::TheDay | Tag::From).then_some(()))
        .is_some();
    let alone = heard.hearing.asked == Asked::Slot
        && !timed
        && heard.opens_clause(at.saturating_sub(1))
        && heard.follows(at, &[Tag::The], 0);
    ordinal && (option || alone)
}

/// "Tuesday", "next Tuesday", "martes que viene": strictly after today, save "this Tuesday" on a Tuesday.
fn weekday(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
    let before = heard.after(at, Tag::PlusWeek);
    let from = heard.skip(before.unwrap_or(at), &[Tag::Next, Tag::The]);
    let this = heard.after(at, Tag::This);
    let (day, end) = weekday_name(heard, from).or_else(|| weekday_name(heard, this?))?;
    // The "next" of "Thursday next week" belongs to the week.
    let end = if stretch(heard, end, today).is_some() { end } else { heard.skip(end, &[Tag::Next]) };
    if let Some((date, end)) = numbered(heard, end, day, today) {
        return Some(DateFound::new(at, end, date));
    }
    let now = today.weekday().num_days_from_monday();
    let mut ahead = (u32::from(day) + 7 - now) % 7;
    if ahead == 0 && this.is_none() {
        ahead = 7;
    }
    let after = heard.after(end, Tag::PlusWeek);
    let end = after.unwrap_or(end);
    ahead += if before.or(after).is_some() { 7 } else { 0 };
    let date = today.checked_add_days(Days::new(ahead.into()))?;
    Some(DateFound { weekday: Some(day), ..DateFound::new(at, end, date) })
}

/// "mardi 15": a number after a weekday that fits the calendar is the day of the month.
fn numbered(heard: &Heard<'_>, at: usize, day: u8, today: NaiveDate) -> Option<(NaiveDate, usize)> {
    if heard.after(at, Tag::At).is_some() {
        return None;
    }
    let from = heard.skip(at, &[Tag::TheDay, Tag::The]);
    let (number, end) = day_number(heard, from).filter(|_| heard.digits(from).is_some())?;
    let timed = matches!(heard.kind(from + 1), Some(Kind::Sign(':' | '/' | '-')))
        || heard.pick(from + 1, |tag| matches!(tag, Tag::Clock | Tag::Pm | Tag::Month(_)).then_some(())).is_some();
    let date = today
        .iter_days()
        .take(45)
        .find(|d| d.day() == number && d.weekday().num_days_from_monday() == u32::from(day))?;
    (!timed).then_some((date, end))
}

pub(super) fn month_name(heard: &Heard<'_>, at: usize) -> Option<(u32, usize)> {
    heard.pick(at, |tag| match tag {
        Tag::Month(month) => Some(u32::from(month)),
        _ => None,
    })
}

/// A year of four digits, after at most "of" or a comma.
pub(super) fn year(heard: &Heard<'_>, at: usize) -> Option<(i32, usize)> {
    let linked = matches!(heard.word(at), "de" | "del" | "of" | "do") || heard.is_sign(at, ',');
    let from = at + usize::from(linked);
    let year = heard.digits(from).filter(|y| (2000..2100).contains(y))?;
    Some((i32::try_from(year).ok()?, from + 1))
}

/// The day of a month: "3", "3rd", "3.", "third", "drei".
fn day_number(heard: &Heard<'_>, at: usize) -> Option<(u32, usize)> {
    if let Some(day) = heard.digits(at) {
        let suffix =
            matches!(heard.tokens.fold(at + 1), "st" | "nd" | "rd" | "th" | "er" | "o" | "a" | "e" | "º" | "°" | "ª")
                && heard.token(at + 1).is_some_and(|t| t.glued);
        let sign = matches!(heard.kind(at + 1), Some(Kind::Sign('.' | 'º' | 'ª' | '°')));
        return (1..=31).contains(&day).then_some((day, at + 1 + usize::from(suffix || sign)));
    }
    let ordinal = heard.pick(at, |tag| match tag {
        Tag::Ordinal(place) if place > 0 => Some(place.unsigned_abs().into()),
        _ => None,
    });
    ordinal.or_else(|| {
        let number = number::read(heard, at)?;
        Some((number.whole().filter(|n| (1..=31).contains(n))?, number.end))
    })
}

/// "3 April", "the 3rd of April 2027", "April 3", "in March".
fn with_month(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
    let from = heard.skip(at, &[Tag::The, Tag::TheDay]);
    if let Some((day, next)) = day_number(heard, from) {
        let linked = next + usize::from(matches!(heard.word(next), "of" | "de" | "di" | "d" | "do"));
        let (month, end) = month_name(heard, linked)?;
        let (year, end) = year(heard, end).map_or((None, end), |(year, end)| (Some(year), end));
        return Some(DateFound::new(at, end, upcoming(today, year, month, day)?));
    }
    let inside = heard.after(at, Tag::In).or_else(|| heard.after(at, Tag::By));
    let (month, next) = month_name(heard, inside.unwrap_or(at))?;
    let inside = inside.or_else(|| names_timeline(heard, at).then_some(at));
    let place = heard.skip(next, &[Tag::The]);
    let day = day_number(heard, place).filter(|(_, end)| !heard.is_sign(*end, ':'));
    match (day, inside) {
        (Some((day, end)), None) if heard.index.language == Language::En => {
            let (year, end) = year(heard, end).map_or((None, end), |(year, end)| (Some(year), end));
            Some(DateFound::new(at, end, upcoming(today, year, month, day)?))
        }
        (_, Some(_)) => {
            let (year, end) = year(heard, next).map_or((None, next), |(year, end)| (Some(year), end));
            let current = month == today.month() && year.is_none_or(|y| y == today.year());
            let date = if current { today } else { upcoming(today, year, month, 1)? };
            Some(DateFound::new(at, end, date))
        }
        _ => None,
    }
}

/// A month alone answers the question about time. "may" and "march" are words of their own.
fn names_timeline(heard: &Heard<'_>, at: usize) -> bool {
    let verb = matches!(heard.word(at), "may" | "march") && heard.token(at).is_none_or(|t| !t.capital);
    heard.hearing.asked == Asked::Topic(Topic::Timeline) && !verb
}

/// The day in the given year, or the first such day from today on.
pub(super) fn upcoming(today: NaiveDate, year: Option<i32>, month: u32, day: u32) -> Option<NaiveDate> {
    match year {
        Some(year) => NaiveDate::from_ymd_opt(year, month, day),
        // 29 February may be four years off, or eight around 2100.
        None => (0..=8).filter_map(|n| NaiveDate::from_ymd_opt(today.year() + n, month, day)).find(|d| *d >= today),
    }
}

/// "the 15th", "am 15.", "el 15", "dia 15": the next such day.
fn day_of_month(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
    let from = heard.after(at, Tag::TheDay)?;
    let number = heard.digits(from)?;
    let (day, end) = day_number(heard, from)?;
    let english = heard.index.language == Language::En;
    let german = heard.index.language == Language::De;
    let marked = end > from + 1;
    let counts = number::read(heard, from).is_some_and(|n| n.end > from + 1 || n.decimals > 0)
        || heard.is_sign(end, '%')
        || heard.is_sign(end, ':')
        || unit(heard, end).is_some()
        || heard.after(end, Tag::Clock).is_some();
    // Among offers, "the 2nd" is a choice.
    let choice = heard.hearing.asked == Asked::Slot && number <= 3 && !matches!(heard.word(at), "dia" | "giorno");
    if ((english || german) && !marked) || counts || choice {
        return None;
    }
    let date = (0..=12)
        .filter_map(|n| today.with_day(1)?.checked_add_months(Months::new(n))?.with_day(day))
        .find(|d| *d >= today)?;
    Some(DateFound::new(at, end, date))
}
