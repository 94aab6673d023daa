//! What every command that works needs: a log and a runtime.

use std::io;

use spotlight_core::{Error, ErrorKind, Result};

use crate::config::Config;

/// Begins to log to standard error, at least at `level`.
pub fn log(level: &str) {
    let filter = tracing_subscriber::EnvFilter::new(level);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).compact().init();
}

/// Runs a future on a runtime with the threads that the settings allow.
///
/// # Errors
/// `Misconfigured` when the runtime cannot start; those of the future.
pub fn on_runtime<T>(config: &Config, work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = config.performance.threads {
        builder.worker_threads(threads);
    }
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| Error::new(ErrorKind::Misconfigured, "the runtime could not start").with_source(error))?;
    runtime.block_on(work)
}
