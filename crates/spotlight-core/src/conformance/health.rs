//! Health checks: one line each, `spotlight_core::health_check_conformance!(MyCheck::new())`, where what is asked is well.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::ports::{HealthCheck, HealthStatus};

/// One test per promise of a [`HealthCheck`](crate::ports::HealthCheck), from an expression that makes one.
#[macro_export]
macro_rules! health_check_conformance {
    ($check:expr) => {
        #[tokio::test]
        async fn a_check_has_a_name_and_keeps_it() {
            $crate::conformance::health::has_a_name_and_keeps_it(&$check);
        }

        #[tokio::test]
        async fn a_check_answers_in_its_time() {
            $crate::conformance::health::answers_in_its_time(&$check).await;
        }

        #[tokio::test]
        async fn a_check_that_is_dropped_answers_the_next_time() {
            $crate::conformance::health::answers_after_it_was_dropped(&$check).await;
        }
    };
}

/// What it is about never changes, and its name can be a member of the documents.
pub fn has_a_name_and_keeps_it(check: &dyn HealthCheck) {
    let subject = check.subject();
    let sound = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    assert!((1..=64).contains(&subject.name.len()) && subject.name.bytes().all(sound), "{}", subject.name);
    assert!(subject.timeout > Duration::ZERO);
    assert_eq!(check.subject(), subject);
}

/// What it finds has its reason where it is an error, and figures that hide nothing else.
pub async fn answers_in_its_time(check: &dyn HealthCheck) {
    let (began, time) = (Instant::now(), check.subject().timeout);
    let finding = check.check().await.unwrap();
    assert!(began.elapsed() < time, "it takes {:?}", began.elapsed());
    assert_ne!(finding.status, HealthStatus::Error, "{finding:?}");
    assert!(finding.response_time.is_none_or(|took| took < time));
    let taken = ["status", "response_time", "error", "warning"];
    assert!(finding.details.iter().all(|detail| !taken.contains(&detail.name)), "{finding:?}");
}

/// Wherever it was when it was dropped.
pub async fn answers_after_it_was_dropped(check: &dyn HealthCheck) {
    for micros in [0, 1, 10, 100, 1_000] {
        let _ = timeout(Duration::from_micros(micros), check.check()).await;
    }
    // What it left behind can take a moment to end.
    let began = Instant::now();
    while let Err(error) = check.check().await {
        assert!(began.elapsed() < check.subject().timeout, "{}", error.chain());
        tokio::task::yield_now().await;
    }
}
