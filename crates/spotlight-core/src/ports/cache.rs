//! A cache of bytes with tags.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use spotlight_derive::RedactedDebug;

use crate::{domain::OrganizationId, error::Result};

/// A value as it was found.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Cached {
    /// The bytes that were kept.
    pub value: Bytes,
    /// False when its time is over and it is kept only until somebody has made a new one.
    pub fresh: bool,
}

/// What a fill leaves in the cache.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The bytes to keep.
    pub value: Bytes,
    /// How long the value is fresh, above zero.
    pub ttl: Duration,
    /// How much longer it is kept as a stale one.
    pub stale_for: Duration,
    /// The tags it is kept under.
    pub tags: Vec<String>,
}

/// The number of a fill, by which its cache knows it. Caches give none below 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FillToken(pub u64);

/// Who may make the value of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Whoever asked.
    Yours(FillToken),
    /// Somebody else, who is at it.
    Busy,
}

/// The longest lease of a fill, 5 minutes; longer ones are cut.
pub const MAX_FILL_LEASE: Duration = Duration::from_mins(5);

/// Keeps values for a time. A value can go sooner when room is short or a server is lost, so callers never rely on it;
/// otherwise it stays for its time. A value that is there is whole. Times are kept to the millisecond, and those above
/// ten years count as ten years.
///
/// Most callers want [`CacheReader`](crate::caching::CacheReader), which is built on it.
///
/// # Errors
/// Of every method: `Unavailable` or `Timeout` when a cache that is shared cannot be reached. A delete that failed may
/// have happened or not.
///
/// # Cancel safety
/// What a call whose future is dropped should have done has happened whole or not at all.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Cache: Send + Sync {
    /// The value of a key, unless it has expired or was deleted.
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Cached>>;

    /// Keeps a value for `ttl` (above zero) under tags of the organization. Fills of the key that have begun are lost.
    ///
    /// # Idempotency
    /// The last value, time and tags count.
    async fn set(
        &self,
        organization: OrganizationId,
        key: &str,
        value: Bytes,
        ttl: Duration,
        tags: &[String],
    ) -> Result<()>;

    /// Begins to make the value of a key. Until the fill ends, is lost, or `lease` (above zero) is over, nobody else may.
    ///
    /// What is read to make the value must be read after this: only then a delete in between is noticed. Whether there is
    /// a value already makes no difference.
    async fn begin_fill(&self, organization: OrganizationId, key: &str, lease: Duration) -> Result<Fill>;

    /// Ends a fill with a value, or gives it up with none; what was kept before stays then. True when the value landed.
    ///
    /// It does not when the fill is no longer the caller's, since its lease is over or it has ended, when the key was set
    /// or deleted since it began, or when one of the value's tags was deleted since. Then what is kept stays as it is.
    ///
    /// # Idempotency
    /// A fill ends once; the second end changes nothing and is false.
    async fn end_fill(
        &self,
        organization: OrganizationId,
        key: &str,
        token: FillToken,
        filled: Option<Filled>,
    ) -> Result<bool>;

    /// Forgets a key. Nothing happens when there is none, but fills of it that have begun are lost.
    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()>;

    /// Forgets every key that was set under the tag in this organization, and keeps fills under it that have begun from
    /// landing.
    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()>;
}
