//! E-mail addresses, written and spoken.

use super::{heard::Heard, lexicon::Tag, pattern::Words, token::Kind};
use crate::{
    domain::{assistant::Topic, contact::Email},
    scripted::understanding::{Asked, Understanding},
};

/// An address and where it stands.
struct Found {
    start: usize,
    end: usize,
    email: Option<Email>,
}

/// Finds the address that is meant. Takes every address, meant or not.
pub(super) fn extract(heard: &mut Heard<'_>, out: &mut Understanding) {
    let mut found = Vec::new();
    let mut at = 0;
    while at < heard.len() {
        if let Some(address) = written(heard, at).or_else(|| spoken(heard, at)) {
            heard.take(address.start, address.end);
            at = address.end.max(at);
            found.push(address);
        }
        at += 1;
    }
    let valid: Vec<&Found> =
        found.iter().filter(|address| address.email.is_some() && !is_denied(heard, address)).collect();
    let last = match valid.as_slice() {
        [first, .., last] => heard.last_counts(first.end, last.start),
        _ => false,
    };
    let meant = if last { valid.last() } else { valid.first() };
    out.email = meant.and_then(|address| address.email.clone());
    let wrong = found.iter().any(|address| address.email.is_none());
    if out.email.is_none() && (wrong || (found.is_empty() && lacks_at(heard))) {
        out.invalid_contact = Some(Topic::Email);
    }
}

/// "not this one", "this one is wrong".
fn is_denied(heard: &Heard<'_>, address: &Found) -> bool {
    heard.denied(address.start, &[Tag::Not, Tag::No], 2) || heard.precedes(address.end, &[Tag::Unfit], 2)
}

/// Part of an address, in the widest reading.
fn is_part(heard: &Heard<'_>, at: usize) -> bool {
    match heard.kind(at) {
        Some(Kind::Word | Kind::Digits) => true,
        Some(Kind::Sign(c)) => matches!(c, '.' | '_' | '-' | '+' | '%' | '\''),
        None => false,
    }
}

/// The address around the sign `@` at `at`.
fn written(heard: &Heard<'_>, at: usize) -> Option<Found> {
    if !heard.is_sign(at, '@') || heard.is_taken(at) {
        return None;
    }
    let glued = |i: usize| heard.token(i).is_some_and(|t| t.glued);
    let mut start = at;
    while start > 0 && glued(start) && is_part(heard, start - 1) {
        start -= 1;
    }
    let mut end = at + 1;
    while glued(end) && is_part(heard, end) {
        end += 1;
    }
    while end > at + 1 && matches!(heard.kind(end - 1), Some(Kind::Sign(_))) {
        end -= 1;
    }
    let spaced = if start == at || end == at + 1 { spoken_around(heard, at, at + 1) } else { None };
    if spaced.is_some() {
        return spaced;
    }
    let handle = start == at && heard.hearing.asked != Asked::Topic(Topic::Email);
    let text = heard.tokens.slice(start, end - 1).trim_matches('\'');
    (!handle).then(|| Found { start, end, email: Email::parse(text).ok() })
}

/// An address around a spoken "at" at `at`.
fn spoken(heard: &Heard<'_>, at: usize) -> Option<Found> {
    if heard.is_taken(at) {
        return None;
    }
    spoken_around(heard, at, heard.after(at, Tag::SpokenAt)?)
}

/// The sign between two parts of a spoken address, and the token after it.
fn joint(heard: &Heard<'_>, at: usize) -> Option<(&'static str, usize)> {
    let token = heard.token(at)?;
    match token.kind {
        Kind::Sign('.') => heard.is_word(at + 1).then_some((".", at + 1)),
        Kind::Sign('-') => Some(("-", at + 1)),
        Kind::Sign('_') => Some(("_", at + 1)),
        _ => heard.pick(at, |tag| match tag {
            Tag::SpokenDot => Some("."),
            Tag::SpokenDash => Some("-"),
            Tag::SpokenUnderscore => Some("_"),
            _ => None,
        }),
    }
}

fn is_bracket(heard: &Heard<'_>, at: usize) -> bool {
    matches!(heard.kind(at), Some(Kind::Sign('(' | ')' | '[' | ']' | '{' | '}')))
}

/// Reads the parts to both sides of "at", which spans the tokens from `from` to `to`.
fn spoken_around(heard: &Heard<'_>, from: usize, to: usize) -> Option<Found> {
    let to = to + usize::from(is_bracket(heard, to));
    let mut start = from.checked_sub(1)?;
    start = if is_bracket(heard, start) { start.checked_sub(1)? } else { start };
    let last = start;
    if !matches!(heard.kind(start), Some(Kind::Word | Kind::Digits)) {
        return None;
    }
    // Back over "maria punto lopez": a part, a joint, a part.
    while start > 0 {
        let before = (start.saturating_sub(3)..start).find(|i| {
            joint(heard, *i).is_some_and(|(_, end)| end == start) && *i > 0 && part_length(heard, *i - 1) > 0
        });
        match before {
            Some(place) => start = place - 1,
            None if heard.token(start).is_some_and(|t| t.glued) && part_length(heard, start - 1) > 0 => start -= 1,
            None => break,
        }
    }
    let plain = heard.tokens.fold(last);
    if start == last && heard.index.never_name(plain) && !heard.is_sign(from, '@') {
        return None;
    }
    let mut address = join(heard, start, last + 1)?.0;
    address.push('@');
    let (domain, end) = domain(heard, to)?;
    address.push_str(&domain);
    Some(Found { start, end, email: Email::parse(&address).ok() })
}

fn part_length(heard: &Heard<'_>, at: usize) -> usize {
    if matches!(heard.kind(at), Some(Kind::Word | Kind::Digits)) { heard.tokens.raw(at).len() } else { 0 }
}

/// Joins parts and spoken signs from one token to another.
fn join(heard: &Heard<'_>, from: usize, to: usize) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut at = from;
    while at < to {
        if let Some((sign, end)) = joint(heard, at) {
            text.push_str(sign);
            at = end;
        } else if part_length(heard, at) > 0 {
            hyphen(heard, at, &mut text);
            text.push_str(&ascii(heard, at));
            at += 1;
        } else {
            return None;
        }
    }
    (text.len() <= 254).then_some((text, at))
}

/// Puts back a hyphen that parted two words.
fn hyphen(heard: &Heard<'_>, at: usize, text: &mut String) {
    let hyphenated = heard.token(at).is_some_and(|t| t.start > 0 && heard.tokens.text.as_bytes()[t.start - 1] == b'-');
    if hyphenated && !text.is_empty() && !text.ends_with(['-', '@', '.']) {
        text.push('-');
    }
}

/// A part without the accents a voice recogniser writes.
fn ascii(heard: &Heard<'_>, at: usize) -> String {
    let raw = heard.tokens.raw(at);
    if raw.is_ascii() { raw.to_owned() } else { heard.tokens.fold(at).to_owned() }
}

/// A domain: a part, then at least once a dot and a part.
fn domain(heard: &Heard<'_>, at: usize) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut here = at;
    let mut dots = 0;
    loop {
        if part_length(heard, here) == 0 || text.len() > 253 {
            return None;
        }
        hyphen(heard, here, &mut text);
        text.push_str(&ascii(heard, here));
        here += 1;
        let glued = heard.token(here).is_some_and(|t| t.glued) && part_length(heard, here) > 0;
        if glued {
            continue;
        }
        let Some((sign, next)) = joint(heard, here) else { break };
        let ends = sign == "." && heard.is_sign(here, '.') && heard.token(next).is_none_or(|t| !t.glued) && dots > 0;
        if ends || part_length(heard, next) == 0 {
            break;
        }
        dots += u32::from(sign == ".");
        text.push_str(sign);
        here = next;
    }
    (dots > 0).then_some((text, here))
}

/// Something like "maria.example.com" where an address was asked for.
fn lacks_at(heard: &Heard<'_>) -> bool {
    if heard.hearing.asked != Asked::Topic(Topic::Email) {
        return false;
    }
    let dotted = (1..heard.len()).any(|i| {
        heard.is_sign(i, '.')
            && heard.token(i).is_some_and(|t| t.glued)
            && heard.is_word(i + 1)
            && heard.token(i + 1).is_some_and(|t| t.glued)
    });
    let provider = (0..heard.len())
        .any(|i| matches!(heard.word(i), "gmail" | "hotmail" | "outlook" | "yahoo" | "gmx" | "icloud" | "libero"));
    dotted || provider
}
