//! What every request says of itself, what every answer says besides its content, and the answers where there is nothing.

use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderName, Method, StatusCode, header};
use spotlight_core::trace::Trace;

use super::Api;
use crate::{
    endpoint::{Access, Endpoint},
    error::{Place, Refusal, respond},
    request::Request,
    response::{Body, Response},
    serving::allowed,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Headers that scripts of other origins may read.
const EXPOSED: &str = "X-Request-Id, Retry-After, Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset";
/// Headers that scripts of other origins may send.
const ACCEPTED: &str = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id";

impl Api {
    /// Answers a request that matches no path.
    pub fn not_found(&self, request: &Request) -> Response {
        self.refuse(request, &Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address"))
    }

    /// Answers a request to a path with a method it does not have. `OPTIONS` is a browser's question whether
    /// a page of another origin may call, and is answered where it may.
    pub(crate) fn method_not_allowed(&self, rows: &[&'static Endpoint], request: &Request) -> Response {
        let methods = allowed(rows);
        if request.method == Method::OPTIONS && methods.ends_with("OPTIONS") {
            let mut response = Response::empty(StatusCode::NO_CONTENT)
                .with(header::ACCESS_CONTROL_ALLOW_METHODS, &methods)
                .with(header::ACCESS_CONTROL_ALLOW_HEADERS, ACCEPTED)
                .with(header::ACCESS_CONTROL_MAX_AGE, "7200");
            self.finish(request, &self.request_id(request), true, &mut response);
            return response;
        }
        let detail = format!("this address answers: {methods}");
        self.refuse(request, &Refusal::new(StatusCode::METHOD_NOT_ALLOWED, detail).with(header::ALLOW, methods))
    }

    pub(crate) fn refuse(&self, request: &Request, refusal: &Refusal) -> Response {
        let request_id = self.request_id(request);
        let mut response = respond(refusal, Place::Query, &request_id);
        self.finish(request, &request_id, false, &mut response);
        response
    }

    /// Where a request goes that must come over HTTPS and did not.
    pub(crate) fn elsewhere(&self, request: &Request) -> Option<Response> {
        let mut response = self.policy.security.elsewhere(&self.policy, request)?;
        self.finish(request, &self.request_id(request), false, &mut response);
        Some(response)
    }

    /// The caller's id of the request where it is a sound one, else a new one.
    pub(super) fn request_id(&self, request: &Request) -> String {
        let sound = |id: &&str| {
            (1..=128).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        let given = request.header(&REQUEST_ID).filter(sound);
        given.map_or_else(|| self.platform.ids().uuid().to_string(), str::to_owned)
    }

    /// The request's place in a trace: in the one that it names, if it names one.
    pub(super) fn trace(&self, endpoint: &Endpoint, request: &Request, request_id: &str) -> Trace {
        // More than one says nothing.
        let mut given = request.headers.get_all(TRACEPARENT).iter();
        let traceparent = given.next().filter(|_| given.next().is_none()).and_then(|value| value.to_str().ok());
        let trace = Trace::accept(request_id, traceparent, &**self.platform.ids());
        // Who asks every second whether it lives would fill every trace.
        if endpoint.access == Access::Probe { trace.unnoticed() } else { trace }
    }

    pub(super) fn finish(&self, request: &Request, request_id: &str, crosses_origins: bool, response: &mut Response) {
        response.set(REQUEST_ID, request_id);
        self.policy.security.protect(crosses_origins, response);
        if !response.headers.contains_key(header::CACHE_CONTROL) {
            response.set(header::CACHE_CONTROL, "no-store");
        }
        if crosses_origins {
            response.set(header::VARY, "Origin");
            if let Some(origin) = request.header(&header::ORIGIN) {
                // Without `Allow-Credentials`: what another origin's page may do, it does with its token alone.
                response.set(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                response.set(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            }
        }
        if request.method == Method::HEAD {
            without_body(response);
        }
    }
}

/// Leaves the body out, and says how long it is where that is known. A stream ends before it begins.
fn without_body(response: &mut Response) {
    match &response.body {
        Body::Full(bytes) if !matches!(response.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) => {
            response.set(header::CONTENT_LENGTH, bytes.len().to_string());
            response.body = Body::Full(Bytes::new());
        }
        Body::Full(_) => {}
        Body::Stream(_) => response.body = Body::Stream(futures::stream::empty().boxed()),
        // A socket is asked for with GET alone.
        Body::Socket(_) => response.body = Body::Full(Bytes::new()),
    }
}
