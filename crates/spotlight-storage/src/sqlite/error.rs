//! From the driver's errors to ours: by SQLite's result codes, never by free text.

use spotlight_core::{Error, ErrorKind};
use spotlight_derive::RedactedDebug;
use sqlx::error::DatabaseError;

/// What a write ran into.
#[derive(Debug)]
pub(super) enum Failure {
    /// It broke a constraint. Nothing of the statement is left, and the unit stays usable.
    Refused(Constraint),
    /// Anything else.
    Failed(Error),
}

/// A broken constraint.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub(super) enum Constraint {
    /// A value is taken. The columns as SQLite documents them: `table.column, table.column`.
    Unique(#[debug(shown = "names of columns")] String),
    /// What it refers to does not exist, or something refers to it.
    Reference,
    /// The host's time is taken.
    Overlap,
    /// A value is outside of what the column holds. The unit ends, as it does on every database.
    Check,
}

impl Failure {
    /// The error, with another one for a broken reference.
    pub(super) fn or_reference(self, error: impl FnOnce() -> Error) -> Error {
        match self {
            Self::Refused(Constraint::Reference) => error(),
            other => other.into(),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Failed(error) => error,
            Failure::Refused(Constraint::Unique(columns)) => {
                Self::conflict(format!("the {} is taken", last_column(&columns)))
            }
            Failure::Refused(Constraint::Reference) => Self::not_found("a record that this one refers to"),
            Failure::Refused(Constraint::Overlap) => Self::conflict("the host's time is taken"),
            Failure::Refused(Constraint::Check) => {
                Self::invalid("value", "range", "A value is outside of what can be stored")
            }
        }
    }
}

/// The column that tells two rows apart: the last of the list, for a person.
fn last_column(columns: &str) -> &str {
    let column = columns.rsplit(", ").next().unwrap_or_default();
    column.rsplit('.').next().unwrap_or_default()
}

// https://www.sqlite.org/rescode.html
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const INTERNAL_OOM: i32 = 7;
const PRIMARY: i32 = 0xff;
const CHECK: i32 = 275;
const FOREIGN_KEY: i32 = 787;
const PRIMARY_KEY: i32 = 1555;
const TRIGGER: i32 = 1811;
const UNIQUE: i32 = 2067;

/// The words of the triggers that keep appointments apart.
const OVERLAP: &str = "appointment_overlap";
/// The words of the triggers that close merged and erased leads.
const CLOSED_LEAD: &str = "closed_lead";
/// The words of the triggers that want an end of every hold.
const ENDLESS_HOLD: &str = "endless_hold";
const UNIQUE_PREFIX: &str = "UNIQUE constraint failed: ";

/// The failure of a write.
pub(super) fn failure(error: sqlx::Error) -> Failure {
    match constraint(&error) {
        Some(constraint) => Failure::Refused(constraint),
        None => Failure::Failed(map(error)),
    }
}

fn constraint(error: &sqlx::Error) -> Option<Constraint> {
    let error = error.as_database_error()?;
    match error.code()?.parse().ok()? {
        UNIQUE | PRIMARY_KEY => {
            Some(Constraint::Unique(error.message().strip_prefix(UNIQUE_PREFIX).unwrap_or_default().to_owned()))
        }
        FOREIGN_KEY => Some(Constraint::Reference),
        CHECK => Some(Constraint::Check),
        TRIGGER => match error.message() {
            OVERLAP => Some(Constraint::Overlap),
            CLOSED_LEAD => Some(Constraint::Reference),
            ENDLESS_HOLD => Some(Constraint::Check),
            _ => None,
        },
        _ => None,
    }
}

/// The error of a call that failed in the driver or in SQLite.
pub(super) fn map(error: sqlx::Error) -> Error {
    let new = |kind, message: &str| Error::new(kind, message);
    let mapped = match &error {
        sqlx::Error::Database(database) => match primary(&**database) {
            BUSY | LOCKED => new(ErrorKind::Unavailable, "another process is writing to the database; try again"),
            8 => new(ErrorKind::Misconfigured, "the database is read-only: its file and its folder must be writable"),
            14 => new(
                ErrorKind::Misconfigured,
                "the database file cannot be opened: its folder must exist and be writable, and the path must \
                     name a file",
            ),
            13 => new(ErrorKind::Unavailable, "the disk is full"),
            10 | INTERNAL_OOM => new(ErrorKind::Unavailable, "the disk or the memory failed"),
            11 => new(ErrorKind::Corrupt, "the database file is damaged; restore it from a backup"),
            26 => new(ErrorKind::Corrupt, "the file is no database"),
            _ => Error::internal("the database refused a statement"),
        },
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::Encode(_) => {
            // The driver's text can quote the value it could not decode.
            return new(ErrorKind::Corrupt, "a stored row cannot be read");
        }
        sqlx::Error::PoolClosed => return closed(),
        sqlx::Error::PoolTimedOut => {
            new(ErrorKind::Unavailable, "another unit of work has been writing for too long; try again")
        }
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
            new(ErrorKind::Unavailable, "the connection to the database broke")
        }
        _ => Error::internal("the database driver failed"),
    };
    mapped.with_source(error)
}

/// True when somebody else holds the file.
pub(super) fn is_busy(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<sqlx::Error>());
    source.and_then(sqlx::Error::as_database_error).is_some_and(|database| matches!(primary(database), BUSY | LOCKED))
}

/// SQLite's code for an error, without what it adds to some; 0 for none.
fn primary(error: &dyn DatabaseError) -> i32 {
    error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or_default() & PRIMARY
}

/// True when the connection is of no more use.
pub(super) fn is_broken(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::WorkerCrashed | sqlx::Error::Io(_))
}

/// The error for a storage that was closed.
pub(super) fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the storage is closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_value_is_named_by_its_last_column() {
        let taken = |columns: &str| Error::from(Failure::Refused(Constraint::Unique(columns.to_owned()))).to_string();
        assert_eq!(taken("leads.organization_id, leads.email"), "the email is taken");
        assert_eq!(taken("users.id"), "the id is taken");
    }

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

    #[test]
    fn a_broken_reference_can_mean_another_thing() {
        let refused = Failure::Refused(Constraint::Reference);
        assert_eq!(refused.or_reference(|| Error::conflict("in use")).kind(), ErrorKind::Conflict);
        let taken = Failure::Refused(Constraint::Overlap);
        assert_eq!(taken.or_reference(|| Error::not_found("host")).kind(), ErrorKind::Conflict);
    }
}
