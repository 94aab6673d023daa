//! Clocks and id generators: one line each, `spotlight_core::clock_conformance!(MyClock)` and
//! `spotlight_core::id_generator_conformance!(MyIds)`.

use std::collections::BTreeSet;

use crate::{
    domain::time::truncate,
    ports::{Clock, IdGenerator},
};

/// One test per promise of a [`Clock`](crate::ports::Clock), from an expression that makes one.
#[macro_export]
macro_rules! clock_conformance {
    ($clock:expr) => {
        #[test]
        fn a_clock_is_cut_to_microseconds() {
            $crate::conformance::clock::is_cut_to_microseconds(&$clock);
        }
    };
}

/// One test per promise of an [`IdGenerator`](crate::ports::IdGenerator), from an expression that makes one.
#[macro_export]
macro_rules! id_generator_conformance {
    ($ids:expr) => {
        #[test]
        fn generated_ids_ascend() {
            $crate::conformance::clock::ids_ascend(&$ids);
        }

        #[test]
        fn generated_secrets_differ() {
            $crate::conformance::clock::secrets_differ(&$ids);
        }
    };
}

/// Instants have the precision that every storage keeps.
pub fn is_cut_to_microseconds(clock: &dyn Clock) {
    for _ in 0..1000 {
        let now = clock.now();
        assert_eq!(now, truncate(now));
    }
}

/// Ids are UUIDs of version 7 that ascend.
pub fn ids_ascend(ids: &dyn IdGenerator) {
    let made: Vec<_> = (0..10_000).map(|_| ids.uuid()).collect();
    assert!(made.is_sorted_by(|a, b| a < b), "each is greater than the one before");
    assert!(made.iter().all(|id| id.get_version_num() == 7));
}

/// Secrets never repeat, and every byte of them varies.
pub fn secrets_differ(ids: &dyn IdGenerator) {
    let made: BTreeSet<_> = (0..1000).map(|_| ids.secret()).collect();
    assert_eq!(made.len(), 1000);
    for place in 0..32 {
        let values: BTreeSet<_> = made.iter().map(|secret| secret[place]).collect();
        assert!(values.len() > 1, "byte {place} is always the same");
    }
}
