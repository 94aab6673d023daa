//! What the conformance suites cannot see: bounds, waiting, and the machinery below the ports.
#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod cache;
mod events;
mod limit;
mod mail;
mod page;
mod storage;

use std::sync::{Arc, Mutex};

use chrono::Duration;

use crate::{
    domain::{OrganizationId, time::Timestamp},
    ports::Clock,
};

/// A clock that a test moves.
#[derive(Debug)]
struct TestClock(Mutex<Timestamp>);

impl TestClock {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Timestamp::from_timestamp(1_790_000_000, 0).unwrap())))
    }

    fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn organization(number: u128) -> OrganizationId {
    OrganizationId::from_uuid(uuid::Uuid::from_u128(number))
}
