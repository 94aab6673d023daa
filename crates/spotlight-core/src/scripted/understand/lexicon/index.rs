//! A compiled table: finds phrases, repairs typing errors, knows numbers and names.

use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};

use super::{Table, Tag, de, en, es, fr, it, names, pt, shared};
use crate::{
    domain::assistant::Language,
    scripted::understand::{pattern::Pattern, token::fold},
};

/// Shortest word in which a typing error is repaired.
const SHORTEST_TYPO: usize = 5;
/// Longest such word.
const LONGEST_TYPO: usize = 20;

/// A compiled table.
pub(in crate::scripted::understand) struct Index {
    /// Its language.
    pub(in crate::scripted::understand) language: Language,
    patterns: Vec<(Tag, Pattern)>,
    /// First word → patterns.
    heads: HashMap<Box<str>, Vec<u32>>,
    /// First two bytes of a first word that is only begun → patterns.
    stems: HashMap<[u8; 2], Vec<u32>>,
    /// Every word of a pattern.
    vocabulary: HashSet<Box<str>>,
    /// Beginnings of words, by their first two bytes.
    beginnings: HashMap<[u8; 2], Vec<Box<str>>>,
    /// Hash of a word with one letter left out → words it may be.
    near: HashMap<u64, Vec<Box<str>>>,
    numbers: HashMap<Box<str>, u64>,
    number_parts: Vec<(Box<str>, u64)>,
    joints: Vec<Box<str>>,
    never_names: HashSet<Box<str>>,
    never_endings: &'static [&'static str],
    given_names: HashSet<Box<str>>,
    particle_surnames: HashSet<Box<str>>,
    places: HashSet<Box<str>>,
    real_words: HashSet<Box<str>>,
}

impl Index {
    /// The index of a language, made at its first use.
    pub(in crate::scripted::understand) fn of(language: Language) -> &'static Self {
        static INDEXES: [OnceLock<Index>; 6] = [const { OnceLock::new() }; 6];
        let (cell, table) = match language {
            Language::En => (&INDEXES[0], &en::TABLE),
            Language::Es => (&INDEXES[1], &es::TABLE),
            Language::Fr => (&INDEXES[2], &fr::TABLE),
            Language::De => (&INDEXES[3], &de::TABLE),
            Language::It => (&INDEXES[4], &it::TABLE),
            Language::Pt => (&INDEXES[5], &pt::TABLE),
        };
        cell.get_or_init(|| Self::build(language, table))
    }

    fn build(language: Language, table: &Table) -> Self {
        let words = |list: &str| list.split_whitespace().map(|w| fold(w, language).into_boxed_str()).collect();
        let mut index = Self {
            language,
            patterns: Vec::new(),
            heads: HashMap::new(),
            stems: HashMap::new(),
            vocabulary: HashSet::new(),
            beginnings: HashMap::new(),
            near: HashMap::new(),
            numbers: table.numbers.iter().map(|(w, n)| (fold(w, language).into(), *n)).collect(),
            number_parts: table.numbers.iter().map(|(w, n)| (fold(w, language).into(), *n)).collect(),
            joints: table.joints.iter().map(|w| fold(w, language).into()).collect(),
            never_names: words(table.never_names),
            never_endings: table.never_endings,
            given_names: words(names::GIVEN),
            particle_surnames: words(names::AFTER_PARTICLES),
            places: words(names::PLACES),
            real_words: words(table.real_words),
        };
        index.number_parts.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        for (tag, sources) in shared::PHRASES.iter().chain(table.phrases.iter().copied().flatten()) {
            for source in *sources {
                index.add(*tag, source);
            }
        }
        index
    }

    fn add(&mut self, tag: Tag, source: &str) {
        let pattern = Pattern::new(source, self.language);
        let number = self.patterns.len() as u32;
        for head in pattern.heads() {
            if head.stem {
                if let [a, b, ..] = *head.text.as_bytes() {
                    self.stems.entry([a, b]).or_default().push(number);
                }
            } else {
                self.heads.entry(head.text.as_str().into()).or_default().push(number);
            }
        }
        for piece in pattern.pieces().filter(|piece| piece.stem) {
            if let [a, b, ..] = *piece.text.as_bytes() {
                self.beginnings.entry([a, b]).or_default().push(piece.text.as_str().into());
            }
        }
        for piece in pattern.pieces().filter(|piece| !piece.stem) {
            let word: Box<str> = piece.text.as_str().into();
            if self.vocabulary.insert(word.clone()) && mendable(tag, &word) {
                for key in shortened(&word) {
                    self.near.entry(key).or_default().push(word.clone());
                }
            }
        }
        self.patterns.push((tag, pattern));
    }

    /// The patterns that can begin with `word`, each once.
    pub(in crate::scripted::understand) fn starting(&self, word: &str) -> impl Iterator<Item = &(Tag, Pattern)> {
        let exact = self.heads.get(word).map_or(&[][..], Vec::as_slice);
        let begun = match *word.as_bytes() {
            [a, b, ..] => self.stems.get(&[a, b]).map_or(&[][..], Vec::as_slice),
            _ => &[],
        };
        exact.iter().chain(begun).filter_map(|number| self.patterns.get(*number as usize))
    }

    /// The table word that `word` is a typing error of, if there is just the one letter between them.
    pub(in crate::scripted::understand) fn repaired(&self, word: &str) -> Option<&str> {
        let length = word.len();
        if !(SHORTEST_TYPO..=LONGEST_TYPO).contains(&length) || !word.is_ascii() || self.knows(word) {
            return None;
        }
        shortened(word)
            .filter_map(|key| self.near.get(&key))
            .flatten()
            .map(Box::as_ref)
            .find(|known| one_slip(word, known))
    }

    /// True for words that are right as they stand.
    fn knows(&self, word: &str) -> bool {
        [&self.vocabulary, &self.never_names, &self.given_names, &self.places, &self.real_words]
            .iter()
            .any(|set| set.contains(word))
            || self.numbers.contains_key(word)
            || self.begins(word)
    }

    fn begins(&self, word: &str) -> bool {
        let key = word.as_bytes().first_chunk().copied().unwrap_or_default();
        self.beginnings.get(&key).is_some_and(|stems| stems.iter().any(|stem| word.starts_with(&**stem)))
    }

    /// The value of a number word.
    pub(in crate::scripted::understand) fn number(&self, word: &str) -> Option<u64> {
        self.numbers.get(word).copied()
    }

    /// The number words that can be written together, longest first.
    pub(in crate::scripted::understand) fn number_parts(&self) -> &[(Box<str>, u64)] {
        &self.number_parts
    }

    /// True for "and" within numbers.
    pub(in crate::scripted::understand) fn joins_numbers(&self, word: &str) -> bool {
        self.joints.iter().any(|joint| **joint == *word)
    }

    /// True for a word that is not a name, whatever stands before it.
    pub(in crate::scripted::understand) fn never_name(&self, word: &str) -> bool {
        self.never_names.contains(word)
            || (word.len() > 5 && self.never_endings.iter().any(|ending| word.ends_with(ending)))
    }

    /// True for a common given name.
    pub(in crate::scripted::understand) fn given_name(&self, word: &str) -> bool {
        self.given_names.contains(word)
    }

    /// True for a surname that usually follows "da" or "de".
    pub(in crate::scripted::understand) fn particle_surname(&self, word: &str) -> bool {
        self.particle_surnames.contains(word)
    }

    /// True for a well-known city or country.
    pub(in crate::scripted::understand) fn place(&self, word: &str) -> bool {
        self.places.contains(word)
    }
}

/// Months, currencies and insults are too close to other words and to names to be guessed.
fn mendable(tag: Tag, word: &str) -> bool {
    let risky = matches!(
        tag,
        Tag::Month(_)
            | Tag::Coin(_)
            | Tag::Insult
            | Tag::Rubbish
            | Tag::IAm
            | Tag::ThisIs
            | Tag::From
            | Tag::Entirely
            | Tag::Reason
            | Tag::However
            | Tag::CallMe
            | Tag::RingMe
            | Tag::YouAre
            | Tag::ItIs
            | Tag::Degree
    );
    !risky && word.len() >= SHORTEST_TYPO && word.is_ascii()
}

/// The hashes of `word` and of it with each letter but the first left out (FNV-1a).
fn shortened(word: &str) -> impl Iterator<Item = u64> {
    let bytes = word.as_bytes();
    (0..bytes.len()).map(move |skip| {
        let kept = bytes.iter().enumerate().filter(|(i, _)| skip == 0 || *i != skip);
        kept.fold(0xcbf2_9ce4_8422_2325_u64, |hash, (_, byte)| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
    })
}

/// True when one letter is missing, added, wrong or swapped with its neighbour.
fn one_slip(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(left, right)| left == right).count();
    let (left, right) = (&a[same..], &b[same..]);
    let swapped = match (left, right) {
        ([one, two, rest @ ..], [first, second, end @ ..]) => one == second && two == first && rest == end,
        _ => false,
    };
    let (left_tail, right_tail) = (left.get(1..).unwrap_or_default(), right.get(1..).unwrap_or_default());
    swapped || left_tail == right_tail || left_tail == right || left == right_tail
}
