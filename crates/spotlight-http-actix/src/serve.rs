//! Serving an application until it is asked to stop.

use std::{
    fmt::Debug,
    future::ready,
    net::SocketAddr,
    pin::pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_http::{HttpService, KeepAlive, Request, Response, body::MessageBody};
use actix_server::Server;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, fn_factory, fn_service};
use actix_web::{App, dev::AppConfig, rt::net::TcpStream};
use spotlight_core::error::{Error, ErrorKind, Result};
use spotlight_http::{Api, Encryption, Wire, WriteLimit};
pub use spotlight_http::{Patience, rustls};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    configure,
    connection::{Activity, Connection, Encrypted},
    expect::{Application, Expect},
    fallback,
};

/// How long the rest of a body that nobody reads is taken in before its connection is closed: a client hears the answer
/// that way.
const LINGER: Duration = Duration::from_secs(1);

/// Serves the API until `shutdown` is ready, and then until the requests that have begun are answered, as patiently as
/// [`Patience::default`].
///
/// # Errors
/// `Misconfigured` when the listener cannot be used.
pub async fn serve(
    listener: TcpListener,
    api: impl Into<Arc<Api>>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    serve_patiently(listener, api, Patience::default(), shutdown).await
}

/// The same with another patience.
///
/// # Errors
/// As [`serve`].
pub async fn serve_patiently(
    listener: TcpListener,
    api: impl Into<Arc<Api>>,
    patience: Patience,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    whole(listener, api.into(), (patience, None), shutdown).await
}

/// The same over TLS alone, in HTTP/1.1, whatever protocols the configuration names. A client has the patience for a head to
/// finish its handshake; one that does not, or that speaks plainly, is let go, and keeps nobody else from being served.
///
/// The certificate is what the configuration's `cert_resolver` gives for each handshake: one that changes is served without
/// a new start.
///
/// # Errors
/// As [`serve`].
pub async fn serve_tls(
    listener: TcpListener,
    api: impl Into<Arc<Api>>,
    tls: Arc<rustls::ServerConfig>,
    patience: Patience,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    whole(listener, api.into(), (patience, Some(Encryption::new(&tls))), shutdown).await
}

/// Serves an application that is the API and nothing else.
async fn whole(
    listener: TcpListener,
    api: Arc<Api>,
    how: (Patience, Option<Encryption>),
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let app = move || App::new().configure(configure(Arc::clone(&api))).default_service(fallback(Arc::clone(&api)));
    run(listener, app, how, shutdown).await
}

/// As [`serve`] with an application of your own, which has the API by [`configure`], and with another patience.
///
/// Each worker, one for each processor, makes its application by calling `app`.
///
/// # Errors
/// As [`serve`].
///
/// # Cancel safety
/// Dropping the future cuts every connection off.
pub async fn serve_with<F, I, S, B>(
    listener: TcpListener,
    app: F,
    patience: Patience,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    run(listener, app, (patience, None), shutdown).await
}

/// As [`serve_tls`] with an application of your own, as [`serve_with`] takes it.
///
/// # Errors
/// As [`serve`].
///
/// # Cancel safety
/// As [`serve_with`].
pub async fn serve_tls_with<F, I, S, B>(
    listener: TcpListener,
    app: F,
    tls: Arc<rustls::ServerConfig>,
    patience: Patience,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    run(listener, app, (patience, Some(Encryption::new(&tls))), shutdown).await
}

async fn run<F, I, S, B>(
    listener: TcpListener,
    app: F,
    (patience, encryption): (Patience, Option<Encryption>),
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let unusable = |error| Error::new(ErrorKind::Misconfigured, "the listener cannot be used").with_source(error);
    let listener = listener.into_std().map_err(unusable)?;
    let stop = Stop::default();
    // Dropping the future ends everything.
    let (_draining, cut) = (stop.draining.clone().drop_guard(), stop.cut.clone().drop_guard());
    let server = Server::build()
        .disable_signals()
        // The deadline is ours; this one is only for connections that do not even notice it.
        .shutdown_timeout((patience.farewell + patience.shutdown).as_secs() + 5)
        .listen("spotlight", listener, {
            let stop = stop.clone();
            move || connections(app.clone(), (patience, encryption.clone()), stop.clone())
        })
        .map_err(unusable)?
        .run();
    let handle = server.handle();
    let mut server = pin!(server);
    tokio::select! {
        ended = &mut server => return ended.map_err(|error| Error::internal("the server failed").with_source(error)),
        () = shutdown => {}
    }
    stop.leaving.store(true, Ordering::Relaxed);
    let deadline = async {
        // Idle connections are not closed under the hands of a client that asks just now.
        sleep(patience.farewell).await;
        stop.draining.cancel();
        sleep(patience.shutdown).await;
        tracing::warn!("answers that took too long are cut off");
        drop(cut);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        (ended, ()) = async { tokio::join!(server, handle.stop(true)) } => {
            ended.map_err(|error| Error::internal("the server failed").with_source(error))
        }
        () = deadline => unreachable!("it never ends"),
    }
}

/// How a server ends.
#[derive(Clone, Default)]
struct Stop {
    /// Each answer is its connection's last.
    leaving: Arc<AtomicBool>,
    /// No further request begins.
    draining: CancellationToken,
    /// Every connection ends.
    cut: CancellationToken,
}

/// What a worker does with its connections.
fn connections<F, I, S, B>(
    app: F,
    (patience, encryption): (Patience, Option<Encryption>),
    stop: Stop,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = (), InitError = ()>
where
    F: Fn() -> I + Clone + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    fn_factory(move || {
        let (app, encryption, stop) = (app.clone(), encryption.clone(), stop.clone());
        async move {
            let failed = |error: S::InitError| tracing::error!(?error, "the application could not be made");
            let app = app().into_factory().new_service(AppConfig::default()).await.map_err(failed)?;
            let app = Rc::new(app);
            let (first, second) = (Rc::clone(&app), app);
            let (draining, leaving) = (stop.draining.clone(), Arc::clone(&stop.leaving));
            let of_expect = Arc::clone(&leaving);
            let http = HttpService::build()
                // Both limits are this crate's own: actix has none for later heads.
                .keep_alive(KeepAlive::Os)
                .client_request_timeout(Duration::ZERO)
                .client_disconnect_timeout(LINGER)
                // A client that goes away cancels the work.
                .h1_allow_half_closed(false)
                .graceful_shutdown_signal(move || draining.clone().cancelled_owned())
                .on_connect_ext(|connection: &Connection, data| {
                    data.insert(Rc::clone(&connection.activity));
                    if connection.stream.is_encrypted() {
                        data.insert(Encrypted);
                    }
                })
                .expect(fn_factory(move || ready(Ok::<_, ()>(Expect(Application::new(&first, &of_expect))))))
                .h1(fn_factory(move || ready(Ok::<_, ()>(Application::new(&second, &leaving)))))
                .new_service(())
                .await?;
            let http = Rc::new(http);
            Ok(fn_service(move |stream: TcpStream| {
                let (http, encryption, stop) = (Rc::clone(&http), encryption.clone(), stop.clone());
                async move {
                    let peer = stream.peer_addr().ok();
                    connection(&*http, stream, peer, (patience, encryption), &stop).await;
                    Ok::<_, ()>(())
                }
            }))
        }
    })
}

/// The stream of a connection once it is ready for requests; none when it never is.
async fn opened(stream: TcpStream, patience: Patience, encryption: Option<&Encryption>, stop: &Stop) -> Option<Wire> {
    tokio::select! {
        // A connection that is not encrypted is ready at once, and is then served whatever else is.
        biased;
        opened = Wire::open(stream, WriteLimit::new(patience.write), encryption) => opened,
        () = stop.draining.cancelled() => None,
    }
}

/// The work on one connection.
async fn connection<H>(
    http: &H,
    stream: TcpStream,
    peer: Option<SocketAddr>,
    (patience, encryption): (Patience, Option<Encryption>),
    stop: &Stop,
) where
    H: Service<(Connection, Option<SocketAddr>), Response = ()>,
    H::Error: Debug,
{
    // Words of a stream are small, and waiting to fill a packet would hold them back.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let activity = Activity::new();
    let served = async {
        let Some(stream) = opened(stream, patience, encryption.as_ref(), stop).await else { return Ok(()) };
        http.call((Connection { stream, activity: Rc::clone(&activity) }, peer)).await
    };
    tokio::select! {
        ended = served => if let Err(error) = ended {
            tracing::debug!(?error, "a connection ended early");
        },
        () = activity.silence(patience.head) => tracing::debug!("a connection without a request is closed"),
        () = stop.cut.cancelled() => {}
    }
}
