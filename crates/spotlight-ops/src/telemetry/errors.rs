//! Panics and errors to Sentry: what the log says of them, where it happened, and by which ids it is found again. No
//! addresses, no names, no values of variables, nothing of a request but its id.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, header};
use secrecy::ExposeSecret;
use sentry_core::{
    Client, ClientOptions, Envelope, Level, Transport, TransportFactory, TransportOptions,
    protocol::{Context as About, Event as Report, Exception, Frame, Stacktrace, TraceContext},
    types::Dsn,
};
use spotlight_core::{Error, ErrorKind, Result, domain::redact::redact};
use tracing::{Event, Subscriber};
use tracing_subscriber::{Layer, layer::Context, registry::LookupSpan};

use super::{
    outlet::Outlet,
    spans::{Fields, Noted},
};
use crate::config::Monitoring;

/// Reports that wait at most: more than that say nothing new.
const WAITING: usize = 100;

/// Reports what is logged as an error.
pub(super) struct Errors(Arc<Client>);

/// What is left to do with errors at the end.
pub(super) struct Rest(Arc<Client>);

impl Rest {
    /// Sends what waits, for `limit` at most.
    pub(super) fn send(&self, limit: Duration) {
        self.0.close(Some(limit));
    }
}

/// Errors, where the settings name a receiver.
///
/// # Errors
/// `Misconfigured` when it cannot be sent to.
pub(super) fn open(
    monitoring: &Monitoring,
    environment: &'static str,
    outlet: impl FnOnce() -> Result<Arc<Outlet>>,
) -> Result<Option<(Errors, Rest)>> {
    let Some(dsn) = &monitoring.sentry_dsn else { return Ok(None) };
    let unusable = || Error::new(ErrorKind::Misconfigured, "SENTRY_DSN is none; copy it from the project's settings");
    let dsn: Dsn = dsn.expose_secret().parse().map_err(|_| unusable())?;
    let way = Way { outlet: outlet()?, waiting: Arc::default(), away: Arc::default(), dsn: dsn.clone() };
    let mut options = ClientOptions::default();
    options.dsn = Some(dsn);
    options.release = Some(concat!("spotlight@", env!("CARGO_PKG_VERSION")).into());
    options.environment = Some(environment.into());
    options.default_integrations = false;
    options.send_default_pii = false;
    options.server_name = None;
    options.max_breadcrumbs = 0;
    options.transport = Some(Arc::new(way));
    let client = Arc::new(Client::from(options));
    Ok(Some((Errors(Arc::clone(&client)), Rest(client))))
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Errors {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(noted) = span.extensions().get::<Noted>() {
                fields.complete(&noted.fields);
            }
        }
        self.0.capture_event(report(event.metadata().target(), &fields), None);
    }
}

/// What is told of an error.
fn report(target: &str, fields: &Fields) -> Report<'static> {
    let mut report = Report { level: Level::Error, logger: Some(target.to_owned()), ..Report::default() };
    let tags = ["request_id", "organization", "operation", "job", "job_id", "attempt", "queue"];
    let tag = |name: &str| fields.get(name).map(|value| (name.to_owned(), value.to_string()));
    report.tags = tags.into_iter().filter_map(tag).collect();
    report.transaction = fields.text("operation").or(fields.text("job")).map(str::to_owned);
    if let (Some(Ok(trace_id)), Some(Ok(span_id))) =
        (fields.text("trace_id").map(str::parse), fields.text("span_id").map(str::parse))
    {
        let about = TraceContext { trace_id, span_id, ..TraceContext::default() };
        report.contexts.insert("trace".to_owned(), About::Trace(Box::new(about)));
    }
    let said = fields.text("error").map(|error| redact(error, &[]).into_owned());
    if target == super::panics::TARGET {
        report.level = Level::Fatal;
        let exception = Exception {
            ty: "panic".to_owned(),
            value: Some(fields.text("panic").unwrap_or(super::panics::UNTOLD).to_owned()),
            stacktrace: fields.text("location").map(place),
            ..Exception::default()
        };
        report.exception = vec![exception].into();
        return report;
    }
    report.message = Some(redact(&fields.message, &[]).into_owned());
    report.extra = said.map(|said| ("error".to_owned(), said.into())).into_iter().collect::<BTreeMap<_, _>>();
    report
}

/// Where in the source it happened.
fn place(location: &str) -> Stacktrace {
    let (file, line) = location.rsplit_once(':').unwrap_or((location, ""));
    let frame = Frame { filename: Some(file.to_owned()), lineno: line.parse().ok(), ..Frame::default() };
    Stacktrace { frames: vec![frame], ..Stacktrace::default() }
}

/// How many reports are on their way.
type Waiting = (Mutex<usize>, Condvar);

/// The client's way out.
#[derive(Clone)]
struct Way {
    outlet: Arc<Outlet>,
    waiting: Arc<Waiting>,
    /// The last report was not taken.
    away: Arc<AtomicBool>,
    dsn: Dsn,
}

impl TransportFactory for Way {
    fn create_transport_with_options(&self, _: TransportOptions) -> Arc<dyn Transport> {
        Arc::new(self.clone())
    }
}

impl Way {
    fn request(&self, envelope: &Envelope) -> Option<Request<Bytes>> {
        let mut body = Vec::new();
        envelope.to_writer(&mut body).ok()?;
        Request::post(self.dsn.envelope_api_url().as_str())
            .header(header::CONTENT_TYPE, "application/x-sentry-envelope")
            .header(
                "x-sentry-auth",
                self.dsn.to_auth(Some(concat!("spotlight/", env!("CARGO_PKG_VERSION")))).to_string(),
            )
            .body(body.into())
            .ok()
    }
}

impl Transport for Way {
    fn send_envelope(&self, envelope: Envelope) {
        let Some(request) = self.request(&envelope) else { return };
        {
            let mut waiting = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
            if *waiting >= WAITING {
                return;
            }
            *waiting += 1;
        }
        let (waiting, away) = (Arc::clone(&self.waiting), Arc::clone(&self.away));
        self.outlet.post(request, move |answer| {
            let taken = answer.as_ref().is_ok_and(|answer| answer.status().is_success());
            if !taken && !away.swap(true, Ordering::Relaxed) {
                let status = answer.ok().map(|answer| answer.status().as_u16());
                tracing::warn!(target: super::TARGET, status, "errors are not taken; they are only logged");
            }
            if taken {
                away.store(false, Ordering::Relaxed);
            }
            *waiting.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
            waiting.1.notify_all();
        });
    }

    fn flush(&self, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        let mut waiting = self.waiting.0.lock().unwrap_or_else(PoisonError::into_inner);
        while *waiting > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            waiting = self.waiting.1.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
