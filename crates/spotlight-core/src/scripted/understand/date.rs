//! Dates: relative, of the week, and of the calendar.

use chrono::{Datelike, Days, Duration, Months, NaiveDate};

use super::{
    heard::Heard,
    lexicon::{Tag, Unit},
    number, numeric_date,
    pattern::Words,
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

fn unit(heard: &Heard<'_>, at: usize) -> Option<(Unit, usize)> {
    heard.pick(at, |tag| match tag {
        Tag::Unit(unit) => Some(unit),
        _ => None,
    })
}

/// "in three weeks", "three weeks from now", "in half an hour".
fn distance(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
    let half = heard.pick(at, |tag| match tag {
        Tag::InHalf(unit) => Some(unit),
        _ => None,
    });
    match half {
        Some((Unit::Year, end)) => return Some(DateFound::new(at, end, later(today, Unit::Month, 6)?)),
        Some((_, end)) => return moment(heard, at, end, Duration::minutes(30)),
        None => {}
    }
    let begun = heard.after(at, Tag::In);
    let from = begun.unwrap_or(at);
    let several = heard.pick(from, |tag| match tag {
        Tag::Some(count) => Some(u32::from(count)),
        _ => None,
    });
    let count = several.or_else(|| number::read(heard, from).and_then(|n| Some((n.whole()?, n.end))));
    let (count, next) = count.or_else(|| Some((1, heard.after(from, Tag::An)?)))?;
    let (unit, mut end) = unit(heard, next)?;
    match (begun, heard.after(end, Tag::Hence)) {
        (_, Some(after)) => end = after,
        (Some(_), None) => {}
        // "two weeks" answers the question by when.
        (None, None) if heard.hearing.asked == Asked::Topic(Topic::Timeline) && starts_answer(heard, at) => {}
        (None, None) => return None,
    }
    if count > 5_000 {
        return None;
    }
    match unit {
        Unit::Minute => moment(heard, at, end, Duration::minutes(count.into())),
        Unit::Hour => moment(heard, at, end, Duration::hours(count.into())),
        _ => Some(DateFound { week: unit == Unit::Week, ..DateFound::new(at, end, later(today, unit, count)?) }),
    }
}

fn starts_answer(heard: &Heard<'_>, at: usize) -> bool {
    heard.opens_clause(at) || heard.follows(at, &[Tag::About], 0)
}

fn moment(heard: &Heard<'_>, start: usize, end: usize, wait: Duration) -> Option<DateFound> {
    let at = heard.hearing.now.checked_add_signed(wait)?;
    let date = at.with_timezone(&heard.hearing.time_zone).date_naive();
    Some(DateFound { at: Some(at), ..DateFound::new(start, end, date) })
}

fn later(day: NaiveDate, unit: Unit, count: u32) -> Option<NaiveDate> {
    match unit {
        Unit::Minute | Unit::Hour => Some(day),
        Unit::Day => day.checked_add_days(Days::new(count.into())),
        Unit::Week => day.checked_add_days(Days::new(u64::from(count) * 7)),
        Unit::Month => day.checked_add_months(Months::new(count)),
        Unit::Quarter => day.checked_add_months(Months::new(count * 3)),
        Unit::Year => day.checked_add_months(Months::new(count * 12)),
    }
}

/// The first day of the stretch that holds `day`.
fn first_of(day: NaiveDate, unit: Unit) -> Option<NaiveDate> {
    match unit {
        Unit::Minute | Unit::Hour | Unit::Day => Some(day),
        Unit::Week => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())),
        Unit::Month => day.with_day(1),
        Unit::Quarter => day.with_day(1)?.with_month0(day.month0() / 3 * 3),
        Unit::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
    }
}

/// The day meant by the end of a stretch that begins on `first`: of a week it is the last working day.
fn last_of(first: NaiveDate, unit: Unit) -> Option<NaiveDate> {
    match unit {
        Unit::Week => first.checked_add_days(Days::new(4)),
        Unit::Minute | Unit::Hour | Unit::Day => Some(first),
        _ => later(first, unit, 1)?.pred_opt(),
    }
}

fn middle_of(first: NaiveDate, unit: Unit) -> Option<NaiveDate> {
    match unit {
        Unit::Week => first.checked_add_days(Days::new(2)),
        Unit::Month => first.with_day(15),
        Unit::Year => first.with_month(7),
        _ => first.checked_add_days(Days::new(45)),
    }
}

/// The first day of "next week", "the month after next" or "this year" at `at`.
fn stretch(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<(NaiveDate, Unit, usize)> {
    let ((unit, ahead), end) = heard.pick(at, |tag| match tag {
        Tag::NextPeriod(unit) => Some((unit, 1)),
        Tag::AfterNext(unit) => Some((unit, 2)),
        Tag::ThisPeriod(unit) => Some((unit, 0)),
        _ => None,
    })?;
    let day = later(first_of(today, unit)?, unit, ahead)?;
    Some((first_of(day, unit)?, unit, end))
}

/// "next week", from its first day on.
fn period(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
    if let Some(quarter) = named_quarter(heard, at, today) {
        return Some(quarter);
    }
    let (first, unit, end) = stretch(heard, at, today)?;
    let current = first <= today;
    let here = current && unit == Unit::Week && weekday_near(heard, at, end).is_some();
    (!current || here).then(|| DateFound { week: unit == Unit::Week, ..DateFound::new(at, end, first) })
}

/// "Q2", from its first day or today on.
fn named_quarter(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
    let digit = heard.digits(at + 1).filter(|d| (1..=4).contains(d))?;
    let named =
        matches!(heard.tokens.fold(at), "q" | "t") && heard.token(at + 1)?.glued && heard.tokens.raw(at + 1).len() == 1;
    if !named {
        return None;
    }
    let (year, end) = year(heard, at + 2).unwrap_or((today.year(), at + 2));
    let first = NaiveDate::from_ymd_opt(year, digit * 3 - 2, 1)?;
    let over = last_of(first, Unit::Quarter)? < today;
    let first = if over { first.with_year(year + 1)? } else { first };
    Some(DateFound::new(at, end, first.max(today)))
}

/// A weekday that stands right before or after "this week".
fn weekday_near(heard: &Heard<'_>, start: usize, end: usize) -> Option<u8> {
    (start.saturating_sub(3)..end + 3).find_map(|at| weekday_name(heard, at)).map(|(day, _)| day)
}

/// "the end of March", "early next week", "mid-month".
fn edge(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
    let whole = heard.pick(at, |tag| match tag {
        Tag::EndOfPeriod(unit) => Some(unit),
        _ => None,
    });
    if let Some((unit, end)) = whole {
        return Some(DateFound::new(at, end, last_of(first_of(today, unit)?, unit)?));
    }
    let (edge, next) = heard.pick(at, |tag| matches!(tag, Tag::EndOf | Tag::StartOf | Tag::MidOf).then_some(tag))?;
    let next = heard.skip(next, &[Tag::The, Tag::TheDay]);
    let place = |first: NaiveDate, unit: Unit| match edge {
        Tag::EndOf => last_of(first, unit),
        Tag::MidOf => middle_of(first, unit),
        _ => Some(first),
    };
    if let Some((first, unit, end)) = stretch(heard, next, today) {
        return Some(DateFound::new(at, end, place(first, unit)?));
    }
    if let Some((month, end)) = month_name(heard, next) {
        let (year, end) =
            year(heard, end).unwrap_or((if month < today.month() { today.year() + 1 } else { today.year() }, end));
        return Some(DateFound::new(at, end, place(NaiveDate::from_ymd_opt(year, month, 1)?, Unit::Month)?));
    }
    let (unit, end) = unit(heard, next)?;
    if matches!(unit, Unit::Minute | Unit::Hour | Unit::Day) {
        return None;
    }
    let date = place(first_of(today, unit)?, unit)?;
    let date = if date < today { place(later(first_of(today, unit)?, unit, 1)?, unit)? } else { date };
    Some(DateFound::new(at, end, date))
}

fn weekday_name(heard: &Heard<'_>, at: usize) -> Option<(u8, usize)> {
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

/// The weekday `day` of the week of `monday`.
pub(super) fn within_week(monday: NaiveDate, day: u8) -> Option<NaiveDate> {
    first_of(monday, Unit::Week)?.checked_add_days(Days::new(day.into()))
}

fn month_name(heard: &Heard<'_>, at: usize) -> Option<(u32, usize)> {
    heard.pick(at, |tag| match tag {
        Tag::Month(month) => Some(u32::from(month)),
        _ => None,
    })
}

/// A year of four digits, after at most "of" or a comma.
fn year(heard: &Heard<'_>, at: usize) -> Option<(i32, usize)> {
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
