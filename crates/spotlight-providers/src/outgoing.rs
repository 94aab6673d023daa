//! What every request to another service says of the work that it is made for.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use spotlight_core::trace::Trace;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Adds the id of the request that the work was asked for by, and its place in the trace, so that the other side's log can
/// be found from ours.
pub(crate) fn tell_trace(headers: &mut HeaderMap) {
    let Some(trace) = Trace::current() else { return };
    let given = [(REQUEST_ID, trace.request_id().map(str::to_owned)), (TRACEPARENT, Some(trace.traceparent()))];
    for (name, value) in given {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
}
