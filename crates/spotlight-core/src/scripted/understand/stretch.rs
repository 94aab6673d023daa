//! Stretches of the calendar: "in three weeks", "next month", "the end of March", "Q2".

use chrono::{Datelike, Days, Duration, Months, NaiveDate};

use super::{
    date::{DateFound, month_name, weekday_name, year},
    heard::Heard,
    lexicon::{Tag, Unit},
    number,
};
use crate::{domain::assistant::Topic, scripted::understanding::Asked};

pub(super) fn unit(heard: &Heard<'_>, at: usize) -> Option<(Unit, usize)> {
    heard.pick(at, |tag| match tag {
        Tag::Unit(unit) => Some(unit),
        _ => None,
    })
}

/// "in three weeks", "three weeks from now", "in half an hour".
pub(super) fn distance(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
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
pub(super) fn stretch(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<(NaiveDate, Unit, usize)> {
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
pub(super) fn period(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
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
pub(super) fn edge(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
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

/// The weekday `day` of the week of `monday`.
pub(super) fn within_week(monday: NaiveDate, day: u8) -> Option<NaiveDate> {
    first_of(monday, Unit::Week)?.checked_add_days(Days::new(day.into()))
}
