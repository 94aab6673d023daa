//! Every public type that can be filled from outside, filled and printed. `build.rs` finds them in the sources.

use uuid::Uuid;

use crate::plant::{Harmless, MARKS, Plant};

include!(concat!(env!("OUT_DIR"), "/planted.rs"));

#[test]
fn nothing_that_was_planted_is_printed() {
    let printed = printed();
    assert!(printed.len() > 300, "the sources are found: {}", printed.len());
    let shows = |(name, _, text): &(&str, bool, String)| {
        MARKS.iter().any(|mark| text.contains(mark)).then(|| format!("{name}: {text}"))
    };
    let shown: Vec<_> = printed.iter().filter_map(shows).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

/// Types that hide something and cannot be filled from outside. That they hide is held by their fields' types.
const HELD_BY_THEIR_FIELDS: &[&str] = &[];

#[test]
fn what_is_not_printed_here_is_known() {
    let closed: Vec<_> = CLOSED.iter().filter(|(_, hides)| *hides).map(|(name, _)| *name).collect();
    assert_eq!(closed, HELD_BY_THEIR_FIELDS, "say in recipes.rs how it is filled, or list it here");
}
