//! The command `spotlight`: a thin face on this library.
//!
//! Exit codes: 0, done; 1, it failed, and why stands on standard error; 2, it was called wrongly. `spotlight doctor` ends
//! with 3 when there are warnings, and with 4 when something does not work.

mod config;
mod credentials;
mod db;
mod doctor;
mod explain;
mod flags;
mod logs;
mod maintenance;
mod metrics;
mod operate;
mod options;
mod output;
#[cfg(unix)]
mod profile;
mod run;
mod serve;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use spotlight_core::Result;

pub use self::{
    options::Options,
    output::{fail, print},
    run::on_runtime,
    serve::introduce,
};

const EXAMPLES: &str = "Examples:
  spotlight config check                  what is missing, weak or unknown, all at once
  spotlight config show --json            every setting, where it came from, no secret
  SPOTLIGHT_ENV=production spotlight serve
                                          requests and jobs, by the environment and spotlight.toml
  spotlight credentials edit              secrets in a file that can be committed
  spotlight serve --role worker           jobs alone, beside servers with --role web
  spotlight maintenance on --message \"Back soon\" --until 30m
                                          503 for everybody but the operator, within two seconds
  spotlight flags set new_console --percentage 25
                                          on for a quarter of the organizations
  spotlight logs level info,spotlight_core::jobs=debug
                                          more of jobs in the log of every process; --reset ends it
  spotlight doctor                        what is wrong with a deployment, and what to do about it
  spotlight db pool --reset               connections to the database, made anew on every process
  spotlight db slow-log on --threshold 500ms
                                          statements that take longer are logged by Postgres
  spotlight explain lead::GET             how Postgres means to run a query
  spotlight profile cpu --seconds 10      a flame graph of the running server
  spotlight metrics rules > spotlight.rules.yml
                                          alerts for Prometheus
  spotlight completions bash > /etc/bash_completion.d/spotlight

Exit codes: 0 done, 1 failed (why stands on standard error), 2 called wrongly; of doctor, 3 there are warnings,
4 something does not work.";

/// Runs a deployment of Spotlight.
#[derive(Parser)]
#[command(name = "spotlight", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Serve requests, work on jobs, or both, until told to stop.
    Serve,
    /// Look at the settings.
    #[command(subcommand)]
    Config(config::Command),
    /// Refuse requests and have jobs wait, while somebody works on the deployment.
    #[command(subcommand)]
    Maintenance(maintenance::Command),
    /// Look at feature flags and switch them.
    #[command(subcommand)]
    Flags(flags::Command),
    /// Say or change what is logged, while processes run.
    #[command(subcommand)]
    Logs(logs::Command),
    /// Look at settings, database, Redis, jobs and machine, and say what is wrong and what to do.
    Doctor,
    /// Look at the database's connections and slow statements.
    #[command(subcommand)]
    Db(db::Command),
    /// Say how Postgres means to run one of the platform's queries; without a name, which there are.
    Explain {
        /// The query, as lead::GET.
        name: Option<String>,
    },
    /// See where a running process spends its time and its memory.
    #[cfg(unix)]
    #[command(subcommand)]
    Profile(profile::Command),
    /// Settings in an encrypted file, which can be committed.
    #[command(subcommand)]
    Credentials(credentials::Command),
    /// Print what is made of the metrics: a dashboard, rules that alert, the reference.
    #[command(subcommand)]
    Metrics(metrics::Command),
    /// Print the API document (OpenAPI 3.1).
    Openapi,
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// The whole program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        Command::Serve => serve::run(&cli.options)?,
        Command::Config(command) => return config::run(&command, &cli.options),
        Command::Maintenance(command) => maintenance::run(command, &cli.options)?,
        Command::Flags(command) => flags::run(command, &cli.options)?,
        Command::Logs(command) => logs::run(command, &cli.options)?,
        Command::Doctor => return doctor::run(&cli.options),
        Command::Db(command) => db::run(command, &cli.options)?,
        Command::Explain { name } => explain::run(&cli.options, name.as_deref())?,
        #[cfg(unix)]
        Command::Profile(command) => profile::run(command, &cli.options)?,
        Command::Credentials(command) => return credentials::run(&command, &cli.options),
        Command::Metrics(command) => metrics::run(&command)?,
        Command::Openapi => print(spotlight_http::openapi_json().trim_end())?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "spotlight", &mut script);
            print(String::from_utf8_lossy(&script).trim_end())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
