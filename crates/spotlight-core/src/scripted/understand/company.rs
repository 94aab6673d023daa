//! The visitor's company.

use super::{
    heard::Heard,
    legal_form::{CLEAR_FORMS, joined_form, legal_form},
    lexicon::Tag,
    token::Kind,
};
use crate::{
    domain::assistant::Topic,
    scripted::understanding::{Asked, Intent, Understanding, YesNo},
};

/// Most tokens of a company's name.
const LONGEST: usize = 8;

/// Finds the company; `name_end` is the token after the visitor's name. Takes its tokens.
pub(super) fn extract(heard: &mut Heard<'_>, out: &mut Understanding, name_end: Option<usize>) {
    let found = by_legal_form(heard, name_end)
        .or_else(|| by_cue(heard))
        .or_else(|| after_name(heard, name_end?))
        .or_else(|| bare(heard, out));
    if let Some((start, end)) = found {
        out.company = Some(heard.tokens.slice(start, end - 1).to_owned());
        heard.take(start, end);
    }
}

/// The words before a legal form, and what follows it: "Müller & Söhne GmbH & Co. KG".
fn by_legal_form(heard: &Heard<'_>, name_end: Option<usize>) -> Option<(usize, usize)> {
    let floor = name_end.unwrap_or(0);
    (floor + 1..heard.len()).find_map(|at| {
        let mut end = legal_form(heard, at).filter(|_| !heard.is_taken(at))?;
        let cued = |start: usize| {
            heard.follows(start, &[Tag::From, Tag::WorkAt, Tag::CompanyIs, Tag::CompanyCalled, Tag::The], 1)
                || heard.hearing.asked == Asked::Topic(Topic::Company)
        };
        let start = company_start(heard, at, floor)?;
        let loose = !CLEAR_FORMS.contains(&heard.tokens.fold(at)) && end == at + 1;
        if loose && heard.small && !cued(start) {
            return None;
        }
        while let Some(more) = joined_form(heard, end) {
            end = more;
        }
        Some((start, end))
    })
}

/// The first word of the name that ends before the token `at`.
fn company_start(heard: &Heard<'_>, at: usize, floor: usize) -> Option<usize> {
    let small = heard.small;
    let clause = heard.token(at)?.clause;
    let mut start = at;
    while start > floor && at - start < LONGEST {
        let before = start - 1;
        let Some(token) = heard.token(before) else { break };
        let listed =
            heard.hearing.asked == Asked::Topic(Topic::Company) && before > floor && has_capitals(heard, before - 1);
        let comma = heard.is_sign(before, ',') && (start == at || listed);
        if (token.clause != clause && !comma) || heard.is_taken(before) {
            break;
        }
        let cue = heard.matches_ending(start, |tag| {
            matches!(
                tag,
                Tag::From
                    | Tag::WorkAt
                    | Tag::CompanyIs
                    | Tag::CompanyCalled
                    | Tag::IAm
                    | Tag::NameIs
                    | Tag::ThisIs
                    | Tag::The
                    | Tag::An
            )
        });
        let fits = match token.kind {
            Kind::Word => {
                token.capital
                    || (small && !cue && !heard.index.never_name(heard.tokens.fold(before)))
                    || (links(heard, before) && start < at)
            }
            Kind::Digits => true,
            Kind::Sign(c) => matches!(c, '&' | '.' | '+' | '-') || comma,
        };
        if !fits || (cue && !token.capital && !links(heard, before)) {
            break;
        }
        start = before;
    }
    while start < at
        && !heard.token(start).is_some_and(|t| t.capital || (small && t.kind == Kind::Word) || t.kind == Kind::Digits)
    {
        start += 1;
    }
    // "The" or an introducing verb that opens the sentence has a capital too.
    while start + 1 < at && heard.index.never_name(heard.tokens.fold(start)) {
        start += 1;
    }
    (start < at && !heard.index.never_name(heard.tokens.fold(start))).then_some(start)
}

/// Small words inside company names.
fn links(heard: &Heard<'_>, at: usize) -> bool {
    let capital_before = at > 0 && heard.token(at - 1).is_some_and(|t| t.capital);
    capital_before
        && matches!(
            heard.tokens.fold(at),
            "de" | "del"
                | "of"
                | "and"
                | "y"
                | "et"
                | "und"
                | "e"
                | "en"
                | "di"
                | "do"
                | "da"
                | "du"
                | "des"
                | "della"
                | "dos"
                | "zum"
                | "zur"
                | "am"
                | "von"
                | "la"
                | "le"
        )
}

fn by_cue(heard: &Heard<'_>) -> Option<(usize, usize)> {
    heard.matches.iter().find_map(|m| {
        let called = m.tag == Tag::CompanyCalled;
        if !called && !matches!(m.tag, Tag::CompanyIs | Tag::WorkAt) {
            return None;
        }
        // "does it work with …" is not about the visitor.
        let asks = m.tag == Tag::WorkAt
            && (m.start.saturating_sub(5)..m.start)
                .any(|at| heard.opens_clause(at) && heard.after(at, Tag::Ask).is_some());
        if asks || (heard.has(Tag::Freelance) && heard.token(m.end).is_some_and(|t| !t.capital)) {
            return None;
        }
        let from = if heard.is_sign(m.end, ':') { m.end + 1 } else { m.end };
        let fits = |start: usize, end: usize| {
            let capital = heard.token(start).is_some_and(|t| t.capital || t.kind == Kind::Digits);
            capital || called || (heard.small && end - start <= 3)
        };
        take(heard, from).filter(|(start, end)| fits(*start, *end))
    })
}

/// "I'm Ana from Acme".
fn after_name(heard: &Heard<'_>, name_end: usize) -> Option<(usize, usize)> {
    let comma = name_end + usize::from(heard.is_sign(name_end, ','));
    let speaking = heard.skip(comma, &[Tag::Speaking, Tag::And, Tag::IAm]);
    let (start, end) = take(heard, heard.after(speaking, Tag::From)?)?;
    let capital = heard.token(start).is_some_and(|t| t.capital);
    (capital || heard.small).then_some((start, end))
}

/// The name of a company from `at` to the end of the clause.
fn take(heard: &Heard<'_>, at: usize) -> Option<(usize, usize)> {
    let from = heard.skip(at, &[Tag::The]);
    if heard.after(from, Tag::An).is_some() {
        return None;
    }
    let clause = heard.token(from)?.clause;
    let mut end = from;
    while end < from + LONGEST && heard.token(end).is_some_and(|t| t.clause == clause) && !heard.is_taken(end) {
        let capital = heard.token(end).is_some_and(|t| t.capital);
        let fits = match heard.kind(end) {
            Some(Kind::Word) => {
                let stops = heard
                    .at(end)
                    .iter()
                    .any(|m| matches!(m.tag, Tag::And | Tag::From | Tag::In | Tag::By | Tag::At | Tag::Not));
                // A name in capitals ends where they end.
                let foreign =
                    heard.index.never_name(heard.tokens.fold(end)) || (end > from && has_capitals(heard, from));
                capital
                    || !(stops || foreign)
                    || (end > from
                        && links(heard, end)
                        && heard.token(end + 1).is_some_and(|t| t.capital && !is_elsewhere(heard, end + 1)))
            }
            Some(Kind::Digits | Kind::Sign('&' | '+' | '-' | '.')) => true,
            Some(Kind::Sign(c)) => super::token::is_apostrophe(c),
            None => false,
        };
        if !fits {
            break;
        }
        end += 1;
    }
    while end > from && matches!(heard.kind(end - 1), Some(Kind::Sign(_))) {
        end -= 1;
    }
    let first = heard.tokens.fold(from);
    let nothing = end == from || (heard.index.never_name(first) && !(end > from + 1 && has_capitals(heard, from)));
    (!nothing && !heard.index.place(first)).then_some((from, end))
}

/// "and I", "in Madrid": the name has ended.
fn is_elsewhere(heard: &Heard<'_>, at: usize) -> bool {
    let word = heard.tokens.fold(at);
    heard.index.place(word) || heard.index.never_name(word)
}

fn has_capitals(heard: &Heard<'_>, at: usize) -> bool {
    heard.token(at).is_some_and(|t| t.capital)
}

/// The whole answer to the question for the company.
fn bare(heard: &Heard<'_>, out: &Understanding) -> Option<(usize, usize)> {
    let unwilling =
        [Tag::Freelance, Tag::No, Tag::Not, Tag::Ask, Tag::Does(Intent::Refusal)].iter().any(|tag| heard.has(*tag));
    let questioned = (0..heard.len()).any(|at| heard.is_sign(at, '?'));
    if heard.hearing.asked != Asked::Topic(Topic::Company) || unwilling || questioned || out.answer == Some(YesNo::No) {
        return None;
    }
    let leads = |at: usize| {
        heard.at(at).iter().any(|m| {
            matches!(
                m.tag,
                Tag::Yes
                    | Tag::Si
                    | Tag::IAm
                    | Tag::ThisIs
                    | Tag::From
                    | Tag::WorkAt
                    | Tag::CompanyIs
                    | Tag::Does(Intent::Greeting)
            )
        })
    };
    let start = (0..heard.len().min(8)).find(|at| {
        heard.kind(*at).is_some_and(|kind| kind != Kind::Sign(','))
            && (has_capitals(heard, *at) || !heard.index.never_name(heard.tokens.fold(*at)))
            && !leads(*at)
            && matches!(heard.kind(*at), Some(Kind::Word | Kind::Digits))
            && !heard.is_taken(*at)
    })?;
    take(heard, start).filter(|(_, end)| heard.closes_clause(*end) || has_capitals(heard, start))
}
