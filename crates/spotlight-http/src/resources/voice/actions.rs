//! Talking to assistants, and hearing them, in one piece.

use bytes::Bytes;
use http::{StatusCode, header};
use spotlight_core::{
    domain::{ConversationId, audit::Actor},
    error::Result,
    services::conversations::TurnInput,
};

use super::{dto::VoiceSampleInput, form};
use crate::{
    resources::call::Call,
    response::{Body, Response},
    sse,
};

pub(super) async fn turn(mut call: Call<'_>) -> Result<Response> {
    let id: ConversationId = call.id(0, "conversation")?;
    let conversations = call.platform.conversations();
    // Nobody's sound is read for a conversation that is not theirs.
    conversations.get(&call.context, id).await?;
    let body = call.take_incoming()?;
    let (sound, fields) = form::read(call.request, body).await?;
    let input = TurnInput {
        region: fields.region.map(|text| text.0),
        time_zone: fields.time_zone,
        voice: fields.voice.unwrap_or_default(),
        ..TurnInput::default()
    };
    let turn = conversations.turn_audio(&call.context, id, sound, input).await?;
    let to_visitor = matches!(call.context.actor, Actor::Visitor(_));
    Ok(sse::respond(turn, to_visitor, call.policy.keep_alive, call.request_id.to_owned(), call.place))
}

pub(super) async fn sample(call: Call<'_>) -> Result<Response> {
    let id = call.id(0, "assistant")?;
    let text = call.input::<VoiceSampleInput>()?.text.map(|text| text.0);
    let sound = call.platform.assistants().voice_sample(&call.context, id, text).await?;
    let kind = kind_of(&sound);
    let mut response = Response::empty(StatusCode::OK);
    response.body = Body::Full(sound);
    Ok(response.with(header::CONTENT_TYPE, kind))
}

/// The media type of a sound, by its first bytes: voices speak in formats of their own.
fn kind_of(sound: &Bytes) -> &'static str {
    match sound.as_ref() {
        [b'I', b'D', b'3', ..] | [0xff, 0xe2..=0xff, ..] => "audio/mpeg",
        [b'R', b'I', b'F', b'F', ..] => "audio/wav",
        [b'O', b'g', b'g', b'S', ..] => "audio/ogg",
        [b'f', b'L', b'a', b'C', ..] => "audio/flac",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_are_known_by_their_first_bytes() {
        let of = |bytes: &'static [u8]| kind_of(&Bytes::from_static(bytes));
        assert_eq!(of(b"ID3\x04"), "audio/mpeg");
        assert_eq!(of(b"\xff\xfb\x90"), "audio/mpeg");
        assert_eq!(of(b"RIFF\0\0\0\0WAVE"), "audio/wav");
        assert_eq!(of(b"OggS"), "audio/ogg");
        assert_eq!(of(b"Hello"), "application/octet-stream");
        assert_eq!(of(b""), "application/octet-stream");
    }
}
