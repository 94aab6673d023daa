//! Taking personal data out of text: e-mail addresses, names, payment cards and phone numbers.
//!
//! What is in doubt is taken out: a long number that is no date, time or amount counts as a phone number.

mod numbers;

use std::{borrow::Cow, collections::HashSet};

use serde_json::Value;
use unicode_normalization::char::is_combining_mark;

use crate::text::fold;

/// Stands for an e-mail address.
pub const EMAIL: &str = "[email]";
/// Stands for a phone number or another long number.
pub const PHONE: &str = "[phone]";
/// Stands for a payment card number.
pub const CARD: &str = "[card]";
/// Stands for one word of a name.
pub const NAME: &str = "[name]";
/// Everything that redaction puts in.
pub const PLACEHOLDERS: [&str; 4] = [EMAIL, PHONE, CARD, NAME];

/// Words of names that are ordinary words of some language: redacting every "de" would leave no sentence.
const PARTICLES: &[&str] = &[
    "al", "and", "auf", "bin", "da", "das", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "dr", "du",
    "el", "et", "frau", "herr", "ibn", "la", "las", "le", "les", "los", "miss", "mr", "mrs", "ms", "of", "sr", "sra",
    "the", "und", "van", "vom", "von", "zu", "zum", "zur",
];

/// Replaces e-mail addresses, payment card numbers, phone-like numbers of at least seven digits and the words of the
/// given names by [`PLACEHOLDERS`]. Names are compared folded and as whole words; dates, times and amounts stay.
///
/// Redacting twice changes nothing.
pub fn redact<'a>(text: &'a str, names: &[&str]) -> Cow<'a, str> {
    let names: HashSet<String> =
        names.iter().flat_map(|name| words(name)).map(|(_, word)| fold(word)).filter(|word| is_telling(word)).collect();
    let mut redacted = Cow::Borrowed(text);
    // A replacement can uncover a pattern that its neighbours hid, so this goes on until nothing is left. It ends:
    // each round takes letters or digits away and adds only placeholders, which are never looked into.
    while let Some(next) = pass(&redacted, &names) {
        redacted = Cow::Owned(next);
    }
    redacted
}

/// Redacts every string of a value; keys and numbers stay.
pub fn redact_json(value: &Value, names: &[&str]) -> Value {
    match value {
        Value::String(text) => Value::String(redact(text, names).into_owned()),
        Value::Array(items) => items.iter().map(|item| redact_json(item, names)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, field)| (key.clone(), redact_json(field, names))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A word of a name that is worth taking out.
fn is_telling(word: &str) -> bool {
    word.chars().nth(1).is_some() && word.chars().any(char::is_alphabetic) && !PARTICLES.contains(&word)
}

/// The text after one round, or none where there was nothing to do.
fn pass(text: &str, names: &HashSet<String>) -> Option<String> {
    let mut out = String::new();
    let mut changed = false;
    let mut rest = text;
    // Placeholders of an earlier round are kept as they are.
    loop {
        let next = PLACEHOLDERS.iter().filter_map(|held| rest.find(held).map(|at| (at, *held))).min();
        let plain = next.map_or(rest, |(at, _)| &rest[..at]);
        let cleaned = replace_all(Cow::Borrowed(plain), emails);
        let cleaned = replace_all(cleaned, |text| found_names(text, names));
        let cleaned = replace_all(cleaned, numbers::find);
        changed |= matches!(cleaned, Cow::Owned(_));
        out.push_str(&cleaned);
        let Some((at, held)) = next else { break };
        out.push_str(held);
        rest = &rest[at + held.len()..];
    }
    changed.then_some(out)
}

/// Something to replace: from, to, by what.
type Found = (usize, usize, &'static str);

fn replace_all(text: Cow<'_, str>, find: impl Fn(&str) -> Vec<Found>) -> Cow<'_, str> {
    let found = find(&text);
    if found.is_empty() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (from, to, placeholder) in found {
        out.push_str(&text[done..from]);
        out.push_str(placeholder);
        done = to;
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// The words of a text with their places: letters, digits and the marks on them.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_break = |c: char| !(c.is_alphanumeric() || is_combining_mark(c));
    let chunks = text.split_inclusive(is_break).scan(0, |next, chunk| {
        let at = *next;
        *next += chunk.len();
        Some((at, chunk))
    });
    chunks.map(move |(at, chunk)| (at, chunk.trim_end_matches(is_break))).filter(|(_, word)| !word.is_empty())
}

fn found_names(text: &str, names: &HashSet<String>) -> Vec<Found> {
    if names.is_empty() {
        return Vec::new();
    }
    let named = words(text).filter(|(_, word)| names.contains(&fold(word)));
    named.map(|(at, word)| (at, at + word.len(), NAME)).collect()
}

/// Each `@` with something of an address before it and a domain after it.
fn emails(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let done = found.last().map_or(0, |last| last.1);
        if at < done {
            continue;
        }
        let from = start_of_local_part(&text[done..at]) + done;
        let domain = domain_length(&text[at + 1..]);
        if from < at && domain > 0 {
            found.push((from, at + 1 + domain, EMAIL));
        }
    }
    found
}

/// Where the part before the `@` begins; the end of `before` when there is none.
fn start_of_local_part(before: &str) -> usize {
    if let Some(quoted) = before.strip_suffix('"') {
        return quoted.rfind('"').unwrap_or(before.len());
    }
    let is_local = |c: char| c.is_alphanumeric() || is_combining_mark(c) || ".!#$%&'*+-/=?^_`{|}~".contains(c);
    let local = before.trim_end_matches(is_local);
    // A quote or dot at the front belongs to the sentence, not to the address.
    let lead = before[local.len()..].find(|c: char| c.is_alphanumeric());
    lead.map_or(before.len(), |lead| local.len() + lead)
}

/// Bytes of the domain at the beginning of `after`; 0 when there is none with a dot.
fn domain_length(after: &str) -> usize {
    let is_domain = |c: char| c.is_alphanumeric() || is_combining_mark(c) || c == '-' || c == '.';
    let run = after.find(|c| !is_domain(c)).unwrap_or(after.len());
    let mut end = 0;
    let mut labels = 0;
    for label in after[..run].split('.') {
        if label.is_empty() {
            break;
        }
        end += label.len() + usize::from(labels > 0);
        labels += 1;
    }
    if labels < 2 { 0 } else { after[..end].trim_end_matches('-').len() }
}

#[cfg(test)]
mod tests;
