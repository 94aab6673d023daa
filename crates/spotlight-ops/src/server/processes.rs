//! Several processes behind one socket (`WEB_CONCURRENCY`): this one holds it, starts the others, and ends with them.
//!
//! The socket goes to a child as its standard input, and a child says that it has come up as it would to systemd. One that
//! ends by itself later is started again after a pause; one that never came up ends all, so that a start that cannot work is
//! told as such.

use std::{
    net::TcpListener,
    os::fd::OwnedFd,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use spotlight_core::{Error, ErrorKind, Result};
use tokio::{
    net::UnixDatagram,
    process::{Child, Command},
    sync::mpsc,
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{listen, signals::Signals, supervisor};
use crate::config::Config;

/// Tells a child that its standard input is the socket, and which of the children it is: from 0.
pub(super) const HANDED: &str = "SPOTLIGHT_SOCKET_ON_STDIN";

/// Between the end of a child and its next start.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether this process is to hold the socket for others.
pub fn leads_others(config: &Config) -> bool {
    config.processes() > 1 && std::env::var_os(HANDED).is_none()
}

/// Which of the processes behind the socket this is: 0 where there is one alone.
pub(super) fn number() -> u16 {
    std::env::var(HANDED).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Starts as many processes as the settings say, with the arguments of this one, and stays until they have ended.
///
/// SIGTERM and Ctrl-C are handed on. A second one ends this process at once, and the others within their grace.
///
/// # Errors
/// `Misconfigured` when the address cannot be listened on, a child cannot be started, or one does not come up.
pub async fn lead(config: &Config) -> Result<()> {
    let signals = Signals::listen()?;
    let socket = listen::listener(config).await?.into_std().map_err(unusable)?;
    let (stop, failed) = (CancellationToken::new(), CancellationToken::new());
    let (up, mut came_up) = mpsc::channel(config.processes());
    let mut children = JoinSet::new();
    for number in 0..config.processes() {
        let socket = socket.try_clone().map_err(unusable)?;
        let place = Place::new(number, socket)?;
        let child = place.start()?;
        children.spawn(place.keep(child, up.clone(), (stop.clone(), failed.clone())));
    }
    let all_up = async {
        for _ in 0..config.processes() {
            came_up.recv().await;
        }
        supervisor::ready();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = signals.stop() => {}
        () = failed.cancelled() => {}
        () = all_up => {}
    }
    supervisor::stopping();
    stop.cancel();
    while children.join_next().await.is_some() {}
    if failed.is_cancelled() {
        let text = "a process did not come up; what it said stands above";
        return Err(Error::new(ErrorKind::Misconfigured, text));
    }
    Ok(())
}

/// The place of one child.
struct Place {
    number: usize,
    socket: TcpListener,
    /// Where the child says that it has come up.
    hears: UnixDatagram,
    path: PathBuf,
}

impl Place {
    fn new(number: usize, socket: TcpListener) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("spotlight-{}-{number}.sock", std::process::id()));
        // A process of the same number may have left one behind.
        let _ = std::fs::remove_file(&path);
        let hears = UnixDatagram::bind(&path).map_err(unusable)?;
        Ok(Self { number, socket, hears, path })
    }

    /// Keeps the child running until the end.
    async fn keep(
        self,
        mut child: Child,
        up: mpsc::Sender<()>,
        (stop, failed): (CancellationToken, CancellationToken),
    ) {
        let mut came_up = false;
        loop {
            let ended = tokio::select! {
                ended = child.wait() => ended,
                () = self.comes_up(), if !came_up => {
                    came_up = true;
                    let _ = up.send(()).await;
                    continue;
                }
                () = stop.cancelled() => {
                    terminate(&child);
                    let _ = child.wait().await;
                    return;
                }
            };
            if !came_up {
                failed.cancel();
                return;
            }
            let code = ended.ok().and_then(|status: ExitStatus| status.code());
            tracing::error!(number = self.number, code, "a process has ended by itself and is started again");
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = stop.cancelled() => return,
            }
            match self.start() {
                Ok(next) => child = next,
                Err(error) => {
                    tracing::error!(error = error.chain(), "a process cannot be started again");
                    failed.cancel();
                    return;
                }
            }
        }
    }

    async fn comes_up(&self) {
        let mut message = [0; 64];
        while !self.hears.recv(&mut message).await.is_ok_and(|length| message[..length].starts_with(b"READY=1")) {}
    }

    fn start(&self) -> Result<Child> {
        let program = std::env::current_exe().map_err(unusable)?;
        let socket: OwnedFd = self.socket.try_clone().map_err(unusable)?.into();
        let mut command = Command::new(program);
        command.args(std::env::args_os().skip(1)).env(HANDED, self.number.to_string()).env("NOTIFY_SOCKET", &self.path);
        command.stdin(Stdio::from(socket)).spawn().map_err(unusable)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn terminate(child: &Child) {
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    // One that has ended meanwhile needs to be told nothing.
    let _ = id.map(|id| rustix::process::kill_process(id, rustix::process::Signal::TERM));
}

fn unusable(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Misconfigured, "a further process cannot be started").with_source(error)
}
