//! Where requests may go whose addresses strangers choose.
//!
//! What can be seen of a URL is checked here, when it is given and again before each request. A name can resolve to any
//! address, and to another one each time, so whoever sends resolves it once and asks [`Destinations::admit`] about what
//! it found.

mod reach;

use std::net::IpAddr;

use url::{Host, Url};

pub use self::reach::{Reach, reach};
use crate::error::{Result, Violations};

/// Which ports requests may go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ports {
    /// Any.
    Any,
    /// These alone.
    These(Vec<u16>),
}

/// What a deployment allows. `Default` is right for one on the Internet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destinations {
    /// Requests may go over plain HTTP, where everybody on the way reads them.
    pub plain_http: bool,
    /// Requests may go to the deployment's own networks and to this machine. To metadata of clouds and to the local link
    /// they never go.
    pub private_networks: bool,
    /// The ports they may go to.
    pub ports: Ports,
}

impl Default for Destinations {
    fn default() -> Self {
        Self { plain_http: false, private_networks: false, ports: Ports::These(vec![443, 8443]) }
    }
}

impl Destinations {
    /// Whether requests may go to an address.
    pub fn admit(&self, address: IpAddr) -> bool {
        match reach(address) {
            Reach::Public => true,
            Reach::Private => self.private_networks,
            Reach::Never => false,
        }
    }

    /// Checks what can be seen of a URL without resolving its name.
    ///
    /// # Errors
    /// `Validation` at `url` with every broken rule. The texts repeat nothing of the URL.
    pub fn check(&self, url: &str) -> Result<()> {
        let mut broken = Violations::new();
        let mut add = |code, detail: &str| broken.add("url", code, format!("URL {detail}"));
        let Ok(url) = Url::parse(url) else {
            add("format", "cannot be read");
            return broken.into_result();
        };
        let usual = match url.scheme() {
            "https" => Some(443),
            "http" if self.plain_http => Some(80),
            _ => {
                add("scheme", "must start with https://");
                None
            }
        };
        if !url.username().is_empty() || url.password().is_some() {
            add("credentials", "must have no user name or password; check the signature instead");
        }
        if let Ports::These(ports) = &self.ports
            && let Some(port) = url.port().or(usual)
            && !ports.contains(&port)
        {
            let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
            add("port", &format!("must have a port out of {}", ports.join(", ")));
        }
        let out_of_bounds = match url.host() {
            Some(Host::Domain(name)) => is_this_machine(name) && !self.private_networks,
            Some(Host::Ipv4(address)) => !self.admit(address.into()),
            Some(Host::Ipv6(address)) => !self.admit(address.into()),
            None => {
                add("format", "must name a host");
                false
            }
        };
        if out_of_bounds {
            add("address", "must lead out of private networks: it names an address that requests do not go to");
        }
        broken.into_result()
    }
}

/// Whether a name means the machine itself, whatever a resolver says.
fn is_this_machine(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(destinations: &Destinations, url: &str) -> Vec<&'static str> {
        match destinations.check(url) {
            Ok(()) => Vec::new(),
            Err(error) => {
                assert!(error.violations().iter().all(|violation| violation.field == "url"), "{error:?}");
                error.violations().iter().map(|violation| violation.code).collect()
            }
        }
    }

    #[test]
    fn the_internet_over_https_is_where_requests_go() {
        let usual = Destinations::default();
        for url in [
            "https://crm.example.com/hooks?a=1",
            "https://example.com:8443",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/",
            // A name may mean anything: that is seen when it is resolved.
            "https://localhost.example.com/",
            "https://notlocalhost/",
        ] {
            assert_eq!(broken(&usual, url), [""; 0], "{url}");
        }
        for (url, codes) in [
            ("http://example.com/", &["scheme"][..]),
            ("ftp://example.com/", &["scheme"]),
            ("nothing", &["format"]),
            ("https://", &["format"]),
            ("https://u:p@example.com/", &["credentials"]),
            ("https://example.com:80/", &["port"]),
            ("http://u@10.0.0.1:22/", &["scheme", "credentials", "port", "address"]),
        ] {
            assert_eq!(broken(&usual, url), codes, "{url}");
        }
    }

    #[test]
    fn addresses_are_seen_however_they_are_written() {
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "①②⑦.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[fe80::1]",
            "localhost",
            "LOCALHOST.",
            "crm.localhost",
        ] {
            assert_eq!(broken(&Destinations::default(), &format!("https://{host}/")), ["address"], "{host}");
        }
        let own = Destinations { plain_http: true, private_networks: true, ports: Ports::Any };
        for host in ["127.0.0.1:9000", "[::1]", "localhost:1", "10.0.0.1"] {
            assert_eq!(broken(&own, &format!("http://{host}/")), [""; 0], "{host}");
        }
        for host in ["169.254.169.254", "[fd00:ec2::254]", "0.0.0.0"] {
            assert_eq!(broken(&own, &format!("http://{host}/")), ["address"], "{host}");
        }
    }
}
