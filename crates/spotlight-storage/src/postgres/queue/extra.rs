//! What most jobs lack: JSON beside a job.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use spotlight_core::{Error, Result, domain::time::Timestamp};
use spotlight_derive::RedactedDebug;
use uuid::Uuid;

/// Whatever most jobs lack. Fields that a newer version adds are skipped by an older one.
#[derive(RedactedDebug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Extra {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unique: Option<UniqueNote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) concurrency: Option<Limit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rate: Option<RateNote>,
    /// How long a result is kept, in microseconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) keep: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) batch: Option<Uuid>,
    /// Its end was counted in its batch.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) counted: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) failures: Vec<Failure>,
    /// The whole of it as it was stored, where that could not be read; what else is here is what could be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unreadable: Option<String>,
}

impl Extra {
    /// What a row's column holds, as far as it can be read.
    ///
    /// A job that nobody can read must still be moved, given back and ended: nothing that reads many jobs may fail
    /// because of one.
    pub(super) fn read(text: Option<&str>) -> Option<Self> {
        let text = text?;
        let Ok(read) = serde_json::from_str::<Self>(text) else { return Some(Self::parts_of(text)) };
        // It may be readable for this version, or by now.
        let aside = read.unreadable.as_deref().and_then(|aside| serde_json::from_str::<Self>(aside).ok());
        Some(match aside {
            Some(whole) => Self { failures: read.failures, counted: read.counted, ..whole },
            None => read,
        })
    }

    /// What the column is to hold.
    pub(super) fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::internal("a job cannot be written").with_source(error))
    }

    /// True when not everything of it could be read.
    pub(super) fn is_unreadable(&self) -> bool {
        self.unreadable.is_some()
    }

    /// The parts of a text that can be read although the whole cannot: what the job holds must come free.
    fn parts_of(text: &str) -> Self {
        Self {
            unique: part(text, "unique"),
            concurrency: part(text, "concurrency"),
            batch: part(text, "batch"),
            counted: part(text, "counted").unwrap_or(false),
            failures: part(text, "failures").unwrap_or_default(),
            unreadable: Some(text.to_owned()),
            ..Self::default()
        }
    }
}

/// The value of a field, whatever stands around it. Within a value, the marks around a name are escaped.
fn part<T: DeserializeOwned>(text: &str, name: &str) -> Option<T> {
    let name = format!("\"{name}\":");
    let (_, value) = text.split_once(&name)?;
    serde_json::Deserializer::from_str(value).into_iter().next()?.ok()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(RedactedDebug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct UniqueNote {
    pub(super) key: String,
    pub(super) scope: Scope,
    pub(super) taken: Taken,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scope {
    Waiting,
    Unfinished,
    /// In microseconds.
    Period(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Taken {
    Discard,
    Replace,
    Extend,
}

#[derive(RedactedDebug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Limit {
    pub(super) key: String,
    pub(super) limit: u32,
}

#[derive(RedactedDebug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RateNote {
    pub(super) key: String,
    pub(super) limit: u32,
    /// In microseconds.
    pub(super) period: u64,
}

#[derive(RedactedDebug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) attempt: i32,
    pub(super) at: Timestamp,
    pub(super) error: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Extra {
        Extra {
            unique: Some(UniqueNote { key: "\"batch\":1".to_owned(), scope: Scope::Period(5), taken: Taken::Extend }),
            concurrency: Some(Limit { key: "\"unique\":{".to_owned(), limit: 3 }),
            rate: Some(RateNote { key: "r".to_owned(), limit: 2, period: 9 }),
            keep: 7,
            batch: Some(Uuid::from_u128(8)),
            counted: true,
            failures: vec![Failure { attempt: 1, at: Timestamp::UNIX_EPOCH, error: "no".to_owned() }],
            unreadable: None,
        }
    }

    fn read(text: &str) -> Extra {
        Extra::read(Some(text)).expect("there is something")
    }

    #[test]
    fn it_comes_back_as_it_was() {
        let text = whole().text().expect("it is written");
        assert_eq!(read(&text), whole());
        assert_eq!(Extra::read(None), None);
    }

    #[test]
    fn of_what_cannot_be_read_the_parts_are_taken() {
        let text = whole().text().expect("it is written").replace("\"keep\":7", "\"keep\":\"a while\"");
        let expected = Extra { rate: None, keep: 0, unreadable: Some(text.clone()), ..whole() };
        assert_eq!(read(&text), expected);
        // Written and read again, it is the same.
        assert_eq!(read(&expected.text().expect("it is written")), expected);
        for length in 0..text.len() {
            assert!(read(&text[..length]).is_unreadable(), "{length}");
        }
    }

    #[test]
    fn what_was_set_aside_is_whole_for_whoever_can_read_it() {
        let text = whole().text().expect("it is written");
        let failures = vec![Failure { attempt: 2, at: Timestamp::UNIX_EPOCH, error: "unreadable".to_owned() }];
        let aside = Extra { failures: failures.clone(), unreadable: Some(text), ..Extra::default() };
        let found = read(&aside.text().expect("it is written"));
        assert_eq!(found, Extra { failures, counted: false, ..whole() });
    }
}
