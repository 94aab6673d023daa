//! Yes, no or maybe, in idiom.

use super::{
    heard::Heard,
    lexicon::Tag,
    token::{Kind, is_apostrophe},
};
use crate::{
    domain::assistant::{Language, Topic},
    scripted::understanding::{Asked, Intent, Understanding, YesNo},
};

/// Finds the answer to what was asked. Needs to know what else was understood.
pub(super) fn extract(heard: &Heard<'_>, out: &mut Understanding) {
    let asked = heard.hearing.asked;
    let votes = votes(heard);
    let corrected = heard.has(Tag::Does(Intent::Correction));
    let authority = if asked == Asked::Topic(Topic::Authority) { decider(heard) } else { None };
    let said = match votes.as_slice() {
        // "no, that's fine" agrees.
        _ if authority.is_some() => authority,
        [Vote { answer: YesNo::No, .. }, Vote { agrees: true, .. }, ..] => Some(YesNo::Yes),
        all => if corrected { all.last() } else { all.first() }.map(|vote| vote.answer),
    };
    // "not Tuesday but Wednesday" proposes.
    let proposes =
        asked == Asked::Slot && out.wants(Intent::Correction) && (out.when.is_some() || out.time_only.is_some());
    let said = said.filter(|answer| *answer != YesNo::No || !proposes);
    out.answer = said.or_else(|| {
        let refuses = out.wants(Intent::Refusal) && asked != Asked::Open;
        let proposed = matches!(asked, Asked::Confirm | Asked::Topic(Topic::Authority))
            || (asked == Asked::Slot && out.when.is_none() && out.time_only.is_none() && out.choice.is_none());
        let denies = proposed
            && !out.wants(Intent::Question)
            && (heard.has(Tag::Unfit) || (heard.has(Tag::Not) && !heard.has(Tag::AnyOne)));
        (refuses || denies).then_some(YesNo::No)
    });
}

/// Whether the visitor decides, if they say who does.
fn decider(heard: &Heard<'_>) -> Option<YesNo> {
    heard.matches.iter().find_map(|phrase| match phrase.tag {
        Tag::Decides(own) => {
            let denied = heard.follows(phrase.start, &[Tag::Not], 2);
            Some(if own == denied { YesNo::No } else { YesNo::Yes })
        }
        _ => None,
    })
}

/// An answer that is said.
#[derive(Clone, Copy)]
struct Vote {
    answer: YesNo,
    /// It agrees to a proposal, as "no problem" does.
    agrees: bool,
}

impl Vote {
    const fn new(answer: YesNo) -> Self {
        Self { answer, agrees: false }
    }

    /// Yes, unless it is denied.
    const fn unless(denied: bool) -> Self {
        Self::new(if denied { YesNo::No } else { YesNo::Yes })
    }
}

/// Every answer that is said, in order.
fn votes(heard: &Heard<'_>) -> Vec<Vote> {
    let asked = heard.hearing.asked;
    let mut votes = Vec::new();
    let mut at = 0;
    while at < heard.len() {
        let answers = heard.at(at).iter().filter(|m| is_answer(m.tag));
        // What only hides shorter phrases gives way to an answer of the same words.
        let Some(phrase) = answers.max_by_key(|m| (m.end, m.tag != Tag::Mute)) else {
            at += 1;
            continue;
        };
        let (start, end) = (phrase.start, phrase.end);
        let edge = heard.opens_clause(start) || heard.closes_clause(end);
        let firm = (edge || end > start + 1) && !asks_back(heard, start, end);
        // German denies after the verb: "das geht nicht".
        let after = heard.index.language == Language::De && end > start && heard.precedes(end, &[Tag::Not], 3);
        let denied = heard.follows(start, &[Tag::Not], 3) || (after && !heard.closes_clause(end));
        let covered = (start..end).all(|at| heard.is_taken(at))
            || heard
                .at(start)
                .iter()
                .any(|m| matches!(m.tag, Tag::Does(Intent::Greeting | Intent::Goodbye)) && m.end > end);
        if covered {
            at = end.max(at + 1);
            continue;
        }
        // "no, that's perfect": a bare no that a whole phrase takes back.
        let takes_back = end > start + 1 && after_bare_no(heard, start);
        let vote = match phrase.tag {
            Tag::Yes if firm => Some(Vote { agrees: takes_back && !denied, ..Vote::unless(denied) }),
            Tag::Si if firm && is_yes(heard, start) => Some(Vote::new(YesNo::Yes)),
            // "no es caro" answers nothing where nothing was asked.
            Tag::No
                if asked == Asked::Open
                    && end == start + 1
                    && heard.after(start, Tag::Not) == Some(end)
                    && !heard.closes_clause(end) =>
            {
                None
            }
            Tag::No if firm => Some(Vote::new(YesNo::No)),
            Tag::Maybe => Some(Vote::new(YesNo::Maybe)),
            Tag::Fine if asked != Asked::Open => Some(Vote { agrees: takes_back && !denied, ..Vote::unless(denied) }),
            _ => None,
        };
        votes.extend(vote);
        at = end.max(at + 1);
    }
    votes
}

/// A "no" by itself stands right before `at`, with at most a comma between.
fn after_bare_no(heard: &Heard<'_>, at: usize) -> bool {
    let no = |place: usize| heard.at(place).iter().any(|m| m.tag == Tag::No && m.end == place + 1);
    (at > 0 && no(at - 1)) || (at > 1 && heard.is_sign(at - 1, ',') && no(at - 2))
}

fn is_answer(tag: Tag) -> bool {
    matches!(tag, Tag::Yes | Tag::Si | Tag::No | Tag::Maybe | Tag::Fine | Tag::Mute)
}

/// "…, right?" and "…, ¿no?" ask rather than answer, and so does "tudo bem?".
fn asks_back(heard: &Heard<'_>, start: usize, end: usize) -> bool {
    let polite = heard.at(start).iter().any(|m| m.tag == Tag::Does(Intent::Greeting));
    heard.is_sign(end, '?') && (polite || (start > 1 && end == start + 1))
}

/// "sí" with its accent, or "si" where it cannot be "if".
fn is_yes(heard: &Heard<'_>, at: usize) -> bool {
    let raw = heard.tokens.raw(at);
    let next = heard.token(at).and_then(|t| heard.tokens.text[t.end..].chars().next());
    let marked = raw.contains(['í', 'ì', 'Í', 'Ì', '\u{301}', '\u{300}']) || next.is_some_and(is_apostrophe);
    let agrees = heard.at(at + 1).iter().any(|m| matches!(m.tag, Tag::Yes | Tag::Fine | Tag::Si));
    let short = at == 0 && heard.words() <= 4 && heard.hearing.asked != Asked::Open;
    let signed = matches!(heard.kind(at + 1), None | Some(Kind::Sign(',' | '.' | '!' | ';')));
    marked || signed || agrees || short
}
