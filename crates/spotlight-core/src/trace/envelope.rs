//! A trace beside what a store keeps, without a place of its own: in the payload.
//!
//! Programs that are older read such a payload as ever, since they pass over a field that they do not know; and what they
//! wrote is read as having no trace.

use std::borrow::Cow;

use serde_json::Value;

use super::Trace;

/// The field of an object that holds its trace.
const FIELD: &str = "_trace";
/// How a payload begins that is a JSON object and has a trace.
const OBJECT: &str = "{\"_trace\":";
/// How one begins that is anything else.
const WRAPPED: &str = "{\"_traced\":";
/// What stands between the trace and such a payload.
const PAYLOAD: &str = ",\"_payload\":";

/// A payload with a trace, as it is stored. [`unpack`] gives both back, byte for byte.
pub fn pack<'a>(payload: &'a str, trace: Option<&Trace>) -> Cow<'a, str> {
    let marked = payload.starts_with(OBJECT) || payload.starts_with(WRAPPED);
    if trace.is_none() && !marked {
        return Cow::Borrowed(payload);
    }
    // It is made of texts alone, which JSON always takes.
    let trace = serde_json::to_string(&trace).unwrap_or_else(|_| "null".to_owned());
    let inside = payload.strip_prefix('{').filter(|_| !marked).and_then(|rest| rest.strip_suffix('}'));
    Cow::Owned(match inside {
        Some(inside) => {
            let comma = if inside.trim().is_empty() { "" } else { "," };
            format!("{OBJECT}{trace}{comma}{inside}}}")
        }
        None => format!("{WRAPPED}{trace}{PAYLOAD}{payload}}}"),
    })
}

/// The payload and the trace of what is stored. What cannot be understood is a payload without one.
pub fn unpack(stored: String) -> (String, Option<Trace>) {
    match parts(&stored) {
        Some((payload, trace)) => (payload, trace),
        None => (stored, None),
    }
}

fn parts(stored: &str) -> Option<(String, Option<Trace>)> {
    let of_object = stored.strip_prefix(OBJECT);
    let rest = of_object.or_else(|| stored.strip_prefix(WRAPPED))?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Option<Trace>>();
    let trace = values.next()?.ok()?;
    let rest = &rest[values.byte_offset()..];
    let payload = if of_object.is_some() {
        format!("{{{}", rest.strip_prefix(',').unwrap_or(rest))
    } else {
        rest.strip_prefix(PAYLOAD)?.strip_suffix('}')?.to_owned()
    };
    Some((payload, trace))
}

/// The facts of an event with a trace, as they are stored. Only objects take one.
pub fn pack_value<'a>(facts: &'a Value, trace: Option<&Trace>) -> Cow<'a, Value> {
    let (Some(trace), Value::Object(fields)) = (trace, facts) else { return Cow::Borrowed(facts) };
    let mut fields = fields.clone();
    fields.insert(FIELD.to_owned(), serde_json::to_value(trace).unwrap_or_default());
    Cow::Owned(Value::Object(fields))
}

/// Takes the trace out of the facts of an event.
pub fn unpack_value(facts: &mut Value) -> Option<Trace> {
    let fields = facts.as_object_mut()?;
    let trace = serde_json::from_value(fields.get(FIELD)?.clone()).ok()?;
    fields.remove(FIELD);
    Some(trace)
}
