//! Reading what scripts answer.

use redis::Value;
use spotlight_core::Result;
use uuid::Uuid;

use super::wire::{corrupt, utf8};

/// The parts of an answer, one after the other.
pub(super) struct Reply(std::vec::IntoIter<Value>);

impl Reply {
    pub(super) fn of(value: Value) -> Result<Self> {
        match value {
            Value::Array(parts) | Value::Set(parts) => Ok(Self(parts.into_iter())),
            _ => Err(corrupt("answer")),
        }
    }

    /// The next part; none at the end.
    pub(super) fn maybe(&mut self) -> Option<Value> {
        self.0.next()
    }

    fn next(&mut self) -> Result<Value> {
        self.0.next().ok_or_else(|| corrupt("answer"))
    }

    pub(super) fn int(&mut self) -> Result<i64> {
        match self.next()? {
            Value::Int(number) => Ok(number),
            Value::BulkString(text) => utf8(text)?.parse().map_err(|_| corrupt("number")),
            _ => Err(corrupt("number")),
        }
    }

    /// A number that fits its type.
    pub(super) fn number<T: TryFrom<i64>>(&mut self) -> Result<T> {
        T::try_from(self.int()?).map_err(|_| corrupt("number"))
    }

    pub(super) fn flag(&mut self) -> Result<bool> {
        Ok(self.int()? != 0)
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>> {
        bytes(self.next()?)
    }

    pub(super) fn text(&mut self) -> Result<String> {
        utf8(self.bytes()?)
    }

    /// A text, or nothing.
    pub(super) fn opt_text(&mut self) -> Result<Option<String>> {
        match self.next()? {
            Value::Nil => Ok(None),
            value => utf8(bytes(value)?).map(Some),
        }
    }

    pub(super) fn id(&mut self) -> Result<Uuid> {
        id(&self.bytes()?)
    }

    /// A list within the answer.
    pub(super) fn list(&mut self) -> Result<Self> {
        Self::of(self.next()?)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// A text of bytes.
pub(super) fn bytes(value: Value) -> Result<Vec<u8>> {
    match value {
        Value::BulkString(text) => Ok(text),
        Value::SimpleString(text) => Ok(text.into_bytes()),
        _ => Err(corrupt("text")),
    }
}

/// An id of 16 bytes.
pub(super) fn id(bytes: &[u8]) -> Result<Uuid> {
    Uuid::from_slice(bytes).map_err(|_| corrupt("id"))
}
