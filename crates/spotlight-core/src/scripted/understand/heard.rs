//! An utterance with the phrases found in it.

use super::{
    lexicon::{Index, Tag},
    pattern::Words,
    token::{Kind, Token, Tokens},
};
use crate::{
    domain::assistant::Language,
    scripted::understanding::{Hearing, Intent},
};

/// A phrase of the word tables, found in the utterance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    /// What it stands for.
    pub(super) tag: Tag,
    /// Its first token.
    pub(super) start: usize,
    /// The token after it.
    pub(super) end: usize,
}

/// An utterance with the phrases found in it. Extractors read it, and take the tokens they have used.
pub(super) struct Heard<'a> {
    /// What understanding depends on besides the words.
    pub(super) hearing: &'a Hearing,
    /// The word tables.
    pub(super) index: &'static Index,
    /// The tokens.
    pub(super) tokens: Tokens<'a>,
    /// Phrases, by first token and then longest first.
    pub(super) matches: Vec<Match>,
    /// No letter is a capital.
    pub(super) small: bool,
    repaired: Vec<Option<&'static str>>,
    starts: Vec<usize>,
    taken: Vec<bool>,
}

impl Words for Heard<'_> {
    fn tokens(&self) -> &Tokens<'_> {
        &self.tokens
    }

    fn word(&self, index: usize) -> &str {
        match self.repaired.get(index) {
            Some(Some(word)) => word,
            _ => self.tokens.fold(index),
        }
    }
}

impl<'a> Heard<'a> {
    /// Splits the text and finds every phrase.
    pub(super) fn new(text: &'a str, hearing: &'a Hearing) -> Self {
        let index = Index::of(hearing.language);
        let tokens = Tokens::new(text, hearing.language);
        let count = tokens.list.len();
        let mut heard = Self {
            hearing,
            index,
            tokens,
            matches: Vec::with_capacity(count),
            small: !text.chars().any(char::is_uppercase),
            repaired: Vec::new(),
            starts: Vec::with_capacity(count + 1),
            taken: vec![false; count],
        };
        heard.repaired = (0..count).map(|i| heard.repair(i)).collect();
        heard.find_phrases();
        heard
    }

    /// Names are not repaired: a capital inside a clause leaves a word as it is.
    fn repair(&self, at: usize) -> Option<&'static str> {
        let token = self.tokens.list.get(at)?;
        let inside = at > 0 && self.tokens.list[at - 1].clause == token.clause;
        // German writes nouns with capitals too; its longer words are no names.
        let noun = self.index.language == Language::De && self.tokens.raw(at).len() >= 7;
        if token.kind != Kind::Word || (token.capital && inside && !noun) || self.in_address(at) {
            return None;
        }
        self.index.repaired(self.tokens.fold(at))
    }

    /// True next to the signs of an e-mail or web address.
    fn in_address(&self, at: usize) -> bool {
        let sign = |i: usize| matches!(self.kind(i), Some(Kind::Sign('@' | '.' | '_' | '/')));
        let before = at > 0 && self.tokens.list[at].glued && sign(at - 1);
        let after = self.tokens.list.get(at + 1).is_some_and(|t| t.glued) && sign(at + 1);
        before || (after && self.tokens.list.get(at + 2).is_some_and(|t| t.glued))
    }

    fn find_phrases(&mut self) {
        for at in 0..self.tokens.list.len() {
            self.starts.push(self.matches.len());
            if matches!(self.tokens.list[at].kind, Kind::Sign(_)) {
                continue;
            }
            let from = self.matches.len();
            let index = self.index;
            let found: Vec<_> = index
                .starting(self.word(at))
                .filter_map(|(tag, pattern)| Some(Match { tag: *tag, start: at, end: pattern.find(self, at)? }))
                .collect();
            self.matches.extend(found);
            self.matches[from..].sort_by_key(|m| std::cmp::Reverse(m.end));
        }
        self.starts.push(self.matches.len());
        self.hide_muted();
    }

    /// Drops the matches that lie inside a longer phrase which means something else.
    fn hide_muted(&mut self) {
        let count = self.tokens.list.len();
        let mut cover = vec![(0, 0); count];
        for mute in self.matches.iter().filter(|m| m.tag == Tag::Mute) {
            for slot in &mut cover[mute.start..mute.end] {
                *slot = (*slot).max((mute.end - mute.start, mute.end));
            }
        }
        self.matches.retain(|m| {
            let (length, end) = cover[m.start];
            matches!(m.tag, Tag::Mute | Tag::AsksWho | Tag::AsksWhat) || m.end > end || m.end - m.start >= length
        });
        self.starts.clear();
        let mut next = 0;
        for at in 0..=count {
            next += self.matches[next..].iter().take_while(|m| m.start < at).count();
            self.starts.push(next);
        }
    }

    /// What the token at `at` is made of.
    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.list.get(at).map(|token| token.kind)
    }

    /// The token at `at`.
    pub(super) fn token(&self, at: usize) -> Option<&Token> {
        self.tokens.list.get(at)
    }

    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.tokens.list.len()
    }

    /// True for a word.
    pub(super) fn is_word(&self, at: usize) -> bool {
        self.kind(at) == Some(Kind::Word)
    }

    /// True for the sign `c`.
    pub(super) fn is_sign(&self, at: usize, c: char) -> bool {
        self.kind(at) == Some(Kind::Sign(c))
    }

    /// The value of a run of at most nine digits.
    pub(super) fn digits(&self, at: usize) -> Option<u32> {
        match self.kind(at)? {
            Kind::Digits if self.tokens.raw(at).len() <= 9 => self.tokens.raw(at).parse().ok(),
            _ => None,
        }
    }

    /// The phrases that begin at `at`, longest first.
    pub(super) fn at(&self, at: usize) -> &[Match] {
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(from), Some(to)) => &self.matches[*from..*to],
            _ => &[],
        }
    }

    /// The token after the longest phrase at `at` that stands for `tag`.
    pub(super) fn after(&self, at: usize, tag: Tag) -> Option<usize> {
        self.at(at).iter().find(|m| m.tag == tag).map(|m| m.end)
    }

    /// The first thing, of the longest phrase at `at`, that `pick` accepts, and the token after it.
    pub(super) fn pick<T>(&self, at: usize, pick: impl Fn(Tag) -> Option<T>) -> Option<(T, usize)> {
        self.at(at).iter().find_map(|m| Some((pick(m.tag)?, m.end)))
    }

    /// The token after any of `tags` at `at`, or `at` itself when none is there.
    ///
    /// Steps over four of them at most, so that no chain of them makes a long text slow.
    pub(super) fn skip(&self, mut at: usize, tags: &[Tag]) -> usize {
        for _ in 0..4 {
            match self.at(at).iter().find(|m| tags.contains(&m.tag)) {
                Some(m) => at = m.end,
                None => break,
            }
        }
        at
    }

    /// Every phrase that stands for `tag`.
    pub(super) fn all(&self, tag: Tag) -> impl Iterator<Item = Match> + '_ {
        self.matches.iter().filter(move |m| m.tag == tag).copied()
    }

    /// True when a phrase stands for `tag`.
    pub(super) fn has(&self, tag: Tag) -> bool {
        self.all(tag).next().is_some()
    }

    /// True when a phrase that stands for one of `tags` ends in the `reach` tokens before `at`, in the same clause.
    pub(super) fn follows(&self, at: usize, tags: &[Tag], reach: usize) -> bool {
        let Some(clause) = self.token(at).map(|t| t.clause) else { return false };
        let from = at.saturating_sub(reach + 4);
        (from..at).any(|start| {
            self.token(start).is_some_and(|t| t.clause == clause)
                && self.at(start).iter().any(|m| tags.contains(&m.tag) && m.end <= at && m.end + reach >= at)
        })
    }

    /// True when "not" in one of its forms stands in the `reach` tokens before `at`, and no "but" in between.
    pub(super) fn denied(&self, at: usize, tags: &[Tag], reach: usize) -> bool {
        let Some(clause) = self.token(at).map(|t| t.clause) else { return false };
        (at.saturating_sub(reach + 4)..at).rev().take_while(|start| self.after(*start, Tag::But).is_none()).any(
            |start| {
                // "menos el" reaches into "el lunes".
                let before = |m: &Match| tags.contains(&m.tag) && m.end <= at + 1 && m.end + reach >= at;
                self.token(start).is_some_and(|t| t.clause == clause) && self.at(start).iter().any(before)
            },
        )
    }

    /// True when a phrase of one of `tags` begins in the `reach` tokens from `at`, in the same clause as the one before.
    pub(super) fn precedes(&self, at: usize, tags: &[Tag], reach: usize) -> bool {
        let Some(clause) = at.checked_sub(1).and_then(|i| self.token(i)).map(|t| t.clause) else { return false };
        (at..at + reach).any(|start| {
            self.token(start).is_some_and(|t| t.clause == clause)
                && self.at(start).iter().any(|m| tags.contains(&m.tag))
        })
    }

    /// True when a phrase that `wanted` accepts ends before token `end`, and begins at most three tokens earlier.
    pub(super) fn matches_ending(&self, end: usize, wanted: impl Fn(Tag) -> bool) -> bool {
        (end.saturating_sub(4)..end).any(|start| self.at(start).iter().any(|m| m.end == end && wanted(m.tag)))
    }

    /// True for the first word of a clause.
    pub(super) fn opens_clause(&self, at: usize) -> bool {
        let Some(token) = self.token(at) else { return false };
        (0..at)
            .rev()
            .map_while(|i| self.token(i))
            .find(|t| !matches!(t.kind, Kind::Sign(_)) || t.clause != token.clause)
            .is_none_or(|before| before.clause != token.clause)
    }

    /// True when no word of the clause of the token before `at` is left.
    pub(super) fn closes_clause(&self, at: usize) -> bool {
        let Some(clause) = at.checked_sub(1).and_then(|i| self.token(i)).map(|t| t.clause) else { return true };
        self.tokens.list[at.min(self.len())..]
            .iter()
            .find(|t| !matches!(t.kind, Kind::Sign(_)) || t.clause != clause)
            .is_none_or(|next| next.clause != clause)
    }

    /// True when the token was used.
    pub(super) fn is_taken(&self, at: usize) -> bool {
        self.taken.get(at).copied().unwrap_or(true)
    }

    /// True when none of the tokens was used.
    pub(super) fn is_free(&self, from: usize, to: usize) -> bool {
        (from..to).all(|at| !self.is_taken(at))
    }

    /// Whether of several values the last is meant: something was corrected, or a "sorry" stands between the first,
    /// which ends before `from`, and the last, which begins at `to`.
    pub(super) fn last_counts(&self, from: usize, to: usize) -> bool {
        self.has(Tag::Does(Intent::Correction))
            || self.all(Tag::Sorry).any(|m| from <= m.start && m.end <= to)
            || self
                .all(Tag::No)
                .any(|m| from <= m.start && m.end <= to && m.end == m.start + 1 && self.closes_clause(m.end))
    }

    /// Marks tokens as used.
    pub(super) fn take(&mut self, from: usize, to: usize) {
        let end = to.min(self.taken.len());
        if from < end {
            self.taken[from..end].fill(true);
        }
    }

    /// How many words there are.
    pub(super) fn words(&self) -> usize {
        self.tokens.list.iter().filter(|t| t.kind == Kind::Word).count()
    }
}
