//! Between columns and the domain.

use std::{fmt::Write, str::FromStr};

use chrono::DateTime;
use serde::{Serialize, de::DeserializeOwned};
use spotlight_core::{
    Error, Result,
    domain::{time::Timestamp, user::SecretHash},
};
use sqlx::{Decode, Row, Sqlite, Type, sqlite::SqliteRow};
use uuid::Uuid;

use super::writer::Query;
use crate::shared::stored;

/// Reads a row's columns in their order.
pub(super) struct Fields<'r> {
    table: &'static str,
    row: &'r SqliteRow,
    at: usize,
}

impl<'r> Fields<'r> {
    /// From the first column on.
    pub(super) fn new(table: &'static str, row: &'r SqliteRow) -> Self {
        Self { table, row, at: 0 }
    }

    fn corrupt(&self) -> Error {
        let column = self.at.checked_sub(1).and_then(|at| self.row.columns().get(at));
        stored::corrupt(self.table, column.map_or("a column", sqlx::Column::name))
    }

    /// The next column, as the driver reads it.
    pub(super) fn next<T: Decode<'r, Sqlite> + Type<Sqlite>>(&mut self) -> Result<T> {
        self.at += 1;
        self.row.try_get(self.at - 1).map_err(|_| self.corrupt())
    }

    pub(super) fn id<T>(&mut self, wrap: impl FnOnce(Uuid) -> T) -> Result<T> {
        self.next().map(wrap)
    }

    pub(super) fn opt_id<T>(&mut self, wrap: impl FnOnce(Uuid) -> T) -> Result<Option<T>> {
        Ok(self.next::<Option<Uuid>>()?.map(wrap))
    }

    pub(super) fn text(&mut self) -> Result<String> {
        self.next()
    }

    pub(super) fn opt_text(&mut self) -> Result<Option<String>> {
        self.next()
    }

    pub(super) fn int<T: TryFrom<i64>>(&mut self) -> Result<T> {
        let number: i64 = self.next()?;
        T::try_from(number).map_err(|_| self.corrupt())
    }

    pub(super) fn opt_int<T: TryFrom<i64>>(&mut self) -> Result<Option<T>> {
        let number: Option<i64> = self.next()?;
        number.map(T::try_from).transpose().map_err(|_| self.corrupt())
    }

    pub(super) fn flag(&mut self) -> Result<bool> {
        Ok(self.next::<i64>()? != 0)
    }

    pub(super) fn opt_flag(&mut self) -> Result<Option<bool>> {
        Ok(self.next::<Option<i64>>()?.map(|flag| flag != 0))
    }

    pub(super) fn real(&mut self) -> Result<f64> {
        self.next()
    }

    pub(super) fn opt_real(&mut self) -> Result<Option<f64>> {
        self.next()
    }

    pub(super) fn at(&mut self) -> Result<Timestamp> {
        let micros = self.next()?;
        DateTime::from_timestamp_micros(micros).ok_or_else(|| self.corrupt())
    }

    pub(super) fn opt_at(&mut self) -> Result<Option<Timestamp>> {
        let Some(micros) = self.next()? else { return Ok(None) };
        DateTime::from_timestamp_micros(micros).map(Some).ok_or_else(|| self.corrupt())
    }

    /// A value that is stored as a word, a zone's name or the like.
    pub(super) fn word<T: FromStr>(&mut self) -> Result<T> {
        let word: &str = self.next()?;
        word.parse().map_err(|_| self.corrupt())
    }

    pub(super) fn opt_word<T: FromStr>(&mut self) -> Result<Option<T>> {
        let word: Option<&str> = self.next()?;
        word.map(str::parse).transpose().map_err(|_| self.corrupt())
    }

    /// A text that the domain checks again.
    pub(super) fn opt_checked<T: TryFrom<String>>(&mut self) -> Result<Option<T>> {
        self.opt_text()?.map(T::try_from).transpose().map_err(|_| self.corrupt())
    }

    /// A text that the domain checks again.
    pub(super) fn checked<T: TryFrom<String>>(&mut self) -> Result<T> {
        T::try_from(self.text()?).map_err(|_| self.corrupt())
    }

    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        let text: &str = self.next()?;
        serde_json::from_str(text).map_err(|_| self.corrupt())
    }

    pub(super) fn opt_json<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        let text: Option<&str> = self.next()?;
        text.map(serde_json::from_str).transpose().map_err(|_| self.corrupt())
    }

    pub(super) fn hash(&mut self) -> Result<SecretHash> {
        let bytes: &[u8] = self.next()?;
        bytes.try_into().map(SecretHash).map_err(|_| self.corrupt())
    }
}

/// Reads every row.
pub(super) fn all<T>(rows: &[SqliteRow], read: impl Fn(&SqliteRow) -> Result<T>) -> Result<Vec<T>> {
    rows.iter().map(read).collect()
}

/// Reads the row, when there is one.
pub(super) fn one<T>(row: Option<SqliteRow>, read: impl Fn(&SqliteRow) -> Result<T>) -> Result<Option<T>> {
    row.as_ref().map(read).transpose()
}

/// The number in the first column of the only row.
pub(super) fn number(row: Option<SqliteRow>) -> Result<i64> {
    row.map_or(Ok(0), |row| Fields::new("a count", &row).next())
}

/// A value as JSON text.
pub(super) fn json(value: &(impl Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal("a value cannot be written as JSON").with_source(error))
}

/// Binds what the domain has.
pub(super) trait Bind: Sized {
    /// An instant.
    fn at(self, at: Timestamp) -> Self;
    /// An instant that can be absent.
    fn opt_at(self, at: Option<Timestamp>) -> Self;
}

impl Bind for Query<'_> {
    fn at(self, at: Timestamp) -> Self {
        self.bind(at.timestamp_micros())
    }

    fn opt_at(self, at: Option<Timestamp>) -> Self {
        self.bind(at.map(|at| at.timestamp_micros()))
    }
}

/// Ids for `unhex` over `json_each`: a JSON list of hexadecimal texts.
pub(super) fn ids(wanted: impl Iterator<Item = Uuid>) -> String {
    let mut list = String::from("[");
    for id in wanted {
        if list.len() > 1 {
            list.push(',');
        }
        // Writing to a string cannot fail.
        let _ = write!(list, "\"{}\"", id.simple());
    }
    list.push(']');
    list
}
