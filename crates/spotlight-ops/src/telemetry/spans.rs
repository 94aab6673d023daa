//! What is known of requests and jobs while they last, for those who report them elsewhere.
//!
//! Only fields on [`TOLD`] are kept: whatever else a span or an event says stays in the log.

use std::fmt;

use spotlight_core::{
    domain::time::Timestamp,
    ports::{Clock, SystemClock},
};
use spotlight_derive::RedactedDebug;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    filter::{FilterExt, LevelFilter, filter_fn},
    layer::{Context, Filter},
    registry::LookupSpan,
};

/// The spans that are reported, and by which every line is found: a request and a job.
const NAMES: [&str; 2] = ["request", "job"];

/// The fields that are told elsewhere: ids, numbers and words of the program's own.
const TOLD: [&str; 16] = [
    "request_id",
    "organization",
    "operation",
    "status",
    "job",
    "job_id",
    "attempt",
    "outcome",
    "queue",
    "trace_id",
    "span_id",
    "parent_span_id",
    "sampled",
    "error",
    "location",
    "panic",
];

/// Whether it is the span of a request or a job.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && NAMES.contains(&metadata.name()) && metadata.target().starts_with("spotlight")
}

/// What is logged, and always the spans of requests and jobs: a warning names its request whatever the level is.
pub(super) fn with_ours<S, F>(logged: F) -> impl Filter<S>
where
    F: Filter<S> + 'static,
    S: 'static,
{
    FilterExt::or(filter_fn(is_ours).with_max_level_hint(LevelFilter::INFO), logged)
}

/// What is reported elsewhere: requests, jobs and errors. Those of the reporting itself are only logged.
pub(super) fn reported<S>() -> impl Filter<S> {
    let error = |metadata: &Metadata<'_>| {
        metadata.is_event() && *metadata.level() == Level::ERROR && !metadata.target().starts_with(super::TARGET)
    };
    filter_fn(move |metadata| is_ours(metadata) || error(metadata)).with_max_level_hint(LevelFilter::INFO)
}

/// A value of a field.
#[derive(RedactedDebug, Clone, PartialEq)]
pub(super) enum Told {
    Text(String),
    Number(i64),
    Flag(bool),
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

/// Fields that are told, each once: the last value counts.
#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Fields {
    pub(super) message: String,
    told: Vec<(&'static str, Told)>,
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&Told> {
        self.told.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Told::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Told)> {
        self.told.iter().map(|(name, value)| (*name, value))
    }

    /// Adds those that are not there yet.
    pub(super) fn complete(&mut self, others: &Self) {
        for (name, value) in others.iter() {
            if self.get(name).is_none() {
                self.told.push((name, value.clone()));
            }
        }
    }

    fn set(&mut self, field: &Field, value: Told) {
        let Some(name) = TOLD.into_iter().find(|name| *name == field.name()) else { return };
        match self.told.iter_mut().find(|(own, _)| *own == name) {
            Some((_, old)) => *old = value,
            None => self.told.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Told::Number(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, Told::Number(i64::try_from(value).unwrap_or(i64::MAX)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Told::Flag(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, Told::Text(value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.set(field, Told::Text(format!("{value:?}")));
        }
    }
}

/// What is known of a span.
pub(super) struct Noted {
    pub(super) began: Timestamp,
    pub(super) fields: Fields,
    /// An error was logged within.
    pub(super) failed: bool,
}

/// Notes what is known of each span, with the span.
pub(super) struct Notes;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Notes {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut noted = Noted { began: SystemClock.now(), fields: Fields::default(), failed: false };
        attributes.record(&mut noted.fields);
        span.extensions_mut().insert(noted);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(noted) = span.extensions_mut().get_mut::<Noted>() {
            values.record(&mut noted.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(noted) = span.extensions_mut().get_mut::<Noted>() {
                noted.failed = true;
            }
        }
    }
}
