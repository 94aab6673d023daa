//! Reading a form with sound.

use bytes::Bytes;
use http::header;
use multer::{Constraints, Multipart, SizeLimit};
use serde_json::{Map, Value};
use spotlight_core::error::{Error, ErrorKind, Result, Violations};

use super::dto::AudioTurnInput;
use crate::{incoming::Incoming, input::Field, request::Request};

/// Most bytes of a field that is no sound.
const FIELD: u64 = 1024;
/// Most fields of a form.
const FIELDS: usize = 16;

/// Where the form stands, for what is wrong with it.
const AT: &str = "/turn";

/// The sound, and what goes with it.
///
/// # Errors
/// `Malformed` for what is no form; `Validation` with everything that is wrong in one.
pub(super) async fn read(request: &Request, body: Incoming) -> Result<(Bytes, AudioTurnInput)> {
    let kind = request.header(&header::CONTENT_TYPE).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(malformed)?;
    let limits = SizeLimit::new().per_field(FIELD).for_field("audio", u64::MAX);
    let mut form = Multipart::with_constraints(body, boundary, Constraints::new().size_limit(limits));
    let (mut sound, mut fields, mut broken) = (None, Map::new(), Violations::new());
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().chars().take(100).collect::<String>();
        if name == "audio" && sound.is_none() {
            sound = Some(field.bytes().await.map_err(malformed)?);
            continue;
        }
        let text = field.bytes().await.map_err(malformed)?;
        let value = match std::str::from_utf8(&text) {
            Ok("true") => Value::Bool(true),
            Ok("false") => Value::Bool(false),
            Ok(text) => Value::String(text.to_owned()),
            Err(_) => return Err(Error::new(ErrorKind::Malformed, "a field of the form is not UTF-8")),
        };
        if fields.contains_key(&name) || name == "audio" {
            broken.add(format!("{AT}/{name}"), "taken", format!("`{name}` must be given once"));
        } else if fields.len() >= FIELDS {
            return Err(Error::new(ErrorKind::Malformed, "the form has too many fields"));
        } else {
            fields.insert(name, value);
        }
    }
    let sound = sound.filter(|sound| !sound.is_empty());
    if sound.is_none() {
        broken.add(format!("{AT}/audio"), "required", "Audio is required");
    }
    let read = AudioTurnInput::read(Value::Object(fields), AT, &mut broken);
    broken.into_result()?;
    sound.zip(read).ok_or_else(|| Error::internal("a form was refused without a reason"))
}

fn malformed(error: multer::Error) -> Error {
    Error::new(ErrorKind::Malformed, "the body is no multipart form, or a field of it is too large").with_source(error)
}
