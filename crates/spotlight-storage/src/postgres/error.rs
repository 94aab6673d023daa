//! From the driver's errors to ours: by SQLSTATE and constraint name, never by message.

use std::fmt;

use spotlight_core::{Error, ErrorKind, Retry};
use spotlight_derive::RedactedDebug;
use sqlx::postgres::PgDatabaseError;

/// What the server said, without what it quotes: details of constraint and format errors hold stored values.
#[derive(RedactedDebug)]
struct ServerError {
    #[debug(shown = "SQLSTATE")]
    code: String,
    #[debug(shown = "a name of the schema")]
    table: Option<String>,
    #[debug(shown = "a name of the schema")]
    constraint: Option<String>,
    #[debug(shown = "only of classes that quote no values")]
    message: Option<String>,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SQLSTATE {}", self.code)?;
        if let Some(table) = &self.table {
            write!(f, " on {table}")?;
        }
        if let Some(constraint) = &self.constraint {
            write!(f, " by {constraint}")?;
        }
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ServerError {}

/// The error of a call that failed in the driver or on the server.
pub(super) fn map(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(error) => match error.try_downcast::<PgDatabaseError>() {
            Ok(error) => server(&error),
            Err(error) => Error::internal("the database refused a statement").with_source(error.into_error()),
        },
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
            unavailable("the connection to the database broke").with_source(error)
        }
        sqlx::Error::BeginFailed => unavailable("the database did not begin a transaction").with_source(error),
        sqlx::Error::PoolTimedOut => unavailable(
            "no database connection came free in time: the database cannot be reached or every connection is in use; \
             check that it runs, or allow more connections",
        )
        .with_source(error),
        sqlx::Error::PoolClosed => unavailable("the storage is closed").with_source(error),
        sqlx::Error::Configuration(_) => {
            Error::new(ErrorKind::Misconfigured, "the database connection is configured wrongly").with_source(error)
        }
        // The driver's text can quote the value it could not decode.
        sqlx::Error::ColumnDecode { index, .. } => {
            Error::new(ErrorKind::Corrupt, format!("a stored row cannot be read: column {index} is not understood"))
        }
        sqlx::Error::Decode(_) | sqlx::Error::Encode(_) => {
            Error::new(ErrorKind::Corrupt, "a stored row or a value for one cannot be read")
        }
        _ => Error::internal("the database driver failed").with_source(error),
    }
}

/// The name of the constraint that a write broke: unique, exclusion or foreign key.
pub(super) fn broken_constraint(error: &sqlx::Error) -> Option<&str> {
    let error = error.as_database_error()?;
    let code = error.code()?;
    matches!(&*code, "23505" | "23P01" | "23503").then(|| error.constraint().unwrap_or_default())
}

/// True when the connection itself is gone, so that others of the pool may be too.
pub(super) fn is_broken_connection(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => {
            let code = error.code();
            code.is_some_and(|code| code.starts_with("57P") || code.starts_with("08") || code == "25P03")
        }
        _ => false,
    }
}

fn unavailable(message: &str) -> Error {
    Error::new(ErrorKind::Unavailable, message)
}

fn server(error: &PgDatabaseError) -> Error {
    let code = error.code();
    let (class, _) = code.split_at_checked(2).unwrap_or((code, ""));
    let mapped = match (code, class) {
        ("40001" | "40P01", _) => {
            Error::conflict("the database let another unit of work go first").with_retry(Retry::Now)
        }
        // Most writes look before they write; what is left is a race with another unit.
        ("23505" | "23P01" | "23503", _) => {
            Error::conflict("another unit of work changed a record this one depends on").with_retry(Retry::Now)
        }
        ("23514" | "23502" | "22021" | "22P05" | "54000", _) => {
            Error::invalid("value", "format", "A value cannot be stored: it is too long, or holds a NUL character")
        }
        ("22008", _) => Error::invalid("value", "range", "An instant is outside of what can be stored"),
        ("57014", _) => Error::new(ErrorKind::Timeout, "the database took too long and the statement was stopped"),
        ("55P03", _) => Error::new(ErrorKind::Timeout, "a record stayed locked by another unit of work for too long"),
        // The second: the unit was silent for so long that the server ended its connection.
        ("25P02" | "25P03", _) => {
            Error::conflict("the unit of work was broken off and can only be rolled back").with_retry(Retry::Now)
        }
        (_, "08" | "53" | "57") => unavailable("the database cannot answer now"),
        ("42501", _) | (_, "28" | "3D" | "0A") => {
            Error::new(ErrorKind::Misconfigured, "the database refuses this user, database or setting")
        }
        ("42P01" | "42703", _) => Error::new(
            ErrorKind::Misconfigured,
            "the database lacks a table or column this version needs: run the migrations",
        ),
        _ => Error::internal("the database refused a statement"),
    };
    // Messages of these classes quote values.
    let quotes_values = matches!(class, "22" | "23" | "P0");
    mapped.with_source(ServerError {
        code: code.to_owned(),
        table: error.table().map(str::to_owned),
        constraint: error.constraint().map(str::to_owned),
        message: (!quotes_values).then(|| error.message().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_value_is_quoted_in_stays_behind() {
        let quoting = || sqlx::error::BoxDynError::from("cannot read `ann@example.com`");
        let decode = sqlx::Error::ColumnDecode { index: "0".to_owned(), source: quoting() };
        for error in [decode, sqlx::Error::Decode(quoting()), sqlx::Error::Encode(quoting())] {
            let mapped = map(error);
            assert_eq!(mapped.kind(), ErrorKind::Corrupt);
            assert!(!format!("{} {mapped:?}", mapped.chain()).contains("ann@"), "{mapped:?}");
        }
    }
}
