//! What a deployment decides about its edge. A value: whoever wires the server makes it.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;
use secrecy::SecretString;
use spotlight_core::{
    domain::billing::PlanId,
    error::{Error, ErrorKind, Result},
    ports::Quota,
};
use spotlight_derive::RedactedDebug;

use crate::security::Security;

/// The edge's settings. `Default` is right for a server that is reached over HTTPS without a proxy.
#[derive(RedactedDebug, Clone)]
pub struct HttpPolicy {
    /// Cookies are `Secure` and carry the `__Host-` prefix. False only in development on plain HTTP.
    pub secure_cookies: bool,
    /// HTTPS, and what browsers are told.
    pub security: Security,
    /// Requests a user or token may make.
    pub api: Quota,
    /// Requests an address may make without signing in.
    pub open: Quota,
    /// Requests one conversation's visitor may make.
    pub visitor: Quota,
    /// Requests a user or token of an organization on a plan may make; on a plan that is not listed, `api`.
    pub plans: Vec<(PlanId, Quota)>,
    /// Messages an address may send that are signed.
    pub signed: Quota,
    /// Longest body accepted, in bytes.
    pub max_body: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// How long an answer may take to begin.
    pub timeout: Duration,
    /// Requests answered at once; more are refused with 503.
    pub max_in_flight: usize,
    /// How often a silent stream shows that it is alive.
    pub keep_alive: Duration,
    /// How long a client of a socket may take nothing of what it is sent.
    pub send_timeout: Duration,
    /// Live connections a person, or the visitors of a conversation, have at once in each process.
    pub live_connections: u32,
    /// Live connections of everybody in this process; more are refused with 503.
    pub max_live: usize,
    /// What a voice socket takes.
    pub voice: VoiceLimits,
    /// Who is shown `/metrics`.
    pub metrics: MetricsAccess,
    trusted_proxies: Vec<IpNet>,
    origins: Vec<String>,
}

/// Who is shown `/metrics`.
#[derive(Debug, Clone, Default)]
pub enum MetricsAccess {
    /// Nobody: the address is unknown.
    #[default]
    Off,
    /// Programs on this machine that no proxy has handed on. Not behind a proxy on this machine that says nothing of
    /// those it speaks for.
    Loopback,
    /// Whoever sends this token as `Authorization: Bearer`.
    Token(SecretString),
    /// Everybody who reaches the server: for a listener that only the collector reaches.
    Open,
}

/// What a voice socket takes from its client. Sound is counted in bytes, whatever its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoiceLimits {
    /// Longest piece of sound, in bytes.
    pub frame: usize,
    /// Longest utterance, in bytes.
    pub utterance: usize,
    /// Sound in a minute, in bytes; as much at once.
    pub per_minute: usize,
}

impl Default for VoiceLimits {
    /// 64 KiB, 3 MiB, and 6 MiB: a minute of one channel at 48 kHz and 16 bits.
    fn default() -> Self {
        Self { frame: 64 * 1024, utterance: 3 * 1024 * 1024, per_minute: 6 * 1024 * 1024 }
    }
}

impl Default for HttpPolicy {
    fn default() -> Self {
        let minute = Duration::from_mins(1);
        Self {
            secure_cookies: true,
            security: Security::default(),
            api: Quota { burst: 100, period: minute },
            open: Quota { burst: 60, period: minute },
            visitor: Quota { burst: 30, period: minute },
            plans: vec![
                (PlanId::Starter, Quota { burst: 300, period: minute }),
                (PlanId::Growth, Quota { burst: 600, period: minute }),
                (PlanId::Scale, Quota { burst: 1200, period: minute }),
            ],
            signed: Quota { burst: 600, period: minute },
            max_body: 1024 * 1024,
            body_timeout: Duration::from_secs(20),
            timeout: Duration::from_secs(30),
            max_in_flight: 1024,
            keep_alive: Duration::from_secs(15),
            send_timeout: Duration::from_secs(10),
            live_connections: 10,
            max_live: 10_000,
            voice: VoiceLimits::default(),
            metrics: MetricsAccess::Off,
            trusted_proxies: Vec::new(),
            origins: Vec::new(),
        }
    }
}

impl HttpPolicy {
    /// The policy of a development server on plain HTTP.
    pub fn development() -> Self {
        Self {
            secure_cookies: false,
            security: Security::development(),
            metrics: MetricsAccess::Loopback,
            ..Self::default()
        }
    }

    /// Requests a user or token of an organization on this plan may make.
    pub(crate) fn api_of(&self, plan: PlanId) -> Quota {
        self.plans.iter().find(|(listed, _)| *listed == plan).map_or(self.api, |(_, quota)| *quota)
    }

    /// Believes `X-Forwarded-For` of these addresses or networks, as `10.0.0.0/8` or `::1`.
    ///
    /// # Errors
    /// `Misconfigured`, naming what is neither.
    pub fn trust(mut self, proxies: &[&str]) -> Result<Self> {
        for text in proxies {
            let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_| {
                Error::new(ErrorKind::Misconfigured, format!("`{text}` is neither an address nor a network"))
            })?;
            self.trusted_proxies.push(net);
        }
        Ok(self)
    }

    /// Lets pages of this web origin, as `https://app.example.com`, open sockets with their cookie, besides those of the
    /// host that a request names. Needed behind a proxy that does not hand `Host` on.
    pub fn own_origin(mut self, origin: &str) -> Self {
        self.origins.push(origin.trim_end_matches('/').to_ascii_lowercase());
        self
    }

    /// Whether a page of `origin` is the deployment's own, to whom a request names `host`.
    pub(crate) fn is_own(&self, origin: &str, host: Option<&str>) -> bool {
        let origin = origin.to_ascii_lowercase();
        let named = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let by_host = named.zip(host).is_some_and(|(named, host)| named == host.to_ascii_lowercase());
        by_host || self.origins.contains(&origin)
    }

    /// Where a request came from: the last address that no trusted proxy vouches away.
    ///
    /// Each proxy appends the address it saw, so the list is read from its end, and only as far as trust goes: what
    /// stands before an untrusted address is that client's own invention.
    pub(crate) fn client<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut client = peer.to_canonical();
        for text in forwarded.rev() {
            if !self.trusts(client) {
                break;
            }
            let Ok(address) = text.parse::<IpAddr>() else { break };
            client = address.to_canonical();
        }
        client
    }

    /// Whether an address is that of a proxy whose word counts.
    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.trusted_proxies.iter().any(|net| net.contains(&peer))
    }

    /// The name of the session cookie. The prefix makes browsers refuse it from a subdomain or over plain HTTP.
    pub(crate) fn cookie(&self) -> &'static str {
        if self.secure_cookies { "__Host-spotlight_session" } else { "spotlight_session" }
    }
}

/// What limits count an address by: one household or machine has a whole IPv6 /64.
pub(crate) fn limit_key(client: IpAddr) -> String {
    match client {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn seen(policy: &HttpPolicy, peer: &str, forwarded: &[&str]) -> String {
        policy.client(ip(peer), forwarded.iter().copied()).to_string()
    }

    #[test]
    fn forwarded_addresses_count_only_as_far_as_trust_goes() {
        let none = HttpPolicy::default();
        assert_eq!(seen(&none, "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        let policy = HttpPolicy::default().trust(&["10.0.0.0/8", "::1"]).expect("networks");
        assert_eq!(seen(&policy, "10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen(&policy, "10.1.2.3", &["1.1.1.1", "198.51.100.1", "10.9.9.9"]), "198.51.100.1");
        assert_eq!(seen(&policy, "10.1.2.3", &["198.51.100.1", "garbage"]), "10.1.2.3");
        assert_eq!(seen(&policy, "::ffff:10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen(&policy, "203.0.113.9", &["10.0.0.1"]), "203.0.113.9");
    }

    #[test]
    fn own_pages_are_those_of_the_host_and_those_that_are_named() {
        let policy = HttpPolicy::default().own_origin("https://app.example.com/");
        assert!(policy.is_own("https://APP.example.com", None));
        assert!(policy.is_own("http://localhost:3000", Some("localhost:3000")));
        for (origin, host) in [
            ("https://evil.example", Some("app.example.com")),
            ("null", Some("null")),
            ("https://app.example.com.evil.example", None),
            ("http://localhost:3001", Some("localhost:3000")),
        ] {
            assert!(!policy.is_own(origin, host), "{origin}");
        }
    }

    #[test]
    fn a_proxy_that_is_no_address_is_named() {
        let error = HttpPolicy::default().trust(&["10.0.0.0/8", "proxy.local"]).expect_err("no address");
        assert!(error.to_string().contains("proxy.local"));
    }

    #[test]
    fn an_ipv6_network_counts_as_one() {
        assert_eq!(limit_key(ip("2001:db8:1:2:3:4:5:6")), limit_key(ip("2001:db8:1:2:ffff::1")));
        assert_ne!(limit_key(ip("2001:db8:1:2::1")), limit_key(ip("2001:db8:1:3::1")));
    }
}
