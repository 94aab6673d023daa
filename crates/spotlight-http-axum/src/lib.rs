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

mod linger;
mod serve;

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, OriginalUri, Request, State},
    http::{HeaderValue, StatusCode, Version, header},
    response::Response,
    routing::any,
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use spotlight_http::{Api, BASE, Body as Answer, Request as Head, Response as Answered};
use tokio::runtime::Handle;

pub use self::serve::{Encrypted, Patience, rustls, serve, serve_tls, serve_with};

/// The whole API as an application of its own: [`routes`], and every other address is answered with an error document.
///
/// Serve it with connect info ([`serve`] does), or every caller counts as one address towards the limits of those who
/// have not signed in.
pub fn router(api: impl Into<Arc<Api>>) -> Router {
    let api = api.into();
    routes(Arc::clone(&api)).fallback_service(any(answer).with_state(api))
}

/// Every endpoint of the API, to be merged into a router of your own or nested below a path of it: links in answers keep
/// that path. Below `/api/v1` what matches no endpoint is answered in the API's own form; everywhere else it is your
/// router's.
///
/// Serve it with connect info, as [`router`].
pub fn routes(api: impl Into<Arc<Api>>) -> Router {
    let api = api.into();
    let below = format!("{BASE}/{{*rest}}");
    let addresses = api.addresses().into_iter().chain([below.as_str()]);
    addresses.fold(Router::new(), |router, address| router.route(address, any(answer))).with_state(Arc::clone(&api))
}

/// Extracts, asks, responds.
async fn answer(State(api): State<Arc<Api>>, request: Request) -> Response {
    let version = request.version();
    let (head, body, upgrade) = split(request);
    let answered = api.respond(head, body.into_data_stream()).await;
    respond(&api, answered, version, upgrade)
}

fn split(request: Request) -> (Head, Body, Option<OnUpgrade>) {
    let (mut parts, body) = request.into_parts();
    let upgrade = parts.extensions.remove::<OnUpgrade>();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    // What a router around this one has taken off the path.
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |uri| &uri.0);
    // HTTP/2 names the host among what it says of the target, and most clients there alone.
    let host = uri.authority().filter(|_| parts.version == Version::HTTP_2);
    if let Some(host) = host.and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
        parts.headers.insert(header::HOST, host);
    }
    let sent = uri.path();
    let prefix = sent.strip_suffix(parts.uri.path()).map_or(sent.len(), str::len);
    let encrypted = parts.extensions.get::<Encrypted>().is_some();
    let head = Head {
        method: parts.method,
        path: sent.to_owned(),
        prefix,
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        peer: peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        encrypted,
    };
    (head, body, upgrade)
}

fn respond(api: &Api, answered: Answered, version: Version, upgrade: Option<OnUpgrade>) -> Response {
    let body = match answered.body {
        // axum would say of a head that it is none bytes long, which is not what the whole answer would be (RFC 9110, 8.6).
        Answer::Full(_) if answered.status == StatusCode::NOT_MODIFIED => {
            Body::from_stream(futures::stream::empty::<Result<Bytes, Infallible>>())
        }
        Answer::Full(bytes) => Body::from(bytes),
        Answer::Stream(parts) => Body::from_stream(parts),
        Answer::Socket(session) => {
            if let Some(upgrade) = upgrade {
                let home = api.runtime().cloned().unwrap_or_else(Handle::current);
                home.spawn(async move {
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
    // An offer of another protocol is named among the options of the connection too.
    let offers = response.headers().contains_key(header::UPGRADE) && version <= Version::HTTP_11;
    let options = match (answered.close && version == Version::HTTP_11, offers) {
        (true, true) => "close, upgrade",
        (true, false) => "close",
        (false, true) => "upgrade",
        (false, false) => return response,
    };
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static(options));
    response
}
