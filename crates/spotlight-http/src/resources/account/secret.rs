//! Passwords, codes and the secrets of links, as bodies carry them.

use secrecy::SecretString;
use serde_json::Value;
use spotlight_core::error::Violations;
use utoipa::openapi::schema::Type;

use crate::{
    input::{Field, text},
    schema::{Book, Described, Node, plain},
};

/// A secret of `MIN` to `MAX` characters, all of them counted. Never printed.
#[derive(Debug)]
pub(crate) struct Secret<const MIN: usize, const MAX: usize>(pub(crate) SecretString);

impl<const MIN: usize, const MAX: usize> Described for Secret<MIN, MAX> {
    fn describe(_: &mut Book) -> Node {
        plain(Type::String).min_length(Some(MIN)).max_length(Some(MAX)).write_only(true).into()
    }
}

impl<const MIN: usize, const MAX: usize> Field for Secret<MIN, MAX> {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let text = text(value, at, broken)?;
        if (MIN..=MAX).contains(&text.chars().count()) {
            return Some(Self(SecretString::from(text)));
        }
        broken.add(at, "length", format!("{} must have {MIN} to {MAX} characters", crate::input::label(at)));
        None
    }
}

/// A password that is chosen.
pub(crate) type NewPassword = Secret<10, 200>;
/// A password that is shown.
pub(crate) type Password = Secret<1, 200>;
/// A code of a second factor, or a recovery code.
pub(crate) type Code = Secret<1, 40>;
/// The secret of a link.
pub(crate) type Token = Secret<1, 200>;
