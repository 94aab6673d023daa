//! What goes over the wire of live connections.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};
use spotlight_core::{
    domain::{ConversationId, time::Timestamp},
    error::{Error, Result, Violations},
    ports::Event,
    services::live::{LiveChannel, LiveMessage},
};

use crate::error::{Place, Refusal, document};

/// A message as it is sent. Its channel is last, so that all before it is what the event was stored as.
#[derive(Serialize)]
struct Shown<'a> {
    id: u64,
    r#type: &'a str,
    conversation_id: Option<ConversationId>,
    data: &'a Value,
    at: Timestamp,
    channel: String,
}

/// The bytes of a message, the same for everybody who may see as much of it.
pub(super) fn message(message: &LiveMessage) -> Bytes {
    message.encoded(|event: &Event| {
        bytes_of(&Shown {
            id: event.id,
            r#type: &event.event_type,
            conversation_id: event.conversation_id,
            data: &event.data,
            at: event.at,
            channel: message.channel.to_string(),
        })
    })
}

/// JSON.
pub(crate) fn bytes_of(value: &impl Serialize) -> Bytes {
    // Plain data cannot fail to be written.
    serde_json::to_vec(value).map_or_else(|_| Bytes::from_static(b"{}"), Bytes::from)
}

/// An error document as a message.
pub(crate) fn error(error: Error, channel: Option<&str>, kind: &str, request_id: &str) -> Value {
    let shown = document(&Refusal::Core(error), Place::Query, request_id);
    let mut shown = serde_json::to_value(shown).unwrap_or_else(|_| json!({}));
    shown["type"] = kind.into();
    if let Some(channel) = channel {
        shown["channel"] = channel.into();
    }
    shown
}

/// What a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Subscribe(LiveChannel, Option<u64>),
    Unsubscribe(LiveChannel),
    Ping,
}

/// The name that a message that could not be read gives to its channel, for the answer.
pub(super) fn named(text: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(text).ok()?;
    value["channel"].as_str().map(|name| name.chars().take(64).collect())
}

/// Reads a client's message.
///
/// # Errors
/// `Malformed` when it is no JSON object; `Validation` with everything that is wrong; `NotFound` for a conversation that
/// cannot exist.
pub(super) fn read(text: &[u8]) -> Result<Ask> {
    let mut members = object(text)?;
    let mut broken = Violations::new();
    let kind = members.remove("type");
    let asked = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
    if !matches!(asked, "subscribe" | "unsubscribe" | "ping") {
        broken.add("/type", "unknown", "Type must be one of: subscribe, unsubscribe, ping");
    }
    let channel = (asked != "ping").then(|| members.remove("channel")).flatten();
    if channel.is_none() && asked != "ping" {
        broken.add("/channel", "required", "Channel is required");
    }
    let last_id = (asked == "subscribe").then(|| members.remove("last_id")).flatten().filter(|id| !id.is_null());
    if last_id.as_ref().is_some_and(|id| id.as_u64().is_none()) {
        broken.add("/last_id", "type", "Last id must be the id of a message");
    }
    for name in members.keys() {
        broken.add(pointer(name), "unknown", "this is not a member of this message");
    }
    let mut absent = None;
    let channel = match channel.as_ref().map(|channel| channel.as_str().unwrap_or_default().parse()) {
        None => None,
        Some(Ok(channel)) => Some(channel),
        Some(Err(error)) => {
            let error: Error = error;
            error.violations().iter().for_each(|one| broken.add(one.field.clone(), one.code, one.detail.clone()));
            absent = Some(error);
            None
        }
    };
    broken.into_result()?;
    match (asked, channel, absent) {
        (_, _, Some(error)) => Err(error),
        ("subscribe", Some(channel), _) => Ok(Ask::Subscribe(channel, last_id.and_then(|id| id.as_u64()))),
        ("unsubscribe", Some(channel), _) => Ok(Ask::Unsubscribe(channel)),
        _ => Ok(Ask::Ping),
    }
}

/// The members of a message.
///
/// # Errors
/// `Malformed`.
pub(crate) fn object(text: &[u8]) -> Result<Map<String, Value>> {
    let malformed = || Error::new(spotlight_core::error::ErrorKind::Malformed, "a message is a JSON object");
    match serde_json::from_slice(text) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(malformed()),
    }
}

/// Where an unknown member stands.
pub(crate) fn pointer(name: &str) -> String {
    let shown: String = name.chars().take(64).collect();
    format!("/{}", shown.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use spotlight_core::error::ErrorKind;

    use super::*;

    #[test]
    fn messages_are_read_and_everything_wrong_is_named() {
        let read = |text: &str| read(text.as_bytes());
        assert_eq!(
            read(r#"{"type": "subscribe", "channel": "leads", "last_id": 7}"#).expect("good"),
            Ask::Subscribe(LiveChannel::Leads, Some(7))
        );
        assert_eq!(
            read(r#"{"type": "subscribe", "channel": "leads", "last_id": null}"#).expect("good"),
            Ask::Subscribe(LiveChannel::Leads, None)
        );
        assert_eq!(
            read(r#"{"type": "unsubscribe", "channel": "notifications"}"#).expect("good"),
            Ask::Unsubscribe(LiveChannel::Notifications)
        );
        assert_eq!(read(r#"{"type": "ping"}"#).expect("good"), Ask::Ping);
        for text in ["", "[]", "7", "{", "\u{0}"] {
            assert_eq!(read(text).expect_err("refused").kind(), ErrorKind::Malformed, "{text:?}");
        }
        let fields = |text: &str| -> Vec<String> {
            read(text).expect_err("refused").violations().iter().map(|one| one.field.clone()).collect()
        };
        assert_eq!(fields("{}"), ["/type", "/channel"]);
        assert_eq!(
            fields(r#"{"type": "subscribe", "channel": "all", "last_id": -1, "a/b": 1}"#),
            ["/last_id", "/a~1b", "/channel"]
        );
        assert_eq!(fields(r#"{"type": "ping", "channel": "leads"}"#), ["/channel"]);
        let absent = read(r#"{"type": "subscribe", "channel": "conversation:7"}"#).expect_err("refused");
        assert_eq!(absent.kind(), ErrorKind::NotFound);
    }
}
