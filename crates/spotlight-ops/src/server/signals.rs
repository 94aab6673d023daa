//! Hears when the process is told to stop.

use spotlight_core::{Error, ErrorKind, Result};

/// Signals that stop the process, heard since this was made.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Listens for Ctrl-C and SIGTERM from now on.
    ///
    /// # Errors
    /// `Misconfigured` when signals cannot be listened for.
    #[cfg(unix)]
    pub(super) fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let unheard = |error| Error::new(ErrorKind::Misconfigured, "signals cannot be listened for").with_source(error);
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(unheard)?,
            terminate: signal(SignalKind::terminate()).map_err(unheard)?,
        })
    }

    /// Resolves at the first signal.
    #[cfg(unix)]
    pub(super) async fn stop(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Listens for Ctrl-C.
    #[cfg(not(unix))]
    pub(super) fn listen() -> Result<Self> {
        Ok(Self {})
    }

    /// Resolves at Ctrl-C.
    #[cfg(not(unix))]
    pub(super) async fn stop(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
