//! `spotlight serve`.

use spotlight_core::Result;
use tokio_util::task::AbortOnDropHandle;

use super::{Options, on_runtime, print};
use crate::{
    config::{Config, LogFormat, Role},
    server::Server,
    telemetry::Telemetry,
};

pub(super) fn run(options: &Options) -> Result<()> {
    let config = Config::to_serve(&options.sources())?;
    let log = Telemetry::start(&config)?;
    #[cfg(unix)]
    if crate::server::leads_others(&config) {
        return on_runtime(&config, crate::server::lead(&config));
    }
    on_runtime(&config, async {
        let server = Server::prepare(&config).await?;
        introduce(&config, &server)?;
        let follows = log.follow(server.platform().deployment().follow());
        let follows = AbortOnDropHandle::new(tokio::spawn(follows));
        let served = server.run().await;
        drop(follows);
        served
    })
}

/// Says what the process stands on and where it listens: to people, or in the log when programs read that.
///
/// # Errors
/// `Unavailable` when standard output cannot be written.
pub fn introduce(config: &Config, server: &Server) -> Result<()> {
    if config.logs.format == LogFormat::Json {
        let (version, listening) = (env!("CARGO_PKG_VERSION"), server.address().map(tracing::field::display));
        let (process, metrics) = (std::process::id(), server.metrics_address().map(tracing::field::display));
        let certificate_until = server.certificate_until().map(|until| until.to_rfc3339());
        let storage = server.deployment().storage();
        tracing::info!(version, process, storage, listening, certificate_until, metrics, "started");
        return Ok(());
    }
    print(&format!("Spotlight {}, {}", env!("CARGO_PKG_VERSION"), config.general.environment))?;
    print(&format!("  data       {}", server.deployment().storage()))?;
    if config.redis.url.is_some() {
        print("  shared     limits, live events and the cache, over Redis")?;
    } else if config.server.role != Role::All {
        print("  shared     live events, over Postgres; without REDIS_URL, limits are each process's own")?;
    }
    print("  assistant  scripted: answers come from script and knowledge")?;
    match server.address() {
        Some(address) => print(&format!("  listening  {}://{address}", server.scheme()))?,
        None => print("  working    on jobs; requests are for others")?,
    }
    if let Some(until) = server.certificate_until() {
        print(&format!("  encrypted  with a certificate that ends on {}", until.date_naive()))?;
    }
    if let Some(address) = server.metrics_address() {
        print(&format!("  metrics    http://{address}/metrics"))?;
    }
    match &config.server.public_url {
        Some(url) => print(&format!("  reached at {url}")),
        None => Ok(()),
    }
}
