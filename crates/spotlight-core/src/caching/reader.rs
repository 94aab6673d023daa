//! Reading through a cache.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use spotlight_derive::RedactedDebug;

use super::{
    decoded::Decoded,
    flight::{Flight, Flights, Outcome, Shared},
};
use crate::{
    domain::OrganizationId,
    error::{Error, Result},
    metrics::{Counter, Metrics},
    ports::{Cache, Fill, FillToken, Filled, MAX_FILL_LEASE},
};

/// What a kept value begins with: there is one, or it is known that there is none.
const SOMETHING: u8 = b'1';
const NOTHING: u8 = b'0';

/// The pause between two looks for a value that another process makes: the first, and the longest.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(100)];

/// How long what is computed is kept. [`Keep::new`] gives the usual values.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// How long a value is fresh.
    pub ttl: Duration,
    /// How much longer it is given to everybody but the one who makes a new one. Zero.
    pub stale_for: Duration,
    /// How long it is remembered that there is nothing. Zero: it is not.
    pub nothing_for: Duration,
    /// How long others wait for the one who computes, before they compute too. 10 s.
    pub lease: Duration,
    /// The tags the value is kept under. None.
    pub tags: Vec<String>,
}

impl Keep {
    /// Keeps values for `ttl`, and nothing else.
    pub fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            stale_for: Duration::ZERO,
            nothing_for: Duration::ZERO,
            lease: Duration::from_secs(10),
            tags: Vec::new(),
        }
    }
}

/// Reads values through a [`Cache`]: whoever misses one computes it for everybody, in this process and in others.
///
/// A cache that fails, or holds what cannot be understood, is a cache that holds nothing: the value is computed, and
/// nobody hears of it but the log. Then callers of one process who wait for the same value still share what was computed
/// after they came.
pub struct CacheReader {
    cache: Arc<dyn Cache>,
    pub(super) flights: Flights,
    decoded: Decoded,
    metrics: Option<Arc<Metrics>>,
}

impl CacheReader {
    /// Reads through `cache`. One reader per process, so that its callers know of each other.
    pub fn new(cache: Arc<dyn Cache>) -> Self {
        Self { cache, flights: Flights::default(), decoded: Decoded::default(), metrics: None }
    }

    /// The same, which counts what it finds.
    #[must_use]
    pub fn counted_by(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// The cache, to delete from.
    pub fn cache(&self) -> &Arc<dyn Cache> {
        &self.cache
    }

    /// The value of a key: as it is kept, or as it is computed. None when there is nothing.
    ///
    /// Nobody is given what was computed before a delete that was done before they asked. While a stale value is kept,
    /// one caller computes a new one and the others get the stale one at once; so does that one when computing fails.
    ///
    /// # Errors
    /// What `compute` fails with; who waited for it gets the same kind and message. `Internal` when the value cannot be
    /// written as JSON.
    ///
    /// # Cancel safety
    /// When the future of the one who computes is dropped, the next who waits computes.
    pub async fn get_or_compute<T, F>(
        &self,
        organization: OrganizationId,
        key: &str,
        keep: &Keep,
        compute: impl FnOnce() -> F,
    ) -> Result<Option<T>>
    where
        T: Serialize + DeserializeOwned,
        F: Future<Output = Result<Option<T>>>,
    {
        self.through(organization, key, keep, compute, |bytes: &Bytes| read::<T>(bytes)).await
    }

    /// The same for values that take long to read: callers of one process share one copy, which is read again when the
    /// bytes that are kept have changed. So what a value makes for itself when it is first used is made once as well.
    ///
    /// # Errors
    /// As [`get_or_compute`](Self::get_or_compute).
    ///
    /// # Cancel safety
    /// As [`get_or_compute`](Self::get_or_compute).
    pub async fn get_or_compute_shared<T, F>(
        &self,
        organization: OrganizationId,
        key: &str,
        keep: &Keep,
        compute: impl FnOnce() -> F,
    ) -> Result<Option<Arc<T>>>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        F: Future<Output = Result<Option<T>>>,
    {
        let decode = |bytes: &Bytes| self.decoded.get(organization, key, bytes, read::<T>);
        self.through(organization, key, keep, compute, decode).await
    }

    /// Gives what `decode` makes of the bytes.
    async fn through<T, D, F>(
        &self,
        organization: OrganizationId,
        key: &str,
        keep: &Keep,
        compute: impl FnOnce() -> F,
        decode: impl Fn(&Bytes) -> Result<Option<D>>,
    ) -> Result<Option<D>>
    where
        T: Serialize,
        F: Future<Output = Result<Option<T>>>,
    {
        let mut stale = None;
        if let Some(Peeked { value, fresh, .. }) = self.peek(organization, key, &decode).await {
            if fresh {
                self.count(key, "hit");
                return Ok(value);
            }
            stale = Some(value);
        }
        self.count(key, if stale.is_some() { "stale" } else { "miss" });
        let seat = self.flights.board(organization, key);
        let mut pilot = match (seat.flight.pilot.try_lock(), stale.take()) {
            (Err(_), Some(stale)) => return Ok(stale),
            (Err(_), None) => seat.flight.pilot.lock().await,
            (Ok(pilot), known) => {
                stale = known;
                pilot
            }
        };
        if let Some(outcome) = pilot.as_ref().filter(|outcome| seat.ticket <= outcome.up_to) {
            return decode(&outcome.result.get()?);
        }
        let access = self.access((organization, key), keep, stale.is_some(), &seat.flight, &decode).await;
        let (up_to, result) = match access {
            Access::Elsewhere => return Ok(stale.flatten()),
            Access::Found { value, up_to } => (up_to, Ok(value)),
            Access::Mine(held) => {
                let before = seat.flight.boarded();
                let result = compute().await.and_then(|value| write(value.as_ref()));
                let filled = result.as_ref().ok().and_then(|value| filled(value, keep));
                // Callers who came before the value landed came after every delete that it has not seen.
                let by_now = seat.flight.boarded();
                let landed = match held {
                    Some(held) => held.end(filled).await,
                    None => false,
                };
                (if landed || result.is_err() { by_now } else { before }, result)
            }
        };
        *pilot = Some(Outcome { up_to, result: Shared::of(&result) });
        match (result, stale) {
            (Err(error), Some(stale)) => {
                tracing::warn!(error = %error.chain(), "a new value could not be computed; the stale one is given");
                Ok(stale)
            }
            (result, _) => decode(&result?),
        }
    }

    fn count(&self, key: &str, result: &'static str) {
        tracing::debug!(value = family(key), result, "the cache was read");
        if let Some(metrics) = &self.metrics {
            metrics.cache_reads.with([result], Counter::inc);
        }
    }

    /// What is kept. None when the cache fails or holds something else.
    async fn peek<D>(
        &self,
        organization: OrganizationId,
        key: &str,
        decode: impl Fn(&Bytes) -> Result<Option<D>>,
    ) -> Option<Peeked<D>> {
        let found = self.cache.get(organization, key).await.inspect_err(failed).ok()??;
        let value = decode(&found.value).ok()?;
        Some(Peeked { bytes: found.value, value, fresh: found.fresh })
    }

    /// Finds out who computes, and waits for another process when it is at it.
    async fn access<D>(
        &self,
        (organization, key): (OrganizationId, &str),
        keep: &Keep,
        has_stale: bool,
        flight: &Flight,
        decode: impl Fn(&Bytes) -> Result<Option<D>>,
    ) -> Access {
        let lease = keep.lease.min(MAX_FILL_LEASE);
        let ([mut pause, longest], mut waited) = (LOOK_AGAIN, Duration::ZERO);
        loop {
            let up_to = flight.boarded();
            match self.cache.begin_fill(organization, key, lease).await {
                Ok(Fill::Yours(token)) => {
                    let cache = Arc::clone(&self.cache);
                    let held = Held { cache, organization, key: key.to_owned(), token: Some(token) };
                    // Somebody else's can have landed since the caller looked.
                    if let Some(Peeked { bytes, fresh: true, .. }) = self.peek(organization, key, &decode).await {
                        held.end(None).await;
                        return Access::Found { value: bytes, up_to };
                    }
                    return Access::Mine(Some(held));
                }
                Ok(Fill::Busy) if has_stale => return Access::Elsewhere,
                Ok(Fill::Busy) if waited < lease => {}
                Ok(Fill::Busy) => return Access::Mine(None),
                Err(error) => {
                    failed(&error);
                    return Access::Mine(None);
                }
            }
            tokio::time::sleep(pause).await;
            waited += pause;
            pause = (pause * 2).min(longest);
            let up_to = flight.boarded();
            if let Some(Peeked { bytes, .. }) = self.peek(organization, key, &decode).await {
                return Access::Found { value: bytes, up_to };
            }
        }
    }
}

impl fmt::Debug for CacheReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheReader").finish_non_exhaustive()
    }
}

/// What is kept, and whether it is fresh.
struct Peeked<D> {
    bytes: Bytes,
    value: Option<D>,
    fresh: bool,
}

/// Who computes.
enum Access {
    /// The caller, with the lease unless the cache failed or another one took too long.
    Mine(Option<Held>),
    /// Another process.
    Elsewhere,
    /// Nobody: it is there, for the tickets up to this one.
    Found { value: Bytes, up_to: u64 },
}

/// A fill that is given up when its caller goes away.
struct Held {
    cache: Arc<dyn Cache>,
    organization: OrganizationId,
    key: String,
    token: Option<FillToken>,
}

impl Held {
    /// True when the value landed.
    async fn end(mut self, filled: Option<Filled>) -> bool {
        let Some(token) = self.token.take() else { return false };
        let ended = self.cache.end_fill(self.organization, &self.key, token, filled).await;
        ended.inspect_err(failed).unwrap_or(false)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let (Some(token), Ok(runtime)) = (self.token.take(), tokio::runtime::Handle::try_current()) else { return };
        let (cache, organization, key) = (Arc::clone(&self.cache), self.organization, std::mem::take(&mut self.key));
        // Else others would wait for the whole lease.
        runtime.spawn(async move {
            if let Err(error) = cache.end_fill(organization, &key, token, None).await {
                failed(&error);
            }
        });
    }
}

/// What is logged of a key: the name that stands before its first colon, where it is one. The rest can hold personal data.
fn family(key: &str) -> &str {
    let is_name = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    key.split_once(':').map(|(name, _)| name).filter(is_name).unwrap_or("a value")
}

/// Keys are not logged as a whole: they can hold personal data.
fn failed(error: &Error) {
    tracing::debug!(error = %error.chain(), "the cache failed");
}

fn filled(value: &Bytes, keep: &Keep) -> Option<Filled> {
    let known = value.first() == Some(&SOMETHING);
    let (ttl, stale_for) = if known { (keep.ttl, keep.stale_for) } else { (keep.nothing_for, Duration::ZERO) };
    (!ttl.is_zero()).then(|| Filled { value: value.clone(), ttl, stale_for, tags: keep.tags.clone() })
}

fn write<T: Serialize>(value: Option<&T>) -> Result<Bytes> {
    let Some(value) = value else { return Ok(Bytes::from_static(&[NOTHING])) };
    let mut bytes = vec![SOMETHING];
    serde_json::to_writer(&mut bytes, value)
        .map_err(|error| Error::internal("a value cannot be written for the cache").with_source(error))?;
    Ok(bytes.into())
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<Option<T>> {
    // The parser's message can quote the value.
    let unreadable = || Error::internal("a value of the cache cannot be read");
    match bytes.split_first() {
        Some((&NOTHING, [])) => Ok(None),
        Some((&SOMETHING, json)) => serde_json::from_slice(json).map(Some).map_err(|_| unreadable()),
        _ => Err(unreadable()),
    }
}
