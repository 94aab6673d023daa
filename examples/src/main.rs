//! The bundled server: a whole deployment in one process, with an organization to try it with. What it does beyond
//! `spotlight serve` is here; its wiring is in `spotlight_ops::wiring`, to read and to copy from.

mod chat;
mod cli;
mod demo;
mod serve;

use std::process::ExitCode;

use clap::Parser;
use spotlight_core::Result;
use spotlight_ops::{
    command::{fail, on_runtime, print},
    config::{Config, LogFormat, Logs},
    telemetry::Telemetry,
};

use self::cli::{Cli, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn run(cli: Cli) -> Result<()> {
    let command = cli.command.unwrap_or(Command::Serve);
    if matches!(command, Command::Openapi) {
        return print(spotlight_http::openapi_json().trim_end());
    }
    let talks = matches!(command, Command::Chat);
    let mut config = Config::read(&cli.options.sources())?;
    if talks {
        config.logs = Logs { level: "error".to_owned(), format: LogFormat::Pretty, ..config.logs };
    }
    let _log = Telemetry::start(&config)?;
    on_runtime(&config, async { if talks { chat::run(&config).await } else { serve::run(&config).await } })
}
