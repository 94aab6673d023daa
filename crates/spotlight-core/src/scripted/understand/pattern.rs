//! The small language in which the word tables are written, and its matcher.
//!
//! A pattern is words apart by spaces. `a|b` is either, `a_b` is two words as one alternative (a hyphen or, in French
//! and Italian, an apostrophe means the same), `word?` may be absent, `inter~` is any word that begins so, `*` is up
//! to three words of the same sentence. A leading `^` holds at the start of a clause only, a final `$` at its end
//! only. Case and accents do not matter, and a comma may stand between any two words.

use spotlight_derive::RedactedDebug;

use super::token::{Kind, Tokens, fold};
use crate::domain::assistant::Language;

/// One word of an alternative.
#[derive(RedactedDebug, Clone)]
pub(super) struct Piece {
    /// Folded letters.
    pub(super) text: String,
    /// Any word that begins with them.
    pub(super) stem: bool,
}

impl Piece {
    fn new(raw: &str, language: Language) -> Self {
        let stem = raw.ends_with('~');
        Self { text: fold(raw.trim_end_matches('~'), language), stem }
    }

    /// True when `word`, folded, is meant.
    pub(super) fn fits(&self, word: &str) -> bool {
        if self.stem { word.starts_with(&self.text) } else { word == self.text }
    }
}

#[derive(Debug)]
enum Element {
    Gap,
    Any { alternatives: Vec<Vec<Piece>>, optional: bool },
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    elements: Vec<Element>,
    clause_start: bool,
    clause_end: bool,
}

/// Longest gap, in words.
const GAP: usize = 3;

/// The words that a pattern is matched against.
pub(super) trait Words {
    /// The tokens.
    fn tokens(&self) -> &Tokens<'_>;
    /// The spelling to compare, after repairs.
    fn word(&self, index: usize) -> &str;
}

impl Pattern {
    /// Compiles the source text of a pattern.
    pub(super) fn new(source: &str, language: Language) -> Self {
        let clause_start = source.starts_with('^');
        let clause_end = source.ends_with('$');
        let body = source.trim_start_matches('^').trim_end_matches('$');
        let elements = body.split_whitespace().map(|part| element(part, language)).collect();
        Self { elements, clause_start, clause_end }
    }

    /// The words a match can begin with.
    pub(super) fn heads(&self) -> impl Iterator<Item = &Piece> {
        let through = self.elements.iter().take_while(|e| matches!(e, Element::Any { optional: true, .. })).count();
        self.elements
            .iter()
            .take(through + 1)
            .flat_map(|element| match element {
                Element::Gap => &[][..],
                Element::Any { alternatives, .. } => alternatives.as_slice(),
            })
            .filter_map(|alternative| alternative.first())
    }

    /// Every word of the pattern.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.elements
            .iter()
            .flat_map(|element| match element {
                Element::Gap => &[][..],
                Element::Any { alternatives, .. } => alternatives.as_slice(),
            })
            .flatten()
    }

    /// The token after a match that begins at token `start`.
    pub(super) fn find(&self, words: &dyn Words, start: usize) -> Option<usize> {
        let list = &words.tokens().list;
        if self.clause_start && start > 0 && list.get(start - 1)?.clause == list.get(start)?.clause {
            return None;
        }
        let end = run(&self.elements, words, start, start)?;
        let ends_clause = || {
            let last = list.get(end - 1).map(|t| t.clause);
            list[end..].iter().find(|t| !matches!(t.kind, Kind::Sign(_))).is_none_or(|t| Some(t.clause) != last)
        };
        (end > start && (!self.clause_end || ends_clause())).then_some(end)
    }
}

fn element(part: &str, language: Language) -> Element {
    if part == "*" {
        return Element::Gap;
    }
    let optional = part.ends_with('?');
    let alternatives = part
        .trim_end_matches('?')
        .split('|')
        .flat_map(|alternative| {
            let elided = matches!(language, Language::Fr | Language::It) && alternative.contains('\'');
            let spaced = if elided { alternative.replace('\'', "_") } else { alternative.to_owned() };
            let closed = elided.then(|| alternative.replace('\'', ""));
            [Some(spaced), closed].into_iter().flatten()
        })
        .map(|alternative| {
            alternative.split(['_', '-']).filter(|w| !w.is_empty()).map(|w| Piece::new(w, language)).collect::<Vec<_>>()
        })
        .filter(|pieces| !pieces.is_empty())
        .collect();
    Element::Any { alternatives, optional }
}

/// Matches `elements` from token `at`; `start` is where the pattern began.
fn run(elements: &[Element], words: &dyn Words, at: usize, start: usize) -> Option<usize> {
    let Some((first, rest)) = elements.split_first() else { return Some(at) };
    match first {
        Element::Gap => {
            let mut here = at;
            for _ in 0..=GAP {
                if let Some(end) = run(rest, words, here, start) {
                    return Some(end);
                }
                let next = soft(words, here, start);
                let list = &words.tokens().list;
                let token = list.get(next)?;
                if matches!(token.kind, Kind::Sign(_)) || list.get(start)?.sentence != token.sentence {
                    return None;
                }
                here = next + 1;
            }
            None
        }
        Element::Any { alternatives, optional } => {
            let here = soft(words, at, start);
            let fits = |alternative: &[Piece]| {
                alternative.iter().enumerate().all(|(offset, piece)| {
                    words.tokens().list.get(here + offset).is_some_and(|t| !matches!(t.kind, Kind::Sign(_)))
                        && piece.fits(words.word(here + offset))
                })
            };
            let fitting = alternatives.iter().filter(|alternative| fits(alternative));
            let taken = fitting.filter_map(|alternative| run(rest, words, here + alternative.len(), start)).max();
            taken.or_else(|| if *optional { run(rest, words, at, start) } else { None })
        }
    }
}

/// Steps over one sign that may stand inside a phrase.
fn soft(words: &dyn Words, at: usize, start: usize) -> usize {
    let sign = words.tokens().list.get(at).map(|token| token.kind);
    if at > start && matches!(sign, Some(Kind::Sign(',' | '-' | '–' | '"' | '«' | '»' | '“' | '”'))) {
        at + 1
    } else {
        at
    }
}
