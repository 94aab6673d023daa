//! Live messages as server-sent events. The id of each carries the client's place in every channel.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};
use futures::{StreamExt, stream};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use spotlight_core::{
    error::{Error, ErrorKind, Result},
    services::live::{LiveChannel, LiveConnection, Subscribed, Told},
};

use super::wire::{self, bytes_of};
use crate::{
    api::Room,
    response::{Body, Response},
};

/// Reads what [`ids`] wrote.
///
/// # Errors
/// `Malformed`.
pub(super) fn places(text: &str) -> Result<Vec<(LiveChannel, u64)>> {
    let malformed =
        || Error::new(ErrorKind::Malformed, "Last-Event-ID must be what an event of this stream had as its id");
    let place = |part: &str| {
        let (channel, number) = part.rsplit_once('=')?;
        Some((channel.parse().ok()?, number.parse().ok()?))
    };
    text.split(',').filter(|part| !part.is_empty()).map(|part| place(part).ok_or_else(malformed)).collect()
}

/// The client's place in every channel.
fn ids(connection: &LiveConnection) -> String {
    let places: Vec<_> = connection.positions().map(|(channel, number)| format!("{channel}={number}")).collect();
    places.join(",")
}

/// A stream and what is left to say.
struct Listening {
    connection: LiveConnection,
    room: Room,
    first: VecDeque<Bytes>,
    over: bool,
}

/// The response that streams what a connection is told.
pub(super) fn respond(connection: LiveConnection, room: Room, begun: &[(LiveChannel, Subscribed)]) -> Response {
    let id = ids(&connection);
    let mut first = VecDeque::new();
    for (channel, begun) in begun {
        let shown = json!({ "type": "subscribed", "channel": channel.to_string(), "id": begun.position });
        first.push_back(frame(Some(&id), "subscribed", &bytes_of(&shown)));
        if let Some(next) = begun.gap {
            first.push_back(frame(Some(&id), "gap", &gap(*channel, next)));
        }
    }
    let listening = Listening { connection, room, first, over: false };
    let frames = stream::unfold(listening, |mut listening| async move {
        let frame = listening.next().await?;
        Some((Ok(frame), listening))
    });
    let mut response = Response::empty(StatusCode::OK);
    response.body = Body::Stream(frames.boxed());
    response.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.set(HeaderName::from_static("x-accel-buffering"), "no");
    response
}

impl Listening {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.first.pop_front() {
            return Some(frame);
        }
        if self.over {
            return None;
        }
        let keep_alive = self.room.policy.keep_alive;
        tokio::select! {
            pause = self.room.stopping.wait() => {
                self.over = true;
                let shown = bytes_of(&json!({ "type": "reconnect", "retry_after_s": pause }));
                let retry = format!("retry: {}\n", pause.saturating_mul(1000));
                Some(Bytes::from([retry.as_bytes(), &frame(None, "reconnect", &shown)].concat()))
            }
            told = self.connection.next() => Some(self.show(told)),
            () = tokio::time::sleep(keep_alive) => Some(Bytes::from_static(b": alive\n\n")),
        }
    }

    fn show(&mut self, told: Told) -> Bytes {
        let id = ids(&self.connection);
        let request_id = &self.room.request_id;
        match told {
            Told::Message(message) => frame(Some(&id), message.kind(), &wire::message(&message)),
            Told::Gap { channel, next } => frame(Some(&id), "gap", &gap(channel, next)),
            Told::Ended { channel, error } => {
                let shown = wire::error(error, Some(&channel.to_string()), "unsubscribed", request_id);
                frame(Some(&id), "unsubscribed", &bytes_of(&shown))
            }
            Told::Over(error) => self.last(error),
            Told::TooSlow => {
                let text = "messages come faster than you take them; reconnect with the last id";
                self.last(Error::new(ErrorKind::RateLimited, text))
            }
        }
    }

    fn last(&mut self, error: Error) -> Bytes {
        self.over = true;
        let shown: Value = wire::error(error, None, "error", &self.room.request_id);
        frame(None, "error", &bytes_of(&shown))
    }
}

fn gap(channel: LiveChannel, next: u64) -> Bytes {
    bytes_of(&json!({ "type": "gap", "channel": channel.to_string(), "next": next }))
}

/// One event. JSON holds no line break, so its data is one line.
fn frame(id: Option<&str>, event: &str, data: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(data.len() + event.len() + id.map_or(0, str::len) + 32);
    if let Some(id) = id {
        frame.put_slice(format!("id: {id}\n").as_bytes());
    }
    frame.put_slice(format!("event: {event}\ndata: ").as_bytes());
    frame.put_slice(data);
    frame.put_slice(b"\n\n");
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let read = places(&format!("leads=17,conversation:{id}=4")).expect("places");
        assert_eq!(read[0], (LiveChannel::Leads, 17));
        assert_eq!(read[1], (LiveChannel::Conversation(id.parse().expect("an id")), 4));
        assert_eq!(places("").expect("none"), []);
        for wrong in ["leads", "leads=", "leads=-1", "other=1", "leads=1;notifications=2"] {
            assert_eq!(places(wrong).expect_err("refused").kind(), ErrorKind::Malformed, "{wrong}");
        }
    }
}
