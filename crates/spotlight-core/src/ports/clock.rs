//! Time and identity, so that tests decide both.

use chrono::{SubsecRound, Utc};
use uuid::Uuid;

use crate::domain::time::Timestamp;

/// Tells the time.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The instant, cut to microseconds. Can go backwards when the machine's clock is set.
    fn now(&self) -> Timestamp;
}

/// Makes identifiers.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait IdGenerator: Send + Sync {
    /// A new UUID v7. Ids of one generator ascend.
    fn uuid(&self) -> Uuid;

    /// 32 bytes from the system's secure randomness, for secrets.
    fn secret(&self) -> [u8; 32];
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        Utc::now().trunc_subsecs(6)
    }
}

/// Ids from the machine's clock and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl IdGenerator for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that makes secrets")]
    fn secret(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        secret[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        secret[16..].copy_from_slice(Uuid::new_v4().as_bytes());
        secret
    }
}
