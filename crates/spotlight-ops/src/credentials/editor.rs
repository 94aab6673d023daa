//! A person's editor, and what may end it.

use std::process::ExitStatus;

use spotlight_core::{Error, ErrorKind, Result};
use tokio::process::Command;

use super::PrivateFile;

/// How an editor ended.
#[derive(Debug)]
pub enum Ended {
    /// The file is as the person wants it.
    Saved,
    /// With a failure, by which a person gives up, too.
    Failed(ExitStatus),
    /// This process was told to stop.
    Stopped,
}

/// Hears when the process is told to stop. Ctrl-C and Ctrl-\ are the editor's alone while there is one of these.
#[derive(Debug)]
pub struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
    #[cfg(unix)]
    _editors: [tokio::signal::unix::Signal; 2],
}

#[cfg(unix)]
impl Stop {
    /// Listens from now on.
    ///
    /// # Errors
    /// `Misconfigured` when signals cannot be listened for.
    pub fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let unheard = |error| Error::new(ErrorKind::Misconfigured, "signals cannot be listened for").with_source(error);
        let hear = |kind| signal(kind).map_err(unheard);
        Ok(Self {
            terminate: hear(SignalKind::terminate())?,
            hangup: hear(SignalKind::hangup())?,
            _editors: [hear(SignalKind::interrupt())?, hear(SignalKind::quit())?],
        })
    }

    /// Resolves when the process is told to stop.
    ///
    /// # Cancel safety
    /// A signal that came meanwhile is not lost.
    pub async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Stop {
    /// Listens for nothing: this system tells otherwise.
    ///
    /// # Errors
    /// None.
    pub fn listen() -> Result<Self> {
        Ok(Self {})
    }

    /// Never resolves.
    pub async fn told(&mut self) {
        std::future::pending().await
    }
}

/// Has a person edit a file. The command is one of a shell, as `$EDITOR` is: it may have arguments.
///
/// # Errors
/// `Misconfigured` when no shell can be started.
pub async fn edit(command: &str, file: &PrivateFile, stop: &mut Stop) -> Result<Ended> {
    let mut editor = Command::new("sh")
        .arg("-c")
        .arg(format!("{command} \"$@\""))
        .arg(command)
        .arg(file.path())
        // What it keeps of the text for a while lies there as well.
        .env("TMPDIR", file.folder())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            Error::new(ErrorKind::Misconfigured, "the editor cannot be started by sh").with_source(error)
        })?;
    tokio::select! {
        status = editor.wait() => match status {
            Ok(status) if status.success() => Ok(Ended::Saved),
            Ok(status) => Ok(Ended::Failed(status)),
            Err(error) => Err(Error::new(ErrorKind::Misconfigured, "the editor is lost").with_source(error)),
        },
        () = stop.told() => Ok(Ended::Stopped),
    }
}
