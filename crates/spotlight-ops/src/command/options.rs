//! Settings that the command line says; the strongest source of all.

use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    config::{Sources, Variable, arguments as variables},
    credentials,
};

/// Settings that the command line says. Each has a variable too, which stands in brackets; secrets are better off there,
/// since other users of the machine see a command line.
#[derive(Args)]
pub struct Options {
    /// Answer in JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// Settings file, in TOML (SPOTLIGHT_CONFIG).
    #[arg(long, global = true)]
    pub config: Option<PathBuf>,
    /// Address to serve on (SPOTLIGHT_LISTEN).
    #[arg(long, global = true)]
    pub listen: Option<String>,
    /// Folder of the embedded database, files and mail (SPOTLIGHT_DATA_DIR).
    #[arg(long, global = true)]
    pub data_dir: Option<String>,
    /// Web framework to serve with (SPOTLIGHT_HTTP).
    #[arg(long, global = true, value_parser = ["axum", "actix"])]
    pub http: Option<String>,
    /// Part of the work that this process does (SPOTLIGHT_ROLE).
    #[arg(long, global = true, value_parser = ["all", "web", "worker"])]
    pub role: Option<String>,
    /// Postgres to use instead of the embedded SQLite (DATABASE_URL).
    #[arg(long, global = true)]
    pub database_url: Option<SecretString>,
    /// The Postgres URL leads to a transaction pooler such as PgBouncer (DATABASE_POOLER).
    #[arg(long, global = true)]
    pub database_pooler: bool,
    /// Postgres itself, where the URL leads to a pooler (DATABASE_DIRECT_URL).
    #[arg(long, global = true)]
    pub database_direct_url: Option<SecretString>,
    /// Redis, through which processes share limits, live events and a cache (REDIS_URL).
    #[arg(long, global = true)]
    pub redis: Option<SecretString>,
    /// Where browsers reach this server, as `https://app.example.com` (SPOTLIGHT_PUBLIC_URL).
    #[arg(long, global = true)]
    pub public_url: Option<String>,
    /// Proxies whose X-Forwarded-For is believed, as 127.0.0.1,10.0.0.0/8 (SPOTLIGHT_TRUSTED_PROXIES).
    #[arg(long, global = true)]
    pub trusted_proxies: Option<String>,
    /// Webhooks go to plain http:// addresses too (SPOTLIGHT_WEBHOOKS_PLAIN_HTTP).
    #[arg(long, global = true)]
    pub webhooks_plain_http: bool,
    /// Webhooks go to this machine and its private networks too (SPOTLIGHT_WEBHOOKS_PRIVATE_NETWORKS).
    #[arg(long, global = true)]
    pub webhooks_private_networks: bool,
    /// Ports that webhooks go to; 0 stands for any (SPOTLIGHT_WEBHOOKS_PORTS).
    #[arg(long, global = true)]
    pub webhooks_ports: Option<String>,
    /// Zone of the demo organization at the first start (SPOTLIGHT_TIME_ZONE).
    #[arg(long, global = true)]
    pub time_zone: Option<String>,
}

impl Options {
    /// The process's environment, settings file and encrypted credentials, with what was said here on top.
    pub fn sources(&self) -> Sources {
        credentials::load(self.open_sources())
    }

    /// The same without credentials.
    pub(super) fn open_sources(&self) -> Sources {
        let sources = match &self.config {
            Some(path) => Sources::of_environment().with_file(path),
            None => Sources::of_process(),
        };
        let secret = |value: &Option<SecretString>| value.as_ref().map(|value| value.expose_secret().to_owned());
        let flag = |on: bool| on.then(|| "true".to_owned());
        let said: [(&'static Variable, Option<String>); 14] = [
            (&variables::LISTEN, self.listen.clone()),
            (&variables::DATA_DIR, self.data_dir.clone()),
            (&variables::HTTP, self.http.clone()),
            (&variables::ROLE, self.role.clone()),
            (&variables::DATABASE_URL, secret(&self.database_url)),
            (&variables::DATABASE_POOLER, flag(self.database_pooler)),
            (&variables::DATABASE_DIRECT_URL, secret(&self.database_direct_url)),
            (&variables::REDIS_URL, secret(&self.redis)),
            (&variables::PUBLIC_URL, self.public_url.clone()),
            (&variables::TRUSTED_PROXIES, self.trusted_proxies.clone()),
            (&variables::PLAIN_HTTP, flag(self.webhooks_plain_http)),
            (&variables::PRIVATE_NETWORKS, flag(self.webhooks_private_networks)),
            (&variables::PORTS, self.webhooks_ports.clone()),
            (&variables::TIME_ZONE, self.time_zone.clone()),
        ];
        said.into_iter().fold(sources, |sources, (variable, value)| sources.with_argument(variable, value))
    }
}
