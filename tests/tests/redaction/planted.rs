//! Every public type that can be filled from outside, filled and printed. `build.rs` finds them in the sources.

use uuid::Uuid;

use crate::plant::{Harmless, MARKS, Plant};

include!(concat!(env!("OUT_DIR"), "/planted.rs"));

fn print<T: Plant + std::fmt::Debug>() -> String {
    T::plants().iter().map(|one| format!("{one:?} {one:#?}\n")).collect()
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
const HELD_BY_THEIR_FIELDS: &[&str] = &[];

#[test]
fn what_is_not_printed_here_is_known() {
    let closed: Vec<_> = CLOSED.iter().filter(|(_, hides)| *hides).map(|(name, _)| *name).collect();
    assert_eq!(closed, HELD_BY_THEIR_FIELDS, "say in recipes.rs how it is filled, or list it here");
}
