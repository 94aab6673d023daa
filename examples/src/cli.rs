//! What can be said on the command line; settings are those of `spotlight`, see docs/configuration.md.

use clap::{Parser, Subcommand};
use spotlight_ops::command::Options;

/// A platform for AI sales assistants. Without anything said, it serves on 127.0.0.1:3000 from ./data.
#[derive(Parser)]
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

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve (the default).
    Serve,
    /// Talk to the demo assistant in the terminal, with score, criteria and sentiment beside it.
    Chat,
    /// Print the API document (OpenAPI 3.1).
    Openapi,
}
