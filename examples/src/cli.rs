//! What can be said on the command line, and by environment.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A platform for AI sales assistants. Without anything said, it serves on 127.0.0.1:3000 from ./data.
#[derive(Debug, Parser)]
#[command(name = "server", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) options: Options,
}

const EXAMPLES: &str = "Examples:
  cargo run                                  serve from ./data, nothing else installed
  cargo run -- --listen 127.0.0.1:8080       on another port
  cargo run -- chat                          talk to the demo assistant here
  cargo run -- openapi > openapi.json        the API document
  DATABASE_URL=postgres://… cargo run        on Postgres
  DATABASE_URL=postgres://… REDIS_URL=redis://… cargo run -- --role worker
                                             jobs alone, beside servers with --role web
  cargo run -- --public-url https://app.example.com --trusted-proxies 127.0.0.1
                                             behind a proxy here that speaks HTTPS";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve (the default).
    Serve,
    /// Talk to the demo assistant in the terminal, with score, criteria and sentiment beside it.
    Chat,
    /// Print the API document (OpenAPI 3.1).
    Openapi,
}

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Address to serve on.
    #[arg(long, env = "SPOTLIGHT_LISTEN", default_value = "127.0.0.1:3000", global = true)]
    pub(crate) listen: SocketAddr,
    /// Folder of the embedded database, files and mail.
    #[arg(long, env = "SPOTLIGHT_DATA_DIR", default_value = "data", global = true)]
    pub(crate) data_dir: PathBuf,
    /// Web framework to serve with.
    #[arg(long, env = "SPOTLIGHT_HTTP", value_enum, default_value_t = Http::Axum, global = true)]
    pub(crate) http: Http,
    /// Part of the work that this process does.
    #[arg(long, env = "SPOTLIGHT_ROLE", value_enum, default_value_t = Role::All, global = true)]
    pub(crate) role: Role,
    /// Postgres to use instead of the embedded SQLite.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub(crate) database_url: Option<String>,
    /// The Postgres URL leads to a transaction pooler such as PgBouncer.
    #[arg(long, env = "DATABASE_POOLER", global = true)]
    pub(crate) database_pooler: bool,
    /// Postgres itself, where the URL leads to a pooler: serves wake-ups for jobs.
    #[arg(long, env = "DATABASE_DIRECT_URL", hide_env_values = true, global = true)]
    pub(crate) database_direct_url: Option<String>,
    /// Redis, through which several processes share limits, live events and a cache.
    #[arg(long = "redis", env = "REDIS_URL", hide_env_values = true, global = true)]
    pub(crate) redis_url: Option<String>,
    /// Settings of jobs, in TOML.
    #[arg(long, env = "SPOTLIGHT_CONFIG", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Signs conversation tokens; at least 32 characters. Kept in the data folder unless given.
    #[arg(long, env = "SECRET_KEY_BASE", hide_env_values = true, global = true)]
    pub(crate) secret_key_base: Option<String>,
    /// Where browsers reach this server, as `https://app.example.com`. Decides whether cookies are for HTTPS alone; without
    /// it they are, unless the server listens on this machine only.
    #[arg(long, env = "SPOTLIGHT_PUBLIC_URL", value_parser = public_url, global = true)]
    pub(crate) public_url: Option<String>,
    /// Proxies whose X-Forwarded-For is believed, as `127.0.0.1,10.0.0.0/8`.
    #[arg(long, env = "SPOTLIGHT_TRUSTED_PROXIES", value_delimiter = ',', global = true)]
    pub(crate) trusted_proxies: Vec<String>,
    /// Webhooks go to plain http:// addresses too.
    #[arg(long, env = "SPOTLIGHT_WEBHOOKS_PLAIN_HTTP", global = true)]
    pub(crate) webhooks_plain_http: bool,
    /// Webhooks go to this machine and its private networks too. To metadata of clouds they never go.
    #[arg(long, env = "SPOTLIGHT_WEBHOOKS_PRIVATE_NETWORKS", global = true)]
    pub(crate) webhooks_private_networks: bool,
    /// Ports that webhooks go to, as `443,8443`, which they are unless given; 0 stands for any.
    #[arg(long, env = "SPOTLIGHT_WEBHOOKS_PORTS", value_delimiter = ',', global = true)]
    pub(crate) webhooks_ports: Vec<u16>,
    /// Signs events of Stripe, as its dashboard shows it; without it none are taken.
    #[arg(long, env = "STRIPE_WEBHOOK_SECRET", hide_env_values = true, global = true)]
    pub(crate) stripe_webhook_secret: Option<String>,
    /// Zone of the demo organization at the first start; the machine's own unless given.
    #[arg(long, env = "SPOTLIGHT_TIME_ZONE", global = true)]
    pub(crate) time_zone: Option<chrono_tz::Tz>,
}

/// An origin: scheme and host, nothing after it.
fn public_url(text: &str) -> Result<String, &'static str> {
    let text = text.trim_end_matches('/');
    match text.split_once("://") {
        Some(("https" | "http", host)) if !host.is_empty() && !host.contains(['/', '?', '#', ' ']) => {
            Ok(text.to_owned())
        }
        _ => Err("give scheme and host alone, as https://app.example.com"),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Http {
    /// axum.
    Axum,
    /// actix-web.
    Actix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Requests and jobs.
    All,
    /// Requests alone; needs Postgres, and a worker beside it.
    Web,
    /// Jobs alone; needs Postgres.
    Worker,
}
