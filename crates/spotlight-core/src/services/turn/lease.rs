//! One turn per conversation at a time in the whole fleet.

use std::time::Duration;

use crate::{
    domain::ConversationId,
    error::{Error, Result, Retry},
    ports::{Lease, Storage, UnitOfWork},
};

/// How long a turn is held without a sign of life.
const TTL_MS: u32 = 30_000;
/// How often a long turn gives one.
pub(super) const RENEW_EVERY: Duration = Duration::from_secs(10);

/// The right to answer in a conversation.
#[derive(Debug, Clone)]
pub(crate) struct TurnLease(Lease);

impl TurnLease {
    /// Takes the lease in the unit that stores the visitor's words.
    pub(super) async fn acquire(unit: &dyn UnitOfWork, id: ConversationId) -> Result<Self> {
        let lease = unit.leases().acquire(&format!("turn:{id}"), TTL_MS).await?;
        lease.map(Self).ok_or_else(|| {
            Error::conflict("another turn of this conversation is running; wait for its end")
                .with_retry(Retry::After(Duration::from_secs(1)))
        })
    }

    /// Keeps the lease for a while longer.
    pub(super) async fn renew(&self, storage: &dyn Storage) -> Result<()> {
        let unit = storage.begin().await?;
        if !unit.leases().renew(&self.0, TTL_MS).await? {
            return Err(lost());
        }
        unit.commit().await
    }

    /// Refuses to write when somebody else answers by now.
    pub(super) async fn check(&self, unit: &dyn UnitOfWork) -> Result<()> {
        if unit.leases().check(&self.0).await? { Ok(()) } else { Err(lost()) }
    }

    /// Gives the lease back with the answer. The unit fails when somebody else answers by now.
    pub(super) async fn end(&self, unit: &dyn UnitOfWork) -> Result<()> {
        unit.give_back(self.0.clone()).await
    }

    /// Gives the lease back where nothing is stored that would need it.
    pub(super) async fn give_back(&self, unit: &dyn UnitOfWork) -> Result<()> {
        unit.leases().release(&self.0).await.map(drop)
    }
}

fn lost() -> Error {
    Error::conflict("this turn took too long and another has begun")
}
