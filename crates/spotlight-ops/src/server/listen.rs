//! Where requests come in: a socket of our own, or one that whoever started us has opened already.

use listenfd::ListenFd;
use spotlight_core::{Error, ErrorKind, Result};
use tokio::net::TcpListener;

use crate::config::Config;

/// The socket to serve on: the first that was handed over (`LISTEN_FDS`, as systemd does), else a new one.
///
/// A socket that is handed over outlives the process: connections wait in it from the end of one process to the start of
/// the next, and none is refused.
///
/// # Errors
/// `Misconfigured` for an address that cannot be listened on, and for what was handed over and is no TCP socket.
pub(super) async fn listener(config: &Config) -> Result<TcpListener> {
    let unusable = |error| {
        let text = "the first socket that was handed over (LISTEN_FDS) is no TCP socket; set ListenStream to a port";
        Error::new(ErrorKind::Misconfigured, text).with_source(error)
    };
    #[cfg(unix)]
    if std::env::var_os(super::processes::HANDED).is_some() {
        use std::os::fd::AsFd;
        let socket = std::io::stdin().as_fd().try_clone_to_owned().map_err(unusable)?;
        let socket = std::net::TcpListener::from(socket);
        socket.set_nonblocking(true).map_err(unusable)?;
        return TcpListener::from_std(socket).map_err(unusable);
    }
    if let Some(handed) = ListenFd::from_env().take_tcp_listener(0).map_err(unusable)? {
        handed.set_nonblocking(true).map_err(unusable)?;
        return TcpListener::from_std(handed).map_err(unusable);
    }
    let wanted = config.server.listen;
    TcpListener::bind(wanted).await.map_err(|error| {
        let text = format!("{wanted} cannot be listened on; choose another with --listen or SPOTLIGHT_LISTEN");
        Error::new(ErrorKind::Misconfigured, text).with_source(error)
    })
}
