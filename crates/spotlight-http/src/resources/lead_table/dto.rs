//! What an import did.

use spotlight_core::services::leads::{ImportReport, RowProblem, RowReason};

use crate::output::{Attributes, Resource, output};

output! {
    /// Why a row was not taken.
    ReasonAttributes as "RowReason" {
        /// The column as the header names it; empty when the row as a whole is meant.
        column: String,
        /// A stable word for programs.
        code: String,
        /// A sentence for a person.
        detail: String,
    }
}

output! {
    /// A row that was not taken.
    ProblemAttributes as "RowProblem" {
        /// The line of the file in which it begins, from 1.
        line: u64,
        /// Everything that is wrong with it.
        reasons: Vec<ReasonAttributes>,
    }
}

output! {
    /// What an import did.
    ImportAttributes as "LeadImport" {
        /// Rows that were read, the header aside.
        rows: u64,
        /// Leads that were made.
        created: u64,
        /// Leads that were there and say something else now.
        updated: u64,
        /// Rows about leads that were there and stay as they are.
        skipped: u64,
        /// Rows that were not taken.
        failed: u64,
        /// The first hundred rows that were not taken.
        problems: Vec<ProblemAttributes>,
        /// Rows that were not taken and are not among them.
        problems_left_out: u64,
        /// The line after which this request went on, where an earlier one with the same key had stopped.
        resumed_after_line: Option<u64>,
    }
}

impl Attributes for ImportAttributes {
    const KIND: &'static str = "lead_import";
}

fn reason(reason: RowReason) -> ReasonAttributes {
    ReasonAttributes { column: reason.column, code: reason.code, detail: reason.detail }
}

fn problem(problem: RowProblem) -> ProblemAttributes {
    ProblemAttributes { line: problem.line, reasons: problem.reasons.into_iter().map(reason).collect() }
}

/// A report as it is shown.
pub(super) fn report(report: ImportReport) -> Resource<ImportAttributes> {
    let attributes = ImportAttributes {
        rows: report.rows,
        created: report.created,
        updated: report.updated,
        skipped: report.skipped,
        failed: report.failed,
        problems: report.problems.into_iter().map(problem).collect(),
        problems_left_out: report.problems_left_out,
        resumed_after_line: report.resumed_after_line,
    };
    Resource::new(report.id, attributes)
}
