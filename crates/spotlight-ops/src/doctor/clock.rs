//! How far another machine's clock is from this one's.

use chrono::{DateTime, Utc};

use super::{Finding, Severity};

/// Clocks further apart than this, in milliseconds, are worth a warning.
const APART: i64 = 1_000;

/// What is to be said of a clock that was read between two instants of this machine's.
pub(super) fn compared(
    area: &'static str,
    whose: &str,
    there: DateTime<Utc>,
    (before, after): (DateTime<Utc>, DateTime<Utc>),
) -> Finding {
    let apart = (before - there).max(there - after).num_milliseconds().max(0);
    let evidence = format!("{whose} clock is {apart} ms from this machine's");
    if apart <= APART {
        return Finding::fine(area, evidence);
    }
    Finding::new(Severity::Warning, area, evidence)
        .because("leases, limits, tokens and bookings compare times of several machines")
        .then("have all machines follow one time server (chrony or systemd-timesyncd)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_compared_with_the_moments_before_and_after_it_was_read() {
        let at = |second: i64| DateTime::from_timestamp(second, 0).expect("an instant");
        let severity = |there| compared("redis.clock", "Redis'", at(there), (at(10), at(12))).severity;
        assert_eq!([9, 10, 11, 12, 13].map(severity), [Severity::Fine; 5]);
        assert_eq!([8, 14].map(severity), [Severity::Warning; 2]);
    }
}
