//! How long a failed job waits.

use std::time::Duration;

use crate::{
    domain::JobId,
    error::{Error, Retry},
    ports::Outcome,
};

/// Exponential backoff with a spread: the pause doubles from `first` to `longest`, and up to a quarter is added so that
/// jobs that failed together do not return together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries before a job is dead, crashes of its process included; at least 1.
    pub max_attempts: u16,
    /// The pause after the first failure.
    pub first: Duration,
    /// The longest pause before the spread.
    pub longest: Duration,
}

impl RetryPolicy {
    /// 25 tries over about three days, from one second to six hours.
    pub const USUAL: Self = Self { max_attempts: 25, first: Duration::from_secs(1), longest: Duration::from_hours(6) };

    /// One try.
    pub const NEVER: Self = Self { max_attempts: 1, first: Duration::ZERO, longest: Duration::ZERO };

    /// The pause after a failed try, counted from 1. The same job and try always wait alike.
    pub fn pause(&self, attempt: u16, job: JobId) -> Duration {
        let doubled = self.first.saturating_mul(1 << u32::from(attempt.saturating_sub(1)).min(30));
        let pause = doubled.min(self.longest);
        // The last byte of an id is random.
        let spread = u32::from(job.as_uuid().as_bytes()[15].wrapping_add(u8::try_from(attempt % 251).unwrap_or(0)));
        pause.saturating_add(pause / 1024 * spread)
    }

    /// What becomes of a failed try.
    pub(crate) fn outcome(&self, error: &Error, attempt: u16, job: JobId) -> Outcome {
        // Causes can quote data; they go to the log alone.
        let text = error.to_string();
        match error.retry() {
            Retry::Never => Outcome::Dead { error: text },
            Retry::Now => Outcome::Retry { after: Duration::ZERO, error: text },
            Retry::Backoff => Outcome::Retry { after: self.pause(attempt, job), error: text },
            Retry::After(pause) => Outcome::Retry { after: pause, error: text },
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn pauses_double_to_the_longest_and_are_spread_by_a_quarter() {
        let job = JobId::from_uuid(Uuid::from_u128(0xff));
        let pauses: Vec<_> = (1..=25).map(|attempt| RetryPolicy::USUAL.pause(attempt, job)).collect();
        for (at, pause) in pauses.iter().enumerate() {
            let bare = Duration::from_secs(1 << at.min(30)).min(Duration::from_hours(6));
            assert!(*pause >= bare && *pause <= bare.mul_f64(1.25), "try {}: {pause:?}", at + 1);
        }
        let days = pauses.iter().sum::<Duration>().as_secs() / 86_400;
        assert!((2..=4).contains(&days), "{days} days");
    }

    #[test]
    fn jobs_that_failed_together_return_apart() {
        let of = |byte: u128| RetryPolicy::USUAL.pause(5, JobId::from_uuid(Uuid::from_u128(byte)));
        assert!(of(1) < of(200));
    }

    #[test]
    fn an_error_decides_what_follows() {
        let job = JobId::from_uuid(Uuid::nil());
        let of = |error: &Error| RetryPolicy::USUAL.outcome(error, 1, job);
        assert!(matches!(of(&Error::internal("broken")), Outcome::Dead { .. }));
        let named = Error::conflict("busy").with_retry(Retry::After(Duration::from_secs(77)));
        assert!(matches!(of(&named), Outcome::Retry { after, .. } if after == Duration::from_secs(77)));
    }
}
