//! Lists: pages, cursors and sorting.

use std::{fmt, str::FromStr};

use spotlight_derive::RedactedDebug;
use uuid::Uuid;

use crate::{
    domain::time::Timestamp,
    error::{Error, ErrorKind, Result},
};

/// Items of a page when the caller does not say.
pub const DEFAULT_PER_PAGE: u32 = 25;
/// Most items of a page.
pub const MAX_PER_PAGE: u32 = 100;

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// Page `page` (from 1) of `per_page` items, with the total. Costs a count.
    Page {
        /// From 1.
        page: u32,
        /// 1 to 100.
        per_page: u32,
    },
    /// The `limit` items after a cursor: stable under inserts, without a total.
    After {
        /// Where the previous part ended; none for the first.
        cursor: Option<Cursor>,
        /// 1 to 100.
        limit: u32,
    },
}

impl Paging {
    /// The first page of the usual size.
    pub const FIRST: Self = Self::Page { page: 1, per_page: DEFAULT_PER_PAGE };

    /// How many items at most.
    pub const fn limit(&self) -> u32 {
        match self {
            Self::Page { per_page, .. } => *per_page,
            Self::After { limit, .. } => *limit,
        }
    }

    /// How many items to pass over.
    pub const fn offset(&self) -> u64 {
        match self {
            Self::Page { page, per_page } => (page.saturating_sub(1) as u64) * (*per_page as u64),
            Self::After { .. } => 0,
        }
    }
}

/// Where a list was cut: the sort value and id of the last item seen. Opaque to clients.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The value sorted by. Instants are microseconds since 1970 in decimal, numbers decimal, text as it is.
    pub key: Option<String>,
    /// The item's id, which breaks ties.
    pub id: Uuid,
}

impl Cursor {
    /// The instant of a key. Years 1 to 9999, which every database can compare with.
    ///
    /// # Errors
    /// `Malformed` when the key is of another sort or beyond.
    pub fn instant(key: &str) -> Result<Timestamp> {
        let micros = key.parse().ok().filter(|micros| (FIRST_MICROS..=LAST_MICROS).contains(micros));
        micros.and_then(Timestamp::from_timestamp_micros).ok_or_else(Self::of_another_list)
    }

    /// The number of a key.
    ///
    /// # Errors
    /// `Malformed` when the key is of another sort.
    pub fn number(key: &str) -> Result<i64> {
        key.parse().map_err(|_| Self::of_another_list())
    }

    /// The text of a key.
    ///
    /// # Errors
    /// `Malformed` when it holds a NUL character, which no stored text does.
    pub fn text(key: &str) -> Result<&str> {
        if key.contains('\0') { Err(Self::of_another_list()) } else { Ok(key) }
    }

    /// The error for a cursor that belongs to another list.
    pub fn of_another_list() -> Error {
        Error::new(ErrorKind::Malformed, "the cursor belongs to another list or sort")
    }
}

/// The beginning of year 1 and the end of year 9999, in microseconds since 1970.
const FIRST_MICROS: i64 = -62_135_596_800_000_000;
const LAST_MICROS: i64 = 253_402_300_799_999_999;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.id.as_bytes() {
            write!(f, "{byte:02x}")?;
        }
        if let Some(key) = &self.key {
            f.write_str("-")?;
            for byte in key.as_bytes() {
                write!(f, "{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = || Error::new(ErrorKind::Malformed, "the cursor is not one this server gave");
        let (id, key) = match text.split_once('-') {
            Some((id, key)) => (id, Some(key)),
            None => (text, None),
        };
        if id.len() != 32 || text.len() > 2048 {
            return Err(bad());
        }
        let id = Uuid::try_parse(id).map_err(|_| bad())?;
        let key = key.map(|hex| unhex(hex).ok_or_else(bad)).transpose()?;
        Ok(Self { key, id })
    }
}

fn unhex(hex: &str) -> Option<String> {
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

/// A direction of sorting. Absent values come last either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Smallest first.
    Asc,
    /// Greatest first.
    #[default]
    Desc,
}

/// A sort: a field and a direction. Ties are broken by id in the same direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sort<F> {
    /// The field.
    pub by: F,
    /// The direction.
    pub order: Order,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// How many there are in all; with [`Paging::Page`] only.
    pub total: Option<u64>,
    /// Where to go on; with [`Paging::After`], when there is more.
    pub next: Option<Cursor>,
}

impl<T> Listing<T> {
    /// The same part of another kind of items.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Listing<U> {
        Listing { items: self.items.into_iter().map(f).collect(), total: self.total, next: self.next }
    }
}

/// Instants from `from` on and before `to`; an absent end is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Between {
    /// First instant inside.
    pub from: Option<Timestamp>,
    /// First instant after.
    pub to: Option<Timestamp>,
}

impl Between {
    /// True when `at` is inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}
