//! Spotlight's HTTP API on axum: a binding of `spotlight-http`, which holds every rule.
//!
//! ```no_run
//! # async fn example(platform: spotlight_core::Spotlight) -> Result<(), Box<dyn std::error::Error>> {
//! use spotlight_http::{Api, HttpPolicy};
//!
//! let api = Api::new(platform, HttpPolicy::development());
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! spotlight_http_axum::serve(listener, spotlight_http_axum::router(api), std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```

mod serve;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
    routing::{MethodFilter, MethodRouter, any},
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use spotlight_http::{Api, Body as Answer, Request as Head, Response as Answered, Verb, endpoints};

pub use self::serve::{Patience, serve, serve_with};

/// The whole API as an application of its own: [`routes`], and every other address is answered with an error document.
///
/// Serve it with connect info ([`serve`] does), or every caller counts as one address towards the limits of those who
/// have not signed in.
pub fn router(api: impl Into<Arc<Api>>) -> Router {
    let api = api.into();
    routes(Arc::clone(&api)).fallback(not_found(api))
}

/// Every endpoint of the API, to be merged into a router of your own or nested below a path of it. Below `/api/v1` what
/// matches no endpoint is answered in the API's own form; everywhere else it is your router's.
///
/// Serve it with connect info, as [`router`].
pub fn routes(api: impl Into<Arc<Api>>) -> Router {
    let api = api.into();
    let mut paths: BTreeMap<&'static str, MethodRouter> = BTreeMap::new();
    for endpoint in endpoints() {
        let handler = {
            let api = Arc::clone(&api);
            move |request: Request| {
                let api = Arc::clone(&api);
                async move {
                    let (head, body, upgrade) = split(request);
                    respond(api.handle(endpoint, head, body.into_data_stream()).await, upgrade)
                }
            }
        };
        let routes = paths.remove(endpoint.path).unwrap_or_default();
        paths.insert(endpoint.path, routes.on(filter(endpoint.verb), handler));
    }
    let mut router = Router::new();
    for (path, routes) in paths {
        let api = Arc::clone(&api);
        let wrong_method = move |request: Request| {
            let answered = api.method_not_allowed(path, &split(request).0);
            std::future::ready(respond(answered, None))
        };
        router = router.route(path, routes.fallback(wrong_method));
    }
    router.route("/api/v1/{*rest}", any(not_found(api)))
}

/// Answers what matches no endpoint.
fn not_found(api: Arc<Api>) -> impl Fn(Request) -> std::future::Ready<Response> + Clone + Send + Sync + 'static {
    move |request| std::future::ready(respond(api.not_found(&split(request).0), None))
}

fn filter(verb: Verb) -> MethodFilter {
    match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
        Verb::Patch => MethodFilter::PATCH,
        Verb::Delete => MethodFilter::DELETE,
    }
}

fn split(request: Request) -> (Head, Body, Option<OnUpgrade>) {
    let (mut parts, body) = request.into_parts();
    let upgrade = parts.extensions.remove::<OnUpgrade>();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let head = Head {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        peer: peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
    };
    (head, body, upgrade)
}

fn respond(answered: Answered, upgrade: Option<OnUpgrade>) -> Response {
    let body = match answered.body {
        Answer::Full(bytes) => Body::from(bytes),
        Answer::Stream(parts) => Body::from_stream(parts),
        Answer::Socket(session) => {
            if let Some(upgrade) = upgrade {
                tokio::spawn(async move {
                    match upgrade.await {
                        Ok(connection) => session.over(TokioIo::new(connection)).await,
                        Err(error) => tracing::debug!(%error, "a connection was not handed over"),
                    }
                });
            }
            Body::empty()
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = answered.status;
    *response.headers_mut() = answered.headers;
    response
}
