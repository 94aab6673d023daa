//! `serve`: requests and jobs in one process.

use spotlight_core::{Error, ErrorKind, Result};
use spotlight_http::{Api, HttpPolicy};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::Options,
    demo::{self, Demo},
    print,
    wiring::{Deployment, deploy},
};

pub(crate) async fn run(options: &Options) -> Result<()> {
    // The port first: a second start must not touch the data of the first.
    let listener = TcpListener::bind(options.listen).await.map_err(|error| {
        let text = format!("{} cannot be listened on; choose another with --listen", options.listen);
        Error::new(ErrorKind::Misconfigured, text).with_source(error)
    })?;
    let address = listener
        .local_addr()
        .map_err(|error| Error::internal("the listening address is unknown").with_source(error))?;
    let Deployment { platform, storage } = deploy(options).await?;
    let demo = demo::prepare(&platform, options.time_zone).await?;
    announce(&storage, &demo, &format!("http://{address}"))?;

    let stop = CancellationToken::new();
    let jobs = tokio::spawn({
        let (runner, stop) = (platform.runner(), stop.clone());
        async move { runner.run(stop).await }
    });
    // Cookies marked secure would not come back over plain HTTP on this machine.
    let policy = if address.ip().is_loopback() { HttpPolicy::development() } else { HttpPolicy::default() };
    let router = spotlight_http_axum::router(Api::new(platform.clone(), policy));
    let served = spotlight_http_axum::serve(listener, router, stopped()).await;
    // Requests are over: what they left is finished before the database closes.
    platform.drain().await;
    stop.cancel();
    let _ = jobs.await;
    platform.storage().close().await;
    served
}

fn announce(storage: &str, demo: &Demo, url: &str) -> Result<()> {
    print(&format!("Spotlight {}", env!("CARGO_PKG_VERSION")))?;
    print(&format!("  data       {storage}"))?;
    print("  assistant  scripted: no model key is set, so answers come from script and knowledge")?;
    if let Some(password) = &demo.password {
        print("  first start: made the organization \"Demo Company\" and the assistant Ada")?;
        print(&format!("  sign in    {} with the password {password} (shown this once)", demo::OWNER))?;
    }
    print(&format!("  listening  {url}"))?;
    if let Some(assistant) = demo.assistant {
        print("\nOpen a conversation as a visitor would:")?;
        print(&format!("  curl -X POST {url}/api/v1/public/assistants/{assistant}/conversations"))?;
    }
    print(&format!("API document: {url}/api/v1/openapi.json\nTalk here instead: cargo run -- chat\nStop: Ctrl-C"))
}

/// Resolves at Ctrl-C or SIGTERM.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
