//! `spotlight config`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use spotlight_core::Result;

use super::{Options, print};
use crate::config::{Config, reference};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Say everything that is missing, weak, unreadable or unknown.
    Check,
    /// Show every setting and where it came from; secrets only as set.
    Show,
    /// Print the reference of all settings, in Markdown.
    Reference,
}

pub(super) fn run(command: &Command, options: &Options) -> Result<ExitCode> {
    match command {
        Command::Check => return check(options),
        Command::Show => {
            let (config, _) = Config::examine(&options.sources());
            if options.json {
                print(&format!("{:#}", config.json()))?;
            } else {
                print(config.table().trim_end())?;
            }
        }
        Command::Reference => print(reference().trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn check(options: &Options) -> Result<ExitCode> {
    let (config, mut problems) = Config::examine(&options.sources());
    problems.extend(crate::tls::problems(&config));
    let environment = config.general.environment;
    if options.json {
        let problems: Vec<_> =
            problems.iter().map(|problem| json!({ "place": problem.place, "detail": problem.detail })).collect();
        print(&format!("{:#}", json!({ "environment": environment.name(), "problems": problems })))?;
    } else if problems.is_empty() {
        print(&format!("The settings are fit for {environment}."))?;
    } else {
        let lines: Vec<_> = problems.iter().map(|problem| format!("  {problem}\n")).collect();
        print(&format!("Not fit for {environment}:\n{}", lines.concat().trim_end()))?;
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
