//! A log line as a JSON object: the deployment guide's fields, then those of the event and of the spans around it.

use std::fmt;

use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormattedFields,
        format::{JsonFields, Writer},
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// What the lines say they come from.
const SERVICE: &str = "spotlight";

/// Writes events as JSON lines.
///
/// Each has `timestamp` (UTC, microseconds), `level`, `message`, `service`, `environment` and `target`. A field of an event
/// stands beside them, before one of the same name of a span around it; an inner span's before an outer one's.
pub(super) struct Json {
    environment: &'static str,
}

impl Json {
    pub(super) fn new(environment: &'static str) -> Self {
        Self { environment }
    }
}

impl<S> FormatEvent<S, JsonFields> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Vec::with_capacity(512);
        self.write(context, event, &mut line).map_err(|_| fmt::Error)?;
        line.push(b'\n');
        writer.write_str(std::str::from_utf8(&line).map_err(|_| fmt::Error)?)
    }
}

impl Json {
    fn write<S>(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        event: &Event<'_>,
        line: &mut Vec<u8>,
    ) -> Result<(), serde_json::Error>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let mut serializer = serde_json::Serializer::new(line);
        let mut map = serializer.serialize_map(None)?;
        let mut now = String::with_capacity(32);
        let _ = SystemTime.format_time(&mut Writer::new(&mut now));
        map.serialize_entry("timestamp", &now)?;
        map.serialize_entry("level", event.metadata().level().as_str())?;
        let mut message = Message::default();
        event.record(&mut message);
        map.serialize_entry("message", &message.0)?;
        map.serialize_entry("service", SERVICE)?;
        map.serialize_entry("environment", self.environment)?;
        map.serialize_entry("target", event.metadata().target())?;
        let mut fields = Fields { map, seen: Vec::new(), failed: None };
        event.record(&mut fields);
        for span in context.event_scope().into_iter().flatten() {
            let extensions = span.extensions();
            let formatted = extensions.get::<FormattedFields<JsonFields>>();
            let Some(formatted) = formatted.filter(|formatted| !formatted.is_empty()) else { continue };
            let Ok(Value::Object(of_span)) = serde_json::from_str(&formatted.fields) else { continue };
            for (name, value) in &of_span {
                fields.entry(name, value);
            }
        }
        match fields.failed {
            Some(error) => Err(error),
            None => fields.map.end(),
        }
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

/// The names that every line has already.
const TAKEN: [&str; 6] = ["timestamp", "level", "message", "service", "environment", "target"];

/// Writes fields, each name once.
struct Fields<M: SerializeMap> {
    map: M,
    seen: Vec<String>,
    failed: Option<M::Error>,
}

impl<M: SerializeMap> Fields<M> {
    fn entry<T: serde::Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        // Fields of the compiler's own begin so, as those of crates that speak through `log`.
        let known = TAKEN.contains(&name) || self.seen.iter().any(|seen| seen == name) || name.starts_with("log.");
        if known || self.failed.is_some() {
            return;
        }
        match self.map.serialize_entry(name, value) {
            Ok(()) => self.seen.push(name.to_owned()),
            Err(error) => self.failed = Some(error),
        }
    }
}

impl<M: SerializeMap> Visit for Fields<M> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.entry(field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.entry(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.entry(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.entry(field.name(), &value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.entry(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.entry(field.name(), &format!("{value:?}"));
    }
}
