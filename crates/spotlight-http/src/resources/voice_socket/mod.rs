//! A conversation by voice, over a WebSocket.

mod actions;
mod pace;
mod session;

use crate::endpoint::{Access, Endpoint};

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[Endpoint::get(
    "/api/v1/conversations/{id}/voice",
    "voice",
    "Hold a conversation by voice over a WebSocket",
    |call| Box::pin(actions::voice(call)),
)
.access(Access::Visitor)
.socket(
    "Send sound as binary messages, and `{\"type\": \"end\"}` where an utterance ends. What is heard comes as `transcript` \
     (`data`: the words as stored), the answer as `token` (`text`), `tool` (`name`, `ok`) and binary messages of sound, and \
     its end as `done` (`utterance`, `status`). Something said meanwhile cuts the answer off, and `done` says `cut_off`; a \
     word that only shows that somebody listens does not. What is wrong comes as `error` (an error document). Closed with \
     1000 when the conversation has ended, 1009 for too much sound at once, 1012 for a restart, 4401 when the rights have \
     ended, 4408 for silence, 4429 for a reader that is too slow or more sound than a minute has.",
)
.refuses(&[402, 409])];
