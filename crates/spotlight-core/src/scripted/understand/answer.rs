//! Yes, no or maybe, in idiom.

use super::{
    heard::Heard,
    lexicon::Tag,
    token::{Kind, is_apostrophe},
};
use crate::{
    domain::assistant::Topic,
    scripted::understanding::{Asked, Intent, Understanding, YesNo},
};

/// Finds the answer to what was asked. Needs to know what else was understood.
pub(super) fn extract(heard: &Heard<'_>, out: &mut Understanding) {
    let asked = heard.hearing.asked;
    let votes = votes(heard);
    let corrected = heard.has(Tag::Does(Intent::Correction));
    let said = match votes.as_slice() {
        // "no, that's fine" agrees.
        [(YesNo::No, _), (YesNo::Yes, true), ..] => Some(YesNo::Yes),
        all => if corrected { all.last() } else { all.first() }.map(|vote| vote.0),
    };
    out.answer = said.or_else(|| {
        let refuses = out.wants(Intent::Refusal) && asked != Asked::Open;
        let proposed = matches!(asked, Asked::Confirm | Asked::Topic(Topic::Authority))
            || (asked == Asked::Slot && out.when.is_none() && out.time_only.is_none() && out.choice.is_none());
        let denies = proposed && !out.wants(Intent::Question) && (heard.has(Tag::Not) || heard.has(Tag::Unfit));
        (refuses || denies).then_some(YesNo::No)
    });
}

/// Every answer that is said, in order, and whether it is an agreement such as "no problem".
fn votes(heard: &Heard<'_>) -> Vec<(YesNo, bool)> {
    let asked = heard.hearing.asked;
    let mut votes = Vec::new();
    let mut at = 0;
    while at < heard.len() {
        let Some(phrase) = heard.at(at).iter().find(|m| is_answer(m.tag, asked)) else {
            at += 1;
            continue;
        };
        let (start, end) = (phrase.start, phrase.end);
        let edge = heard.opens_clause(start) || heard.closes_clause(end);
        let firm = (edge || end > start + 1) && !asks_back(heard, start, end);
        let denied = heard.follows(start, &[Tag::Not], 3);
        let vote = match phrase.tag {
            Tag::Yes if firm && denied => Some((YesNo::No, false)),
            Tag::Yes if firm => Some((YesNo::Yes, false)),
            Tag::Si if firm && is_yes(heard, start) => Some((YesNo::Yes, false)),
            Tag::No if firm => Some((YesNo::No, false)),
            Tag::Maybe => Some((YesNo::Maybe, false)),
            Tag::Fine if asked != Asked::Open => Some((if denied { YesNo::No } else { YesNo::Yes }, !denied)),
            Tag::Decides(own) => Some((if own == denied { YesNo::No } else { YesNo::Yes }, false)),
            _ => None,
        };
        votes.extend(vote);
        at = end.max(at + 1);
    }
    votes
}

fn is_answer(tag: Tag, asked: Asked) -> bool {
    match tag {
        Tag::Yes | Tag::Si | Tag::No | Tag::Maybe | Tag::Fine | Tag::Mute => true,
        Tag::Decides(_) => asked == Asked::Topic(Topic::Authority),
        _ => false,
    }
}

/// "…, right?" and "…, ¿no?" ask rather than answer.
fn asks_back(heard: &Heard<'_>, start: usize, end: usize) -> bool {
    start > 1 && end == start + 1 && heard.is_sign(end, '?')
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
