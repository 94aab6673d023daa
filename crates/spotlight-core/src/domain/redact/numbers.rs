//! Long numbers in text: cards and phones, told from dates, times and amounts.

use spotlight_derive::RedactedDebug;

use super::{CARD, Found, PHONE};

/// Fewest digits of a phone number.
const MIN_PHONE: usize = 7;
/// Fewest digits of a number that follows a letter; fewer are a name for something, as in `AB1234567`.
const MIN_GLUED: usize = 9;
/// Digits of a payment card number.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
/// Most characters between two digits of one number, as in `) - `.
const MAX_GAP: usize = 3;
/// Currencies as people write them; a number beside one is an amount.
const CURRENCIES: &[&str] = &[
    "€", "$", "£", "¥", "₹", "eur", "euro", "euros", "usd", "us$", "dollar", "dollars", "gbp", "pound", "pounds",
    "chf", "franken", "francs", "brl", "r$", "reais", "mxn", "pesos", "jpy", "yen", "cad", "aud",
];

/// Digits that belong together, with what stands before the next ones.
#[derive(RedactedDebug, Clone, Copy)]
struct Group<'a> {
    start: usize,
    digits: &'a str,
    /// What is between these digits and the next of the same run; empty for the last.
    gap: &'a str,
}

impl Group<'_> {
    fn end(&self) -> usize {
        self.start + self.digits.len()
    }

    fn number(&self) -> u32 {
        self.digits.parse().unwrap_or(u32::MAX)
    }
}

/// Every card and phone number, in order.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(run) = next_run(text, from) {
        // next_run never gives an empty run.
        let (Some(first), Some(last)) = (run.first(), run.last()) else { break };
        from = last.end();
        let digits: usize = run.iter().map(|group| group.digits.len()).sum();
        if digits >= MIN_PHONE && !is_uuid(text, first.start, last.end()) {
            judge(text, &run, &mut found);
        }
    }
    found
}

/// The next digits at or after `from` that are not part of a word, and all that follow with small gaps.
fn next_run(text: &str, mut from: usize) -> Option<Vec<Group<'_>>> {
    let mut run: Vec<Group<'_>> = Vec::new();
    while let Some(start) = text[from..].find(|c: char| c.is_ascii_digit()).map(|at| from + at) {
        let end = text[start..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |at| start + at);
        if let Some(last) = run.last_mut() {
            let gap = &text[last.end()..start];
            if !is_gap(gap) {
                break;
            }
            last.gap = gap;
        }
        from = end;
        let in_word = run.is_empty() && text[..start].ends_with(char::is_alphabetic);
        if !(in_word && end - start < MIN_GLUED) {
            run.push(Group { start, digits: &text[start..end], gap: "" });
        }
    }
    (!run.is_empty()).then_some(run)
}

/// True for what people put between the digits of one number.
fn is_gap(gap: &str) -> bool {
    gap.chars().count() <= MAX_GAP
        && gap
            .chars()
            .all(|c| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '-' | '\u{2011}' | '\u{2013}' | '.' | '/' | '(' | ')'))
}

/// Finds what to replace in one run: dates, times and amounts are cut out, the rest is judged by its digits.
fn judge(text: &str, run: &[Group<'_>], found: &mut Vec<Found>) {
    let international = run.first().is_some_and(|group| {
        group.digits.starts_with("00") && !is_clock(text, group)
            || text[..group.start].trim_end_matches(['(', ' ']).ends_with('+')
    });
    if international {
        return name(text, run, found);
    }
    if is_amount(text, run) {
        return;
    }
    let mut begins = 0;
    let mut at = 0;
    while at < run.len() {
        match harmless(text, run, at, at == begins) {
            0 => at += 1,
            count => {
                name(text, &run[begins..at], found);
                at += count;
                begins = at;
            }
        }
    }
    name(text, &run[begins..], found);
}

/// Adds a card or phone number, if the groups are one.
fn name(text: &str, groups: &[Group<'_>], found: &mut Vec<Found>) {
    let (Some(first), Some(last)) = (groups.first(), groups.last()) else { return };
    let digits: String = groups.iter().map(|group| group.digits).collect();
    if digits.len() < MIN_PHONE {
        return;
    }
    let mut lead = &text[..first.start];
    if first.gap.contains(')') {
        lead = lead.strip_suffix('(').unwrap_or(lead);
    }
    let from = lead.strip_suffix('+').unwrap_or(lead).len();
    let card = CARD_DIGITS.contains(&digits.len()) && luhn(&digits);
    found.push((from, last.end(), if card { CARD } else { PHONE }));
}

/// How many groups from `at` are a time, a date or, where a number `begins`, an amount or a span of years or amounts.
fn harmless(text: &str, run: &[Group<'_>], at: usize, begins: bool) -> usize {
    if is_clock(text, &run[at]) {
        return 1;
    }
    if is_date(run, at) {
        return 3;
    }
    match &run[at..] {
        [a, b, ..] if begins && (is_span_of_years(a, b) || is_round_span(a, b)) => 2,
        groups if begins => thousands(groups),
        _ => 0,
    }
}

/// Two digits beside a colon and more digits are a time, and so is the fraction of a second.
fn is_clock(text: &str, group: &Group<'_>) -> bool {
    let (before, after) = (&text[..group.start], &text[group.end()..]);
    let ends_with_digit = |text: &str| text.ends_with(|c: char| c.is_ascii_digit());
    let follows_colon = |text: &str| text.strip_suffix(':').is_some_and(ends_with_digit);
    let is_fraction = before.strip_suffix('.').is_some_and(|head| {
        let second = head.trim_end_matches(|c: char| c.is_ascii_digit());
        head.len() - second.len() == 2 && follows_colon(second)
    });
    let precedes_colon = after.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    is_fraction || group.digits.len() <= 2 && (follows_colon(before) || precedes_colon)
}

/// Day, month and year in any order that is in use, between equal separators and not in a longer row of them.
fn is_date(run: &[Group<'_>], at: usize) -> bool {
    let [a, b, c, ..] = &run[at..] else { return false };
    let separated = matches!(a.gap, "-" | "." | "/") && b.gap == a.gap && c.gap != a.gap;
    let begins = at == 0 || run[at - 1].gap != a.gap;
    let day = |group: &Group<'_>| group.digits.len() <= 2 && (1..=31).contains(&group.number());
    let year_first = is_year(a) && day(b) && day(c) && (b.number() <= 12 || c.number() <= 12);
    let year_last = day(a) && day(b) && (is_year(c) || c.digits.len() == 2) && (a.number() <= 12 || b.number() <= 12);
    separated && begins && (year_first || year_last)
}

fn is_span_of_years(a: &Group<'_>, b: &Group<'_>) -> bool {
    is_year(a) && is_year(b) && matches!(a.gap.trim(), "-" | "/" | "\u{2013}")
}

fn is_year(group: &Group<'_>) -> bool {
    group.digits.len() == 4 && (1900..=2099).contains(&group.number())
}

/// "50000 - 60000": two round numbers, the second the larger.
fn is_round_span(a: &Group<'_>, b: &Group<'_>) -> bool {
    let round = |group: &Group<'_>| {
        (4..=7).contains(&group.digits.len()) && group.digits.ends_with("00") && !group.digits.starts_with('0')
    };
    matches!(a.gap.trim(), "-" | "\u{2013}") && round(a) && round(b) && a.number() < b.number()
}

/// "1.234.567" or "20.000": how many groups of thousands there are, 0 for none.
fn thousands(groups: &[Group<'_>]) -> usize {
    let Some(first) = groups.first() else { return 0 };
    if first.digits.len() > 3 || first.digits.starts_with('0') {
        return 0;
    }
    let mut count = 1;
    while groups[count - 1].gap == "." && groups.get(count).is_some_and(|group| group.digits.len() == 3) {
        count += 1;
    }
    // "612.345.678" is how phones are written too; an amount of that size ends in zeros.
    let plain = first.digits.len() < 3 || groups[count - 1].digits == "000";
    let ends = groups[count - 1].gap != ".";
    if count > 1 && plain && ends { count } else { 0 }
}

/// One number, perhaps in groups of three, beside a currency.
fn is_amount(text: &str, run: &[Group<'_>]) -> bool {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return false };
    let decimals = |group: &Group<'_>| group.digits.len() <= 2;
    let grouped = run.iter().enumerate().all(|(index, group)| match index {
        0 => true,
        _ if index + 1 == run.len() && run[index - 1].gap == "." && decimals(group) => true,
        _ => group.digits.len() == 3 && run[0].digits.len() <= 3 && run[index - 1].gap.chars().count() == 1,
    });
    grouped && (follows_currency(&text[..first.start]) || precedes_currency(&text[last.end()..]))
}

fn follows_currency(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '\u{a0}', '\u{202f}']);
    let is_part = |c: char| c.is_alphabetic() || "€$£¥₹".contains(c);
    let word = &before[before.trim_end_matches(is_part).len()..];
    CURRENCIES.contains(&word.to_lowercase().as_str()) || word.ends_with(['€', '$', '£', '¥', '₹'])
}

fn precedes_currency(after: &str) -> bool {
    let after = after.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    let end = after.find(|c: char| !(c.is_alphabetic() || "€$£¥₹".contains(c))).unwrap_or(after.len());
    // "5551234567 EUR 500": the currency belongs to the number that follows it.
    let taken = after[end..].trim_start().starts_with(|c: char| c.is_ascii_digit());
    !taken && CURRENCIES.contains(&after[..end].to_lowercase().as_str())
}

/// The check of payment card numbers: every second digit from the right doubled, the digit sum a multiple of ten.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            let doubled = if place % 2 == 1 { digit * 2 } else { digit };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// True when the digits stand in a UUID: an identifier of the platform, not of a person.
fn is_uuid(text: &str, start: usize, end: usize) -> bool {
    let part = |c: char| c.is_ascii_hexdigit() || c == '-';
    let from = text[..start].trim_end_matches(part).len();
    let to = text[end..].find(|c| !part(c)).map_or(text.len(), |at| end + at);
    uuid::Uuid::try_parse(&text[from..to]).is_ok() && to - from == 36
}
