//! What a platform counts of its own work.
//!
//! The instruments belong to one platform, not to the program: two platforms in one process count apart, and a test sees
//! what it did itself. Counting is an atomic or two; nothing here knows how figures leave the process.
//!
//! # How to add …
//!
//! - a metric of ours: a line in `catalog.rs`, a field here, and where it happens the call that counts;
//! - one that has to be read from elsewhere: a [`FigureSource`](crate::ports::FigureSource).
//!
//! Then `SPOTLIGHT_WRITE=1 cargo test -p spotlight-ops --lib` renders `docs/metrics.md` anew.

pub mod catalog;
mod circuits;
mod conditions;
mod instrument;
mod sources;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

pub use self::{
    catalog::CATALOG,
    circuits::{CircuitPhase, CircuitView},
    instrument::{Bounds, Counter, Family, Gauge, Histogram, Inside, Instrument},
    sources::pool_figures,
};
pub(crate) use self::{
    conditions::Checks,
    sources::{Sources, usual},
};
use crate::{
    domain::conversation::Channel,
    error::{Error, ErrorKind},
    ports::Figure,
};

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;
const MS: u64 = 1_000_000;

/// Times of requests: the bounds that OpenTelemetry advises.
pub static REQUEST_TIMES: Bounds = Bounds {
    at: &[
        5 * MS,
        10 * MS,
        25 * MS,
        50 * MS,
        75 * MS,
        100 * MS,
        250 * MS,
        500 * MS,
        750 * MS,
        SECOND,
        2500 * MS,
        5 * SECOND,
        7500 * MS,
        10 * SECOND,
    ],
    per_unit: SECOND as f64,
};

/// Times of work that may take minutes.
pub static WORK_TIMES: Bounds = Bounds {
    at: &[
        MS,
        5 * MS,
        25 * MS,
        100 * MS,
        250 * MS,
        500 * MS,
        SECOND,
        2500 * MS,
        5 * SECOND,
        10 * SECOND,
        30 * SECOND,
        60 * SECOND,
        300 * SECOND,
        900 * SECOND,
    ],
    per_unit: SECOND as f64,
};

/// Sizes of bodies.
pub static SIZES: Bounds =
    Bounds { at: &[256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 8 << 20], per_unit: 1.0 };

/// What a platform counts. Give the same one to the builder and to the decorators around its ports.
#[derive(Debug)]
pub struct Metrics {
    /// Requests whose answer has not begun.
    pub http_in_flight: Arc<Gauge>,
    /// Sockets and event streams that are open.
    pub live_connections: Arc<Gauge>,
    http_duration: Family<Histogram, 3>,
    http_request_size: Family<Histogram, 1>,
    http_response_size: Family<Histogram, 1>,
    pub(crate) conversations: Family<Counter, 1>,
    pub(crate) turns: Family<Counter, 1>,
    pub(crate) first_token: Family<Histogram, 0>,
    provider_calls: Family<Counter, 2>,
    provider_duration: Family<Histogram, 1>,
    pub(crate) jobs: Family<Histogram, 2>,
    pub(crate) event_delay: Family<Histogram, 0>,
    pub(crate) cache_reads: Family<Counter, 1>,
    circuits: Mutex<Vec<CircuitView>>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Nothing has been counted.
    pub fn new() -> Self {
        let work = || Histogram::new(&WORK_TIMES);
        Self {
            http_in_flight: Arc::default(),
            live_connections: Arc::default(),
            http_duration: Family::new(&catalog::HTTP_DURATION, || Histogram::new(&REQUEST_TIMES)),
            http_request_size: Family::new(&catalog::HTTP_REQUEST_SIZE, || Histogram::new(&SIZES)),
            http_response_size: Family::new(&catalog::HTTP_RESPONSE_SIZE, || Histogram::new(&SIZES)),
            conversations: Family::new(&catalog::CONVERSATIONS, Counter::default),
            turns: Family::new(&catalog::TURNS, Counter::default),
            first_token: Family::new(&catalog::FIRST_TOKEN, || Histogram::new(&REQUEST_TIMES)),
            provider_calls: Family::new(&catalog::PROVIDER_CALLS, Counter::default),
            provider_duration: Family::new(&catalog::PROVIDER_DURATION, work),
            jobs: Family::new(&catalog::JOB_DURATION, work),
            event_delay: Family::new(&catalog::EVENT_DELAY, work),
            cache_reads: Family::new(&catalog::CACHE_READS, Counter::default),
            circuits: Mutex::default(),
        }
    }

    /// A conversation was begun.
    pub(crate) fn begun(&self, source: Channel) {
        self.conversations.with([source.as_str()], Counter::inc);
    }

    /// A request was answered.
    pub fn answered(&self, method: &'static str, route: &'static str, status: &'static str, took: Duration) {
        self.http_duration.with([method, route, status], |times| times.took(took));
    }

    /// A body was read, of so many bytes.
    pub fn request_body(&self, route: &'static str, bytes: u64) {
        self.http_request_size.with([route], |sizes| sizes.observe(bytes));
    }

    /// A body was sent, of so many bytes.
    pub fn response_body(&self, route: &'static str, bytes: u64) {
        self.http_response_size.with([route], |sizes| sizes.observe(bytes));
    }

    /// A provider was called.
    pub fn called(&self, provider: &'static str, outcome: &'static str, took: Duration) {
        self.provider_calls.with([provider, outcome], Counter::inc);
        self.provider_duration.with([provider], |times| times.took(took));
    }

    /// Shows a circuit breaker, as long as it is there.
    pub fn watch(&self, circuit: CircuitView) {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        circuits.retain(CircuitView::is_there);
        circuits.push(circuit);
    }

    /// What was counted until now.
    pub fn figures(&self) -> Vec<Figure> {
        let mut all = vec![
            Figure::plain(&catalog::HTTP_IN_FLIGHT, self.http_in_flight.get() as f64),
            Figure::plain(&catalog::LIVE_CONNECTIONS, self.live_connections.get() as f64),
        ];
        self.http_duration.figures(&mut all);
        self.http_request_size.figures(&mut all);
        self.http_response_size.figures(&mut all);
        self.conversations.figures(&mut all);
        self.turns.figures(&mut all);
        self.first_token.figures(&mut all);
        self.provider_calls.figures(&mut all);
        self.provider_duration.figures(&mut all);
        circuits::figures(&self.circuits.lock().unwrap_or_else(PoisonError::into_inner), &mut all);
        self.jobs.figures(&mut all);
        self.event_delay.figures(&mut all);
        self.cache_reads.figures(&mut all);
        all
    }
}

/// The word that stands for an error among outcomes.
pub(crate) fn outcome(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Validation => "validation",
        ErrorKind::Malformed => "malformed",
        ErrorKind::Unauthenticated => "unauthenticated",
        ErrorKind::Forbidden => "forbidden",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Conflict => "conflict",
        ErrorKind::StaleVersion => "stale_version",
        ErrorKind::PlanLimit => "plan_limit",
        ErrorKind::RateLimited => "rate_limited",
        ErrorKind::Unavailable => "unavailable",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Corrupt => "corrupt",
        ErrorKind::Misconfigured => "misconfigured",
        ErrorKind::Internal => "internal",
    }
}
