//! Leases: one holder at a time in the whole fleet.

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use crate::error::{Error, Result};

/// A lease that is held.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What is leased, as `turn:{conversation}`.
    pub key: String,
    /// Grows with every change of holder; whoever sees a greater one has lost theirs.
    pub fence: i64,
}

/// What [`UnitOfWork::give_back`](super::UnitOfWork::give_back) makes a unit fail with.
pub fn lost_lease() -> Error {
    Error::conflict("this took too long, and somebody else has begun meanwhile")
}

/// Keeps leases. Time is the database's own, so that the clocks of servers do not matter.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LeaseRepository: Send + Sync {
    /// Takes a lease for `ttl_ms` milliseconds, when nobody holds it. `None` when somebody does.
    ///
    /// # Ordering
    /// Of calls at once, one is given the lease.
    async fn acquire(&self, key: &str, ttl_ms: u32) -> Result<Option<Lease>>;

    /// Makes a lease last `ttl_ms` milliseconds from now. False when it was lost.
    async fn renew(&self, lease: &Lease, ttl_ms: u32) -> Result<bool>;

    /// True while the lease is held with this fence. In a unit of work, nobody else can take it before the unit ends:
    /// a unit that checked it and commits has written as its holder.
    async fn check(&self, lease: &Lease) -> Result<bool>;

    /// Gives a lease back. False when it was lost.
    async fn release(&self, lease: &Lease) -> Result<bool>;
}
