//! `spotlight logs`.

use clap::Subcommand;
use serde_json::json;
use spotlight_core::{Result, domain::deployment::LogLevel};

use super::{Options, operate::as_operator, operate::spelt_out, print};
use crate::telemetry;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Say or change what every process logs, within two seconds.
    Level {
        /// A level, or levels by target, as info,spotlight_core::jobs=debug; none says what is set.
        filter: Option<String>,
        /// Have each process log again what it was started with.
        #[arg(long, conflicts_with = "filter")]
        reset: bool,
    },
}

pub(super) fn run(command: Command, options: &Options) -> Result<()> {
    let Command::Level { filter, reset } = command;
    // Before anything is opened: every process would only say that it cannot read it.
    if let Some(filter) = &filter {
        telemetry::check_level(filter).map_err(spelt_out)?;
    }
    let set = as_operator(options, async |platform, operator| {
        let deployment = platform.deployment();
        if reset || filter.is_some() {
            deployment.set_log_level(operator, filter.map(LogLevel)).await.map_err(spelt_out)?;
        }
        Ok(deployment.settings().await?.log_level.clone().map(|level| level.0))
    })?;
    print(&match (options.json, set) {
        (true, set) => format!("{:#}", json!({ "log_level": set })),
        (false, Some(level)) => format!("Every process logs {level}.\nEnd it with: spotlight logs level --reset"),
        (false, None) => "Every process logs what it was started with (LOG_LEVEL).".to_owned(),
    })
}
