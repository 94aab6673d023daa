//! The whole way of a request, for a framework: where it goes, and what becomes of a body that nobody has read.
//!
//! Matching is here and not in the frameworks, since each has its own notion of a path: what is decoded before it is
//! compared, what two slashes in a row are, whether one at the end counts. Here the path is compared as it was sent.

use std::{
    pin::pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::{Method, StatusCode, header};
use serde_json::Value;
use tokio::{runtime::Handle, time::timeout};

use crate::{
    api::Api,
    endpoint::{Access, Endpoint, Verb},
    home,
    measure::Measured,
    openapi::{openapi, openapi_of},
    request::Request,
    resources::{Group, endpoints},
    response::Response,
};

/// Below it, every address is the API's.
pub const BASE: &str = "/api/v1";

/// Bytes of an unread body that are read after all, so that the connection stays usable.
const SPARE: usize = 64 * 1024;
/// How long they may take.
const SPARE_TIME: Duration = Duration::from_secs(1);

/// What a deployment serves of the table.
pub(crate) struct Served {
    rows: Vec<&'static Endpoint>,
    paths: matchit::Router<Vec<&'static Endpoint>>,
    document: OnceLock<Value>,
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Served({} endpoints)", self.rows.len())
    }
}

/// Where a request goes.
pub(crate) enum Route<'a> {
    /// To an endpoint.
    Endpoint(&'static Endpoint),
    /// To a path that has these endpoints, and none for the method.
    Path(&'a [&'static Endpoint]),
    /// Nowhere.
    Nowhere,
}

impl Route<'_> {
    fn is_probe(&self) -> bool {
        matches!(self, Self::Endpoint(endpoint) if endpoint.access == Access::Probe)
    }
}

impl Served {
    /// Everything but some groups.
    pub(crate) fn without(groups: &[Group]) -> Self {
        let rows: Vec<_> = endpoints().iter().filter(|row| !groups.contains(&row.group)).collect();
        let mut paths = matchit::Router::new();
        for (at, row) in rows.iter().enumerate() {
            if rows[..at].iter().any(|earlier| earlier.path == row.path) {
                continue;
            }
            let here: Vec<_> = rows.iter().copied().filter(|other| other.path == row.path).collect();
            // Two rows that cannot be told apart are a mistake in the table, which a test of the table finds.
            if let Err(error) = paths.insert(row.path, here) {
                tracing::error!(path = row.path, %error, "an endpoint cannot be reached");
            }
        }
        Self { rows, paths, document: OnceLock::new() }
    }

    pub(crate) fn route(&self, method: &Method, path: &str) -> Route<'_> {
        let Ok(matched) = self.paths.at(path) else { return Route::Nowhere };
        let verb = if *method == Method::HEAD { Method::GET } else { method.clone() };
        match matched.value.iter().find(|row| row.verb.method() == verb) {
            Some(row) => Route::Endpoint(row),
            None => Route::Path(matched.value),
        }
    }

    /// The document of what is served.
    pub(crate) fn document(&self) -> &Value {
        if self.rows.len() == endpoints().len() {
            return openapi();
        }
        self.document.get_or_init(|| openapi_of(self.rows.iter().copied()))
    }

    /// The templates outside [`BASE`], each once.
    fn addresses(&self) -> Vec<&'static str> {
        let mut found = Vec::new();
        for row in &self.rows {
            let inside = row.path.strip_prefix(BASE).is_some_and(|rest| rest.starts_with('/'));
            if !inside && !found.contains(&row.path) {
                found.push(row.path);
            }
        }
        found
    }
}

/// How far a body was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    Untouched = 0,
    Begun = 1,
    Broken = 2,
    Ended = 3,
}

impl Api {
    /// The same API without some groups of endpoints: their addresses are as unknown as any other, and the document does
    /// not name them.
    #[must_use]
    pub fn without(mut self, groups: &[Group]) -> Self {
        self.served = Arc::new(Served::without(groups));
        self
    }

    /// The addresses that a framework sends here besides everything below `/api/v1/`, as templates like `/up`.
    pub fn addresses(&self) -> Vec<&'static str> {
        self.served.addresses()
    }

    /// The runtime that the platform was built on ([`Spotlight::runtime`](spotlight_core::Spotlight::runtime)): sockets are
    /// held there.
    pub fn runtime(&self) -> Option<&Handle> {
        self.platform().runtime()
    }

    /// Answers any request: one that matches an endpoint as [`handle`](Self::handle) does, every other with the error
    /// that says why it matches none. This is all that a framework calls.
    ///
    /// Where the platform was built on a runtime and the caller runs on another, the work is done on the platform's own
    /// (see [`Spotlight::runtime`](spotlight_core::Spotlight::runtime)), and body and answer go over between the two.
    ///
    /// # Cancel safety
    /// Dropping the future abandons the request, wherever it is worked on: what was committed stays, nothing is half
    /// done.
    pub async fn respond<S, E>(&self, request: Request, body: S) -> Response
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        match home::elsewhere(self.platform()) {
            Some(home) => home::from_afar(home, self.clone(), request, body).await,
            None => self.respond_here(request, body).await,
        }
    }

    pub(crate) async fn respond_here<S, E>(&self, request: Request, body: S) -> Response
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        let body_of = BodyOf::new(&request);
        let (read, bytes) = (AtomicU8::new(Read::Untouched as u8), AtomicU64::new(0));
        let mut body = pin!(body);
        let watched = stream::poll_fn(|context| {
            let polled = body.as_mut().poll_next(context);
            let now = match &polled {
                std::task::Poll::Ready(None) => Read::Ended,
                std::task::Poll::Ready(Some(Err(_))) => Read::Broken,
                std::task::Poll::Ready(Some(Ok(part))) => {
                    bytes.fetch_add(part.len() as u64, Ordering::Relaxed);
                    Read::Begun
                }
                std::task::Poll::Pending => Read::Begun,
            };
            read.store(now as u8, Ordering::Relaxed);
            polled
        });
        let route = self.served.route(&request.method, request.own_path());
        let measured = Measured::new(self.platform().metrics(), &request, &route);
        // Probes come from inside, where nobody speaks HTTPS.
        let plain = if route.is_probe() { None } else { self.elsewhere(&request) };
        let mut response = match (plain, route) {
            (Some(plain), _) => plain,
            (None, Route::Endpoint(endpoint)) => self.handle(endpoint, request, watched).await,
            (None, Route::Path(rows)) => self.method_not_allowed(rows, &request),
            (None, Route::Nowhere) => self.not_found(&request),
        };
        measured.answered(&mut response, body_of.comes.then(|| bytes.load(Ordering::Relaxed)));
        if response.status == StatusCode::SWITCHING_PROTOCOLS {
            return response;
        }
        let read = [Read::Untouched, Read::Begun, Read::Broken, Read::Ended]
            .into_iter()
            .find(|one| *one as u8 == read.load(Ordering::Relaxed))
            .unwrap_or(Read::Broken);
        response.close |= body_of.closes || (body_of.comes && !body_of.is_done(read, body).await);
        response
    }
}

/// What the head of a request says about its body and its connection.
struct BodyOf {
    /// There is one.
    comes: bool,
    /// It comes once it is asked for.
    waits: bool,
    /// The connection is for this request alone, whatever becomes of it.
    closes: bool,
}

impl BodyOf {
    fn new(request: &Request) -> Self {
        let says = |name, word: &str| request.list(&name).any(|item| item.eq_ignore_ascii_case(word));
        let length = request.header(&header::CONTENT_LENGTH).is_some_and(|length| length.trim() != "0");
        // What follows a request for another protocol may be in that one, and is not for us to read.
        let other = request.method == Method::CONNECT
            || says(header::UPGRADE, "websocket")
            || says(header::CONNECTION, "upgrade");
        Self {
            comes: !other && (length || request.headers.contains_key(header::TRANSFER_ENCODING)),
            waits: says(header::EXPECT, "100-continue"),
            closes: other || says(header::CONNECTION, "close"),
        }
    }

    /// True when nothing of the body stands before the next request of the connection. A little is read to that end: a
    /// client that was refused for another reason than its body keeps its connection.
    async fn is_done<S, E>(&self, read: Read, body: std::pin::Pin<&mut S>) -> bool
    where
        S: Stream<Item = Result<Bytes, E>>,
    {
        match read {
            Read::Ended => return true,
            Read::Broken => return false,
            Read::Untouched if self.waits => return false,
            Read::Untouched | Read::Begun => {}
        }
        let spare = async {
            let (mut body, mut left) = (body, SPARE);
            while let Some(part) = body.next().await {
                let Ok(part) = part else { return false };
                let Some(after) = left.checked_sub(part.len()) else { return false };
                left = after;
            }
            true
        };
        timeout(SPARE_TIME, spare).await.unwrap_or(false)
    }
}

/// The methods that are answered at a path, for `Allow`.
pub(crate) fn allowed(rows: &[&'static Endpoint]) -> String {
    let mut methods = Vec::new();
    for row in rows {
        methods.push(row.verb.method().to_string());
        if row.verb == Verb::Get {
            methods.push("HEAD".to_owned());
        }
    }
    if rows.iter().any(|row| row.crosses_origins()) {
        methods.push("OPTIONS".to_owned());
    }
    methods.join(", ")
}
