//! The words of a name: which belong to it, and how they are spelled.

use super::{heard::Heard, legal_form::legal_form, lexicon::Tag, token::is_apostrophe};
use crate::domain::assistant::Language;

/// Most words of a name, not counting particles.
pub(super) const LONGEST: usize = 4;

/// Words inside names that stay in lower case.
const PARTICLES: &[&str] = &[
    "de", "del", "della", "dello", "degli", "di", "da", "do", "dos", "das", "du", "la", "las", "los", "le", "van",
    "von", "der", "den", "dem", "zu", "zum", "zur", "ter", "ten", "vom", "bin", "ibn", "al",
];

/// How sure it is that a name follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// "my name is", or the question was about the name.
    Strong,
    /// "I am", "this is".
    Weak,
}

pub(super) fn is_particle(heard: &Heard<'_>, at: usize) -> bool {
    let elided = || {
        let next = heard.token(at + 1).filter(|next| next.glued);
        matches!(heard.tokens.fold(at), "d" | "dell") && next.is_some()
    };
    heard.is_word(at) && (PARTICLES.contains(&heard.tokens.fold(at)) || elided())
}

/// A word that can be part of a name.
pub(super) fn is_name_word(heard: &Heard<'_>, at: usize, cue: Cue) -> bool {
    let Some(token) = heard.token(at).filter(|_| heard.is_word(at) && !heard.is_taken(at)) else { return false };
    let raw = heard.tokens.raw(at);
    let fold = heard.tokens.fold(at);
    let owner = heard.index.language == Language::En
        && raw.ends_with('s')
        && raw.chars().rev().nth(1).is_some_and(is_apostrophe);
    let joins = heard.at(at).iter().any(|m| matches!(m.tag, Tag::And | Tag::Speaking | Tag::Not) && m.end == at + 1);
    let known = heard.index.given_name(fold) && (token.capital || cue == Cue::Strong);
    let capital = token.capital && cue == Cue::Strong && heard.index.language != Language::De;
    let never = heard.index.never_name(fold) && !known && !capital;
    raw.len() <= 40 && !owner && !joins && !never && raw.chars().all(|c| !c.is_numeric())
}

/// The words of a name from `at`, with particles and initials.
pub(super) fn collect(heard: &Heard<'_>, at: usize, cue: Cue) -> Option<(usize, usize)> {
    let mut clause = heard.token(at)?.clause;
    let given = heard.token(at)?.capital && heard.index.given_name(heard.tokens.fold(at));
    let mut here = at;
    let mut count = 0;
    while count < LONGEST && heard.token(here).is_some_and(|t| t.clause == clause) {
        let mut word = here;
        while is_particle(heard, word) && word < here + 3 {
            word += 1;
        }
        // After a given name in capitals, a word in capitals is a surname, be it a trade: "Tom Baker".
        let trust = if given && count > 0 { Cue::Strong } else { cue };
        let surname =
            word > here && is_name_word(heard, word, trust) && heard.token(word).is_some_and(|t| t.clause == clause);
        if surname && (count > 0 || cue == Cue::Strong) {
            if count > 0 && !belongs(heard, here, word, cue) {
                break;
            }
        } else if is_name_word(heard, here, trust) && (word == here || heard.index.given_name(heard.tokens.fold(here)))
        {
            word = here;
        } else {
            break;
        }
        here = word + 1;
        count += 1;
        // An initial keeps its dot, which ends no sentence.
        if heard.is_sign(here, '.') && heard.tokens.raw(word).chars().count() == 1 && heard.is_word(here + 1) {
            here += 1;
            clause = heard.token(here)?.clause;
        }
    }
    (count > 0).then_some((at, here))
}

/// Whether "de Acme" after a given name is part of the name rather than where the visitor works.
fn belongs(heard: &Heard<'_>, from: usize, word: usize, cue: Cue) -> bool {
    let particle = heard.tokens.fold(from);
    let several = word > from + 1;
    let alike = heard.token(from.saturating_sub(1)).map(|t| t.capital) == heard.token(word).map(|t| t.capital);
    let company = (word + 1..word + 4).any(|end| legal_form(heard, end).is_some());
    let telling = matches!(particle, "de" | "di" | "da" | "von" | "do" | "del" | "vom" | "della" | "dello" | "d");
    let surname = heard.index.particle_surname(heard.tokens.fold(word));
    let strong = cue == Cue::Strong && !heard.index.place(heard.tokens.fold(word));
    alike && !company && (!telling || surname || (several && particle != "da") || strong)
}

/// The name in the usual capitals.
pub(super) fn spell(heard: &Heard<'_>, start: usize, end: usize) -> String {
    let words = || (start..end).filter(|at| heard.is_word(*at));
    let shouted = words().all(|at| heard.tokens.raw(at).chars().all(|c| !c.is_lowercase()))
        && words().any(|at| heard.tokens.raw(at).chars().count() > 2);
    let mut name = String::new();
    for at in start..end {
        let Some(token) = heard.token(at) else { continue };
        if let Some(before) = heard.token(at.wrapping_sub(1)).filter(|_| at > start) {
            let between = &heard.tokens.text[before.end..token.start];
            name.push_str(if between.chars().any(char::is_whitespace) { " " } else { between });
        }
        let raw = heard.tokens.raw(at);
        let mixed = raw.chars().any(char::is_uppercase) && !shouted;
        let lower = if mixed { raw.to_owned() } else { raw.to_lowercase() };
        let listed = PARTICLES.contains(&heard.tokens.fold(at));
        let elided = is_particle(heard, at) && heard.index.language != Language::It;
        let particle = at > start && (listed || elided);
        if mixed || (particle && at + 1 < end) { name.push_str(&lower) } else { capitals(&mut name, &lower) }
    }
    name
}

/// Adds a word with a capital at its start, after an apostrophe that follows one letter, and after "mc".
fn capitals(out: &mut String, word: &str) {
    let gaelic = word.starts_with("mc") && word.chars().count() > 4;
    let mut raise = true;
    for (place, c) in word.chars().enumerate() {
        if raise || (gaelic && place == 2) {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        raise = place == 1 && is_apostrophe(c);
    }
}
