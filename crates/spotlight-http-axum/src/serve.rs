//! Serving a router until it is asked to stop.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Method, StatusCode, Version, header},
    response::{IntoResponse, Response},
};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
};
use spotlight_core::error::Result;
use spotlight_http::{Encryption, Wire, WriteLimit};
pub use spotlight_http::{Patience, rustls};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::linger::Lingering;

/// Among the extensions of a request, says that its connection is encrypted. [`serve_tls`] puts it there; so does a server
/// of your own that speaks TLS, or its requests count as plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encrypted;

/// Serves a router until `shutdown` is ready, and then until the requests that have begun are answered, as patiently as
/// [`Patience::default`].
///
/// # Errors
/// None today; a listener that cannot accept, as without free file descriptors, is asked again.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    serve_with(listener, router, Patience::default(), shutdown).await
}

/// The same with another patience.
///
/// # Errors
/// As [`serve`].
///
/// # Cancel safety
/// Dropping the future cuts every connection off.
pub async fn serve_with(
    listener: TcpListener,
    router: Router,
    patience: Patience,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    run(listener, (router, None), patience, shutdown).await
}

/// The same over TLS alone, in HTTP/1.1 whatever protocols the configuration names ([`Encryption::new`] says why). A client has the patience for a head to finish its handshake; one that does not, or that speaks plainly, is let
/// go, and keeps nobody else from being served.
///
/// The certificate is what the configuration's `cert_resolver` gives for each handshake: one that changes is served without
/// a new start.
///
/// # Errors
/// As [`serve`].
///
/// # Cancel safety
/// As [`serve_with`].
pub async fn serve_tls(
    listener: TcpListener,
    router: Router,
    tls: Arc<rustls::ServerConfig>,
    patience: Patience,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    run(listener, (router, Some(Encryption::new(&tls))), patience, shutdown).await
}

/// What all connections of a server share.
struct Serving {
    router: Router,
    encryption: Option<Encryption>,
    patience: Patience,
    /// Each answer is its connection's last.
    leaving: AtomicBool,
    /// No connection that has not begun to speak is waited for.
    draining: CancellationToken,
}

async fn run(
    listener: TcpListener,
    (router, encryption): (Router, Option<Encryption>),
    patience: Patience,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let (graceful, mut connections, mut shutdown) = (GracefulShutdown::new(), JoinSet::new(), pin!(shutdown));
    let (leaving, draining) = (AtomicBool::new(false), CancellationToken::new());
    let serving = Arc::new(Serving { router, encryption, patience, leaving, draining });
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    // Where descriptors have run out, others must end first; asking at once would be a busy loop.
                    if !is_of_one_connection(&error) {
                        sleep(Duration::from_secs(1)).await;
                    }
                    continue;
                }
            },
        };
        connections.spawn(connection(stream, peer, Arc::clone(&serving), graceful.watcher()));
    }
    drop(listener);
    serving.leaving.store(true, Ordering::Relaxed);
    // Idle connections are not closed under the hands of a client that asks just now.
    let _ = timeout(patience.farewell, async { while connections.join_next().await.is_some() {} }).await;
    serving.draining.cancel();
    if timeout(patience.shutdown, graceful.shutdown()).await.is_err() {
        tracing::warn!(connections = connections.len(), "answers that took too long are cut off");
    }
    connections.shutdown().await;
    Ok(())
}

/// True for an error that says nothing about the next connection.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// True for a request that hyper lets through and that other servers refuse before anybody sees it: HTTP/1.1 without one
/// host, HTTP/1.0 with a body of unknown length, a target that is no ASCII, and more header lines than there are reasons
/// for.
fn is_unsound(request: &Request<Incoming>) -> bool {
    let (headers, target) = (request.headers(), request.uri());
    let framed = match request.version() {
        Version::HTTP_11 => headers.get_all(header::HOST).iter().count() == 1,
        Version::HTTP_10 => request.method() != Method::POST || headers.contains_key(header::CONTENT_LENGTH),
        _ => true,
    };
    let plain = target.path().is_ascii() && target.query().is_none_or(str::is_ascii);
    !framed || !plain || headers.len() > MOST_HEADERS
}

/// Most lines of a request's head.
const MOST_HEADERS: usize = 96;
/// Most bytes of a request's head; what is longer is refused with 431.
const MOST_HEAD: usize = 128 * 1024;

/// The stream of a connection once it is ready for requests; none when it never is.
async fn opened(stream: TcpStream, serving: &Serving, until: Instant) -> Option<Wire> {
    let writes = WriteLimit::new(serving.patience.write);
    tokio::select! {
        // A connection that is not encrypted is ready at once, and is then served whatever else is.
        biased;
        opened = Wire::open(stream, writes, serving.encryption.as_ref()) => opened,
        () = sleep_until(until) => {
            tracing::debug!("a connection that does not finish its handshake is closed");
            None
        }
        () = serving.draining.cancelled() => None,
    }
}

/// The work on one connection.
async fn connection(stream: TcpStream, peer: SocketAddr, serving: Arc<Serving>, watcher: Watcher) {
    // Words of a stream are small, and waiting to fill a packet would hold them back.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let patience = serving.patience;
    let until = Instant::now() + patience.head;
    let Some(wire) = opened(stream, &serving, until).await else { return };
    let encrypted = wire.is_encrypted();
    let (asked, last) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let stream = Lingering::new(wire, Arc::clone(&last));
    let service = service_fn({
        let asked = Arc::clone(&asked);
        move |mut request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(ConnectInfo(peer));
            if encrypted {
                request.extensions_mut().insert(Encrypted);
            }
            let (serving, last) = (Arc::clone(&serving), Arc::clone(&last));
            let persists = request.version() < Version::HTTP_2;
            async move {
                let mut answered = if is_unsound(&request) {
                    Ok((StatusCode::BAD_REQUEST, [(header::CONNECTION, "close")]).into_response())
                } else {
                    serving.router.clone().oneshot(request.map(Body::new)).await
                };
                let leaving = serving.leaving.load(Ordering::Relaxed);
                if let (true, true, Ok(response)) = (leaving, persists, &mut answered) {
                    response.headers_mut().entry(header::CONNECTION).or_insert(HeaderValue::from_static("close"));
                }
                let closes = |response: &Response| {
                    let options = response.headers().get(header::CONNECTION);
                    options.is_some_and(|options| options.as_bytes().starts_with(b"close"))
                };
                last.fetch_or(answered.as_ref().is_ok_and(closes), Ordering::Relaxed);
                answered
            }
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    if encrypted {
        builder = builder.http1_only();
    }
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.head).max_buf_size(MOST_HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(patience.head)).keep_alive_timeout(patience.head);
    let served = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    let served = watcher.watch(served);
    // Until the protocol is known no timer of hyper's runs: who says nothing at all is let go here.
    let silence = async {
        sleep_until(until).await;
        if asked.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = served => if let Err(error) = ended {
            tracing::debug!(error = error.to_string(), "a connection ended early");
        },
        () = silence => tracing::debug!("a connection without a request is closed"),
    }
}
