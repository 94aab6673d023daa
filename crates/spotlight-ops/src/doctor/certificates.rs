//! When certificates end: the deployment's own, and the one that whoever comes to its public address is shown.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use serde_json::json;
use spotlight_core::{
    Result,
    ports::{Clock, SystemClock},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::{Finding, Severity};
use crate::{
    config::{Config, Role},
    tls::{Facts, Pair},
};

const AREA: &str = "certificates";

/// How long an address may take to be found and to show its certificate.
const PATIENCE: Duration = Duration::from_secs(3);

/// Days before the end from which on it is worth a warning, and the part of its life: who renews certificates by a program
/// does it earlier, as by the end of two thirds.
const SOON: (TimeDelta, i32) = (TimeDelta::days(21), 4);
/// The same from which on nothing else matters as much.
const NOW: (TimeDelta, i32) = (TimeDelta::days(3), 10);

/// Looks at every certificate that can be seen from here.
pub(super) async fn examine(config: &Config) -> Result<Vec<Finding>> {
    let (now, public) = (SystemClock.now(), public(config));
    let mut found = own(config, public.as_ref().map(|(host, _)| host.as_str()), now);
    if let Some((host, port)) = public {
        found.push(shown(&host, port, now).await);
    }
    Ok(found)
}

/// Where browsers speak HTTPS with the deployment: host and port.
fn public(config: &Config) -> Option<(String, u16)> {
    let url = Url::parse(config.server.public_url.as_deref()?).ok().filter(|url| url.scheme() == "https")?;
    let host = match url.host()? {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        // Without its brackets.
        Host::Ipv6(address) => address.to_string(),
    };
    Some((host, url.port_or_known_default()?))
}

/// The certificate of the settings.
fn own(config: &Config, host: Option<&str>, now: DateTime<Utc>) -> Vec<Finding> {
    if config.server.role == Role::Worker {
        return Vec::new();
    }
    match Pair::of(&config.tls) {
        None => Vec::new(),
        Some(Ok(pair)) => vec![judged("the certificate of TLS_CERTIFICATE", &pair.facts, host, now)],
        Some(Err(problems)) => problems
            .iter()
            .map(|problem| {
                Finding::new(Severity::Critical, AREA, problem.to_string())
                    .because(
                        "a server does not start with it; one that runs keeps the last certificate that it could use",
                    )
                    .then("mend it as it says; `spotlight config check` looks again")
            })
            .collect(),
    }
}

/// The certificate that a host shows.
async fn shown(host: &str, port: u16, now: DateTime<Utc>) -> Finding {
    let whose = format!("the certificate of {host}:{port}");
    let seen = match timeout(PATIENCE, look(host, port)).await {
        Ok(seen) => seen,
        Err(_) => Err("no answer within three seconds".to_owned()),
    };
    match seen {
        Ok(facts) => judged(&whose, &facts, Some(host), now),
        Err(why) => Finding::new(Severity::Notice, AREA, format!("{whose} was not seen: {why}"))
            .because("whether clients can trust it for long is not known")
            .then("look from a machine that reaches the public address"),
    }
}

/// Has a host show its certificate. Nothing is asked of it.
async fn look(host: &str, port: u16) -> Result<Facts, String> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| "its host is no name".to_owned())?;
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody)).with_no_client_auth();
    config.resumption = Resumption::disabled();
    let stream = TcpStream::connect((host, port)).await.map_err(|error| error.to_string())?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| error.to_string())?;
    let first = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    first.and_then(Facts::of).ok_or_else(|| "it showed none that can be read".to_owned())
}

/// What is to be said of a certificate.
fn judged(whose: &str, facts: &Facts, host: Option<&str>, now: DateTime<Utc>) -> Finding {
    let (days, until) = (facts.days_left(now), facts.until.date_naive());
    let names = match facts.names.as_slice() {
        [] => "no host".to_owned(),
        names => names.join(", "),
    };
    let ends = match days {
        ..=-1 => format!("ended on {until}"),
        1 => format!("ends on {until}, in one day"),
        _ => format!("ends on {until}, in {days} days"),
    };
    let details = json!({ "days_left": days, "until": facts.until.to_rfc3339(), "names": facts.names });
    let finding = |severity, evidence| Finding::new(severity, AREA, evidence).with(details.clone());
    let within = |(most, part): (TimeDelta, i32)| facts.until - now <= most.min((facts.until - facts.from) / part);
    if within(SOON) {
        let severity = if within(NOW) { Severity::Critical } else { Severity::Warning };
        return finding(severity, format!("{whose} {ends}; it is for {names}"))
            .because("clients refuse it from its end on, and nobody reaches the deployment")
            .then("renew it, and see why that does not happen by itself: certbot renew --dry-run. A server reads new files \
                   of TLS_CERTIFICATE and TLS_KEY by itself");
    }
    if facts.from > now {
        return finding(Severity::Critical, format!("{whose} begins at {} only", facts.from.to_rfc3339()))
            .because("clients refuse it until then")
            .then("see whether the clocks are right, here and where it was issued");
    }
    match host.filter(|host| !facts.is_for(host)) {
        Some(host) => finding(Severity::Warning, format!("{whose} is for {names}, and not for {host}"))
            .because("browsers come to that host by SPOTLIGHT_PUBLIC_URL, and refuse the certificate")
            .then("have one issued that names the host, or set SPOTLIGHT_PUBLIC_URL to a host that it names"),
        None => finding(Severity::Fine, format!("{whose} {ends}; it is for {names}")),
    }
}

/// Takes every certificate: one that is refused could not be told about. Nothing is said to whoever shows it.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use spotlight_tests::tls::Authority;

    use super::*;
    use crate::config::Sources;

    #[test]
    fn a_certificate_warns_three_weeks_before_its_end_and_is_critical_three_days_before() {
        let issued = Authority::new().issue(&["app.example.com"], -30..60);
        let facts = Facts::of(&issued.der()).expect("a certificate");
        let at = |days: i64, host: &str| {
            let now = facts.until - TimeDelta::days(days);
            let found = judged("it", &facts, Some(host), now);
            (found.severity, found.details["days_left"].as_i64(), found.evidence)
        };
        for (days, severity) in [
            (50, Severity::Fine),
            (22, Severity::Fine),
            (21, Severity::Warning),
            (4, Severity::Warning),
            (3, Severity::Critical),
            (0, Severity::Critical),
            (-1, Severity::Critical),
        ] {
            let (found, left, evidence) = at(days, "app.example.com");
            assert_eq!((found, left), (severity, Some(days)), "{evidence}");
            assert!(evidence.contains(if days < 0 { "ended on" } else { "ends on" }), "{evidence}");
        }
        let (severity, _, evidence) = at(50, "www.example.com");
        assert!(severity == Severity::Warning && evidence.contains("not for www.example.com"), "{evidence}");
        // One that lives for six days, and is renewed after four.
        let issued = Authority::new().issue(&["app.example.com"], -1..5);
        let short = Facts::of(&issued.der()).expect("a certificate");
        let at = |hours: i64| judged("it", &short, None, short.until - TimeDelta::hours(hours)).severity;
        assert_eq!([40, 30, 10].map(at), [Severity::Fine, Severity::Warning, Severity::Critical]);
        let early = judged("it", &facts, None, facts.from - TimeDelta::days(1));
        assert!(early.severity == Severity::Critical && early.evidence.contains("begins at"), "{early:?}");
    }

    #[test]
    fn the_public_address_is_looked_at_where_it_is_https() {
        let of = |url| public(&Config::examine(&Sources::none().with_variables([("SPOTLIGHT_PUBLIC_URL", url)])).0);
        assert_eq!(of("https://app.example.com"), Some(("app.example.com".to_owned(), 443)));
        assert_eq!(of("https://[::1]:8443"), Some(("::1".to_owned(), 8443)));
        assert_eq!(of("http://app.example.com"), None);
    }

    #[tokio::test]
    async fn a_certificate_is_seen_even_where_nobody_could_trust_it() {
        use tokio_rustls::TlsAcceptor;
        let issued = Authority::new().issue(&["localhost"], -30..-2);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let acceptor = TlsAcceptor::from(issued.server());
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("somebody");
            let _ = acceptor.accept(stream).await;
        });
        let found = shown("127.0.0.1", port, SystemClock.now()).await;
        assert!(found.severity == Severity::Critical && found.evidence.contains("ended on"), "{found:?}");
        server.await.expect("it ends");
        // The listener went with the server.
        let found = shown("127.0.0.1", port, SystemClock.now()).await;
        assert!(found.severity == Severity::Notice && found.evidence.contains("was not seen"), "{found:?}");
    }

    #[tokio::test]
    async fn who_says_nothing_is_not_waited_for() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let found = shown("127.0.0.1", port, SystemClock.now()).await;
        assert!(found.severity == Severity::Notice && found.evidence.contains("three seconds"), "{found:?}");
    }
}
