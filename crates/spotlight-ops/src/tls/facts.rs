//! What a certificate says of itself.

use chrono::{DateTime, Utc};
use rustls::{
    client::verify_server_name,
    pki_types::{CertificateDer, ServerName},
    server::ParsedCertificate,
};
use spotlight_derive::RedactedDebug;
use x509_cert::{
    certificate::{CertificateInner, Raw},
    der::{Decode, asn1::Ia5String, oid::AssociatedOid},
    ext::pkix::{SubjectAltName, name::GeneralName},
    time::Time,
};

/// What a certificate says of itself.
#[derive(RedactedDebug, Clone)]
pub(crate) struct Facts {
    /// From when on it counts.
    pub(crate) from: DateTime<Utc>,
    /// Until when.
    pub(crate) until: DateTime<Utc>,
    /// The hosts it is for.
    pub(crate) names: Vec<String>,
    #[debug(hidden)]
    certificate: CertificateDer<'static>,
}

impl Facts {
    /// Reads a certificate. None when it is none.
    pub(crate) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        // Serial numbers in the wild are longer than the rules have it, and none of our business.
        let read = CertificateInner::<Raw>::from_der(certificate.as_ref()).ok()?.tbs_certificate;
        let extensions = read.extensions.unwrap_or_default();
        let names = extensions.iter().find(|extension| extension.extn_id == SubjectAltName::OID);
        let names = names.and_then(|extension| SubjectAltName::from_der(extension.extn_value.as_bytes()).ok());
        let names = names.map(|SubjectAltName(names)| names.iter().filter_map(name).collect());
        Some(Self {
            from: instant(read.validity.not_before)?,
            until: instant(read.validity.not_after)?,
            names: names.unwrap_or_default(),
            certificate: certificate.clone().into_owned(),
        })
    }

    /// Whole days from an instant to its end; below zero once it has ended.
    pub(crate) fn days_left(&self, now: DateTime<Utc>) -> i64 {
        (self.until - now).num_seconds().div_euclid(24 * 60 * 60)
    }

    /// Whether clients take it for this host: a name, or an address.
    pub(crate) fn is_for(&self, host: &str) -> bool {
        let Ok(host) = ServerName::try_from(host) else { return false };
        ParsedCertificate::try_from(&self.certificate).is_ok_and(|read| verify_server_name(&read, &host).is_ok())
    }
}

fn instant(time: Time) -> Option<DateTime<Utc>> {
    let since = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
    DateTime::from_timestamp(since, 0)
}

/// A host as people write it.
fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(Ia5String::to_string(name)),
        GeneralName::IpAddress(bytes) => match *bytes.as_bytes() {
            [a, b, c, d] => Some(std::net::Ipv4Addr::new(a, b, c, d).to_string()),
            ref long => <[u8; 16]>::try_from(long).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use spotlight_core::ports::{Clock, SystemClock};
    use spotlight_tests::tls::Authority;

    use super::*;

    #[test]
    fn a_certificate_says_when_it_ends_and_for_whom_it_is() {
        let issued = Authority::new().issue(&["app.example.com", "*.apps.example.com", "127.0.0.1", "::1"], -5..10);
        let facts = Facts::of(&issued.der()).expect("a certificate");
        let now = SystemClock.now();
        assert!((8..=10).contains(&facts.days_left(now)), "{:?}", facts.until);
        assert_eq!(facts.days_left(facts.until - TimeDelta::hours(1)), 0);
        assert_eq!(facts.days_left(facts.until + TimeDelta::hours(1)), -1);
        assert!(facts.from < now);
        assert_eq!(facts.names, ["app.example.com", "*.apps.example.com", "127.0.0.1", "::1"]);
        for host in ["app.example.com", "one.apps.example.com", "127.0.0.1", "::1"] {
            assert!(facts.is_for(host), "{host}");
        }
        for host in ["example.com", "www.app.example.com", "127.0.0.2", "a b"] {
            assert!(!facts.is_for(host), "{host}");
        }
        assert!(Facts::of(&CertificateDer::from(b"no certificate".to_vec())).is_none());
    }
}
