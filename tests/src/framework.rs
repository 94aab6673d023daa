//! The HTTP API on a free port, by the framework that the test chooses.

use std::sync::Arc;

use rustls::ServerConfig;
use spotlight_core::Spotlight;
use spotlight_http::{Api, HttpPolicy, Patience};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// What carries the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framework {
    /// axum.
    Axum,
    /// actix-web.
    Actix,
}

impl Framework {
    /// Every one of them.
    pub const ALL: [Self; 2] = [Self::Axum, Self::Actix];
}

/// A running server, which is asked to stop when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it is, as `http://127.0.0.1:3000`.
    pub url: String,
    stop: oneshot::Sender<()>,
    running: JoinHandle<spotlight_core::Result<()>>,
}

impl Server {
    /// Stops it, and returns when it has ended.
    ///
    /// # Panics
    /// When it failed.
    pub async fn stop(self) {
        // A server that has ended already hears nothing.
        let _ = self.stop.send(());
        self.running.await.expect("no panic").expect("it ends well");
    }
}

/// Serves a platform.
///
/// # Panics
/// When no port is free.
pub async fn start(framework: Framework, platform: Spotlight, policy: HttpPolicy) -> Server {
    serve(framework, Api::new(platform, policy)).await
}

/// Serves an API.
///
/// # Panics
/// When no port is free.
pub async fn serve(framework: Framework, api: Api) -> Server {
    let (listener, url, stop, stopped) = beginning("http").await;
    let running = match framework {
        Framework::Axum => {
            tokio::spawn(spotlight_http_axum::serve(listener, spotlight_http_axum::router(api), stopped))
        }
        Framework::Actix => tokio::spawn(spotlight_http_actix::serve(listener, api, stopped)),
    };
    Server { url, stop, running }
}

/// Serves an API over TLS.
///
/// # Panics
/// When no port is free.
pub async fn serve_tls(framework: Framework, api: Api, tls: Arc<ServerConfig>, patience: Patience) -> Server {
    let (listener, url, stop, stopped) = beginning("https").await;
    let running = match framework {
        Framework::Axum => {
            let router = spotlight_http_axum::router(api);
            tokio::spawn(spotlight_http_axum::serve_tls(listener, router, tls, patience, stopped))
        }
        Framework::Actix => tokio::spawn(spotlight_http_actix::serve_tls(listener, api, tls, patience, stopped)),
    };
    Server { url, stop, running }
}

async fn beginning(
    scheme: &str,
) -> (TcpListener, String, oneshot::Sender<()>, impl Future<Output = ()> + Send + use<>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("{scheme}://{}", listener.local_addr().expect("an address"));
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move {
        // A test that has ended wants no server either.
        let _ = stopped.await;
    };
    (listener, url, stop, stopped)
}
