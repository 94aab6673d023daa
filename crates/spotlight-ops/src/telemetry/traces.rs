//! Traces to a collector that speaks OTLP over HTTP, as that of OpenTelemetry or New Relic.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::{
    InstrumentationScope, KeyValue, Value,
    trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState},
};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor},
};
use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret;
use spotlight_core::{
    Error, ErrorKind, Result,
    ports::{Clock, SystemClock},
};
use tracing::{Subscriber, span::Id};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::{
    outlet::Outlet,
    spans::{Fields, Noted, Told},
};
use crate::config::Monitoring;

/// What is told of a span under a name of its own.
const NAMES: [(&str, &str); 8] = [
    ("status", "http.response.status_code"),
    ("request_id", "spotlight.request_id"),
    ("organization", "spotlight.organization"),
    ("operation", "spotlight.operation"),
    ("job", "spotlight.job"),
    ("job_id", "spotlight.job_id"),
    ("attempt", "spotlight.attempt"),
    ("outcome", "spotlight.outcome"),
];

/// Sends the spans of requests and jobs, some at a time.
pub(super) struct Traces(Arc<BatchSpanProcessor>);

/// What is left to do with traces at the end.
pub(super) struct Rest(Arc<BatchSpanProcessor>);

impl Rest {
    /// Sends what waits, for `limit` at most.
    pub(super) fn send(&self, limit: Duration) {
        // What could not be sent is told by the client.
        let _ = self.0.shutdown_with_timeout(limit);
    }
}

/// Whether an address is New Relic's, over HTTPS.
fn is_new_relics(base: &str) -> bool {
    url::Url::parse(base).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        url.scheme() == "https" && (host == "nr-data.net" || host.ends_with(".nr-data.net"))
    })
}

#[cfg(test)]
#[test]
fn the_key_goes_to_its_owner_alone() {
    let yes = ["https://otlp.nr-data.net", "https://otlp.eu01.nr-data.net:4318", "https://nr-data.net"];
    assert!(yes.into_iter().all(is_new_relics));
    for other in [
        "http://otlp.nr-data.net",
        "https://nr-data.net.example.com",
        "https://evilnr-data.net",
        "http://127.0.0.1:4318",
    ] {
        assert!(!is_new_relics(other), "{other}");
    }
}

/// Traces, where the settings name a receiver.
///
/// # Errors
/// `Misconfigured` when it cannot be sent to.
pub(super) fn open(
    monitoring: &Monitoring,
    environment: &'static str,
    outlet: impl FnOnce() -> Result<Arc<Outlet>>,
) -> Result<Option<(Traces, Rest)>> {
    let key = monitoring.new_relic_license_key.as_ref();
    let Some(base) = monitoring.traces() else { return Ok(None) };
    let given = monitoring.otlp_headers.as_ref().map(|given| headers(given.expose_secret()));
    let mut headers = given.unwrap_or_default();
    // The key is for its owner: other receivers have headers of their own.
    if let Some(key) = key.filter(|_| is_new_relics(base)) {
        headers.entry("api-key".to_owned()).or_insert_with(|| key.expose_secret().to_owned());
    }
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client { outlet: outlet()?, away: AtomicBool::new(false) })
        .with_endpoint(format!("{}/v1/traces", base.trim_end_matches('/')))
        .with_headers(headers)
        .build()
        .map_err(|_| {
            Error::new(ErrorKind::Misconfigured, "traces cannot be sent to OTEL_EXPORTER_OTLP_ENDPOINT; is it a URL?")
        })?;
    let mut processor = BatchSpanProcessor::builder(exporter).build();
    let told = [
        KeyValue::new("service.name", super::SERVICE),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        KeyValue::new("deployment.environment.name", environment),
    ];
    processor.set_resource(&Resource::builder().with_attributes(told).build());
    let processor = Arc::new(processor);
    Ok(Some((Traces(Arc::clone(&processor)), Rest(processor))))
}

/// Headers as OpenTelemetry writes them: values are percent-encoded.
fn headers(given: &str) -> HashMap<String, String> {
    let pairs = given.split(',').filter_map(|pair| pair.split_once('='));
    let value = |value: &str| percent_decode_str(value.trim()).decode_utf8_lossy().into_owned();
    pairs.map(|(name, given)| (name.trim().to_ascii_lowercase(), value(given))).collect()
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Traces {
    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let mut extensions = span.extensions_mut();
        if let Some(noted) = extensions.get_mut::<Noted>()
            && let Some(data) = data(span.name(), noted)
        {
            self.0.on_end(data);
        }
    }
}

/// A span as the collector is told of it; none when whoever began the trace does not want it recorded.
fn data(kind: &'static str, noted: &Noted) -> Option<SpanData> {
    let fields = &noted.fields;
    let sampled = fields.get("sampled") == Some(&Told::Flag(true));
    let trace_id = fields.text("trace_id").filter(|_| sampled).and_then(|id| TraceId::from_hex(id).ok())?;
    let span_id = fields.text("span_id").and_then(|id| SpanId::from_hex(id).ok())?;
    let parent = fields.text("parent_span_id").and_then(|id| SpanId::from_hex(id).ok());
    let (name, span_kind) = match kind {
        "job" => (fields.text("job"), SpanKind::Consumer),
        _ => (fields.text("operation"), SpanKind::Server),
    };
    Some(SpanData {
        span_context: SpanContext::new(trace_id, span_id, TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: parent.unwrap_or(SpanId::INVALID),
        // A request comes from another program, a job out of a store.
        parent_span_is_remote: parent.is_some(),
        span_kind,
        name: name.map_or(Cow::Borrowed(kind), |name| Cow::Owned(name.to_owned())),
        start_time: SystemTime::from(noted.began),
        end_time: SystemTime::from(SystemClock.now()),
        attributes: attributes(fields),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        // What went wrong stands in the log, under the same ids.
        status: if noted.failed || has_failed(fields) { Status::error("") } else { Status::Unset },
        instrumentation_scope: InstrumentationScope::builder(super::SERVICE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .build(),
    })
}

fn has_failed(fields: &Fields) -> bool {
    let refused = matches!(fields.get("status"), Some(Told::Number(500..)));
    refused || matches!(fields.text("outcome"), Some("failed" | "dead"))
}

fn attributes(fields: &Fields) -> Vec<KeyValue> {
    let value = |told: &Told| match told {
        Told::Text(text) => Value::from(text.clone()),
        Told::Number(number) => Value::from(*number),
        Told::Flag(flag) => Value::from(*flag),
    };
    NAMES.iter().filter_map(|(own, theirs)| fields.get(own).map(|told| KeyValue::new(*theirs, value(told)))).collect()
}

/// The exporter's way out.
struct Client {
    outlet: Arc<Outlet>,
    /// The last report was not taken.
    away: AtomicBool,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.outlet.send(request).await;
        let taken = answer.as_ref().is_ok_and(|answer| answer.status().is_success());
        // Said once, and not for every batch.
        if taken == self.away.swap(!taken, Ordering::Relaxed) {
            if taken {
                tracing::info!(target: super::TARGET, "traces are taken again");
            } else {
                let status = answer.as_ref().ok().map(|answer| answer.status().as_u16());
                tracing::warn!(target: super::TARGET, status, "traces are not taken; some of them are lost");
            }
        }
        answer.map_err(Into::into)
    }
}
