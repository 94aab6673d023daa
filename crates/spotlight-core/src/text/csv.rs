//! Tables as text: records that are read as bytes come, and cells that a spreadsheet takes for words.

use std::borrow::Cow;

use csv_core::ReadRecordResult;
use spotlight_derive::RedactedDebug;

/// Longest record, in bytes without its quotes.
pub const MAX_RECORD: usize = 64 * 1024;
/// Most cells of a record.
pub const MAX_CELLS: usize = 256;
/// A byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A record of a table.
#[derive(RedactedDebug, PartialEq, Eq)]
pub enum Record<'a> {
    /// Its cells, as they came.
    Cells(Vec<&'a [u8]>),
    /// It has more bytes or cells than a record can have; it was passed over.
    TooLong,
}

/// What is found in the bytes so far.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A record, and the line it begins in, from 1.
    Record(u64, Record<'a>),
    /// The bytes end within a record, or there are none left.
    More,
    /// The table has ended.
    End,
}

/// Reads records from bytes that come piece by piece, in memory that does not grow.
///
/// Lines end with LF, CRLF or CR. Cells can be quoted, with doubled quotes inside, and hold line breaks then. Empty lines
/// are passed over, and a byte order mark at the beginning.
#[derive(RedactedDebug)]
pub struct Records {
    core: csv_core::Reader,
    /// The core has been given nothing yet: it passes over a byte order mark still.
    begins: bool,
    output: Vec<u8>,
    ends: Vec<usize>,
    written: usize,
    cells: usize,
    too_long: bool,
    /// The line in which the present record begins.
    begun: Option<u64>,
    /// The last record ended with CR: a LF that follows belongs to it.
    after_cr: bool,
}

impl Records {
    /// Reads cells between these delimiters.
    pub fn new(delimiter: u8) -> Self {
        Self {
            core: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            begins: true,
            output: vec![0; MAX_RECORD],
            ends: vec![0; MAX_CELLS],
            written: 0,
            cells: 0,
            too_long: false,
            begun: None,
            after_cr: false,
        }
    }

    /// The line that is read, from 1.
    pub fn line(&self) -> u64 {
        self.core.line()
    }

    /// Goes on in another line, between two records; `after_cr` as [`after_cr`](Self::after_cr) was there.
    pub fn go_on_at(&mut self, line: u64, after_cr: bool) {
        self.core.set_line(line);
        self.after_cr = after_cr;
    }

    /// True when the last record ended with CR, so that a LF that follows begins no line.
    pub fn after_cr(&self) -> bool {
        self.after_cr
    }

    /// Looks for the next record at the beginning of `input`. Gives how many bytes of it were taken, and what was found.
    /// After `last` there are no more bytes.
    pub fn read(&mut self, input: &[u8], last: bool) -> (usize, Found<'_>) {
        let mut taken = 0;
        if self.begun.is_none() {
            taken = self.pass_over_breaks(input);
            let rest = &input[taken..];
            // The core knows a mark only when all of it is there, and takes one with nothing after it for the end.
            if !last && (rest.is_empty() || self.begins && MARK.starts_with(rest)) {
                return (taken, Found::More);
            }
            self.begins = false;
            self.begun = Some(self.core.line());
        }
        loop {
            let rest = &input[taken..];
            if rest.is_empty() && !last {
                return (taken, Found::More);
            }
            let (result, read, written, ends) =
                self.core.read_record(rest, &mut self.output[self.written..], &mut self.ends[self.cells..]);
            taken += read;
            self.written += written;
            self.cells += ends;
            match result {
                ReadRecordResult::InputEmpty if last => {}
                ReadRecordResult::InputEmpty => return (taken, Found::More),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    // What is too long is read to its end, over what was kept of it.
                    self.too_long = true;
                    (self.written, self.cells) = (0, 0);
                }
                ReadRecordResult::Record => {
                    self.after_cr = taken > 0 && input[taken - 1] == b'\r';
                    if self.after_cr {
                        self.core.set_line(self.core.line() + 1);
                    }
                    return (taken, self.finish());
                }
                ReadRecordResult::End => return (taken, Found::End),
            }
        }
    }

    fn finish(&mut self) -> Found<'_> {
        let line = self.begun.take().unwrap_or_default();
        let (too_long, cells) = (std::mem::take(&mut self.too_long), std::mem::take(&mut self.cells));
        self.written = 0;
        if too_long {
            return Found::Record(line, Record::TooLong);
        }
        let mut start = 0;
        let cells = self.ends[..cells].iter().map(|end| {
            let cell = &self.output[start..*end];
            start = *end;
            cell
        });
        Found::Record(line, Record::Cells(cells.collect()))
    }

    /// Passes over line breaks before a record, and counts the lines.
    fn pass_over_breaks(&mut self, input: &[u8]) -> usize {
        let mut taken = 0;
        for byte in input {
            match byte {
                b'\n' if self.after_cr => {}
                b'\n' | b'\r' => self.core.set_line(self.core.line() + 1),
                _ => break,
            }
            self.after_cr = *byte == b'\r';
            taken += 1;
        }
        if taken < input.len() {
            self.after_cr = false;
        }
        taken
    }
}

/// Characters with which a spreadsheet begins a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A cell that no spreadsheet takes for a formula: one that begins as a formula gets an apostrophe before it. A phone
/// number in E.164 is a number to a spreadsheet, and stays.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let number = text.strip_prefix('+').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    // What has an apostrophe there already keeps it when the one that is added is taken away.
    if !number && text.trim_start_matches('\'').starts_with(FORMULA) {
        return Cow::Owned(format!("'{text}"));
    }
    Cow::Borrowed(text)
}

/// The text of a cell that [`harmless`] made.
pub fn restored(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(FORMULA) => rest,
        _ => text,
    }
}

/// Writes a record: cells are made [`harmless`], and quoted where they must be. Ends with CRLF.
pub fn write<'a>(out: &mut String, delimiter: char, cells: impl IntoIterator<Item = Cow<'a, str>>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            out.push(delimiter);
        }
        let cell = harmless(&cell);
        if cell.contains([delimiter, '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&cell);
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every record of a text that comes in pieces of `step` bytes, with its line.
    fn read(text: &[u8], step: usize) -> Vec<(u64, Vec<String>)> {
        let mut records = Records::new(b',');
        let (mut found, mut rest, mut at) = (Vec::new(), Vec::new(), 0);
        loop {
            let (taken, next) = records.read(&rest, at == text.len());
            match next {
                Found::Record(line, Record::Cells(cells)) => {
                    found.push((line, cells.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()));
                }
                Found::Record(line, Record::TooLong) => found.push((line, vec!["too long".to_owned()])),
                Found::End => return found,
                Found::More => {}
            }
            rest.drain(..taken);
            if rest.is_empty() || taken == 0 {
                let end = (at + step).min(text.len());
                rest.extend_from_slice(&text[at..end]);
                at = end;
            }
        }
    }

    fn cells(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn records_are_read_in_pieces_of_any_size_with_their_lines() {
        let text = "\u{feff}a,b\r\n1,\"x\r\ny\"\r\n\r\n\"q\"\"q\",\n2,z";
        let expected =
            [cells(1, &["a", "b"]), cells(2, &["1", "x\r\ny"]), cells(5, &["q\"q", ""]), cells(6, &["2", "z"])];
        for step in [1, 2, 3, 4, 5, 7, 11, 1000] {
            assert_eq!(read(text.as_bytes(), step), expected, "{step}");
        }
        assert_eq!(read(b"a\rb\r\rc\n", 1000), [cells(1, &["a"]), cells(2, &["b"]), cells(4, &["c"])]);
        assert_eq!(read(b"", 1), []);
        assert_eq!(read(b"\n\n", 1), []);
        assert_eq!(read("\u{feff}".as_bytes(), 3), []);
        assert_eq!(read(b"\xef\n", 1), [cells(1, &["\u{fffd}"])]);
    }

    #[test]
    fn what_is_too_long_is_passed_over_and_the_rest_is_read() {
        let long = format!("a\n{}\nb\n{}\nc\n", "x".repeat(MAX_RECORD + 1), ",".repeat(MAX_CELLS + 1));
        let expected = [cells(1, &["a"]), cells(2, &["too long"]), cells(3, &["b"]), cells(4, &["too long"])];
        let found = read(long.as_bytes(), 5000);
        assert_eq!((&found[..4], &found[4]), (&expected[..], &cells(5, &["c"])));
    }

    #[test]
    fn formulas_are_words_and_come_back() {
        for text in ["=1+1", "+1+1", "-2", "@x", "\tx", "'=1", "plain", "", "'quoted'", "+493012345678"] {
            let safe = harmless(text);
            assert_eq!(restored(&safe), text);
            let risky = safe.starts_with(FORMULA);
            assert!(!risky || text == "+493012345678", "{safe}");
        }
        let mut out = String::new();
        write(&mut out, ',', ["=a", "b,\"c\"", "d\ne"].map(Cow::Borrowed));
        assert_eq!(out, "'=a,\"b,\"\"c\"\"\",\"d\ne\"\r\n");
    }
}
