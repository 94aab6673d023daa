//! The bundled server: a whole deployment in one process, and the wiring to copy from.

mod chat;
mod cli;
mod demo;
mod serve;
mod settings;
mod wiring;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use spotlight_core::{Error, ErrorKind, Result};

use self::cli::{Cli, Command, Role};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing can be done when even this cannot be said.
            let _ = writeln!(io::stderr(), "error: {}", error.chain());
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    let command = cli.command.unwrap_or(Command::Serve);
    if matches!(command, Command::Openapi) {
        return print(spotlight_http::openapi_json().trim_end());
    }
    if cli.options.role != Role::All && cli.options.database_url.is_none() {
        let text = "--role web and --role worker share a database, which SQLite's file is not: set DATABASE_URL to a \
                    Postgres, or use --role all";
        return Err(Error::new(ErrorKind::Misconfigured, text));
    }
    let quiet = matches!(command, Command::Chat);
    let level = if quiet { "error" } else { "info" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("LOG_LEVEL")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).compact().init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new(ErrorKind::Misconfigured, "the runtime could not start").with_source(error))?;
    runtime.block_on(async {
        match command {
            Command::Chat => chat::run(&cli.options).await,
            _ => serve::run(&cli.options).await,
        }
    })
}

/// Prints to standard output; a reader that has gone is no failure.
pub(crate) fn print(text: &str) -> Result<()> {
    match writeln!(io::stdout(), "{text}").and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Unavailable, "standard output cannot be written").with_source(error))
        }
        _ => Ok(()),
    }
}
