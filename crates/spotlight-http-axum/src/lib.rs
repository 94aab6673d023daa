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
    routing::{MethodFilter, MethodRouter},
    serve::ListenerExt,
};
use spotlight_core::error::{Error, ErrorKind, Result};
use spotlight_http::{Api, Body as Answer, ENDPOINTS, Request as Head, Response as Answered, Verb};
use tokio::net::TcpListener;

/// Every endpoint of the API. What it does not match is answered in the API's own form.
///
/// Serve it with connect info ([`serve`] does), or every caller counts as one address towards the limits of those who
/// have not signed in.
pub fn router(api: impl Into<Arc<Api>>) -> Router {
    let api = api.into();
    let mut paths: BTreeMap<&'static str, MethodRouter> = BTreeMap::new();
    for endpoint in ENDPOINTS {
        let handler = {
            let api = Arc::clone(&api);
            move |request: Request| {
                let api = Arc::clone(&api);
                async move {
                    let (head, body) = split(request);
                    respond(api.handle(endpoint, head, body.into_data_stream()).await)
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
            std::future::ready(respond(answered))
        };
        router = router.route(path, routes.fallback(wrong_method));
    }
    router.fallback(move |request: Request| std::future::ready(respond(api.not_found(&split(request).0))))
}

/// Serves a router until `shutdown` is ready, and then until the requests that have begun are answered.
///
/// # Errors
/// `Unavailable` when the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let listener = listener.tap_io(|connection| {
        // Words of a stream are small, and waiting to fill a packet would hold them back.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
    });
    axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(shutdown)
        .await
        .map_err(|error| Error::new(ErrorKind::Unavailable, "the server stopped listening").with_source(error))
}

fn filter(verb: Verb) -> MethodFilter {
    match verb {
        Verb::Get => MethodFilter::GET,
        Verb::Post => MethodFilter::POST,
        Verb::Patch => MethodFilter::PATCH,
        Verb::Delete => MethodFilter::DELETE,
    }
}

fn split(request: Request) -> (Head, Body) {
    let (parts, body) = request.into_parts();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let head = Head {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        peer: peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
    };
    (head, body)
}

fn respond(answered: Answered) -> Response {
    let body = match answered.body {
        Answer::Full(bytes) => Body::from(bytes),
        Answer::Stream(parts) => Body::from_stream(parts),
    };
    let mut response = Response::new(body);
    *response.status_mut() = answered.status;
    *response.headers_mut() = answered.headers;
    response
}
