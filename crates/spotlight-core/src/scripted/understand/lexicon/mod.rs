//! The word tables of each language, and the index that finds their phrases.
//!
//! A table ([`Table`]) is data only: phrases by what they stand for ([`Tag`]), number words, and words that are never
//! names. The tables are written in [`pattern`](super::pattern) notation in ordinary spelling, and are compiled once,
//! when the language is first heard.

mod concerns;
mod de;
mod en;
mod es;
mod fr;
mod index;
mod it;
mod names;
mod pt;
mod shared;
mod tag;

pub(super) use self::{
    index::Index,
    tag::{Coin, Matter, Part, Tag, Unit},
};

/// What is known of one language.
pub(super) struct Table {
    /// Phrases by what they stand for, in groups.
    pub(super) phrases: &'static [&'static [(Tag, &'static [&'static str])]],
    /// Number words: units, teens, tens, hundreds, and the multipliers 100, 1,000, 1,000,000 and 1,000,000,000.
    pub(super) numbers: &'static [(&'static str, u64)],
    /// Words that join parts of a number: "and".
    pub(super) joints: &'static [&'static str],
    /// Words that follow "I am" or stand alone but are not names, parted by spaces.
    pub(super) never_names: &'static str,
    /// Endings of words that follow "I am" but are not names.
    pub(super) never_endings: &'static [&'static str],
    /// Words of their own that a typing error in a table word would also give, parted by spaces.
    pub(super) real_words: &'static str,
}
