//! A log line as a JSON object: the deployment guide's fields, then those of the event and of the spans around it.

use std::{cell::RefCell, fmt};

use serde::Serialize;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// Writes events as JSON lines.
///
/// Each has `timestamp` (UTC, microseconds), `level`, `message`, `service`, `environment` and `target`. A field of an event
/// stands beside them, before one of the same name of a span around it; an inner span's before an outer one's.
#[derive(Debug)]
pub(super) struct Json {
    environment: &'static str,
}

/// Keeps the fields of a span as they will stand in a line: a line each, the name and its value as JSON. So a field that
/// comes later is added to the others, and none is read again before it is written.
#[derive(Debug)]
pub(super) struct Kept;

/// What stands between the name and the value. No name has one.
const BETWEEN: char = '=';

thread_local! {
    /// The line that a thread is writing; kept for its room.
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Room that is not kept for the next line.
const ROOM: usize = 16 << 10;

impl Json {
    pub(super) fn new(environment: &'static str) -> Self {
        Self { environment }
    }

    fn write<S>(&self, context: &FmtContext<'_, S, Kept>, event: &Event<'_>, line: &mut Vec<u8>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let mut now = String::with_capacity(32);
        let _ = SystemTime.format_time(&mut Writer::new(&mut now));
        let mut message = Message::default();
        event.record(&mut message);
        let spans: Vec<_> = context.event_scope().into_iter().flatten().collect();
        let kept: Vec<_> = spans.iter().map(tracing_subscriber::registry::SpanRef::extensions).collect();
        line.push(b'{');
        let mut object = Object { line, seen: Vec::with_capacity(16) };
        object.own("timestamp", &now);
        object.own("level", event.metadata().level().as_str());
        object.own("message", &message.0);
        object.own("service", super::SERVICE);
        object.own("environment", self.environment);
        object.own("target", event.metadata().target());
        event.record(&mut EventFields(&mut object));
        for extensions in &kept {
            let Some(fields) = extensions.get::<FormattedFields<Kept>>() else { continue };
            // Of a field that was recorded twice, the last counts.
            for (name, value) in fields.fields.lines().rev().filter_map(|field| field.split_once(BETWEEN)) {
                object.raw(name, value.as_bytes());
            }
        }
        object.line.extend_from_slice(b"}\n");
    }
}

impl<S> FormatEvent<S, Kept> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, Kept>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line =
            LINE.with(|line| line.try_borrow_mut().map(|mut line| std::mem::take(&mut *line))).unwrap_or_default();
        line.clear();
        self.write(context, event, &mut line);
        let text = std::str::from_utf8(&line).map_err(|_| fmt::Error)?;
        let written = writer.write_str(text);
        if line.capacity() <= ROOM {
            LINE.with(|kept| kept.try_borrow_mut().map(|mut kept| *kept = line)).unwrap_or_default();
        }
        written
    }
}

impl<'writer> FormatFields<'writer> for Kept {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut kept = SpanFields { writer, value: Vec::new(), failed: false };
        fields.record(&mut kept);
        if kept.failed { Err(fmt::Error) } else { Ok(()) }
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &tracing::span::Record<'_>,
    ) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

/// The object of a line, each name in it once.
struct Object<'a> {
    line: &'a mut Vec<u8>,
    seen: Vec<&'a str>,
}

impl<'a> Object<'a> {
    /// A field that every line has.
    fn own(&mut self, name: &'static str, value: &str) {
        self.add(name, |line| json(line, value));
    }

    fn raw(&mut self, name: &'a str, value: &[u8]) {
        self.add(name, |line| line.extend_from_slice(value));
    }

    fn add(&mut self, name: &'a str, value: impl FnOnce(&mut Vec<u8>)) {
        // Fields of the compiler's own begin so, as those of crates that speak through `log`.
        if name.starts_with("log.") || self.seen.contains(&name) {
            return;
        }
        if !self.seen.is_empty() {
            self.line.push(b',');
        }
        self.seen.push(name);
        json(self.line, name);
        self.line.push(b':');
        value(self.line);
    }
}

/// Writes a value. Neither a text nor a number fails to be JSON, and a line takes whatever comes.
fn json<T: Serialize + ?Sized>(line: &mut Vec<u8>, value: &T) {
    let begun = line.len();
    if serde_json::to_writer(&mut *line, value).is_err() {
        line.truncate(begun);
        line.extend_from_slice(b"null");
    }
}

/// The message of an event.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

/// Says how fields of each kind are written, given `value(name, value)`.
macro_rules! visits {
    () => {
        fn record_f64(&mut self, field: &Field, value: f64) {
            self.value(field.name(), &value);
        }

        fn record_i64(&mut self, field: &Field, value: i64) {
            self.value(field.name(), &value);
        }

        fn record_u64(&mut self, field: &Field, value: u64) {
            self.value(field.name(), &value);
        }

        fn record_bool(&mut self, field: &Field, value: bool) {
            self.value(field.name(), &value);
        }

        fn record_str(&mut self, field: &Field, value: &str) {
            self.value(field.name(), value);
        }

        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            self.value(field.name(), &format!("{value:?}"));
        }
    };
}

/// Writes the fields of an event.
struct EventFields<'o, 'a>(&'o mut Object<'a>);

impl EventFields<'_, '_> {
    fn value<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) {
        self.0.add(name, |line| json(line, value));
    }
}

impl Visit for EventFields<'_, '_> {
    visits!();
}

/// Keeps the fields of a span.
struct SpanFields<'writer> {
    writer: Writer<'writer>,
    value: Vec<u8>,
    failed: bool,
}

impl SpanFields<'_> {
    fn value<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) {
        self.value.clear();
        json(&mut self.value, value);
        // JSON of one line: line ends in a text are written as `\n`.
        let value = std::str::from_utf8(&self.value).unwrap_or("null");
        self.failed |= writeln!(self.writer, "{name}{BETWEEN}{value}").is_err();
    }
}

impl Visit for SpanFields<'_> {
    visits!();
}
