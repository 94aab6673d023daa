//! Forms with sound.

use chrono_tz::Tz;
use utoipa::openapi::schema::{AdditionalProperties, SchemaFormat, Type};

use crate::{
    input::{Text, input},
    schema::{Book, Described, Node, explained, plain},
};

input! {
    /// What goes with a visitor's sound.
    AudioTurnInput {
        /// ISO 3166 country for phone numbers said nationally.
        optional region: Text<2, 2>,
        /// The visitor's time zone.
        optional time_zone: Tz,
        /// Answer with sound too.
        optional voice: bool,
    }
}

input! {
    /// What an assistant is to say.
    VoiceSampleInput {
        /// The text; the assistant's greeting unless given.
        optional text: Text<1, 300>,
    }
}

/// The form of a turn by voice.
pub(super) fn audio_turn(book: &mut Book) -> Node {
    let bytes = plain(Type::String).format(Some(SchemaFormat::Custom("binary".to_owned())));
    let text = |node: Node, about: &str| explained(node, about);
    plain(Type::Object)
        .property("audio", text(bytes.into(), "What the visitor said, in a format that the recogniser reads."))
        .required("audio")
        .property("region", text(Text::<2, 2>::describe(book), "ISO 3166 country for phone numbers said nationally."))
        .property("time_zone", text(Tz::describe(book), "The visitor's time zone."))
        .property("voice", text(bool::describe(book), "Answer with sound too."))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .into()
}
