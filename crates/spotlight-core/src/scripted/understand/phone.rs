//! Phone numbers, in any usual grouping.

use super::{heard::Heard, lexicon::Tag, number, numeric_date, token::Kind};
use crate::{
    domain::{assistant::Topic, contact::Phone},
    scripted::understanding::{Asked, Understanding},
};

/// A run of digits that can be a number.
struct Run {
    start: usize,
    end: usize,
    digits: String,
    plus: bool,
}

/// Finds the number that is meant. Takes every number, meant or not.
pub(super) fn extract(heard: &mut Heard<'_>, out: &mut Understanding) {
    let asked = heard.hearing.asked == Asked::Topic(Topic::Phone);
    let mut failed = false;
    let mut best: Option<(Phone, usize)> = None;
    let mut at = 0;
    while at < heard.len() {
        let Some(run) = run_at(heard, at).or_else(|| if asked { spoken(heard, at) } else { None }) else {
            at += 1;
            continue;
        };
        let cued = asked || run.plus || heard.follows(run.start, &[Tag::PhoneCue], 5);
        if let Some((phone, end)) = parse(heard, &run, cued) {
            heard.take(run.start, end);
            at = end;
            let denied = heard.denied(run.start, &[Tag::Not], 3) || heard.precedes(end, &[Tag::Unfit], 2);
            let better = best.as_ref().is_none_or(|(_, first)| heard.last_counts(*first, run.start));
            if !denied && better {
                best = Some((phone, end));
            }
        } else {
            if cued && is_phone_like(heard, &run, asked) {
                failed = true;
                heard.take(run.start, run.end);
            }
            at = run.end.max(at + 1);
        }
    }
    out.phone = best.map(|(phone, _)| phone);
    if out.phone.is_none() && failed && out.invalid_contact.is_none() {
        out.invalid_contact = Some(Topic::Phone);
    }
}

/// Digits with the signs that stand between the groups of a number.
fn run_at(heard: &Heard<'_>, at: usize) -> Option<Run> {
    let opens = matches!(heard.kind(at)?, Kind::Digits | Kind::Sign('+' | '('));
    let glued_to_word = at > 0
        && heard.token(at).is_some_and(|t| t.glued)
        && (heard.is_word(at - 1) || heard.is_sign(at - 1, '#') || heard.is_sign(at - 1, '/'));
    if !opens || heard.is_taken(at) || glued_to_word {
        return None;
    }
    let mut run = Run { start: at, end: at, digits: String::new(), plus: false };
    let mut here = at;
    let dated = |here: usize, plus: bool| !plus && numeric_date::full(heard, here).is_some();
    while !heard.is_taken(here) && !dated(here, run.plus) {
        let Some(token) = heard.token(here) else { break };
        match token.kind {
            Kind::Digits => {
                run.digits.push_str(heard.tokens.raw(here));
                run.end = here + 1;
            }
            Kind::Sign('+') if run.digits.is_empty() => run.plus = true,
            Kind::Sign('(' | ')' | '-' | '.' | '/' | '–' | '‑') => {}
            _ => break,
        }
        here += 1;
        if run.digits.len() > 40 || here > run.end + 3 {
            break;
        }
    }
    (run.digits.len() >= 5).then_some(run)
}

/// At least seven digits said one by one, where a number was asked for.
fn spoken(heard: &Heard<'_>, at: usize) -> Option<Run> {
    let mut run = Run { start: at, end: at, digits: String::new(), plus: false };
    let mut here = at;
    if heard.tokens.fold(here) == "plus" {
        run.plus = true;
        here += 1;
    }
    while run.digits.len() < 40 {
        match heard.kind(here) {
            Some(Kind::Digits) => run.digits.push_str(heard.tokens.raw(here)),
            Some(Kind::Word) => match spoken_digits(heard, &mut here) {
                Some(digits) => run.digits.push_str(&digits),
                None => break,
            },
            Some(Kind::Sign(',' | '-' | '.')) => {}
            _ => break,
        }
        here += 1;
        run.end = here;
    }
    (run.digits.len() >= 7).then_some(run)
}

/// The digits of a number word, twice after "double". Leaves `here` at the word that was read last.
fn spoken_digits(heard: &Heard<'_>, here: &mut usize) -> Option<String> {
    let times = match heard.tokens.fold(*here) {
        "double" | "doppel" | "doble" | "doppio" | "duplo" => 2,
        "triple" => 3,
        _ => 1,
    };
    let at = *here + usize::from(times > 1);
    let digit = match heard.tokens.fold(at) {
        "oh" | "o" => 0_u32,
        _ => {
            // "trente-quatre" is two digits; "deux cent" is no part of a number.
            let number = number::read(heard, at).filter(|n| !n.in_digits)?;
            *here = number.end - 1;
            let value = number.whole().filter(|n| *n < 100)?;
            return Some(value.to_string().repeat(times));
        }
    };
    *here = at;
    Some(digit.to_string().repeat(times))
}

/// The number of a run; groups at its end that belong to something else are left off.
fn parse(heard: &Heard<'_>, run: &Run, cued: bool) -> Option<(Phone, usize)> {
    let region = heard.hearing.region.as_deref();
    if run.digits.len() < 6 || is_something_else(heard, run, cued) {
        return None;
    }
    let mut end = run.end;
    let mut length = run.digits.len();
    for _ in 0..3 {
        let digits = &run.digits[..length];
        if (6..=18).contains(&length)
            && let Some(phone) = normal(digits, run.plus, region)
        {
            return Some((phone, end));
        }
        let last = (run.start..end).rev().find(|i| heard.kind(*i) == Some(Kind::Digits))?;
        length = length.checked_sub(heard.tokens.raw(last).len())?;
        end = last;
    }
    None
}

/// Parses plain digits; international prefixes and the "(0)" after a country code are put right first.
fn normal(digits: &str, plus: bool, region: Option<&str>) -> Option<Phone> {
    let prefix = match region {
        Some("US" | "CA") => "011",
        Some("AU") => "0011",
        _ => "00",
    };
    let international = if plus { Some(digits) } else { digits.strip_prefix(prefix) };
    match international {
        Some(rest) => {
            let with_trunk = || {
                let zero = (1..=3).find(|n| rest.as_bytes().get(*n) == Some(&b'0'))?;
                Phone::parse(&format!("+{}{}", &rest[..zero], &rest[zero + 1..]), None).ok()
            };
            Phone::parse(&format!("+{rest}"), None).ok().or_else(with_trunk)
        }
        None => Phone::parse(digits, Some(region?)).ok(),
    }
}

/// Amounts and long ids look like phone numbers.
fn is_something_else(heard: &Heard<'_>, run: &Run, cued: bool) -> bool {
    if heard.follows(run.start, &[Tag::IdCue], 3) {
        return true;
    }
    let money = |at: usize| {
        matches!(heard.kind(at), Some(Kind::Sign('€' | '$' | '£' | '¥' | '%')))
            || heard.pick(at, |tag| matches!(tag, Tag::Coin(_)).then_some(())).is_some()
            || matches!(heard.tokens.fold(at), "k" | "mio" | "mil" | "million" | "millionen" | "chf")
    };
    let before = run.start.checked_sub(1).is_some_and(money);
    let budget = heard.hearing.asked == Asked::Topic(Topic::Budget) || heard.has(Tag::BudgetCue);
    before || money(run.end) || (budget && !cued)
}

/// Enough digits for the visitor to have meant a number.
fn is_phone_like(heard: &Heard<'_>, run: &Run, asked: bool) -> bool {
    !is_something_else(heard, run, true) && run.digits.len() >= if asked { 5 } else { 7 }
}
