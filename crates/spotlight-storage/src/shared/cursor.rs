//! Keys of cursors: instants are microseconds since 1970 in decimal, numbers decimal, text as it is.

use chrono::DateTime;
use spotlight_core::{Error, ErrorKind, Result, domain::time::Timestamp};

/// The key of an instant.
pub(crate) fn instant(at: Timestamp) -> String {
    at.timestamp_micros().to_string()
}

/// The instant of a key.
///
/// # Errors
/// `Malformed` when the key is of another sort.
pub(crate) fn parse_instant(key: &str) -> Result<Timestamp> {
    key.parse().ok().and_then(DateTime::from_timestamp_micros).ok_or_else(malformed)
}

/// The number of a key.
///
/// # Errors
/// `Malformed` when the key is of another sort.
pub(crate) fn parse_number(key: &str) -> Result<i64> {
    key.parse().map_err(|_| malformed())
}

/// The error for a cursor that belongs to another list.
pub(crate) fn malformed() -> Error {
    Error::new(ErrorKind::Malformed, "the cursor belongs to another list or sort")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_its_key() {
        for micros in [-1, 0, 1, 1_790_000_000_123_456] {
            let at = DateTime::from_timestamp_micros(micros).expect("in range");
            assert_eq!(parse_instant(&instant(at)).expect("a key"), at);
        }
    }

    #[test]
    fn a_key_of_another_sort_is_malformed() {
        for key in ["", "Ada", "1.5", "99999999999999999999"] {
            assert_eq!(parse_instant(key).expect_err("refused").kind(), ErrorKind::Malformed);
            assert_eq!(parse_number(key).expect_err("refused").kind(), ErrorKind::Malformed);
        }
    }
}
