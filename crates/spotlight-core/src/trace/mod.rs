//! Where work comes from: the request that began it, and its place in a trace over several programs.
//!
//! A [`Trace`] is made where a request arrives or a job starts, and goes along with what is done for it: [`Trace::scope`]
//! makes it the one of a future, [`Trace::current`] asks for it. A job and an event take the current one along into the
//! store, so that whoever works them off goes on with it; a client of another service sends it on.
//!
//! It holds nothing personal: ids alone, of which the request's can be the caller's own.

mod envelope;
mod id;
mod spent;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use spotlight_derive::RedactedDebug;

pub use self::{
    envelope::{pack, pack_value, unpack, unpack_value},
    id::{SpanId, TraceId},
    spent::{Spent, Statement},
};
use crate::ports::IdGenerator;

tokio::task_local! {
    static CURRENT: Trace;
}

/// Which request something belongs to, and its place in a trace as the W3C's Trace Context describes it.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Trace {
    request_id: Option<Arc<str>>,
    trace_id: TraceId,
    span_id: SpanId,
    parent: Option<SpanId>,
    sampled: bool,
}

impl Trace {
    /// The beginning of a trace: a request, or none where nobody asked for the work.
    pub fn begin(request_id: Option<&str>, ids: &dyn IdGenerator) -> Self {
        let trace_id = TraceId::new(ids);
        Self { request_id: request_id.map(Arc::from), trace_id, span_id: SpanId::new(ids), parent: None, sampled: true }
    }

    /// A request that names the trace that it is part of, with a `traceparent` of the W3C. One that cannot be read begins a
    /// new trace, as the W3C wants it.
    pub fn accept(request_id: &str, traceparent: Option<&str>, ids: &dyn IdGenerator) -> Self {
        match traceparent.and_then(read) {
            Some((trace_id, parent, sampled)) => Self {
                request_id: Some(request_id.into()),
                trace_id,
                span_id: SpanId::new(ids),
                parent: Some(parent),
                sampled,
            },
            None => Self::begin(Some(request_id), ids),
        }
    }

    /// A part of it that is told apart: a job that it left, for instance.
    pub fn child(&self, ids: &dyn IdGenerator) -> Self {
        Self { span_id: SpanId::new(ids), parent: Some(self.span_id), ..self.clone() }
    }

    /// One that is not worth recording, unless whoever caused it wants it to be.
    #[must_use]
    pub fn unnoticed(self) -> Self {
        Self { sampled: self.sampled && self.parent.is_some(), ..self }
    }

    /// The request, where one began it.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// The trace.
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// This part of the trace.
    pub const fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// The part of the trace that caused this one.
    pub const fn parent(&self) -> Option<SpanId> {
        self.parent
    }

    /// Whether whoever began the trace wants it to be recorded.
    pub const fn is_sampled(&self) -> bool {
        self.sampled
    }

    /// As the W3C's header `traceparent` tells it to others: they are caused by this part.
    pub fn traceparent(&self) -> String {
        format!("00-{}-{}-{:02x}", self.trace_id, self.span_id, u8::from(self.sampled))
    }

    /// The one of the work that asks.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Work that belongs to it. Tasks that the work spawns do not: see [`carried`].
    pub fn scope<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, work)
    }
}

/// Work that belongs where whoever asks belongs, on another task too.
pub fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    within(Trace::current(), work)
}

/// Work that belongs to a trace, if to any.
pub async fn within<F: Future>(trace: Option<Trace>, work: F) -> F::Output {
    match trace {
        Some(trace) => trace.scope(work).await,
        None => work.await,
    }
}

/// What a `traceparent` says: the trace, who causes, and whether it is recorded. A version that is not known yet is read as
/// far as it is like the first one.
fn read(text: &str) -> Option<(TraceId, SpanId, bool)> {
    let lower = |text: &str| text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let (version, rest) = text.trim().split_once('-')?;
    let mut parts = rest.splitn(4, '-');
    let (trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?);
    let more = parts.next();
    let sound = version.len() == 2 && lower(version) && version != "ff" && (version != "00" || more.is_none());
    if !sound || flags.len() != 2 || !lower(flags) {
        return None;
    }
    let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
    Some((trace.parse().ok()?, span.parse().ok()?, sampled))
}

/// As it is stored.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    request_id: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    traceparent: std::borrow::Cow<'a, str>,
}

impl Serialize for Trace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let request_id = self.request_id().map(Into::into);
        Stored { request_id, traceparent: self.traceparent().into() }.serialize(serializer)
    }
}

/// What was stored is the cause of what comes now: who caused it in turn is not kept.
impl<'de> Deserialize<'de> for Trace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored { request_id, traceparent } = Stored::deserialize(deserializer)?;
        let (trace_id, span_id, sampled) =
            read(&traceparent).ok_or_else(|| serde::de::Error::custom("a traceparent cannot be read"))?;
        let request_id = request_id.map(|id| Arc::from(&*id));
        Ok(Self { request_id, trace_id, span_id, parent: None, sampled })
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.traceparent())
    }
}
