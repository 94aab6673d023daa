//! Keys of cursors: instants are microseconds since 1970 in decimal, numbers decimal, text as it is.

use spotlight_core::domain::time::Timestamp;

/// The key of an instant.
pub(crate) fn instant(at: Timestamp) -> String {
    at.timestamp_micros().to_string()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use spotlight_core::ports::Cursor;

    use super::*;

    #[test]
    fn an_instant_survives_its_key() {
        for micros in [-1, 0, 1, 1_790_000_000_123_456] {
            let at = DateTime::from_timestamp_micros(micros).expect("in range");
            assert_eq!(Cursor::instant(&instant(at)).expect("a key"), at);
        }
    }
}
