//! `serve`: requests and jobs, in one process or each in processes of their own.

use std::{net::IpAddr, sync::Arc, time::Duration};

use spotlight_core::{Error, ErrorKind, Result, domain::AssistantId};
use spotlight_http::{Api, HttpPolicy};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{Http, Options, Role},
    demo, print,
    settings::Settings,
    wiring::{Deployment, deploy},
};

/// After which clients try again when this process stops.
const COME_BACK: Duration = Duration::from_secs(1);

pub(crate) async fn run(options: &Options) -> Result<()> {
    let settings = Settings::read(options.config.as_deref())?;
    if options.role == Role::Worker {
        return work(options, &settings).await;
    }
    // The port first: a second start must not touch the data of the first.
    let listener = TcpListener::bind(options.listen).await.map_err(|error| {
        let text = format!("{} cannot be listened on; choose another with --listen", options.listen);
        Error::new(ErrorKind::Misconfigured, text).with_source(error)
    })?;
    let address = listener
        .local_addr()
        .map_err(|error| Error::internal("the listening address is unknown").with_source(error))?;
    let policy = policy(options, address.ip())?;
    // Before anybody is told that it listens: who was told may stop it.
    let stopped = stop_signal()?;
    let deployment = deploy(options, &settings).await?;
    let platform = &deployment.platform;
    // Before anything is announced: what cannot work is told instead.
    let worker = (options.role == Role::All).then(|| platform.worker(settings.worker("server"))).transpose()?;
    introduce(options, &deployment)?;
    print("  assistant  scripted: no model key is set, so answers come from script and knowledge")?;
    let assistant = demo::prepare(platform, options.time_zone, first_start).await?;
    announce(assistant, &format!("http://{address}"), options.public_url.as_deref())?;

    let stop = CancellationToken::new();
    let jobs = worker.map(|worker| {
        let stop = stop.clone();
        tokio::spawn(async move { worker.run(stop).await })
    });
    let api = Arc::new(Api::new(platform.clone(), policy));
    let ending = Arc::clone(&api);
    let stopped = async move {
        stopped.await;
        // Live clients are told to come back, to whoever serves then.
        ending.pause(COME_BACK);
    };
    let served = match options.http {
        Http::Axum => {
            spotlight_http_axum::serve(listener, spotlight_http_axum::router(Arc::clone(&api)), stopped).await
        }
        Http::Actix => spotlight_http_actix::serve(listener, Arc::clone(&api), stopped).await,
    };
    // Sockets are no longer the framework's to wait for.
    api.drained().await;
    // Requests are over: what they left is finished before the database closes.
    platform.drain().await;
    stop.cancel();
    if let Some(jobs) = jobs {
        let _ = jobs.await;
    }
    deployment.close().await;
    served
}

/// Jobs alone, until the process is told to stop.
async fn work(options: &Options, settings: &Settings) -> Result<()> {
    let stopped = stop_signal()?;
    let deployment = deploy(options, settings).await?;
    let worker = deployment.platform.worker(settings.worker("worker"))?;
    introduce(options, &deployment)?;
    print("  working    on jobs; requests are for others\nStop: Ctrl-C")?;
    let stop = CancellationToken::new();
    let (running, until) = (worker.run(stop.clone()), async {
        stopped.await;
        stop.cancel();
    });
    tokio::join!(running, until);
    deployment.close().await;
    Ok(())
}

fn introduce(options: &Options, deployment: &Deployment) -> Result<()> {
    print(&format!("Spotlight {}", env!("CARGO_PKG_VERSION")))?;
    print(&format!("  data       {}", deployment.storage))?;
    if options.redis_url.is_some() {
        print("  shared     limits, live events and the cache, over Redis")?;
    } else if options.role != Role::All {
        print("  shared     live events, over Postgres; without REDIS_URL, limits are each process's own")?;
    }
    Ok(())
}

/// What the deployment decides about its edge.
fn policy(options: &Options, listens_on: IpAddr) -> Result<HttpPolicy> {
    let plain = match &options.public_url {
        Some(url) => url.starts_with("http://"),
        // Cookies marked secure would not come back over plain HTTP on this machine.
        None => listens_on.is_loopback(),
    };
    let policy = if plain { HttpPolicy::development() } else { HttpPolicy::default() };
    let policy = options.public_url.iter().fold(policy, |policy, url| policy.own_origin(url));
    let proxies: Vec<_> = options.trusted_proxies.iter().map(|proxy| proxy.trim()).collect();
    policy.trust(&proxies)
}

/// Shows the owner's password. At once, since it is stored nowhere: whatever stops this start later, it has been said.
fn first_start(password: &str) -> Result<()> {
    print("  first start: made the organization \"Demo Company\"")?;
    print(&format!("  sign in    {} with the password {password} (shown this once)", demo::OWNER))
}

fn announce(assistant: Option<AssistantId>, url: &str, public_url: Option<&str>) -> Result<()> {
    print(&format!("  listening  {url}"))?;
    let url = match public_url {
        Some(public) => {
            print(&format!("  reached at {public}"))?;
            public
        }
        None => url,
    };
    if let Some(assistant) = assistant {
        print("\nOpen a conversation as a visitor would:")?;
        print(&format!("  curl -X POST {url}/api/v1/public/assistants/{assistant}/conversations"))?;
    }
    print(&format!("API document: {url}/api/v1/openapi.json\nTalk here instead: cargo run -- chat\nStop: Ctrl-C"))
}

/// Listens for Ctrl-C and SIGTERM from now on, and gives what resolves at the first of them.
///
/// # Errors
/// `Misconfigured` when signals cannot be listened for.
fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let unheard = |error| Error::new(ErrorKind::Misconfigured, "signals cannot be listened for").with_source(error);
        let mut interrupt = signal(SignalKind::interrupt()).map_err(unheard)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(unheard)?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async move {
        let _ = tokio::signal::ctrl_c().await;
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::policy;
    use crate::cli::Cli;

    /// Whether cookies are for HTTPS alone.
    fn secure(listens_on: &str, arguments: &[&str]) -> bool {
        let cli = Cli::parse_from(["server"].iter().chain(arguments));
        policy(&cli.options, listens_on.parse().expect("an address")).expect("a policy").secure_cookies
    }

    #[test]
    fn cookies_follow_the_public_address() {
        assert!(!secure("127.0.0.1", &[]));
        assert!(secure("0.0.0.0", &[]));
        assert!(secure("127.0.0.1", &["--public-url", "https://app.example.com/"]), "a proxy here speaks HTTPS");
        assert!(!secure("0.0.0.0", &["--public-url", "http://intranet:3000"]));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in ["app.example.com", "ftp://app.example.com", "https://", "https://app.example.com/path"] {
            assert!(Cli::try_parse_from(["server", "--public-url", url]).is_err(), "{url}");
        }
        let cli = Cli::parse_from(["server", "--trusted-proxies", "127.0.0.1,proxy.local"]);
        let error = policy(&cli.options, "127.0.0.1".parse().expect("an address")).expect_err("no address");
        assert!(error.to_string().contains("proxy.local"));
    }
}
