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

    /// Resolves at the first signal. A second one ends the process at once, with the exit code that shells give to
    /// whoever a signal has ended.
    #[cfg(unix)]
    pub(super) async fn stop(mut self) {
        self.heard().await;
        tokio::spawn(async move {
            let code = self.heard().await;
            tracing::warn!("told to stop twice: what is in hand is left as it is");
            std::process::exit(code);
        });
    }

    /// Waits for a signal, and gives the exit code it stands for.
    #[cfg(unix)]
    async fn heard(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }

    /// Listens for Ctrl-C.
    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    pub(super) fn listen() -> Result<Self> {
        Ok(Self {})
    }

    /// Resolves at Ctrl-C.
    #[cfg(not(unix))]
    pub(super) async fn stop(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
