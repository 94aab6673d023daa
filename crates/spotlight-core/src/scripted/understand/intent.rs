//! What an utterance wants or does.

use super::{
    heard::{Heard, Match},
    lexicon::Tag,
};
use crate::scripted::understanding::{Asked, Intent, Refused, Understanding};

/// Most words of an utterance that is nothing but an insult.
const SHORT: usize = 3;

/// Finds every intent.
pub(super) fn extract(heard: &Heard<'_>, out: &mut Understanding) {
    let mut unwanted = false;
    for phrase in heard.matches.iter().filter(|phrase| !is_used(heard, phrase)) {
        match phrase.tag {
            Tag::Does(intent) => unwanted |= add(heard, out, intent, *phrase),
            Tag::Insult | Tag::Rubbish if is_aimed(heard, *phrase) => {
                out.intents.insert(Intent::Abuse);
            }
            Tag::HelloBye => {
                let hello = phrase.start == 0 && (!heard.closes_clause(phrase.end) || greets(heard, phrase.end));
                out.intents.insert(if hello { Intent::Greeting } else { Intent::Goodbye });
            }
            Tag::Ask if opens(heard, phrase.start) && !is_polite(heard, *phrase) => {
                out.intents.insert(Intent::Question);
            }
            _ => {}
        }
    }
    if unwanted && !out.wants(Intent::Cancel) && !out.wants(Intent::Human) {
        if !out.wants(Intent::Refusal) {
            out.refused = Some(Refused::Part);
        }
        out.intents.insert(Intent::Refusal);
    }
    if contrasts(heard) || amends(heard) {
        out.intents.insert(Intent::Correction);
    }
    if asks_by_mark(heard) {
        out.intents.insert(Intent::Question);
    }
    settle(heard, out);
}

/// True for words inside a name or another value.
fn is_used(heard: &Heard<'_>, phrase: &Match) -> bool {
    (phrase.start..phrase.end).all(|at| heard.is_taken(at))
}

/// "sorry, it is that", or "this, sorry, that": a value follows that replaces another.
fn amends(heard: &Heard<'_>) -> bool {
    let first = (0..heard.len()).find(|at| heard.is_taken(*at));
    let value = |from: usize, reach: usize| (from..from + reach).any(|at| at < heard.len() && heard.is_taken(at));
    heard.matches.iter().any(|phrase| {
        let sorry = phrase.tag == Tag::Sorry;
        let no = phrase.tag == Tag::No && phrase.end == phrase.start + 1 && heard.opens_clause(phrase.start);
        if !sorry && !no {
            return false;
        }
        let next = phrase.end + usize::from(heard.is_sign(phrase.end, ',') || heard.is_sign(phrase.end, '.'));
        let stated = heard.after(next, Tag::Is).is_some_and(|end| value(end, 3));
        let replaced = sorry && first.is_some_and(|first| first < phrase.start) && value(next, 3);
        stated || replaced
    })
}

/// "not this but that", where this is something that was understood, such as an address.
fn contrasts(heard: &Heard<'_>) -> bool {
    let mut denied = None;
    heard.matches.iter().any(|phrase| match phrase.tag {
        Tag::Not | Tag::No => {
            denied = denied.or(Some(phrase.end));
            false
        }
        Tag::But => denied.take().is_some_and(|from| (from..phrase.start).any(|at| heard.is_taken(at))),
        _ => false,
    })
}

/// "how are you" asks nothing, nor does "pode ser".
fn is_polite(heard: &Heard<'_>, phrase: Match) -> bool {
    heard.at(phrase.start).iter().any(|m| {
        let polite = matches!(m.tag, Tag::Does(Intent::Greeting) | Tag::Yes | Tag::Fine | Tag::Maybe);
        polite && m.end >= phrase.end
    })
}

/// "ciao" alone is a greeting at the start and a farewell later.
fn greets(heard: &Heard<'_>, end: usize) -> bool {
    heard.hearing.asked == Asked::Open || end + 1 < heard.len()
}

/// Adds an intent unless it is denied. True when that is a refusal, as "I don't want a demo" is.
fn add(heard: &Heard<'_>, out: &mut Understanding, intent: Intent, phrase: Match) -> bool {
    let deniable = matches!(
        intent,
        Intent::Book
            | Intent::Demo
            | Intent::Cancel
            | Intent::Reschedule
            | Intent::Human
            | Intent::Price
            | Intent::ObjectionPrice
            | Intent::OffTopic
            | Intent::Goodbye
            | Intent::Correction
    );
    let reach = if intent == Intent::Human { 6 } else { 3 };
    if deniable && heard.follows(phrase.start, &[Tag::Not], reach) {
        return matches!(intent, Intent::Book | Intent::Demo);
    }
    // "is it expensive?" asks for the price.
    if intent == Intent::ObjectionPrice && phrase.end <= phrase.start + 2 && heard.is_sign(phrase.end, '?') {
        out.intents.insert(Intent::Price);
        return false;
    }
    // "tudo bem" agrees, where something was asked, and greets otherwise.
    let agrees = heard.hearing.asked != Asked::Open
        && heard.at(phrase.start).iter().any(|m| m.tag == Tag::Yes && m.end == phrase.end)
        && !heard.is_sign(phrase.end, '?');
    if !(intent == Intent::Greeting && agrees) {
        out.intents.insert(intent);
    }
    false
}

/// An insult counts when the listener is called so, or when nothing else is said. That both stand near each other is not
/// enough: "do you collect garbage?" asks.
fn is_aimed(heard: &Heard<'_>, phrase: Match) -> bool {
    if heard.follows(phrase.start, &[Tag::IAm, Tag::Not], 3) {
        return false;
    }
    let thing = phrase.tag == Tag::Rubbish;
    let asks = (phrase.end..heard.len().min(phrase.end + 3)).any(|at| heard.is_sign(at, '?'));
    let called = is_called(heard, phrase.start, Tag::YouAre);
    if thing {
        // "you are in garbage collection" goes on.
        let ends = heard.closes_clause(phrase.end);
        return ends && (called || (!asks && is_called(heard, phrase.start, Tag::ItIs)));
    }
    let beside = |at: usize| heard.after(at, Tag::You) == Some(at + 1);
    let vocative = (phrase.start > 0 && beside(phrase.start - 1) && !asks) || beside(phrase.end);
    let alone = heard.opens_clause(phrase.start) && heard.closes_clause(phrase.end);
    called || vocative || ((alone || is_all(heard, phrase)) && !asks)
}

/// True when `cue` stands before `at` with nothing but words of degree between.
fn is_called(heard: &Heard<'_>, at: usize, cue: Tag) -> bool {
    let Some(clause) = heard.token(at).map(|t| t.clause) else { return false };
    let mut here = at;
    for _ in 0..4 {
        if heard.matches_ending(here, |tag| tag == cue) {
            return true;
        }
        let Some(before) = here.checked_sub(1) else { return false };
        let degree = heard.after(before, Tag::Degree).is_some() || heard.after(before, Tag::An).is_some();
        if !degree || heard.token(before).is_none_or(|t| t.clause != clause) {
            return false;
        }
        here = before;
    }
    false
}

/// True for a short utterance whose other words only lead to the insult.
fn is_all(heard: &Heard<'_>, phrase: Match) -> bool {
    let leads = |at: usize| {
        heard.at(at).iter().any(|m| {
            matches!(
                m.tag,
                Tag::Degree | Tag::An | Tag::The | Tag::You | Tag::YouAre | Tag::ItIs | Tag::ThisIs | Tag::Is
            )
        }) || heard.matches_ending(at + 1, |tag| matches!(tag, Tag::ItIs | Tag::YouAre | Tag::ThisIs))
    };
    heard.words() <= SHORT
        && (0..heard.len()).filter(|at| heard.is_word(*at) && !(phrase.start..phrase.end).contains(at)).all(leads)
}

/// The start of a clause, or right after a word that only leads into it.
pub(super) fn opens(heard: &Heard<'_>, at: usize) -> bool {
    let leads = |at: usize| {
        heard
            .at(at)
            .iter()
            .any(|m| matches!(m.tag, Tag::And | Tag::Sorry | Tag::Does(Intent::Greeting)) && m.end == at + 1)
    };
    heard.opens_clause(at) || (at > 0 && heard.opens_clause(at - 1) && leads(at - 1))
}

/// A question mark, save in a sentence that only asks how someone is.
fn asks_by_mark(heard: &Heard<'_>) -> bool {
    let marks = (0..heard.len()).filter(|at| {
        heard.is_sign(*at, '?') && heard.token(at + 1).is_none_or(|next| !next.glued || !heard.is_word(at + 1))
    });
    let greetings: Vec<Match> = heard.all(Tag::Does(Intent::Greeting)).collect();
    marks.into_iter().any(|mark| {
        let sentence = heard.token(mark).map(|t| t.sentence);
        let polite = greetings.iter().any(|m| m.end == mark && heard.token(m.start).map(|t| t.sentence) == sentence);
        let alone = mark == 0 || heard.is_sign(mark - 1, '?');
        !polite && !alone
    })
}

/// Drops what another intent explains better.
fn settle(heard: &Heard<'_>, out: &mut Understanding) {
    let drop = |out: &mut Understanding, because: &[Intent], what: &[Intent]| {
        if because.iter().any(|intent| out.wants(*intent)) {
            out.intents.retain(|intent| !what.contains(intent));
        }
    };
    drop(out, &[Intent::ObjectionPrice], &[Intent::Price]);
    drop(out, &[Intent::Reschedule, Intent::Cancel], &[Intent::Book]);
    drop(out, &[Intent::Reschedule], &[Intent::Cancel]);
    drop(out, &[Intent::Reschedule, Intent::Cancel, Intent::Book], &[Intent::OffTopic]);
    drop(out, &[Intent::Injection], &[Intent::Demo]);
    // "vocês são ladrões" begins like a question.
    if !(0..heard.len()).any(|at| heard.is_sign(at, '?')) {
        drop(out, &[Intent::Abuse], &[Intent::Question]);
    }
}
