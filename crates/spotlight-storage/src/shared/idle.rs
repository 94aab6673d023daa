//! How many connections of a pool nobody uses.

use sqlx::{Database, Pool};

/// Connections that are open and that nobody uses.
pub(crate) fn idle<DB: Database>(pool: &Pool<DB>) -> u32 {
    counted(pool.num_idle(), pool.size())
}

/// The driver counts a connection that comes back only after it can be taken again. Whoever is quicker takes one from
/// none, and for that moment there are as many as a number can hold.
fn counted(idle: usize, open: u32) -> u32 {
    u32::try_from(idle).ok().filter(|idle| *idle <= open).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_taken_before_it_was_counted_is_in_use() {
        assert_eq!([counted(0, 1), counted(1, 1), counted(2, 5)], [0, 1, 2]);
        assert_eq!(counted(0_usize.wrapping_sub(1), 1), 0);
    }
}
