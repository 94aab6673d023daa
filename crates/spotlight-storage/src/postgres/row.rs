//! Reading rows column by column, in the order of the statement.

use std::str::FromStr;

use serde::de::DeserializeOwned;
use spotlight_core::{
    Result,
    domain::{time::Timestamp, user::SecretHash},
};
use sqlx::{Column, Decode, Postgres, Row as _, Type, postgres::PgRow, types::Json};
use uuid::Uuid;

use super::error;
use crate::shared::stored;

/// A row of which column after column is taken.
pub(super) struct Row<'r> {
    row: &'r PgRow,
    table: &'static str,
    next: usize,
}

impl<'r> Row<'r> {
    /// A row of `table`, at its first column.
    pub(super) fn new(table: &'static str, row: &'r PgRow) -> Self {
        Self { row, table, next: 0 }
    }

    /// The same row at another column.
    pub(super) fn at_column(table: &'static str, row: &'r PgRow, next: usize) -> Self {
        Self { row, table, next }
    }

    fn column(&self, index: usize) -> &'r str {
        self.row.columns().get(index).map_or("a column", |column| column.name())
    }

    /// The next column as it is.
    pub(super) fn take<T: Decode<'r, Postgres> + Type<Postgres>>(&mut self) -> Result<T> {
        let index = self.next;
        self.next += 1;
        self.row.try_get(index).map_err(|failure| match failure {
            sqlx::Error::ColumnDecode { .. } => stored::corrupt(self.table, self.column(index)),
            other => error::map(other),
        })
    }

    /// The next column as an identifier.
    pub(super) fn id<T>(&mut self, wrap: fn(Uuid) -> T) -> Result<T> {
        self.take().map(wrap)
    }

    /// The next column as an identifier that can be absent.
    pub(super) fn maybe_id<T>(&mut self, wrap: fn(Uuid) -> T) -> Result<Option<T>> {
        Ok(self.take::<Option<Uuid>>()?.map(wrap))
    }

    /// The next column as an instant.
    pub(super) fn at(&mut self) -> Result<Timestamp> {
        self.take()
    }

    /// The next column as an instant that can be absent.
    pub(super) fn maybe_at(&mut self) -> Result<Option<Timestamp>> {
        self.take()
    }

    /// The next column as a value that is stored as a word.
    pub(super) fn word<T: FromStr>(&mut self) -> Result<T> {
        let text: &str = self.take()?;
        stored::word(self.table, self.column(self.next - 1), text)
    }

    /// The next column as a value that is stored as a word and can be absent.
    pub(super) fn maybe_word<T: FromStr>(&mut self) -> Result<Option<T>> {
        let text: Option<&str> = self.take()?;
        text.map(|text| stored::word(self.table, self.column(self.next - 1), text)).transpose()
    }

    /// The next column as an e-mail or phone.
    pub(super) fn contact<T>(&mut self, parse: fn(String) -> Result<T>) -> Result<T> {
        parse(self.take()?).map_err(|_| stored::corrupt(self.table, self.column(self.next - 1)))
    }

    /// The next column as an e-mail or phone that can be absent.
    pub(super) fn maybe_contact<T>(&mut self, parse: fn(String) -> Result<T>) -> Result<Option<T>> {
        let text: Option<String> = self.take()?;
        text.map(|text| parse(text).map_err(|_| stored::corrupt(self.table, self.column(self.next - 1)))).transpose()
    }

    /// The next column, a `bigint`, as a narrower number.
    pub(super) fn number<T: TryFrom<i64>>(&mut self) -> Result<T> {
        let number: i64 = self.take()?;
        stored::narrow(self.table, self.column(self.next - 1), number)
    }

    /// The next column, a `bigint` that can be absent, as a narrower number.
    pub(super) fn maybe_number<T: TryFrom<i64>>(&mut self) -> Result<Option<T>> {
        let number: Option<i64> = self.take()?;
        number.map(|number| stored::narrow(self.table, self.column(self.next - 1), number)).transpose()
    }

    /// The next column, a `smallint`, as a number of 0 to 100.
    pub(super) fn score(&mut self) -> Result<u8> {
        let number: i16 = self.take()?;
        stored::narrow(self.table, self.column(self.next - 1), i64::from(number))
    }

    /// The next column, a `smallint` that can be absent, as a score.
    pub(super) fn maybe_score(&mut self) -> Result<Option<u8>> {
        let number: Option<i16> = self.take()?;
        number.map(|number| stored::narrow(self.table, self.column(self.next - 1), i64::from(number))).transpose()
    }

    /// The next column as a value that is stored as JSON.
    pub(super) fn json<T: DeserializeOwned + 'r>(&mut self) -> Result<T> {
        self.take::<Json<T>>().map(|json| json.0)
    }

    /// The next column as a value that is stored as JSON and can be absent.
    pub(super) fn maybe_json<T: DeserializeOwned + 'r>(&mut self) -> Result<Option<T>> {
        Ok(self.take::<Option<Json<T>>>()?.map(|json| json.0))
    }

    /// The next column as the hash of a secret.
    pub(super) fn hash(&mut self) -> Result<SecretHash> {
        let bytes: &[u8] = self.take()?;
        stored::hash(self.table, self.column(self.next - 1), bytes)
    }
}

/// Every row as what it holds.
pub(super) fn all<T>(rows: &[PgRow], read: fn(&PgRow) -> Result<T>) -> Result<Vec<T>> {
    rows.iter().map(read).collect()
}

/// The row, if there is one, as what it holds.
pub(super) fn one<T>(row: Option<&PgRow>, read: fn(&PgRow) -> Result<T>) -> Result<Option<T>> {
    row.map(read).transpose()
}

/// The only column of a row that counts something.
pub(super) fn count(row: Option<&PgRow>) -> Result<u64> {
    row.map_or(Ok(0), |row| Row::new("a count", row).number())
}

/// The only column of a row that answers a question.
pub(super) fn yes(row: Option<&PgRow>) -> Result<bool> {
    row.map_or(Ok(false), |row| Row::new("an answer", row).take())
}
