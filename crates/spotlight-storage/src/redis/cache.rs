//! A cache of bytes with tags.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use redis::{Script, ScriptInvocation};
use spotlight_core::{
    Result,
    domain::OrganizationId,
    ports::{Cache, Cached, Fill, FillToken, Filled, MAX_FILL_LEASE},
};

use super::client::RedisClient;

/// The longest that anything is kept.
const TEN_YEARS: Duration = Duration::from_hours(10 * 365 * 24);

/// A [`Cache`] that a fleet shares.
///
/// All keys of an organization share a hash tag. Deleting a tag takes the same time however much is kept under it: the
/// tag gets another version, and what was kept under the old one is void. Should the server drop a tag for want of
/// memory, what was kept under it is void too.
pub struct RedisCache {
    client: RedisClient,
    get: Script,
    set: Script,
    begin: Script,
    end: Script,
    delete: Script,
}

impl RedisCache {
    /// A cache whose keys begin with the client's namespace and `:{cache:`.
    pub fn new(client: RedisClient) -> Self {
        let script = |rest| Script::new(&format!("{}{rest}", include_str!("cache.lua")));
        Self {
            client,
            get: script(include_str!("cache_get.lua")),
            set: script(include_str!("cache_set.lua")),
            begin: script(include_str!("cache_begin.lua")),
            end: script(include_str!("cache_end.lua")),
            delete: script(include_str!("cache_delete.lua")),
        }
    }

    fn call<'a>(&self, script: &'a Script, organization: OrganizationId, key: &str) -> ScriptInvocation<'a> {
        let prefix = format!("{}:{{cache:{organization}}}", self.client.namespace());
        let mut call = script.key(format!("{prefix}:d"));
        call.arg(prefix).arg(key);
        call
    }
}

fn keep(call: &mut ScriptInvocation<'_>, value: &[u8], ttl: Duration, stale_for: Duration, tags: &[String]) {
    let microseconds = |time: Duration| time.min(TEN_YEARS).as_micros().to_string();
    call.arg(value).arg(microseconds(ttl)).arg(microseconds(stale_for)).arg(tags);
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCache").field("client", &self.client).finish_non_exhaustive()
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, organization: OrganizationId, key: &str) -> Result<Option<Cached>> {
        let found: Option<(Bytes, bool)> = self.client.run(&self.call(&self.get, organization, key)).await?;
        Ok(found.map(|(value, fresh)| Cached { value, fresh }))
    }

    async fn set(
        &self,
        organization: OrganizationId,
        key: &str,
        value: Bytes,
        ttl: Duration,
        tags: &[String],
    ) -> Result<()> {
        let mut call = self.call(&self.set, organization, key);
        keep(&mut call, &value, ttl, Duration::ZERO, tags);
        self.client.run(&call).await
    }

    async fn begin_fill(&self, organization: OrganizationId, key: &str, lease: Duration) -> Result<Fill> {
        let mut call = self.call(&self.begin, organization, key);
        call.arg(lease.min(MAX_FILL_LEASE).as_millis().max(1).to_string());
        let number: Option<u64> = self.client.run(&call).await?;
        Ok(number.map_or(Fill::Busy, |number| Fill::Yours(FillToken(number))))
    }

    async fn end_fill(
        &self,
        organization: OrganizationId,
        key: &str,
        token: FillToken,
        filled: Option<Filled>,
    ) -> Result<bool> {
        let mut call = self.call(&self.end, organization, key);
        call.arg(token.0);
        if let Some(filled) = filled {
            keep(&mut call, &filled.value, filled.ttl, filled.stale_for, &filled.tags);
        }
        self.client.run(&call).await
    }

    async fn delete(&self, organization: OrganizationId, key: &str) -> Result<()> {
        self.client.run(&self.call(&self.delete, organization, key)).await
    }

    async fn delete_tag(&self, organization: OrganizationId, tag: &str) -> Result<()> {
        let mut call = self.call(&self.delete, organization, "");
        call.arg(tag);
        self.client.run(&call).await
    }
}
