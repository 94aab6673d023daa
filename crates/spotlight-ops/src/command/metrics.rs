//! `spotlight metrics`.

use clap::Subcommand;
use spotlight_core::Result;

use super::print;
use crate::metrics::{dashboard, reference, rules};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print a dashboard for Grafana, to be imported.
    Dashboard,
    /// Print rules that alert, for Prometheus.
    Rules,
    /// Print the reference of all metrics, in Markdown.
    Reference,
}

pub(super) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Dashboard => print(&format!("{:#}", dashboard())),
        Command::Rules => print(rules().trim_end()),
        Command::Reference => print(reference().trim_end()),
    }
}
