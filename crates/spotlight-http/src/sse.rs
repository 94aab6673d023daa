//! A turn as server-sent events.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;
use spotlight_core::services::turn::{TurnEvent, TurnStream};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    error::{Place, Refusal, document},
    resources::transcript,
    response::{Body, Response},
};

/// The response that streams a turn. The place in flight is kept until the stream ends or is dropped.
pub(crate) fn respond(
    turn: TurnStream,
    to_visitor: bool,
    keep_alive: Duration,
    request_id: String,
    place: Option<OwnedSemaphorePermit>,
) -> Response {
    let request_id: Arc<str> = request_id.into();
    let frames = stream::unfold((Some(turn), place), move |(turn, place)| {
        let request_id = Arc::clone(&request_id);
        async move {
            let mut turn = turn?;
            let Ok(next) = tokio::time::timeout(keep_alive, turn.next()).await else {
                return Some((Bytes::from_static(b": waiting\n\n"), (Some(turn), place)));
            };
            match next? {
                Ok(event) => Some((frame_of(event, to_visitor), (Some(turn), place))),
                Err(error) => {
                    tracing::warn!(
                        request_id = &*request_id,
                        error = error.chain(),
                        "a turn failed while it was streamed"
                    );
                    let shown = document(&Refusal::Core(error), Place::Body("turn"), &request_id);
                    Some((frame("error", &shown), (None, place)))
                }
            }
        }
    });
    let mut response = Response::empty(StatusCode::OK);
    response.body = Body::Stream(frames.map(Ok).boxed());
    response.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Proxies that gather a response would hold the words back.
    response.set(http::HeaderName::from_static("x-accel-buffering"), "no");
    response
}

/// A word, which there are many of.
#[derive(Serialize)]
struct Token {
    text: String,
}

fn frame_of(event: TurnEvent, to_visitor: bool) -> Bytes {
    match event {
        TurnEvent::Transcript(said) => frame("transcript", &transcript(said, to_visitor)),
        TurnEvent::Token(text) => frame("token", &Token { text }),
        TurnEvent::Audio(sound) => frame("audio", &json!({ "base64": STANDARD.encode(sound) })),
        TurnEvent::Tool { name, ok } => frame("tool", &json!({ "name": name, "ok": ok })),
        TurnEvent::Done { utterance, status } => {
            let utterance = utterance.map(|said| transcript(said, to_visitor));
            frame("done", &json!({ "utterance": utterance, "status": status }))
        }
    }
}

/// One event. JSON holds no line break, so its data is one line.
fn frame(event: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).unwrap_or_else(|_| "{}".to_owned());
    Bytes::from(format!("event: {event}\ndata: {data}\n\n"))
}
