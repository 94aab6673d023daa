//! Statements in the log.

use std::time::Duration;

use log::LevelFilter;
use sqlx::ConnectOptions;

/// From here on a statement is called slow in its line.
const SLOW: Duration = Duration::from_secs(1);

/// The driver writes each statement to the log at `debug`, under the target `sqlx::query`: its text, in which values are
/// places (`$1`, `?`), how long it took and how many rows it touched or gave. A slow one is no louder: a database that is
/// away would fill the log with them.
pub(crate) fn statements_logged<O: ConnectOptions>(options: O) -> O {
    options.log_statements(LevelFilter::Debug).log_slow_statements(LevelFilter::Debug, SLOW)
}
