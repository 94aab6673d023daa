//! Talking to assistants, and hearing them, in one piece.

mod actions;
mod dto;
mod form;

use self::dto::{VoiceSampleInput, audio_turn};
use crate::{
    endpoint::{Access, Endpoint},
    incoming::Streams,
};

/// Most bytes of a form with an utterance.
const MOST: u64 = 10 * 1024 * 1024;

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::post(
        "/api/v1/conversations/{id}/audio",
        "take_audio_turn",
        "The visitor speaks by voice, the assistant answers as a stream",
        |call| Box::pin(actions::turn(call)),
    )
    .keyed()
    .access(Access::Visitor)
    .streams(Streams { kind: "multipart/form-data", most: MOST, key: "turn", describe: audio_turn })
    .events()
    .refuses(&[402, 409]),
    Endpoint::post(
        "/api/v1/assistants/{id}/voice_sample",
        "sample_voice",
        "A short text in an assistant's voice, as sound",
        |call| Box::pin(actions::sample(call)),
    )
    .maybe_body::<VoiceSampleInput>("voice_sample")
    .download(
        "inline; filename=\"voice_sample\"",
        &["audio/mpeg", "audio/wav", "audio/ogg", "audio/flac", "application/octet-stream"],
    )
    .refuses(&[402, 409]),
];
