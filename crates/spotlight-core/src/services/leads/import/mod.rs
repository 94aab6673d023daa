//! Leads from a table that streams in: chunk by chunk, in memory that does not grow, and resumable by key.

mod columns;
mod held;
mod progress;
mod rows;

use futures::{Stream, StreamExt};
use serde::{Deserialize, Serialize};

use self::{
    columns::Columns,
    held::Held,
    progress::{Place, Progress, Running},
    rows::{Row, Team},
};
pub use self::{
    progress::{ImportReport, MOST_PROBLEMS, RowProblem, RowReason},
    rows::OnDuplicate,
};
use super::LeadService;
use crate::{
    domain::{
        macros::words,
        user::{Role, Scope},
    },
    error::{Error, Result, Violation},
    services::{
        Context,
        deps::{Deps, repeated},
    },
    text::csv::{Found, MAX_RECORD, Record, Records},
};

/// Rows of a unit: enough to be quick, and few enough to hold nobody up on a database with one writer.
const CHUNK: usize = 200;

words! {
    /// What stands between two cells.
    Delimiter, "delimiter" {
        /// `,`
        Comma = "comma",
        /// `;`
        Semicolon = "semicolon",
        /// A tabulator.
        Tab = "tab",
    }
}

impl Delimiter {
    /// The character.
    pub const fn character(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
            Self::Tab => '\t',
        }
    }
}

/// How a table is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportOptions {
    /// What stands between two cells.
    pub delimiter: Delimiter,
    /// What becomes of rows about leads that are there.
    pub on_duplicate: OnDuplicate,
}

impl LeadService {
    /// Takes leads from a table (CSV) as it streams in. Its first row names the columns: `name`, `email`, `phone`,
    /// `company`, `source`, `owner` (the e-mail or id of a member), `opt_out`, `metadata` (a JSON object) and
    /// `metadata.…` (one member of it); columns that an export shows and nobody sets are passed over.
    ///
    /// Each row is taken whole or not at all, and what is wrong with it is in the report. A row whose e-mail or phone a
    /// lead has is about that lead. When the e-mail is one lead's and the phone another's, nothing is merged and both are
    /// flagged for a person. `opt_out` refuses recordings and contact by an AI as an opt-out does; consent is never given
    /// by a table. Rows are committed two hundred at a time, with their audit entries and events. No plan limits leads.
    ///
    /// # Errors
    /// `Validation` for a header that cannot be used, or a key that was used with another file or other options;
    /// `Conflict` while the same import runs; the first error of `body`, and those of storage.
    ///
    /// # Idempotency
    /// With an idempotency key, what was committed is remembered. The same file sent again under the key goes on after
    /// the last chunk that was committed, whatever ended the first request; once all of it was taken, the report is
    /// given again.
    ///
    /// # Cancel safety
    /// Dropping the future leaves whole chunks.
    pub async fn import(
        &self,
        ctx: &Context,
        options: ImportOptions,
        body: impl Stream<Item = Result<bytes::Bytes>> + Send + Unpin,
    ) -> Result<ImportReport> {
        ctx.require(Scope::LeadsWrite, Role::SalesRep)?;
        let held = Held::take(&self.deps, ctx, &options).await?;
        let importing = self.importing(ctx, options, &held).await;
        let done = match importing {
            Ok(importing) => importing.run(body).await,
            Err(error) => Err(error),
        };
        held.give_back().await;
        done
    }

    async fn importing<'a>(
        &'a self,
        ctx: &'a Context,
        options: ImportOptions,
        held: &'a Held,
    ) -> Result<Importing<'a>> {
        let known = held.progress(&self.deps, ctx, &options).await?;
        let mut done = known.clone().unwrap_or_default();
        match &known {
            Some(known) => done.report.resumed_after_line = Some(known.place.line.saturating_sub(1)),
            None => done.report.id = self.deps.ids.uuid(),
        }
        Ok(Importing {
            deps: &self.deps,
            ctx,
            options,
            held,
            team: Team::load(&self.deps, ctx).await?,
            records: Records::new(options.delimiter.character() as u8),
            columns: None,
            read: Running::default(),
            bytes: 0,
            remembered: known.is_some(),
            skipping: known.is_some(),
            done,
            waiting: Vec::with_capacity(CHUNK),
        })
    }
}

/// An import on its way.
struct Importing<'a> {
    deps: &'a Deps,
    ctx: &'a Context,
    options: ImportOptions,
    held: &'a Held,
    team: Team,
    records: Records,
    columns: Option<Columns>,
    /// The digest of what was read, and how much that is.
    read: Running,
    bytes: u64,
    /// There is a record of this key.
    remembered: bool,
    /// What an earlier request did is being passed over.
    skipping: bool,
    done: Progress,
    waiting: Vec<Row>,
}

impl Importing<'_> {
    async fn run(mut self, mut body: impl Stream<Item = Result<bytes::Bytes>> + Send + Unpin) -> Result<ImportReport> {
        let mut rest = Vec::with_capacity(MAX_RECORD);
        let mut last = false;
        while !last {
            match body.next().await {
                Some(part) => rest.extend_from_slice(&part?),
                None => last = true,
            }
            self.held.keep(self.deps).await?;
            let taken = self.read(&rest, last).await?;
            rest.drain(..taken);
        }
        self.finish().await
    }

    /// Reads what is there. Gives how much of it was taken; what is left belongs to what comes next.
    async fn read(&mut self, input: &[u8], last: bool) -> Result<usize> {
        let mut at = 0;
        loop {
            if self.skipping && self.columns.is_some() {
                at += self.pass_over(&input[at..])?;
                if self.skipping {
                    return Ok(at);
                }
            }
            if self.done.complete && !self.skipping && at < input.len() {
                return Err(another_file());
            }
            let (taken, found) = self.records.read(&input[at..], last);
            self.read.add(&input[at..at + taken]);
            self.bytes += taken as u64;
            at += taken;
            match found {
                // A header without an end would be read to the file's.
                Found::More if self.columns.is_none() && self.bytes > MAX_RECORD as u64 => return Err(no_header()),
                Found::More | Found::End => return Ok(at),
                Found::Record(line, record) => match &self.columns {
                    None => self.columns = Some(columns(record)?),
                    Some(columns) => {
                        let row = match record {
                            Record::Cells(cells) => columns.row(&cells),
                            Record::TooLong => Err(vec![too_long()]),
                        };
                        self.waiting.push((line, row));
                        if self.waiting.len() >= CHUNK {
                            self.commit(false).await?;
                        }
                    }
                },
            }
        }
    }

    /// Passes over what an earlier request did, once the header is read.
    ///
    /// # Errors
    /// `Validation` when it is not what that request read.
    fn pass_over(&mut self, input: &[u8]) -> Result<usize> {
        let Place { bytes, line, after_cr } = self.done.place;
        let left = bytes.checked_sub(self.bytes).ok_or_else(another_file)?;
        let taken = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
        self.read.add(&input[..taken]);
        self.bytes += taken as u64;
        if self.bytes == bytes {
            if self.read.so_far() != self.done.digest {
                return Err(another_file());
            }
            self.records.go_on_at(line, after_cr);
            self.skipping = false;
        }
        Ok(taken)
    }

    async fn finish(mut self) -> Result<ImportReport> {
        if self.columns.is_none() {
            return Err(Error::invalid("header", "required", "The table is empty; its first row names its columns"));
        }
        if self.skipping {
            return Err(another_file());
        }
        if !self.done.complete {
            self.commit(true).await?;
        }
        Ok(self.done.report)
    }

    /// Does what the waiting rows say, in one unit with what is remembered of it.
    async fn commit(&mut self, complete: bool) -> Result<()> {
        let mut next = Progress {
            place: Place { bytes: self.bytes, line: self.records.line(), after_cr: self.records.after_cr() },
            digest: self.read.so_far(),
            complete,
            report: ImportReport::default(),
        };
        let this = &*self;
        let draft = &next;
        next = repeated(|| this.commit_once(draft)).await?;
        self.done = next;
        self.remembered = true;
        self.waiting.clear();
        Ok(())
    }

    async fn commit_once(&self, next: &Progress) -> Result<Progress> {
        let mut next = Progress { report: self.done.report.clone(), ..next.clone() };
        let unit = self.deps.storage.begin().await?;
        self.held.check(&*unit).await?;
        let how = (self.options.on_duplicate, &self.team);
        rows::take(self.deps, &*unit, self.ctx, how, &self.waiting, &mut next.report).await.map_err(rows::raced)?;
        let facts = rows::facts(&self.done.report, &next.report);
        let record = ("lead_import", next.report.id.to_string());
        self.deps.audit(&*unit, self.ctx, "lead.import", record, facts).await?;
        self.held.remember(self.deps, &*unit, self.ctx, &self.options, &next, self.remembered).await?;
        unit.commit().await?;
        Ok(next)
    }
}

fn columns(record: Record<'_>) -> Result<Columns> {
    match record {
        Record::Cells(cells) => Columns::read(&cells),
        Record::TooLong => Err(no_header()),
    }
}

fn no_header() -> Error {
    Error::invalid("header", "length", "The header is too long; is this a CSV file?")
}

fn too_long() -> Violation {
    let detail = format!(
        "The row has more than {} KiB or {} cells; perhaps a quote is not closed",
        MAX_RECORD / 1024,
        crate::text::csv::MAX_CELLS
    );
    Violation::new("", "length", detail)
}

fn another_file() -> Error {
    Error::invalid(
        "idempotency_key",
        "reused",
        "This idempotency key was used for another file; use a new one, or send the same file from its beginning",
    )
}
