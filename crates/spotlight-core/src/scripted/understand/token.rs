//! Splits an utterance into words, digit runs and signs, each with its place in the text.

use spotlight_derive::RedactedDebug;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use crate::domain::assistant::Language;

/// What a token is made of.
#[derive(RedactedDebug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters. Hyphens part words; see [`Token::glued`].
    Word,
    /// ASCII digits.
    Digits,
    /// Anything else that is not white space.
    Sign(char),
}

/// A piece of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// What it is made of.
    pub(super) kind: Kind,
    /// First byte in the text.
    pub(super) start: usize,
    /// First byte after it.
    pub(super) end: usize,
    /// No white space stands before it.
    pub(super) glued: bool,
    /// Begins with an upper-case letter.
    pub(super) capital: bool,
    /// The clause it is in, counted from 0: clauses end at `, ; : . ! ?`, dashes and line breaks.
    pub(super) clause: u32,
    /// The sentence it is in, counted from 0.
    pub(super) sentence: u32,
    fold: (usize, usize),
}

/// A text and its tokens.
#[derive(RedactedDebug)]
pub(super) struct Tokens<'a> {
    /// The text as it came.
    pub(super) text: &'a str,
    /// In the order of the text.
    pub(super) list: Vec<Token>,
    folded: String,
}

impl<'a> Tokens<'a> {
    /// Splits `text` by the spelling rules of `language`.
    pub(super) fn new(text: &'a str, language: Language) -> Self {
        let mut scan = Scan {
            tokens: Tokens { text, list: Vec::with_capacity(text.len() / 4 + 4), folded: String::new() },
            clause: 0,
            sentence: 0,
            glued: false,
        };
        scan.tokens.folded.reserve(text.len());
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            at = scan.step(at, c, language);
        }
        scan.tokens
    }

    /// The folded spelling of a token.
    pub(super) fn fold(&self, index: usize) -> &str {
        self.list.get(index).map_or("", |token| &self.folded[token.fold.0..token.fold.1])
    }

    /// The spelling of a token in the text.
    pub(super) fn raw(&self, index: usize) -> &'a str {
        self.list.get(index).map_or("", |token| &self.text[token.start..token.end])
    }

    /// The text from the start of one token to the end of another.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'a str {
        match (self.list.get(from), self.list.get(to)) {
            (Some(first), Some(last)) if first.start <= last.end => &self.text[first.start..last.end],
            _ => "",
        }
    }
}

struct Scan<'a> {
    tokens: Tokens<'a>,
    clause: u32,
    sentence: u32,
    glued: bool,
}

impl Scan<'_> {
    /// Reads the token that begins at byte `at` with `c`; gives back the byte after it.
    fn step(&mut self, at: usize, c: char, language: Language) -> usize {
        let text = self.tokens.text;
        if c.is_whitespace() || is_invisible(c) {
            if c == '\n' {
                self.clause += 1;
                self.sentence += 1;
            }
            self.glued = false;
            return at + c.len_utf8();
        }
        if c.is_ascii_digit() {
            let end = text[at..].find(|d: char| !d.is_ascii_digit()).map_or(text.len(), |n| at + n);
            self.push(Kind::Digits, at, end, language);
            return end;
        }
        if is_letter(c) {
            let end = word_end(text, at, language);
            self.push(Kind::Word, at, end, language);
            return self.after_word(end, language);
        }
        let end = at + c.len_utf8();
        self.push(Kind::Sign(c), at, end, language);
        let next = text[end..].chars().next();
        let stands_alone = next.is_none_or(|n| !n.is_alphanumeric());
        match c {
            '!' | '?' | '…' => self.part(true),
            '.' if stands_alone => self.part(true),
            ',' | ':' | ';' if stands_alone || c == ';' => self.part(false),
            '—' | '–' | '-' if next.is_some_and(char::is_whitespace) && self.before_is_space(at) => {
                self.part(false);
            }
            _ => {}
        }
        end
    }

    fn before_is_space(&self, at: usize) -> bool {
        self.tokens.text[..at].chars().next_back().is_some_and(char::is_whitespace)
    }

    fn part(&mut self, sentence: bool) {
        self.clause += 1;
        self.sentence += u32::from(sentence);
    }

    /// Drops the sign that joins a word to the next one: a hyphen, or an elision's apostrophe.
    fn after_word(&mut self, end: usize, language: Language) -> usize {
        let mut rest = self.tokens.text[end..].chars();
        let (Some(joint), next) = (rest.next(), rest.next()) else { return end };
        let joins = next.is_some_and(is_letter) && (joint == '-' || (elides(language) && is_apostrophe(joint)));
        if joins { end + joint.len_utf8() } else { end }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, language: Language) {
        let raw = &self.tokens.text[start..end];
        let from = self.tokens.folded.len();
        fold_into(&mut self.tokens.folded, raw, language);
        let fold = (from, self.tokens.folded.len());
        let capital = raw.chars().next().is_some_and(char::is_uppercase);
        let glued = self.glued;
        let (clause, sentence) = (self.clause, self.sentence);
        self.tokens.list.push(Token { kind, start, end, glued, capital, clause, sentence, fold });
        self.glued = true;
    }
}

fn word_end(text: &str, start: usize, language: Language) -> usize {
    let mut chars = text[start..].char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let inside = is_letter(c)
            || (is_apostrophe(c) && !elides(language) && chars.peek().is_some_and(|(_, next)| is_letter(*next)));
        if !inside {
            return start + offset;
        }
    }
    text.len()
}

/// French and Italian join short words to the next with an apostrophe; elsewhere it stands inside a word.
fn elides(language: Language) -> bool {
    matches!(language, Language::Fr | Language::It)
}

pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '`' | '´' | 'ʼ')
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || is_combining_mark(c) || (c.is_numeric() && !c.is_ascii_digit())
}

/// Zero-width characters that come along with copied text.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' | '\u{00ad}')
}

/// Adds `raw` in lower case without marks and apostrophes. German digraphs that stand for umlauts become the plain
/// vowel too, so that "für", "fuer" and "fur" are one word.
pub(super) fn fold_into(out: &mut String, raw: &str, language: Language) {
    let from = out.len();
    for c in raw.chars() {
        match c {
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            c if c.is_ascii() => {
                if c != '\'' && c != '`' {
                    out.push(c);
                }
            }
            'ß' | 'ẞ' => out.push_str("ss"),
            'œ' | 'Œ' => out.push_str("oe"),
            'æ' | 'Æ' => out.push_str("ae"),
            'ø' | 'Ø' => out.push('o'),
            'ł' | 'Ł' => out.push('l'),
            'ı' => out.push('i'),
            c if is_apostrophe(c) => {}
            c => decompose_compatible(c, |part| {
                if !is_combining_mark(part) {
                    out.extend(part.to_lowercase().filter(|l| !is_combining_mark(*l)));
                }
            }),
        }
    }
    if language == Language::De {
        drop_umlaut_digraphs(out, from);
    }
}

fn drop_umlaut_digraphs(out: &mut String, from: usize) {
    let digraph = |pair: &[u8]| matches!(pair, [b'a' | b'o' | b'u', b'e']);
    if out.as_bytes()[from..].windows(2).any(digraph) {
        let word = out.split_off(from);
        let mut last = ' ';
        for c in word.chars() {
            if !(c == 'e' && matches!(last, 'a' | 'o' | 'u')) {
                out.push(c);
            }
            last = c;
        }
    }
}

/// [`fold_into`] as a new string.
pub(super) fn fold(raw: &str, language: Language) -> String {
    let mut out = String::with_capacity(raw.len());
    fold_into(&mut out, raw, language);
    out
}
