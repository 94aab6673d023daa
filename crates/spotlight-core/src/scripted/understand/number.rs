//! Numbers in digits with any country's separators, and in words.

use super::{
    heard::Heard,
    lexicon::{Index, Tag},
    pattern::Words,
    token::{Kind, is_apostrophe},
};
use crate::domain::assistant::Language;

/// A number as said: `mantissa / 10^decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    /// All its digits.
    pub(super) mantissa: u64,
    /// How many of them stand after the decimal sign.
    pub(super) decimals: u32,
    /// What it was multiplied by: "k", "million"; 1 for none.
    pub(super) scale: u64,
    /// The token after it.
    pub(super) end: usize,
    /// It was written in digits.
    pub(super) in_digits: bool,
}

impl Number {
    /// The number times `10^exponent`, if that is whole enough to count money and not beyond it.
    pub(super) fn minor(&self, exponent: u32) -> Option<i64> {
        let scaled = u128::from(self.mantissa) * u128::from(self.scale) * 10_u128.pow(exponent);
        i64::try_from(scaled / 10_u128.checked_pow(self.decimals)?).ok().filter(|minor| *minor < 1_000_000_000_000_000)
    }

    /// The number when it is whole and small.
    pub(super) fn whole(&self) -> Option<u32> {
        if self.decimals == 0 { u32::try_from(self.mantissa.checked_mul(self.scale)?).ok() } else { None }
    }
}

/// Reads the number at `at`, with the thousands and millions that follow it.
pub(super) fn read(heard: &Heard<'_>, at: usize) -> Option<Number> {
    match heard.kind(at)? {
        Kind::Digits => written(heard, at).map(|number| scaled(heard, number)),
        Kind::Word => {
            let halved = heard.pick(at, |tag| match tag {
                Tag::HalfOf(whole) => Some(whole),
                _ => None,
            });
            if let Some((whole, end)) = halved {
                return Some(Number { mantissa: whole / 2, decimals: 0, scale: 1, end, in_digits: false });
            }
            spoken(heard, at)
        }
        Kind::Sign(_) => None,
    }
}

/// Digits with their separators.
fn written(heard: &Heard<'_>, at: usize) -> Option<Number> {
    let first = heard.tokens.raw(at);
    let mut groups: Vec<(char, &str)> = Vec::new();
    let mut end = at + 1;
    while groups.len() < 6 {
        let Some((sign, digits, next)) = next_group(heard, end, first.len(), &groups) else { break };
        groups.push((sign, digits));
        end = next;
    }
    let fraction = match groups.as_slice() {
        [] => false,
        [(sign, digits)] => matches!(sign, '.' | ',') && is_fraction(heard, *sign, digits, end),
        [first, .., last] => last.0 != first.0 && matches!(last.0, '.' | ','),
    };
    let whole = groups.len() - usize::from(fraction);
    let grouped = groups[..whole].iter().all(|(sign, digits)| digits.len() == 3 && *sign == groups[0].0);
    if !grouped || (whole > 0 && first.len() > 3) {
        return None;
    }
    let mut digits = first.to_owned();
    digits.extend(groups.iter().map(|(_, digits)| *digits));
    let decimals = if fraction { groups.last()?.1.len() as u32 } else { 0 };
    if digits.len() > 18 || decimals > 6 {
        return None;
    }
    Some(Number { mantissa: digits.parse().ok()?, decimals, scale: 1, end, in_digits: true })
}

/// One more group of digits after a separator. White space parts groups of three only.
fn next_group<'a>(
    heard: &Heard<'a>,
    at: usize,
    first: usize,
    groups: &[(char, &str)],
) -> Option<(char, &'a str, usize)> {
    let token = heard.token(at)?;
    match token.kind {
        Kind::Sign(sign) if token.glued => {
            let next = heard.token(at + 1).filter(|t| t.glued && t.kind == Kind::Digits)?;
            let sign = if is_apostrophe(sign) { '\'' } else { sign };
            matches!(sign, '.' | ',' | '\'').then(|| (sign, &heard.tokens.text[next.start..next.end], at + 2))
        }
        Kind::Digits if !token.glued => {
            let digits = heard.tokens.raw(at);
            let spaced = groups.iter().all(|(sign, _)| *sign == ' ') && first <= 3 && digits.len() == 3;
            spaced.then_some((' ', digits, at + 1))
        }
        _ => None,
    }
}

/// Whether the digits after a single sign are a fraction: three of them are a group, unless millions follow.
fn is_fraction(heard: &Heard<'_>, sign: char, digits: &str, end: usize) -> bool {
    let decimal = if heard.index.language == Language::En { '.' } else { ',' };
    digits.len() != 3 || (sign == decimal && multiplier(heard, end).is_some())
}

/// "thousand", "k", "Mio" at `at`.
fn multiplier(heard: &Heard<'_>, at: usize) -> Option<u64> {
    let token = heard.token(at).filter(|t| t.kind == Kind::Word)?;
    let short = match heard.tokens.fold(at) {
        "k" | "tsd" | "tds" => Some(1_000),
        "m" if token.glued => Some(1_000_000),
        "mio" | "mln" | "mn" => Some(1_000_000),
        "bn" | "mrd" | "mld" => Some(1_000_000_000),
        _ => None,
    };
    short
        .or_else(|| heard.index.number(heard.word(at)).filter(|n| matches!(n, 100 | 1_000 | 1_000_000 | 1_000_000_000)))
}

fn scaled(heard: &Heard<'_>, mut number: Number) -> Number {
    while let Some(scale) = multiplier(heard, number.end) {
        let Some(product) = number.scale.checked_mul(scale).filter(|p| *p <= 1_000_000_000_000) else { break };
        number.scale = product;
        number.end += 1;
        // "Tsd." and "Mio." keep their dot where more follows.
        if heard.is_sign(number.end, '.') && heard.token(number.end).is_some_and(|t| t.glued) {
            let abbreviated = matches!(heard.tokens.fold(number.end - 1), "tsd" | "tds" | "mio" | "mrd");
            number.end += usize::from(abbreviated);
        }
    }
    if number.scale >= 1_000
        && number.decimals == 0
        && let Some(end) = heard.after(number.end, Tag::AndHalf)
    {
        number.mantissa = number.mantissa.saturating_mul(10).saturating_add(5);
        number.decimals = 1;
        number.end = end;
    }
    number
}

/// What has been read of a number in words.
#[derive(Clone, Copy, Default)]
struct Sum {
    /// Complete thousands and millions.
    total: u64,
    /// Below the next multiplier.
    current: u64,
    /// The last multiplier of thousands.
    multiplier: u64,
    any: bool,
}

impl Sum {
    /// Adds one number word if it can follow; `joined` says that "and" stands before it.
    fn add(&mut self, value: u64, language: Language, joined: bool) -> Option<()> {
        let low = self.current % 100;
        // "zero six" is two numbers.
        if self.any && self.total == 0 && self.current == 0 {
            return None;
        }
        match value {
            1_000 | 1_000_000 | 1_000_000_000 => {
                let grown = value > self.multiplier && self.multiplier > 0;
                let base = if grown { self.total + self.current } else { self.current }.max(1);
                if value == self.multiplier {
                    return None;
                }
                let product = base.checked_mul(value).filter(|p| *p <= 1_000_000_000_000)?;
                self.total = if grown { product } else { self.total.checked_add(product)? };
                self.multiplier = value;
                self.current = 0;
            }
            100 if self.current <= if language == Language::En { 99 } else { 19 } => {
                self.current = self.current.max(1) * 100;
            }
            20 if language == Language::Fr && low == 4 => self.current += 76,
            200.. if self.current == 0 => self.current = value,
            1..=99 if self.current == 0 || low == 0 => self.current += value,
            1..=9 if low >= 20 && low.is_multiple_of(10) => self.current += value,
            7..=9 if language == Language::Fr && low == 10 => self.current += value,
            10..=19 if language == Language::Fr && matches!(low, 60 | 80) => self.current += value,
            20..=90 if language == Language::De && joined && low <= 9 => self.current += value,
            0 if !self.any => {}
            _ => return None,
        }
        self.any = true;
        Some(())
    }
}

/// Number words, as many as make one number.
fn spoken(heard: &Heard<'_>, at: usize) -> Option<Number> {
    let index = heard.index;
    let mut sum = Sum::default();
    let mut end = at;
    let mut before_joint = None;
    loop {
        let mut next = end;
        let joined = sum.any && heard.is_word(next) && index.joins_numbers(heard.word(next));
        next += usize::from(joined);
        if !heard.is_word(next) || (end > at && heard.token(next)?.sentence != heard.token(at)?.sentence) {
            break;
        }
        let Some(parts) = parts(index, heard.word(next)) else { break };
        let mut tried = sum;
        let mut after_joint = joined;
        let mut fits = true;
        for part in parts {
            match part {
                None => after_joint = true,
                Some(value) => {
                    fits &= tried.add(value, index.language, after_joint).is_some();
                    after_joint = false;
                }
            }
        }
        if !fits {
            // "one hundred and two hundred" is two numbers, not 102.
            if let Some((earlier, place)) = before_joint.filter(|(_, place)| *place + 2 == end && !joined) {
                (sum, end) = (earlier, place);
            }
            break;
        }
        before_joint = if joined { Some((sum, end)) } else { None };
        (sum, end) = (tried, next + 1);
    }
    let mantissa = sum.total.checked_add(sum.current)?;
    let number = Number { mantissa, decimals: 0, scale: 1, end, in_digits: false };
    sum.any.then_some(with_half(heard, number, sum.multiplier))
}

/// "un millón y medio".
fn with_half(heard: &Heard<'_>, mut number: Number, multiplier: u64) -> Number {
    if multiplier >= 1_000
        && let Some(end) = heard.after(number.end, Tag::AndHalf)
    {
        number.mantissa += multiplier / 2;
        number.end = end;
    }
    number
}

/// The numbers written together in one word, with `None` for "and"; German and Italian write long ones so.
fn parts(index: &Index, word: &str) -> Option<Vec<Option<u64>>> {
    if let Some(value) = index.number(word) {
        return Some(vec![Some(value)]);
    }
    let joins = matches!(index.language, Language::De | Language::It);
    if !joins || word.len() < 6 || word.len() > 80 {
        return None;
    }
    let mut found = Vec::new();
    split(index, word, &mut found, &mut 400).then_some(found)
}

fn split(index: &Index, word: &str, found: &mut Vec<Option<u64>>, tries: &mut u32) -> bool {
    if word.is_empty() {
        return !found.is_empty();
    }
    *tries = tries.saturating_sub(1);
    if *tries == 0 {
        return false;
    }
    let numbers = index.number_parts().iter().filter(|(part, _)| part.len() > 2).map(|(part, n)| (&**part, Some(*n)));
    for (part, value) in numbers.chain([("und", None)]) {
        if let Some(rest) = word.strip_prefix(part) {
            found.push(value);
            if split(index, rest, found, tries) {
                return true;
            }
            found.pop();
        }
    }
    false
}
