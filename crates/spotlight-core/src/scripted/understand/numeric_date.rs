//! Dates in digits.

use chrono::NaiveDate;

use super::{
    date::{DateFound, upcoming},
    heard::Heard,
    lexicon::Tag,
    pattern::Words,
    token::Kind,
};
use crate::domain::assistant::Language;

/// A date in digits with its year, as opposed to a number with dots: "3.4.2027", "2027-04-03".
pub(super) fn full(heard: &Heard<'_>, at: usize) -> Option<usize> {
    let parts = groups(heard, at)?;
    let [a, b, c] = parts.values?;
    let iso = a.1 == 4 && b.1 <= 2 && c.1 <= 2;
    let usual = a.1 <= 2 && b.1 <= 2 && (c.1 == 4 || c.1 == 2) && (1..=31).contains(&a.0) && (1..=31).contains(&b.0);
    (iso || usual).then_some(parts.end)
}

/// Two or three glued groups of digits with the same sign between them.
struct Groups {
    values: Option<[(u32, usize); 3]>,
    first: [(u32, usize); 2],
    sign: char,
    end: usize,
    /// A dot follows, as in "3.4.".
    dotted: bool,
}

fn groups(heard: &Heard<'_>, at: usize) -> Option<Groups> {
    let value = |i: usize| Some((heard.digits(i)?, heard.tokens.raw(i).len()));
    let glued = |i: usize| heard.token(i).is_some_and(|t| t.glued);
    let first = value(at)?;
    let Kind::Sign(sign @ ('.' | '/' | '-')) = heard.kind(at + 1)? else { return None };
    let number_before =
        at > 1 && glued(at) && matches!(heard.kind(at - 1), Some(Kind::Sign('.' | '/' | '-' | ',' | '+')));
    if number_before || !glued(at + 1) || !(glued(at + 2) || sign == '.') {
        return None;
    }
    let second = value(at + 2)?;
    let separated = |i: usize| heard.is_sign(i, sign) && glued(i) && (glued(i + 1) || sign == '.');
    let third = if separated(at + 3) { value(at + 4) } else { None };
    let end = if third.is_some() { at + 5 } else { at + 3 };
    let dotted = third.is_none() && sign == '.' && heard.is_sign(end, '.') && glued(end);
    let end = end + usize::from(dotted);
    // A fourth group makes it a phone number or an address.
    let goes_on = matches!(heard.kind(end), Some(Kind::Sign('.' | '/' | '-')))
        && glued(end)
        && value(end + 1).is_some()
        && glued(end + 1);
    if goes_on {
        return None;
    }
    Some(Groups { values: third.map(|third| [first, second, third]), first: [first, second], sign, end, dotted })
}

/// A date in digits.
pub(super) fn find(heard: &Heard<'_>, at: usize, today: NaiveDate) -> Option<DateFound> {
    let from = heard.skip(at, &[Tag::TheDay]);
    let parts = groups(heard, from)?;
    let american = heard.index.language == Language::En && heard.hearing.region.as_deref() == Some("US");
    let [(a, a_len), (b, b_len)] = parts.first;
    if let Some([_, _, (c, c_len)]) = parts.values {
        if a_len == 4 {
            let date = NaiveDate::from_ymd_opt(i32::try_from(a).ok()?, b, c)?;
            return Some(DateFound::new(at, parts.end, date));
        }
        let year = match c_len {
            4 => i32::try_from(c).ok()?,
            2 => i32::try_from(c).ok()? + 2000,
            _ => return None,
        };
        return Some(DateFound::new(
            at,
            parts.end,
            either_order(american, a, b, |m, d| NaiveDate::from_ymd_opt(year, m, d))?,
        ));
    }
    let odd = a_len > 2 || b_len > 2 || (a, b) == (24, 7) || parts.sign == '-' || number_or_time(heard, parts.end);
    let cued = parts.dotted || from > at;
    if odd || (parts.sign == '.' && (!cued || heard.index.language != Language::De)) {
        return None;
    }
    let date = either_order(american, a, b, |m, d| upcoming(today, None, m, d))?;
    Some(DateFound::new(at, parts.end, date))
}

/// What follows makes the digits an amount or a time.
fn number_or_time(heard: &Heard<'_>, end: usize) -> bool {
    heard.pick(end, |tag| matches!(tag, Tag::Clock | Tag::Coin(_) | Tag::Unit(_)).then_some(())).is_some()
        || heard.index.number(heard.word(end)).is_some()
}

fn either_order(month_first: bool, a: u32, b: u32, date: impl Fn(u32, u32) -> Option<NaiveDate>) -> Option<NaiveDate> {
    let (month, day) = if month_first { (a, b) } else { (b, a) };
    date(month, day).or_else(|| date(day, month))
}
