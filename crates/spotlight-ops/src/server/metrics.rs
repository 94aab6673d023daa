//! Who is shown the figures of the process, and where.

use std::net::SocketAddr;

use spotlight_core::{Error, ErrorKind, Result, Spotlight};
use spotlight_http::{Api, Group, HttpPolicy, MetricsAccess};
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;

#[cfg(unix)]
use super::processes::number;
use crate::config::Config;

/// Who sees `/metrics` at the main address.
///
/// Without a word of the deployment nobody does in production: a proxy in front would hand the figures on to the world. A
/// development server shows them to its own machine.
pub(super) fn at_main(config: &Config) -> MetricsAccess {
    let monitoring = &config.monitoring;
    match (&monitoring.metrics_listen, &monitoring.metrics_token) {
        (Some(_), _) => MetricsAccess::Off,
        (None, Some(token)) => MetricsAccess::Token(token.clone()),
        (None, None) if config.general.environment.is_strict() => MetricsAccess::Off,
        (None, None) => MetricsAccess::Loopback,
    }
}

/// Where one of several processes behind a socket shows its figures: each has a port of its own, from that of the settings
/// on. Settings whose ports would not be enough are refused ([`Config`]).
fn own(wanted: SocketAddr, number: u16) -> SocketAddr {
    let port = if wanted.port() == 0 { 0 } else { wanted.port().saturating_add(number) };
    SocketAddr::new(wanted.ip(), port)
}

#[cfg(not(unix))]
fn number() -> u16 {
    0
}

/// Takes a port that the process which this one follows may still hold: both are scraped for a moment.
fn listen(wanted: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if wanted.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(wanted)?;
    socket.listen(128)
}

/// A listener for the figures alone.
pub(super) struct MetricsListener {
    listener: TcpListener,
    access: MetricsAccess,
}

impl MetricsListener {
    /// Takes the port, where the settings name one.
    ///
    /// # Errors
    /// `Misconfigured` when it cannot be listened on.
    pub(super) fn bind(config: &Config) -> Result<Option<Self>> {
        let Some(wanted) = config.monitoring.metrics_listen else { return Ok(None) };
        let wanted = own(wanted, number());
        let listener = listen(wanted).map_err(|error| {
            let text = format!("{wanted} cannot be listened on; choose another with METRICS_LISTEN");
            Error::new(ErrorKind::Misconfigured, text).with_source(error)
        })?;
        let access = config.monitoring.metrics_token.clone().map_or(MetricsAccess::Open, MetricsAccess::Token);
        Ok(Some(Self { listener, access }))
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Answers until it is stopped.
    pub(super) async fn serve(self, platform: Spotlight, stop: CancellationToken) -> Result<()> {
        let others: Vec<_> = Group::ALL.iter().copied().filter(|group| *group != Group::Metrics).collect();
        let mut policy = HttpPolicy::default();
        policy.metrics = self.access;
        let api = Api::new(platform, policy).without(&others);
        spotlight_http_axum::serve(self.listener, spotlight_http_axum::router(api), stop.cancelled_owned()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn access(variables: &[(&str, &str)]) -> MetricsAccess {
        let sources = Sources::none().with_variables(variables.iter().copied());
        at_main(&Config::examine(&sources).0)
    }

    #[test]
    fn production_shows_figures_only_where_it_was_told_to() {
        let production = ("SPOTLIGHT_ENV", "production");
        let token = ("METRICS_TOKEN", "a-long-token-of-the-collector");
        assert!(matches!(access(&[]), MetricsAccess::Loopback));
        assert!(matches!(access(&[production]), MetricsAccess::Off));
        assert!(matches!(access(&[production, token]), MetricsAccess::Token(_)));
        assert!(matches!(access(&[token, ("METRICS_LISTEN", "127.0.0.1:0")]), MetricsAccess::Off));
    }

    #[test]
    fn each_of_several_processes_has_a_port_of_its_own() {
        let at = |wanted: &str, number| own(wanted.parse().expect("an address"), number).to_string();
        assert_eq!(at("0.0.0.0:9464", 0), "0.0.0.0:9464");
        assert_eq!(at("[::1]:9464", 3), "[::1]:9467");
        assert_eq!(at("127.0.0.1:0", 3), "127.0.0.1:0", "any that is free");
    }

    #[tokio::test]
    async fn a_listener_of_their_own_asks_for_the_token_that_is_set() {
        let bind = async |variables: &[(&str, &str)]| {
            let sources = Sources::none().with_variables(variables.iter().copied());
            MetricsListener::bind(&Config::examine(&sources).0).expect("it listens")
        };
        assert!(bind(&[]).await.is_none());
        let listen = ("METRICS_LISTEN", "127.0.0.1:0");
        assert!(matches!(bind(&[listen]).await.expect("one").access, MetricsAccess::Open));
        let with_token = bind(&[listen, ("METRICS_TOKEN", "a-long-token-of-the-collector")]).await;
        assert!(matches!(with_token.expect("one").access, MetricsAccess::Token(_)));
    }
}
