//! Who is told of what happens.

use std::net::SocketAddr;

use secrecy::SecretString;
use spotlight_derive::RedactedDebug;

use crate::config::{Section, Variable, parse, reader::Reader};

static SENTRY: Variable = Variable::new(
    "SENTRY_DSN",
    "monitoring.sentry_dsn",
    "where panics and errors are reported",
    "https://key@o0.ingest.sentry.io/0",
)
.secret();
static NEW_RELIC: Variable = Variable::new(
    "NEW_RELIC_LICENSE_KEY",
    "monitoring.new_relic_license_key",
    "key of New Relic, which traces are sent to",
    "…NRAL",
)
.secret();

static OTLP: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "monitoring.otlp_endpoint",
    "where traces are sent over OTLP/HTTP, without `/v1/traces`; New Relic's unless given, where its key is given",
    "http://collector:4318",
);
static OTLP_HEADERS: Variable = Variable::new(
    "OTEL_EXPORTER_OTLP_HEADERS",
    "monitoring.otlp_headers",
    "headers that are sent with traces, as a receiver's key",
    "authorization=Bearer%20…",
)
.secret();
static METRICS_LISTEN: Variable = Variable::new(
    "METRICS_LISTEN",
    "monitoring.metrics_listen",
    "address at which /metrics alone is served, by every process (of several behind one socket, the others at the ports after \
     it); without it, /metrics is at the main address, for those \
     with METRICS_TOKEN, and without that in development for this machine",
    "0.0.0.0:9464",
);
static METRICS_TOKEN: Variable = Variable::new(
    "METRICS_TOKEN",
    "monitoring.metrics_token",
    "what Prometheus sends as `Authorization: Bearer` to see /metrics; at least 16 characters",
    "$(openssl rand -hex 32)",
)
.secret();

pub(super) const SECTION: Section = Section {
    title: "Monitoring",
    variables: &[&SENTRY, &NEW_RELIC, &OTLP, &OTLP_HEADERS, &METRICS_LISTEN, &METRICS_TOKEN],
};

/// Who is told of what happens.
#[derive(RedactedDebug, Clone)]
pub struct Monitoring {
    /// Where panics and errors are reported.
    pub sentry_dsn: Option<SecretString>,
    /// Key of New Relic.
    pub new_relic_license_key: Option<SecretString>,
    /// Where traces are sent, without `/v1/traces`.
    pub otlp_endpoint: Option<String>,
    /// Headers that are sent with traces, each as `name=value`, with a comma between them.
    pub otlp_headers: Option<SecretString>,
    /// Address at which `/metrics` alone is served.
    pub metrics_listen: Option<SocketAddr>,
    /// What opens `/metrics`.
    pub metrics_token: Option<SecretString>,
}

impl Monitoring {
    /// Where traces are sent, without `/v1/traces`: to the endpoint, or to New Relic where only its key is given.
    pub(crate) fn traces(&self) -> Option<&str> {
        let new_relic = self.new_relic_license_key.as_ref().map(|_| "https://otlp.nr-data.net");
        self.otlp_endpoint.as_deref().or(new_relic)
    }

    pub(in crate::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            sentry_dsn: reader.secret(&SENTRY, parse::url(&["https", "http"], "https://key@o0.ingest.sentry.io/0")),
            new_relic_license_key: reader.secret(&NEW_RELIC, parse::text),
            otlp_endpoint: reader.value(&OTLP, parse::url(&["https", "http"], "http://collector:4318")),
            otlp_headers: reader.secret(&OTLP_HEADERS, headers),
            metrics_listen: reader.value(&METRICS_LISTEN, parse::of("give an address and a port")),
            metrics_token: reader.secret(&METRICS_TOKEN, |text| match text.len() {
                16.. => Ok(text.to_owned()),
                _ => Err("give at least 16 characters".to_owned()),
            }),
        }
    }
}

/// Names and values that a header can have.
fn headers(text: &str) -> Result<String, String> {
    let sound = |pair: &str| {
        let Some((name, value)) = pair.split_once('=') else { return false };
        let is_token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        !name.trim().is_empty()
            && name.trim().bytes().all(is_token)
            && value.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
    };
    if text.split(',').all(sound) {
        Ok(text.to_owned())
    } else {
        Err("give name=value, with a comma between two".to_owned())
    }
}
