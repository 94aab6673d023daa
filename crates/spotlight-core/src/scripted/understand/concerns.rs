//! What counts for a lead's score beside the intents.

use std::collections::BTreeSet;

use super::{
    heard::{Heard, Match},
    lexicon::{Matter, Tag},
};
use crate::{
    domain::{
        assistant::{Language, Topic},
        score::Concerns,
    },
    scripted::understanding::{Asked, Hearing},
};

/// The objections of what a visitor said, and what it is about.
///
/// Pure, and total: any text gives an answer, if only an empty one.
pub fn concerns(text: &str, hearing: &Hearing) -> Concerns {
    let text = &text[..text.floor_char_boundary(super::LONGEST)];
    let heard = Heard::new(text, hearing);
    let asking = sentences_that_ask(&heard);
    let is_asked = |phrase: &Match| heard.token(phrase.start).is_some_and(|token| asking.contains(&token.sentence));
    // "My boss need not decide": denied, unless the phrase itself begins with the "not" of "not my decision".
    let is_denied =
        |phrase: &Match| heard.after(phrase.start, Tag::Not).is_none() && heard.follows(phrase.start, &[Tag::Not], 2);
    let mut concerns = Concerns { declines_detail: declines_detail(&heard), ..Concerns::default() };
    for phrase in &heard.matches {
        match phrase.tag {
            Tag::Objects(objection) if !is_asked(phrase) && !is_denied(phrase) => {
                concerns.objections.insert(objection);
            }
            Tag::AsksStart if !is_denied(phrase) => concerns.asks_start = true,
            _ => {}
        }
    }
    concerns
}

/// What an assistant's utterance leaves the visitor to answer, as far as its words tell: a contact or an appointment in
/// its last sentence that asks. Otherwise [`Asked::Open`].
pub fn asks_for(text: &str, language: Language) -> Asked {
    let text = &text[..text.floor_char_boundary(super::LONGEST)];
    let hearing = Hearing {
        language,
        asked: Asked::Open,
        now: crate::domain::time::Timestamp::UNIX_EPOCH,
        time_zone: chrono_tz::UTC,
        region: None,
    };
    let heard = Heard::new(text, &hearing);
    let Some(last) = sentences_that_ask(&heard).last().copied() else { return Asked::Open };
    let is_about = |matter| {
        let named = |phrase: Match| heard.token(phrase.start).is_some_and(|token| token.sentence == last);
        heard.all(Tag::Names(matter)).any(named)
    };
    if is_about(Matter::Contact) {
        Asked::Topic(Topic::Email)
    } else if is_about(Matter::Meeting) {
        Asked::Slot
    } else {
        Asked::Open
    }
}

fn sentences_that_ask(heard: &Heard<'_>) -> BTreeSet<u32> {
    let marks = (0..heard.len()).filter(|at| heard.is_sign(*at, '?'));
    marks.filter_map(|at| heard.token(at).map(|token| token.sentence)).collect()
}

/// True when a contact or an appointment is named, and interest is spoken of, if at all, in one clause with it: then a
/// refusal refuses that and not the business.
fn declines_detail(heard: &Heard<'_>) -> bool {
    let clauses = |matter| {
        let clause = |phrase: Match| heard.token(phrase.start).map(|token| token.clause);
        heard.all(Tag::Names(matter)).filter_map(clause).collect::<BTreeSet<_>>()
    };
    let details: BTreeSet<_> = clauses(Matter::Contact).union(&clauses(Matter::Meeting)).copied().collect();
    !details.is_empty() && clauses(Matter::Interest).is_subset(&details)
}
