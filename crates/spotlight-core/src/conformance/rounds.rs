//! How often something is tried.

/// Names the switch to long counts; `scripts/test --full` sets it.
const FULL_VARIABLE: &str = "SPOTLIGHT_TEST_FULL";

/// `ci` times, or `full` times where `SPOTLIGHT_TEST_FULL` is set to anything but `0` or nothing.
///
/// Everything that is tried more than once takes its count from here, so that a full run is longer in every part.
pub fn rounds(ci: u32, full: u32) -> u32 {
    chosen(std::env::var(FULL_VARIABLE).ok().as_deref(), ci, full)
}

fn chosen(variable: Option<&str>, ci: u32, full: u32) -> u32 {
    if matches!(variable, None | Some("" | "0")) { ci } else { full }
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn a_full_run_tries_more_often() {
        for usual in [None, Some(""), Some("0")] {
            assert_eq!(chosen(usual, 2, 50), 2);
        }
        assert_eq!(chosen(Some("1"), 2, 50), 50);
    }
}
