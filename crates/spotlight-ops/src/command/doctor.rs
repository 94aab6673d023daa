//! `spotlight doctor`.

use std::{io::IsTerminal, process::ExitCode};

use spotlight_core::Result;

use super::{Options, on_runtime, print};
use crate::{config::Config, doctor};

pub(super) fn run(options: &Options) -> Result<ExitCode> {
    let (config, problems) = Config::examine(&options.sources());
    let report = on_runtime(&config, async { Ok(Box::pin(doctor::examine(&config, &problems)).await) })?;
    if options.json {
        print(&format!("{:#}", report.json()))?;
    } else {
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        print(&report.text(colours))?;
    }
    Ok(ExitCode::from(report.worst().exit_code()))
}
