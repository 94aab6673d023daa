//! Leases: one holder at a time, by the database's clock.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    ports::{Lease, LeaseRepository},
};

use super::{
    codec::{Fields, number},
    db::query,
    repositories::repository,
    sql::statements,
    writer::Query,
};

/// Milliseconds by the database's clock.
macro_rules! now {
    () => {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    };
}

statements! {
    @global {
        /// Leases are global. A row that ended serves nobody, and its fence is never given again.
        FORGET = ["DELETE FROM leases WHERE expires_at_ms <= ", now!()];
        /// Leases are global.
        ACQUIRE = [
            "INSERT INTO leases (key, expires_at_ms) VALUES (?, ", now!(), " + ?) \
             ON CONFLICT (key) DO NOTHING RETURNING fence"
        ];
        /// Leases are global.
        RENEW = [
            "UPDATE leases SET expires_at_ms = ", now!(), " + ? WHERE key = ? AND fence = ? AND expires_at_ms > ", now!()
        ];
        /// Leases are global.
        CHECK = ["SELECT count(*) FROM leases WHERE key = ? AND fence = ? AND expires_at_ms > ", now!()];
        /// Leases are global.
        RELEASE = ["DELETE FROM leases WHERE key = ? AND fence = ? AND expires_at_ms > ", now!()];
    }
}

repository! {
    /// Keeps leases.
    SqliteLeaseRepository
}

fn held<'q>(query: Query<'q>, lease: &Lease) -> Query<'q> {
    query.bind(lease.key.clone()).bind(lease.fence)
}

#[async_trait]
impl LeaseRepository for SqliteLeaseRepository {
    async fn acquire(&self, key: &str, ttl_ms: u32) -> Result<Option<Lease>> {
        let mut write = self.db.write().await?;
        write.execute(query(FORGET)).await?;
        let rows = write.returning(query(ACQUIRE).bind(key).bind(ttl_ms)).await?;
        let fence = rows.first().map(|row| Fields::new("leases", row).int()).transpose()?;
        Ok(fence.map(|fence| Lease { key: key.to_owned(), fence }))
    }

    async fn renew(&self, lease: &Lease, ttl_ms: u32) -> Result<bool> {
        let renew = held(query(RENEW).bind(ttl_ms), lease);
        Ok(self.db.write().await?.execute(renew).await? > 0)
    }

    async fn check(&self, lease: &Lease) -> Result<bool> {
        Ok(number(self.db.row(held(query(CHECK), lease)).await?)? > 0)
    }

    async fn release(&self, lease: &Lease) -> Result<bool> {
        Ok(self.db.write().await?.execute(held(query(RELEASE), lease)).await? > 0)
    }
}
