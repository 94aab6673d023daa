//! Every public type that can be filled from outside, filled and printed. `build.rs` finds them in the sources.

use uuid::Uuid;

use crate::plant::{Harmless, MARKS, Plant};

/// A type by its name, whether it hides something, and what it prints.
type Filled = (&'static str, bool, fn() -> String);

include!(concat!(env!("OUT_DIR"), "/planted.rs"));

fn print<T: Plant + std::fmt::Debug>() -> String {
    T::plants().iter().map(|one| format!("{one:?} {one:#?}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_that_was_planted_is_printed() {
    assert!(FILLED.len() > 200, "the sources are found: {}", FILLED.len());
    let mut shown = Vec::new();
    for (name, hides, print) in FILLED {
        let text = print();
        if MARKS.iter().any(|mark| text.contains(mark)) {
            shown.push(format!("{name}: {text}"));
        }
        assert!(!hides || text.len() > name.rsplit("::").next().map_or(0, str::len), "{name} prints {text}");
    }
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

/// Types that hide something and cannot be filled from outside. That they hide is held by their fields' types.
const HELD_BY_THEIR_FIELDS: &[(&str, &str)] = &[
    ("spotlight_core::domain::invitation::Invitation", "borrows its texts"),
    ("spotlight_core::domain::invitation::Party", "borrows its texts"),
    ("spotlight_core::local::LocalFileStore", "an adapter with a folder"),
    ("spotlight_core::local::FolderMailer", "an adapter with a folder"),
    ("spotlight_core::memory::MemoryFileStore", "an adapter with its files"),
    ("spotlight_core::services::flags::FlagOverrides", "made from variables alone"),
    ("spotlight_core::text::bm25::Index", "made from texts alone"),
    ("spotlight_core::text::csv::Record", "borrows its texts"),
    ("spotlight_core::text::csv::Records", "a reader at work"),
    ("spotlight_core::trace::Trace", "filled in recipes.rs, inside of other types"),
    ("spotlight_http::Api", "the platform and its settings"),
    ("spotlight_http::HttpPolicy", "made from settings alone"),
    ("spotlight_http::Security", "made from settings alone"),
    ("spotlight_http::Wire", "an open connection"),
    ("spotlight_ops::credentials::Place", "the path of a file"),
    ("spotlight_ops::credentials::PrivateFile", "an open file"),
    ("spotlight_ops::credentials::Session", "an open file"),
    ("spotlight_ops::health::DiskCheck", "an adapter with a folder"),
    ("spotlight_ops::profile::Control", "an open socket"),
    ("spotlight_ops::profile::Stacks", "made from names of functions alone"),
];

#[test]
fn what_is_not_printed_here_is_known() {
    let closed: Vec<_> = CLOSED.iter().filter(|(_, hides)| *hides).map(|(name, _)| *name).collect();
    let known: Vec<_> = HELD_BY_THEIR_FIELDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(closed, known, "say in recipes.rs how it is filled, or list it here");
}
