//! Amounts of money that the visitor can spend.

use super::{
    heard::Heard,
    lexicon::{Coin, Tag},
    number::{self, Number},
    numeric_date,
    token::Kind,
};
use crate::{
    domain::{assistant::Topic, money::Currency},
    scripted::understanding::{Amount, Asked, Intent, Understanding},
};

/// A number that may be money.
#[derive(Clone, Copy)]
struct Sum {
    number: Number,
    start: usize,
    end: usize,
    coin: Option<Coin>,
    /// The sign `$` rather than the word.
    sign: bool,
}

/// Finds the budget. Takes every amount that has a currency, meant or not.
pub(super) fn extract(heard: &mut Heard<'_>, out: &mut Understanding) {
    let mut first = None;
    let mut at = 0;
    while at < heard.len() {
        let Some(low) = sum(heard, at) else {
            at += 1;
            continue;
        };
        let sum = with_range(heard, low);
        if is_budget(heard, &sum) {
            heard.take(sum.start, sum.end);
            let denied = heard.denied(sum.start, &[Tag::Not, Tag::No], 2);
            let currency = sum.coin.and_then(|coin| currency(coin, sum.sign, heard.hearing.region.as_deref()));
            let minor = sum.number.minor(currency.map_or(2, Currency::exponent)).filter(|minor| *minor > 0);
            let better = first.is_none_or(|end| heard.last_counts(end, sum.start));
            if let Some(minor) = minor.filter(|_| !denied && better) {
                out.budget = Some(Amount { minor, currency });
                first = first.or(Some(sum.end));
            }
        } else if sum.coin.is_some() {
            heard.take(sum.start, sum.end);
        }
        at = sum.end.max(at + 1);
    }
}

/// A number with the currency before or after it.
fn sum(heard: &Heard<'_>, at: usize) -> Option<Sum> {
    if heard.is_taken(at) || numeric_date::full(heard, at).is_some() {
        return None;
    }
    let (before, from) = match coin(heard, at) {
        Some((coin, sign, end)) => (Some((coin, sign)), end),
        None => (None, at),
    };
    let several = heard.pick(from, |tag| match tag {
        Tag::Some(count) => Some(count),
        _ => None,
    });
    let number = match several {
        // "a few hundred" is no amount to note down; "a couple of thousand" is.
        Some((2, next)) => number::read(heard, next).map(|n| Number { mantissa: n.mantissa.saturating_mul(2), ..n })?,
        Some((_, next)) if number::read(heard, next).is_some() => return None,
        _ => number::read(heard, from)?,
    };
    let vague = from > 0 && heard.matches_ending(from, |tag| matches!(tag, Tag::Some(_)));
    let attached =
        from > 0 && heard.token(from).is_some_and(|t| t.glued) && heard.is_word(from - 1) && before.is_none();
    if attached || vague || (from..number.end).any(|i| heard.is_taken(i)) {
        return None;
    }
    let linked = number.end + usize::from(matches!(heard.tokens.fold(number.end), "de" | "d" | "di" | "of"));
    let after = coin(heard, number.end).or_else(|| coin(heard, linked));
    let end = after.map_or(number.end, |(_, _, end)| end);
    let money = before.or(after.map(|(coin, sign, _)| (coin, sign)));
    Some(Sum { number, start: at, end, coin: money.map(|m| m.0), sign: money.is_some_and(|m| m.1) })
}

/// The currency at `at`, whether it is the sign `$`, and the token after it.
fn coin(heard: &Heard<'_>, at: usize) -> Option<(Coin, bool, usize)> {
    let signed = |at: usize| match heard.kind(at)? {
        Kind::Sign('€') => Some((Coin::Code("EUR"), false)),
        Kind::Sign('£') => Some((Coin::Code("GBP"), false)),
        Kind::Sign('¥') => Some((Coin::Code("JPY"), false)),
        Kind::Sign('$') => Some((Coin::Dollar, true)),
        _ => None,
    };
    if heard.is_word(at) && heard.is_sign(at + 1, '$') && heard.token(at + 1)?.glued {
        let code = match heard.tokens.fold(at) {
            "us" => "USD",
            "r" => "BRL",
            "c" | "ca" | "can" => "CAD",
            "a" | "au" => "AUD",
            "mx" | "mex" => "MXN",
            _ => return None,
        };
        return Some((Coin::Code(code), false, at + 2));
    }
    if let Some((coin, sign)) = signed(at) {
        return Some((coin, sign, at + 1));
    }
    heard
        .pick(at, |tag| match tag {
            Tag::Coin(coin) => Some(coin),
            _ => None,
        })
        .map(|(coin, end)| (coin, false, end))
}

/// The currency meant in a region; none for the peso of a region that has none.
fn currency(coin: Coin, sign: bool, region: Option<&str>) -> Option<Currency> {
    let code = match (coin, region) {
        (Coin::Code(code), _) => code,
        (Coin::Dollar, Some("CA")) => "CAD",
        (Coin::Dollar, Some("AU")) => "AUD",
        (Coin::Dollar, Some("MX")) if sign => "MXN",
        (Coin::Dollar, _) => "USD",
        (Coin::Peso, Some("MX")) => "MXN",
        (Coin::Peso, Some("AR")) => "ARS",
        (Coin::Peso, Some("CO")) => "COP",
        (Coin::Peso, Some("CL")) => "CLP",
        (Coin::Peso, Some("UY")) => "UYU",
        (Coin::Peso, _) => return None,
    };
    Currency::new(code).ok()
}

/// The whole range that begins with `low`, as its upper end.
fn with_range(heard: &Heard<'_>, low: Sum) -> Sum {
    let dash = matches!(heard.kind(low.end), Some(Kind::Sign('-' | '–' | '—' | '/')));
    // "3k, 4k at most".
    let listed =
        heard.is_sign(low.end, ',') && low.number.scale > 1 && !heard.follows(low.start, &[Tag::Not, Tag::No], 2);
    let next = if dash || listed { Some(low.end + 1) } else { heard.after(low.end, Tag::Range) };
    let Some(mut high) = next.and_then(|next| sum(heard, next)) else { return low };
    // "5k-10" and "5 to 10k" mean thousands at both ends.
    if high.number.scale == 1 && low.number.scale > 1 && high.number.decimals == 0 && high.number.mantissa < 1_000 {
        high.number.scale = low.number.scale;
    }
    let plain = |sum: &Sum| sum.number.minor(2).unwrap_or(0);
    let rises = plain(&high) > plain(&low) && (high.coin.is_none() || low.coin.is_none() || high.coin == low.coin);
    if !rises {
        return low;
    }
    let coin = high.coin.or(low.coin);
    Sum { start: low.start, coin, sign: high.sign || low.sign, ..high }
}

/// Whether the number is money, and money to be spent here.
fn is_budget(heard: &Heard<'_>, sum: &Sum) -> bool {
    let asked = heard.hearing.asked == Asked::Topic(Topic::Budget);
    if !asked && heard.follows(sum.start, &[Tag::OtherMoney], 6) {
        return false;
    }
    if heard.has(Tag::Does(Intent::ObjectionPrice)) && is_objected_to(heard, sum, asked) {
        return false;
    }
    if sum.coin.is_some() {
        return true;
    }
    let value = sum.number.minor(0).unwrap_or(0);
    let counts_time = heard.pick(sum.end, |tag| match tag {
        Tag::Unit(_) | Tag::Month(_) | Tag::Clock | Tag::Am | Tag::Pm | Tag::Hence => Some(()),
        _ => None,
    });
    let odd = heard.is_sign(sum.end, '%')
        || heard.is_sign(sum.end, ':')
        || heard.follows(sum.start, &[Tag::IdCue], 3)
        || counts_time.is_some();
    if odd {
        return false;
    }
    let large = sum.number.scale >= 1_000 || value >= 100;
    let year = (2_000..2_100).contains(&value) && sum.number.scale == 1 && heard.follows(sum.start, &[Tag::In], 1);
    if asked {
        return (large && !year) || (sum.number.in_digits && heard.closes_clause(sum.end));
    }
    large && !year && heard.follows(sum.start, &[Tag::BudgetCue], 6)
}

/// "4900 euros is too much": the amount objected to is the price, not the budget. Where the budget was asked for, an
/// amount outside the objection's clause answers.
fn is_objected_to(heard: &Heard<'_>, sum: &Sum, asked: bool) -> bool {
    let clause = heard.token(sum.start).map(|t| t.clause);
    let beside = heard.all(Tag::Does(Intent::ObjectionPrice)).any(|m| heard.token(m.start).map(|t| t.clause) == clause);
    (beside || !asked) && !heard.follows(sum.start, &[Tag::BudgetCue], 6)
}
