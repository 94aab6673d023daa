//! What every command that works needs: a runtime.

use spotlight_core::{Error, ErrorKind, Result};

use crate::config::Config;

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
