//! From what a column holds to what the domain holds.

use std::str::FromStr;

use spotlight_core::{Error, ErrorKind, Result, ports::JobSpec};

/// A row of `table` that this version cannot understand. Names the column and never what it holds.
pub(crate) fn corrupt(table: &str, column: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("a stored row of {table} cannot be read: {column} is not understood"))
}

/// The error of a stored job that is dead because it cannot be read: what is wrong, and what a person can do.
pub(crate) fn dead_job(error: &Error) -> String {
    format!("{error}; retry it once every process has the version that wrote it, or discard it")
}

/// A stored word as the value it stands for.
pub(crate) fn word<T: FromStr>(table: &str, column: &str, text: &str) -> Result<T> {
    text.parse().map_err(|_| corrupt(table, column))
}

/// A stored number as the narrower type of the domain.
pub(crate) fn narrow<T: TryFrom<i64>>(table: &str, column: &str, number: i64) -> Result<T> {
    T::try_from(number).map_err(|_| corrupt(table, column))
}

/// Stored bytes as a hash of 32.
pub(crate) fn hash(table: &str, column: &str, bytes: &[u8]) -> Result<spotlight_core::domain::user::SecretHash> {
    bytes.try_into().map(spotlight_core::domain::user::SecretHash).map_err(|_| corrupt(table, column))
}

/// A job of the outbox as its row holds it.
pub(crate) fn job_text(job: &JobSpec) -> Result<String> {
    serde_json::to_string(job).map_err(|error| Error::internal("a job cannot be written as JSON").with_source(error))
}

/// A job of the outbox from what its row holds.
pub(crate) fn job(text: &str) -> Result<JobSpec> {
    serde_json::from_str(text).map_err(|_| corrupt("outbox", "spec"))
}
