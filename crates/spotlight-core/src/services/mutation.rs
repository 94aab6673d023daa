//! Switching one check of authorization off, so that a test can show that another test would notice.
//!
//! With the feature `mutation` every place that asks [`off`] is known by where it stands in the source. A test first
//! lets `watch` tell which places a request comes by, then switches each of them off and expects another answer.
//! Without the feature, which no deployment has, [`off`] is `false` and costs nothing.

#[cfg(feature = "mutation")]
mod places {
    use std::{cell::RefCell, collections::BTreeSet, panic::Location};

    /// Where a check stands.
    pub type Place = &'static Location<'static>;

    #[derive(Default)]
    struct State {
        watching: bool,
        seen: BTreeSet<Place>,
        off: Option<Place>,
    }

    // Each thread has its own, so that several tests can work at once: each on a runtime of one thread.
    thread_local! {
        static STATE: RefCell<State> = RefCell::default();
    }

    /// True while the check that asks is switched off.
    #[track_caller]
    pub(crate) fn off() -> bool {
        let here = Location::caller();
        STATE.with_borrow_mut(|state| {
            if state.watching {
                state.seen.insert(here);
            }
            state.off == Some(here)
        })
    }

    /// Begins to note which checks are asked.
    pub fn watch() {
        STATE.set(State { watching: true, ..State::default() });
    }

    /// The checks that were asked since [`watch`], which ends.
    pub fn seen() -> BTreeSet<Place> {
        STATE.take().seen
    }

    /// Switches one check off, or with none all on again. For this thread.
    pub fn switch_off(place: Option<Place>) {
        STATE.with_borrow_mut(|state| state.off = place);
    }
}

#[cfg(feature = "mutation")]
pub use places::{Place, seen, switch_off, watch};
#[cfg(feature = "mutation")]
#[track_caller]
/// True while the check that asks is switched off.
pub fn off() -> bool {
    places::off()
}

/// Always false: checks cannot be switched off without the feature `mutation`.
#[cfg(not(feature = "mutation"))]
#[inline]
pub const fn off() -> bool {
    false
}
