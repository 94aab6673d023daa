//! Counting requests: one figure for each template of a path, never for a path.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream::BoxStream};
use http::{Method, StatusCode};
use spotlight_core::metrics::{Inside, Metrics};
use tokio::time::Instant;

use crate::{
    request::Request,
    response::{Body, Response},
    serving::Route,
};

/// The route of what has no address here.
const UNMATCHED: &str = "unmatched";
/// The status of what nobody waited for; nginx calls it so.
const LEFT: &str = "499";

/// A request on its way to its answer.
pub(crate) struct Measured {
    metrics: Arc<Metrics>,
    method: &'static str,
    route: &'static str,
    began: Instant,
    /// Nobody has been told of the answer yet.
    open: bool,
    _in_flight: Inside,
}

impl Measured {
    pub(crate) fn new(metrics: &Arc<Metrics>, request: &Request, route: &Route<'_>) -> Self {
        let route = match route {
            Route::Endpoint(endpoint) => endpoint.path,
            Route::Path([row, ..]) => row.path,
            Route::Path([]) | Route::Nowhere => UNMATCHED,
        };
        Self {
            metrics: Arc::clone(metrics),
            method: word_of(&request.method),
            route,
            began: Instant::now(),
            open: true,
            _in_flight: metrics.http_in_flight.enter(),
        }
    }

    /// Counts the answer, and what is sent of its body; `read` bytes of the request's were read, where it had one.
    pub(crate) fn answered(mut self, response: &mut Response, read: Option<u64>) {
        self.open = false;
        self.metrics.answered(self.method, self.route, status(response.status), self.began.elapsed());
        if let Some(bytes) = read {
            self.metrics.request_body(self.route, bytes);
        }
        match &mut response.body {
            Body::Full(bytes) => self.metrics.response_body(self.route, bytes.len() as u64),
            Body::Stream(parts) => {
                let parts = std::mem::replace(parts, futures::stream::empty().boxed());
                let counted = Counted { parts, bytes: 0, metrics: Arc::clone(&self.metrics), route: self.route };
                response.body = Body::Stream(counted.boxed());
            }
            Body::Socket(_) => {}
        }
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        if self.open {
            self.metrics.answered(self.method, self.route, LEFT, self.began.elapsed());
        }
    }
}

/// A body that is counted when it has ended, or nobody takes it any more.
struct Counted {
    parts: BoxStream<'static, io::Result<Bytes>>,
    bytes: u64,
    metrics: Arc<Metrics>,
    route: &'static str,
}

impl Stream for Counted {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = self.parts.as_mut().poll_next(context);
        if let Poll::Ready(Some(Ok(part))) = &polled {
            self.bytes += part.len() as u64;
        }
        polled
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.metrics.response_body(self.route, self.bytes);
    }
}

/// Methods are the client's to invent.
fn word_of(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

macro_rules! words {
    ($status:expr; $($known:literal),+) => {
        match $status {
            $($known => stringify!($known),)+
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        }
    };
}

/// The statuses of the API by themselves, and others by their kind.
fn status(status: StatusCode) -> &'static str {
    words!(status.as_u16(); 101, 200, 201, 202, 204, 206, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405, 406, 409,
        410, 412, 413, 415, 422, 426, 429, 431, 500, 501, 502, 503, 504)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_client_chooses_becomes_a_label() {
        assert_eq!(word_of(&Method::from_bytes(b"BREW").expect("a method")), "other");
        assert_eq!(word_of(&Method::PATCH), "PATCH");
        assert_eq!(status(StatusCode::NOT_FOUND), "404");
        assert_eq!(status(StatusCode::IM_A_TEAPOT), "4xx");
    }
}
