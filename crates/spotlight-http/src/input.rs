//! Reading bodies: everything that is wrong is found before anything is refused.
//!
//! A body is parsed to a JSON value first, and then each member is read by itself. What a field accepts, its schema
//! says, since both come from the same type. Problems are named by their JSON pointer.

use std::str::FromStr;

use serde_json::{Map, Value};
use spotlight_core::{
    domain::{
        contact::{Email, Phone},
        time::Timestamp,
    },
    error::{Error, ErrorKind, Result, Violations},
};
use spotlight_derive::RedactedDebug;
use utoipa::openapi::schema::{SchemaFormat, Type};

use crate::schema::{Book, Described, Node, any_object, list_of, nullable, plain};

/// Most unknown members named for one object.
const MOST_UNKNOWN: usize = 20;

/// Something a member of a body can be read as.
pub(crate) trait Field: Described + Sized {
    /// The value, or every reason why it is none.
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self>;
}

/// A member that is there or not.
pub(crate) trait Member: Sized {
    /// True when it must be there.
    const REQUIRED: bool;
    /// The value, or every reason why it is none.
    fn read(value: Option<Value>, at: &str, broken: &mut Violations) -> Option<Self>;
    /// The schema.
    fn describe(book: &mut Book) -> Node;
}

/// A member that must be there.
#[derive(Debug)]
pub(crate) struct Required<T>(pub(crate) T);

/// A member that can be left out, or be emptied with `null`.
#[derive(Debug)]
#[expect(clippy::option_option, reason = "absent, null and given are three things, and services take them so")]
pub(crate) struct Nullable<T>(pub(crate) Option<Option<T>>);

impl<T: Field> Member for Required<T> {
    const REQUIRED: bool = true;

    fn read(value: Option<Value>, at: &str, broken: &mut Violations) -> Option<Self> {
        match value {
            Some(Value::Null) | None => {
                broken.add(at, "required", format!("{} is required", label(at)));
                None
            }
            Some(value) => T::read(value, at, broken).map(Self),
        }
    }

    fn describe(book: &mut Book) -> Node {
        T::describe(book)
    }
}

impl<T: Field> Member for Option<T> {
    const REQUIRED: bool = false;

    fn read(value: Option<Value>, at: &str, broken: &mut Violations) -> Option<Self> {
        match value {
            None => Some(None),
            Some(Value::Null) => {
                broken.add(at, "type", format!("{} must not be null; leave it out instead", label(at)));
                None
            }
            Some(value) => T::read(value, at, broken).map(Some),
        }
    }

    fn describe(book: &mut Book) -> Node {
        T::describe(book)
    }
}

impl<T: Field> Member for Nullable<T> {
    const REQUIRED: bool = false;

    fn read(value: Option<Value>, at: &str, broken: &mut Violations) -> Option<Self> {
        match value {
            None => Some(Self(None)),
            Some(Value::Null) => Some(Self(Some(None))),
            Some(value) => T::read(value, at, broken).map(|value| Self(Some(Some(value)))),
        }
    }

    fn describe(book: &mut Book) -> Node {
        nullable(T::describe(book))
    }
}

/// A text of at least `MIN` characters without surrounding space, and of at most `MAX` with it, as its schema says.
#[derive(RedactedDebug)]
pub(crate) struct Text<const MIN: usize, const MAX: usize>(pub(crate) String);

impl<const MIN: usize, const MAX: usize> Described for Text<MIN, MAX> {
    fn describe(_: &mut Book) -> Node {
        plain(Type::String).min_length((MIN > 0).then_some(MIN)).max_length(Some(MAX)).into()
    }
}

impl<const MIN: usize, const MAX: usize> Field for Text<MIN, MAX> {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let text = text(value, at, broken)?;
        if text.trim().chars().count() >= MIN && text.chars().count() <= MAX {
            return Some(Self(text));
        }
        broken.add(at, "length", format!("{} must have {MIN} to {MAX} characters", label(at)));
        None
    }
}

/// An e-mail address, as the domain writes it.
#[derive(RedactedDebug)]
pub(crate) struct Address(pub(crate) String);

impl Described for Address {
    fn describe(_: &mut Book) -> Node {
        let format = SchemaFormat::Custom("email".to_owned());
        plain(Type::String).format(Some(format)).max_length(Some(254)).into()
    }
}

impl Field for Address {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let text = text(value, at, broken)?;
        judged(Email::parse(&text), at, broken).map(|email| Self(email.into()))
    }
}

/// A phone number, as the domain writes it.
#[derive(RedactedDebug)]
pub(crate) struct Number(pub(crate) String);

impl Described for Number {
    fn describe(_: &mut Book) -> Node {
        plain(Type::String).min_length(Some(3)).max_length(Some(64)).into()
    }
}

impl Field for Number {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let text = text(value, at, broken)?;
        judged(Phone::parse(&text, None), at, broken).map(|phone| Self(phone.into()))
    }
}

/// What the domain says of a member: its value, or its violations at the member's place.
fn judged<T>(read: Result<T>, at: &str, broken: &mut Violations) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(error) => {
            for one in error.violations() {
                broken.add(at, one.code, one.detail.clone());
            }
            if error.violations().is_empty() {
                broken.add(at, "format", error.to_string());
            }
            None
        }
    }
}

/// A whole number of `MIN` to `MAX`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Int<const MIN: u32, const MAX: u32>(pub(crate) u32);

impl<const MIN: u32, const MAX: u32> Described for Int<MIN, MAX> {
    fn describe(_: &mut Book) -> Node {
        plain(Type::Integer).minimum(Some(MIN)).maximum(Some(MAX)).into()
    }
}

impl<const MIN: u32, const MAX: u32> Field for Int<MIN, MAX> {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        if let Some(number) = number.filter(|number| (MIN..=MAX).contains(number)) {
            return Some(Self(number));
        }
        let code = if value.is_number() { "range" } else { "type" };
        broken.add(at, code, format!("{} must be a whole number of {MIN} to {MAX}", label(at)));
        None
    }
}

/// A number between two bounds, given in hundredths.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Real<const MIN: i32, const MAX: i32>(pub(crate) f64);

impl<const MIN: i32, const MAX: i32> Real<MIN, MAX> {
    const BOUNDS: (f64, f64) = (MIN as f64 / 100.0, MAX as f64 / 100.0);
}

impl<const MIN: i32, const MAX: i32> Described for Real<MIN, MAX> {
    fn describe(_: &mut Book) -> Node {
        let (min, max) = Self::BOUNDS;
        plain(Type::Number).minimum(Some(min)).maximum(Some(max)).into()
    }
}

impl<const MIN: i32, const MAX: i32> Field for Real<MIN, MAX> {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let (min, max) = Self::BOUNDS;
        if let Some(number) = value.as_f64().filter(|number| (min..=max).contains(number)) {
            return Some(Self(number));
        }
        let code = if value.is_number() { "range" } else { "type" };
        broken.add(at, code, format!("{} must be {min} to {max}", label(at)));
        None
    }
}

/// At most `MAX` things.
#[derive(Debug)]
pub(crate) struct List<T, const MAX: usize>(pub(crate) Vec<T>);

impl<T: Field, const MAX: usize> Described for List<T, MAX> {
    fn describe(book: &mut Book) -> Node {
        list_of(T::describe(book), Some(MAX))
    }
}

impl<T: Field, const MAX: usize> Field for List<T, MAX> {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let Value::Array(items) = value else {
            broken.add(at, "type", format!("{} must be a list", label(at)));
            return None;
        };
        if items.len() > MAX {
            broken.add(at, "length", format!("{} must have at most {MAX} entries", label(at)));
            return None;
        }
        let read: Vec<_> = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| T::read(item, &format!("{at}/{index}"), broken))
            .collect();
        read.into_iter().collect::<Option<_>>().map(Self)
    }
}

/// Any JSON object of at most 16 KiB.
#[derive(RedactedDebug)]
pub(crate) struct Free(pub(crate) Map<String, Value>);

/// Most bytes of a free object.
const FREE_BYTES: usize = 16 * 1024;

impl Described for Free {
    fn describe(_: &mut Book) -> Node {
        any_object()
    }
}

impl Field for Free {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let size = serde_json::to_string(&value).map_or(usize::MAX, |text| text.len());
        if !has_nul(&value) && size <= FREE_BYTES {
            return object(value, at, broken).map(Self);
        }
        if size > FREE_BYTES {
            broken.add(at, "length", format!("{} must be at most 16 KiB", label(at)));
        } else {
            broken.add(at, "format", format!("{} must not contain the character NUL", label(at)));
        }
        None
    }
}

impl Field for bool {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let read = value.as_bool();
        if read.is_none() {
            broken.add(at, "type", format!("{} must be true or false", label(at)));
        }
        read
    }
}

impl Field for Timestamp {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let text = text(value, at, broken)?;
        let read = instant(&text);
        if read.is_none() {
            broken.add(at, "format", format!("{} must be an instant as 2026-03-29T15:00:00Z", label(at)));
        }
        read
    }
}

impl Field for chrono_tz::Tz {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        parsed(value, at, broken, "must be an IANA time zone as Europe/Berlin")
    }
}

/// An instant in RFC 3339, at the precision that storages keep. Leap seconds become the second after.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let at = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Timestamp::from_timestamp_micros(at.timestamp_micros())
}

/// A text without NUL, which no Postgres text can hold.
pub(crate) fn text(value: Value, at: &str, broken: &mut Violations) -> Option<String> {
    match value {
        Value::String(text) if text.contains('\0') => {
            broken.add(at, "format", format!("{} must not contain the character NUL", label(at)));
            None
        }
        Value::String(text) => Some(text),
        _ => {
            broken.add(at, "type", format!("{} must be a text", label(at)));
            None
        }
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A text that is read by its type.
pub(crate) fn parsed<T: FromStr>(value: Value, at: &str, broken: &mut Violations, what: &str) -> Option<T> {
    let read = text(value, at, broken)?.parse().ok();
    if read.is_none() {
        broken.add(at, "format", format!("{} {what}", label(at)));
    }
    read
}

/// One of some words.
pub(crate) fn word<T: FromStr>(
    value: Value,
    at: &str,
    broken: &mut Violations,
    words: impl Iterator<Item = &'static str>,
) -> Option<T> {
    let read = text(value, at, broken)?.parse().ok();
    if read.is_none() {
        let words: Vec<_> = words.collect();
        broken.add(at, "unknown", format!("{} must be one of: {}", label(at), words.join(", ")));
    }
    read
}

/// A JSON object.
pub(crate) fn object(value: Value, at: &str, broken: &mut Violations) -> Option<Map<String, Value>> {
    if let Value::Object(map) = value {
        return Some(map);
    }
    broken.add(at, "type", format!("{} must be an object", label(at)));
    None
}

/// Refuses the members that nobody has read.
pub(crate) fn refuse_rest(rest: &Map<String, Value>, at: &str, broken: &mut Violations) {
    for key in rest.keys().take(MOST_UNKNOWN) {
        let shown: String = key.chars().take(100).collect();
        let pointer = format!("{at}/{}", shown.replace('~', "~0").replace('/', "~1"));
        broken.add(pointer, "unknown", format!("`{shown}` is not a member of this request"));
    }
}

/// The last name of a pointer as a person reads it: `/lead/owner_id` is `Owner id`.
pub(crate) fn label(at: &str) -> String {
    let name = at.rsplit('/').find(|part| !part.bytes().all(|b| b.is_ascii_digit())).unwrap_or(at).replace('_', " ");
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// The members of a body.
fn members(body: &[u8]) -> Result<Map<String, Value>> {
    let malformed = |detail: String| Error::new(ErrorKind::Malformed, detail);
    if body.is_empty() {
        return Err(malformed("the body is empty; send a JSON object".to_owned()));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(malformed("the body must be a JSON object".to_owned())),
        Err(error) => Err(malformed(format!("the body is not JSON: {error}"))),
    }
}

/// Refuses a body where none is expected; an empty object is as good as nothing.
///
/// # Errors
/// `Malformed` when the body is no JSON object, `Validation` naming its members.
pub(crate) fn read_nothing(body: &[u8]) -> Result<()> {
    if body.is_empty() {
        return Ok(());
    }
    let mut broken = Violations::new();
    refuse_rest(&members(body)?, "", &mut broken);
    broken.into_result()
}

/// Reads the resource that a body carries under `key`.
///
/// # Errors
/// `Malformed` when the body is no JSON object, `Validation` with everything that is wrong in it.
pub(crate) fn read_body<T: Field>(body: &[u8], key: &str) -> Result<T> {
    read_members(members(body)?, key)
}

/// The same where nothing at all says as much as an empty resource.
pub(crate) fn read_maybe<T: Field>(body: &[u8], key: &str) -> Result<T> {
    let mut map = if body.is_empty() { Map::new() } else { members(body)? };
    map.entry(key).or_insert_with(|| Value::Object(Map::new()));
    read_members(map, key)
}

fn read_members<T: Field>(mut map: Map<String, Value>, key: &str) -> Result<T> {
    let mut broken = Violations::new();
    let read = Required::<T>::read(map.remove(key), &format!("/{key}"), &mut broken);
    refuse_rest(&map, "", &mut broken);
    broken.into_result()?;
    read.map(|read| read.0).ok_or_else(|| Error::internal("a body was refused without a reason"))
}

/// Declares what a body's resource holds. `new` before the name makes `required` members optional in a second type,
/// which is the change of the first.
macro_rules! input {
    (@new required $ty:ty) => { $crate::input::Required<$ty> };
    (@patch required $ty:ty) => { Option<$ty> };
    (@$mode:ident optional $ty:ty) => { Option<$ty> };
    (@$mode:ident nullable $ty:ty) => { $crate::input::Nullable<$ty> };
    (@$mode:ident {$(#[doc = $doc:literal])+} $name:ident
        { $($(#[doc = $about:literal])+ $kind:ident $field:ident: $ty:ty,)* }) => {
        $(#[doc = $doc])+
        #[derive(spotlight_derive::RedactedDebug)]
        pub(crate) struct $name { $($(#[doc = $about])+ pub(crate) $field: input!(@$mode $kind $ty),)* }

        impl $crate::schema::Described for $name {
            fn describe(book: &mut $crate::schema::Book) -> $crate::schema::Node {
                book.named(stringify!($name), |book| {
                    let object = $crate::schema::plain(utoipa::openapi::schema::Type::Object)
                        .description(Some(concat!($($doc),+).trim()))
                        .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(false)));
                    $(
                        let node = <input!(@$mode $kind $ty) as $crate::input::Member>::describe(book);
                        let object =
                            object.property(stringify!($field), $crate::schema::explained(node, concat!($($about),+)));
                        let object = if <input!(@$mode $kind $ty) as $crate::input::Member>::REQUIRED {
                            object.required(stringify!($field))
                        } else {
                            object
                        };
                    )*
                    object.into()
                })
            }
        }

        impl $crate::input::Field for $name {
            fn read(
                value: serde_json::Value,
                at: &str,
                broken: &mut spotlight_core::error::Violations,
            ) -> Option<Self> {
                let mut map = $crate::input::object(value, at, broken)?;
                $(let $field = <input!(@$mode $kind $ty) as $crate::input::Member>::read(
                    map.remove(stringify!($field)),
                    &format!("{at}/{}", stringify!($field)),
                    broken,
                );)*
                $crate::input::refuse_rest(&map, at, broken);
                Some(Self { $($field: $field?,)* })
            }
        }
    };
    ($(#[doc = $doc:literal])+ $name:ident $body:tt) => { input!(@new {$(#[doc = $doc])+} $name $body); };
    ($(#[doc = $doc:literal])+ $name:ident, $(#[doc = $pdoc:literal])+ $patch:ident $body:tt) => {
        input!(@new {$(#[doc = $doc])+} $name $body);
        input!(@patch {$(#[doc = $pdoc])+} $patch $body);
    };
}

pub(crate) use input;

#[cfg(test)]
mod tests {
    use spotlight_core::domain::assistant::Tone;

    use super::*;

    input! {
        /// A part.
        Part {
            /// How fast.
            optional speed: Real<70, 120>,
        }
    }

    input! {
        /// A whole.
        Whole,
        /// A change of a whole.
        WholePatch {
            /// Its name.
            required name: Text<2, 10>,
            /// How it speaks.
            optional tone: Tone,
            /// Free words.
            nullable note: Text<0, 5>,
            /// A part.
            optional part: Part,
            /// Counts.
            optional counts: List<Int<1, 3>, 3>,
            /// Free data.
            optional data: Free,
            /// When.
            optional at: Timestamp,
        }
    }

    fn problems(body: &str) -> Vec<(String, &'static str)> {
        let error = read_body::<Whole>(body.as_bytes(), "whole").expect_err("refused");
        error.violations().iter().map(|one| (one.field.clone(), one.code)).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let found = problems(
            r#"{"whole": {"name": "x", "tone": "rude", "part": {"speed": 9, "pitch": 1}, "counts": [1, 7, "a"],
                "data": {"k": "\u0000"}, "at": "tomorrow", "a/b": 1}, "extra": 2}"#,
        );
        let expected = [
            ("/whole/name", "length"),
            ("/whole/tone", "unknown"),
            ("/whole/part/speed", "range"),
            ("/whole/part/pitch", "unknown"),
            ("/whole/counts/1", "range"),
            ("/whole/counts/2", "type"),
            ("/whole/data", "format"),
            ("/whole/at", "format"),
            ("/whole/a~1b", "unknown"),
            ("/extra", "unknown"),
        ];
        assert_eq!(found, expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn a_good_body_is_read() {
        let body = r#"{"whole": {"name": " Ada ", "tone": "friendly", "note": "hi", "part": {"speed": 1.2},
            "counts": [3, 1], "data": {"k": [null]}, "at": "2026-03-29T15:00:00Z"}}"#;
        let read: Whole = read_body(body.as_bytes(), "whole").expect("accepted");
        assert_eq!((read.name.0.0.as_str(), read.tone), (" Ada ", Some(Tone::Friendly)));
        assert_eq!(read.note.0.flatten().map(|note| note.0).as_deref(), Some("hi"));
        assert_eq!(read.part.and_then(|part| part.speed).map(|speed| speed.0), Some(1.2));
        assert_eq!(read.counts.map(|list| list.0.iter().map(|count| count.0).collect()), Some(vec![3, 1]));
        assert_eq!(read.data.map(|free| Value::Object(free.0)), Some(serde_json::json!({"k": [null]})));
        assert_eq!(read.at, instant("2026-03-29T15:00:00Z"));
        let patch: WholePatch = read_body(br#"{"whole": {}}"#, "whole").expect("accepted");
        assert!(patch.tone.is_none() && patch.part.is_none() && patch.counts.is_none());
        assert!(patch.data.is_none() && patch.at.is_none());
    }

    #[test]
    fn absent_null_and_given_differ() {
        let read = |body: &str| read_body::<WholePatch>(body.as_bytes(), "whole").expect("accepted");
        assert!(read(r#"{"whole": {}}"#).note.0.is_none());
        assert!(read(r#"{"whole": {"note": null}}"#).note.0.is_some_and(|note| note.is_none()));
        assert_eq!(read(r#"{"whole": {"note": "hi"}}"#).note.0.flatten().expect("given").0, "hi");
        assert!(read(r#"{"whole": {}}"#).name.is_none());
        assert_eq!(
            problems(r#"{"whole": {"tone": null}}"#),
            [("/whole/name".into(), "required"), ("/whole/tone".into(), "type")]
        );
    }

    #[test]
    fn what_cannot_be_read_is_malformed_not_invalid() {
        for body in ["", "{", "[]", "7", "\"whole\"", "\u{0}", r#"{"whole": "\ud800"}"#] {
            let error = read_body::<Whole>(body.as_bytes(), "whole").expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Malformed, "{body:?}");
        }
        assert_eq!(problems("{}"), [("/whole".into(), "required")]);
        assert_eq!(problems(r#"{"whole": []}"#), [("/whole".into(), "type")]);
    }

    #[test]
    fn a_text_is_counted_in_characters_and_space_around_it_makes_it_no_longer() {
        assert!(read_body::<Whole>(r#"{"whole": {"name": " äöüäöüäö "}}"#.as_bytes(), "whole").is_ok());
        assert_eq!(problems(r#"{"whole": {"name": "  äöüäöüäöüä  "}}"#), [("/whole/name".into(), "length")]);
        assert_eq!(problems(r#"{"whole": {"name": "   a   "}}"#), [("/whole/name".into(), "length")]);
        assert_eq!(problems(r#"{"whole": {"name": "a\u0000b"}}"#), [("/whole/name".into(), "format")]);
    }

    #[test]
    fn instants_are_cut_to_microseconds_and_leap_seconds_pass() {
        let micros = instant("2026-03-29T15:00:00.1234567+02:00").expect("an instant");
        assert_eq!(micros.to_rfc3339(), "2026-03-29T13:00:00.123456+00:00");
        assert_eq!(instant("2016-12-31T23:59:60Z"), instant("2017-01-01T00:00:00Z"));
    }
}
