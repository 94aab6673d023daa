//! `spotlight serve`.

use spotlight_core::Result;

use super::{Options, log, on_runtime, print};
use crate::{
    config::{Config, Role},
    server::Server,
};

pub(super) fn run(options: &Options) -> Result<()> {
    let config = Config::read(&options.sources())?;
    log(&config.logs.level);
    on_runtime(&config, async {
        let server = Server::prepare(&config).await?;
        introduce(&config, &server)?;
        server.run().await
    })
}

/// Says what the process stands on and where it listens.
///
/// # Errors
/// `Unavailable` when standard output cannot be written.
pub fn introduce(config: &Config, server: &Server) -> Result<()> {
    print(&format!("Spotlight {}, {}", env!("CARGO_PKG_VERSION"), config.general.environment))?;
    print(&format!("  data       {}", server.deployment().storage()))?;
    if config.redis.url.is_some() {
        print("  shared     limits, live events and the cache, over Redis")?;
    } else if config.server.role != Role::All {
        print("  shared     live events, over Postgres; without REDIS_URL, limits are each process's own")?;
    }
    print("  assistant  scripted: answers come from script and knowledge")?;
    match server.address() {
        Some(address) => print(&format!("  listening  http://{address}"))?,
        None => print("  working    on jobs; requests are for others")?,
    }
    if let Some(address) = server.metrics_address() {
        print(&format!("  metrics    http://{address}/metrics"))?;
    }
    match &config.server.public_url {
        Some(url) => print(&format!("  reached at {url}")),
        None => Ok(()),
    }
}
