//! Live messages: over a WebSocket, and the same as server-sent events.

mod actions;
mod session;
mod stream;
pub(super) mod wire;

pub(super) use self::actions::connect;
use crate::{
    endpoint::{Access, Endpoint},
    query::{Accepts, Parameter},
};

const CHANNELS: &[Parameter] = &[
    Parameter::new(
        "channels",
        Accepts::Long,
        "What to listen to, separated by commas: `leads`, `notifications`, `conversation:{id}`.",
    )
    .required(),
    Parameter::new("last_event_id", Accepts::Long, "The same as the header Last-Event-ID, for the first request."),
];

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get("/api/v1/live", "live", "Listen to live messages over a WebSocket", |call| {
        Box::pin(actions::live(call))
    })
    .access(Access::Visitor)
    .socket(
        "Text messages of JSON. Send `{\"type\": \"subscribe\", \"channel\", \"last_id\"?}`, `unsubscribe`, or `ping`. \
         Messages come as `{\"id\", \"type\", \"conversation_id\", \"data\", \"at\", \"channel\"}`, ascending by id in each \
         channel; and `subscribed`, `unsubscribed`, `gap` (messages before `next` are lost), `error` (an error document), \
         `pong`, and before a restart `reconnect` (`retry_after_s`). Closed with 1012 for a restart, 4401 when the rights \
         have ended, 4408 for silence, 4429 for a reader that is too slow. A browser that has a token and no cookie sends \
         it as the subprotocol `token.{token}`, after `spotlight.v1`.",
    ),
    Endpoint::get("/api/v1/events", "live_events", "Listen to live messages as server-sent events", |call| {
        Box::pin(actions::events(call))
    })
    .access(Access::Visitor)
    .query(CHANNELS)
    .events_of(
        "Server-sent events: the messages of the WebSocket `/api/v1/live`, named by their type. Each id carries the place in \
         every channel; with it as Last-Event-ID nothing is missed or repeated.",
        "id: leads=41\nevent: subscribed\ndata: {\"channel\":\"leads\",\"id\":41,\"type\":\"subscribed\"}\n\nid: \
         leads=42\nevent: lead.created\ndata: {\"at\":\"2026-03-30T14:00:00Z\",\"channel\":\"leads\",\"conversation_id\":\
         null,\"data\":{\"lead_id\":\"0199d1f4-7c00-7000-8000-000000000001\"},\"id\":42,\"type\":\"lead.created\"}\n\n",
    )
    .refuses(&[400, 404]),
];
