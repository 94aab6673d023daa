//! How far an import has come: its report, and where the same import goes on.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use spotlight_derive::RedactedDebug;

use crate::{domain::user::SecretHash, error::Violation, services::deps::hex};

/// Most rows whose problems a report names.
pub const MOST_PROBLEMS: usize = 100;
/// Most problems of one row that a report names.
const MOST_OF_A_ROW: usize = 20;

/// Why a row was not taken.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowReason {
    /// The column; empty when the row as a whole is meant.
    pub column: String,
    /// A stable word for programs.
    #[debug(shown = "a word of the program")]
    pub code: String,
    /// A sentence for a person.
    pub detail: String,
}

impl From<Violation> for RowReason {
    fn from(violation: Violation) -> Self {
        Self { column: violation.field, code: violation.code.to_owned(), detail: violation.detail }
    }
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProblem {
    /// The line of the file in which it begins, from 1.
    pub line: u64,
    /// Everything that is wrong with it, at most twenty.
    pub reasons: Vec<RowReason>,
}

/// What an import did so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// Names the import in the audit log.
    pub id: uuid::Uuid,
    /// Rows that were read, the header aside.
    pub rows: u64,
    /// Leads that were made.
    pub created: u64,
    /// Leads that were there and say something else now.
    pub updated: u64,
    /// Rows about leads that were there and stay as they are.
    pub skipped: u64,
    /// Rows that were not taken.
    pub failed: u64,
    /// The first rows that were not taken, at most [`MOST_PROBLEMS`].
    pub problems: Vec<RowProblem>,
    /// Rows that were not taken and are not named in `problems`.
    pub problems_left_out: u64,
    /// The line after which this request went on, where an earlier one with the same key had stopped.
    #[serde(skip)]
    pub resumed_after_line: Option<u64>,
}

impl ImportReport {
    pub(super) fn refuse(&mut self, line: u64, reasons: Vec<Violation>) {
        self.failed += 1;
        if self.problems.len() >= MOST_PROBLEMS {
            self.problems_left_out += 1;
            return;
        }
        let reasons = reasons.into_iter().take(MOST_OF_A_ROW).map(RowReason::from).collect();
        self.problems.push(RowProblem { line, reasons });
    }
}

/// A place between two rows of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Bytes before it.
    pub(super) bytes: u64,
    /// The line that begins there.
    pub(super) line: u64,
    /// Whether a LF that follows ends the line before.
    pub(super) after_cr: bool,
}

/// What is kept for the key of an import.
#[derive(RedactedDebug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) report: ImportReport,
    /// Up to where it has been done.
    pub(super) place: Place,
    /// SHA-256 of the bytes before, by which the same file is known again.
    pub(super) digest: String,
    /// The file was read to its end.
    pub(super) complete: bool,
}

/// The digest of what was read so far.
#[derive(Clone, Default)]
pub(super) struct Running(Sha256);

impl Running {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn so_far(&self) -> String {
        hex(&SecretHash(self.0.clone().finalize().into()).0)
    }
}
