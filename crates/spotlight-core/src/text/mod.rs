//! Words: folding, tokens, ranking and keywords.
//!
//! Searching is core code so that every storage gives the same answers: an adapter stores what [`search_text`] made
//! and finds a record exactly when [`matches()`] is true of it and the [`tokens()`] of the query.

pub mod bm25;
pub mod csv;
mod fold;
mod keywords;
mod stem;
mod stop_words;
mod tokens;

pub use self::{
    fold::fold,
    keywords::keywords,
    tokens::{MAX_TOKEN_CHARS, matches, search_text, tokens},
};
