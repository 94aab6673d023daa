//! What the settings decide about the edge.

use spotlight_core::Result;
use spotlight_http::HttpPolicy;

use super::metrics;
use crate::config::Config;

/// The edge's policy.
pub(super) fn of(config: &Config) -> Result<HttpPolicy> {
    let server = &config.server;
    let plain = match &server.public_url {
        _ if config.tls.is_on() => false,
        Some(url) => url.starts_with("http://"),
        // Cookies marked secure would not come back over plain HTTP on this machine.
        None => server.listen.ip().is_loopback(),
    };
    let mut policy = if plain { HttpPolicy::development() } else { HttpPolicy::default() };
    if let Some((_, host)) = server.public_url.as_deref().and_then(|url| url.split_once("://")) {
        policy.security = policy.security.reached_at(host);
    }
    policy.security.force_https = server.force_ssl;
    policy.metrics = metrics::at_main(config);
    let policy = server.public_url.iter().fold(policy, |policy, url| policy.own_origin(url));
    let proxies: Vec<_> = server.trusted_proxies.iter().map(String::as_str).collect();
    policy.trust(&proxies)
}

#[cfg(test)]
mod tests {
    use super::of;
    use crate::config::{Config, Sources};

    /// Whether cookies are for HTTPS alone.
    fn secure(variables: &[(&str, &str)]) -> bool {
        let config = Config::read(&Sources::none().with_variables(variables.iter().copied())).expect("settings");
        of(&config).expect("a policy").secure_cookies
    }

    #[test]
    fn cookies_follow_the_public_address() {
        let listen = |address| ("SPOTLIGHT_LISTEN", address);
        let public = |url| ("SPOTLIGHT_PUBLIC_URL", url);
        assert!(!secure(&[listen("127.0.0.1:0")]));
        assert!(secure(&[listen("0.0.0.0:0")]));
        assert!(secure(&[listen("127.0.0.1:0"), public("https://app.example.com/")]), "a proxy here speaks HTTPS");
        assert!(!secure(&[listen("0.0.0.0:0"), public("http://intranet:3000")]));
        let tls = [listen("127.0.0.1:0"), ("TLS_CERTIFICATE", "chain.pem"), ("TLS_KEY", "key.pem")];
        assert!(secure(&tls), "HTTPS is spoken here");
    }
}
