//! Leases: one holder at a time in the whole fleet, by the database's clock.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    ports::{Lease, LeaseRepository},
};

use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::statements,
};

/// A fence: microseconds of the database's clock, so that it grows although a lease that is given back leaves no row.
macro_rules! fence {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
    };
}

statements! {
    ACQUIRE = [
        "INSERT INTO leases AS l (key, fence, expires_at) \
         VALUES ($1, ", fence!(), ", clock_timestamp() + $2 * interval '1 millisecond') \
         ON CONFLICT (key) DO UPDATE SET fence = greatest(l.fence + 1, ", fence!(), "), \
         expires_at = clock_timestamp() + $2 * interval '1 millisecond' \
         WHERE l.expires_at <= clock_timestamp() RETURNING fence"
    ];
    RENEW = [
        "UPDATE leases SET expires_at = clock_timestamp() + $3 * interval '1 millisecond' \
         WHERE key = $1 AND fence = $2 AND expires_at > clock_timestamp()"
    ];
    CHECK = ["SELECT EXISTS (SELECT 1 FROM leases WHERE key = $1 AND fence = $2 AND expires_at > clock_timestamp())"];
    // Locked, so that nobody else takes it before the unit ends.
    CHECK_IN_UNIT = [
        "SELECT true FROM leases WHERE key = $1 AND fence = $2 AND expires_at > clock_timestamp() FOR UPDATE"
    ];
    RELEASE = ["DELETE FROM leases WHERE key = $1 AND fence = $2 AND expires_at > clock_timestamp()"];
}

/// Keeps leases.
pub(super) struct PgLeaseRepository {
    db: PgDb,
}

impl PgLeaseRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl LeaseRepository for PgLeaseRepository {
    async fn acquire(&self, key: &str, ttl_ms: u32) -> Result<Option<Lease>> {
        let rows = self.db.write().await?.returning(query(ACQUIRE).bind(key).bind(i64::from(ttl_ms))).await?;
        row::one(rows.first(), |row| Row::new("leases", row).take())
            .map(|fence| fence.map(|fence| Lease { key: key.to_owned(), fence }))
    }

    async fn renew(&self, lease: &Lease, ttl_ms: u32) -> Result<bool> {
        let renew = query(RENEW).bind(lease.key.as_str()).bind(lease.fence).bind(i64::from(ttl_ms));
        Ok(self.db.write().await?.execute(renew).await? > 0)
    }

    async fn check(&self, lease: &Lease) -> Result<bool> {
        let check = |sql| query(sql).bind(lease.key.as_str()).bind(lease.fence);
        let row = match &self.db {
            PgDb::Pool(_) => self.db.fetch_optional(check(CHECK)).await?,
            PgDb::Unit(_) => self.db.fetch_optional(check(CHECK_IN_UNIT)).await?,
        };
        row::yes(row.as_ref())
    }

    async fn release(&self, lease: &Lease) -> Result<bool> {
        let release = query(RELEASE).bind(lease.key.as_str()).bind(lease.fence);
        Ok(self.db.write().await?.execute(release).await? > 0)
    }
}
