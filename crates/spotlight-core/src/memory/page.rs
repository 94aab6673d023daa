//! Cutting lists into parts: sorting, pages and cursors.

use std::cmp::Ordering;

use spotlight_derive::RedactedDebug;
use uuid::Uuid;

use crate::{
    domain::time::Timestamp,
    error::{Error, Result},
    ports::{Cursor, Listing, Order, Paging},
};

/// What an item is sorted by.
#[derive(RedactedDebug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key<'a> {
    Instant(Timestamp),
    Number(i64),
    Text(&'a str),
    /// Comes last in either direction.
    Absent,
}

/// What keys of a list are made of, so that a cursor of another list is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Instant,
    OptionalInstant,
    OptionalNumber,
    Text,
    OptionalText,
}

impl<'a> Key<'a> {
    pub(super) fn instant(at: Option<Timestamp>) -> Self {
        at.map_or(Self::Absent, Self::Instant)
    }

    pub(super) fn number(number: Option<impl Into<i64>>) -> Self {
        number.map_or(Self::Absent, |number| Self::Number(number.into()))
    }

    pub(super) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::Text)
    }

    fn to_cursor(self, id: Uuid) -> Cursor {
        let key = match self {
            Self::Instant(at) => Some(at.timestamp_micros().to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.to_owned()),
            Self::Absent => None,
        };
        Cursor { key, id }
    }

    fn of_cursor(cursor: &'a Cursor, kind: KeyKind) -> Result<Self> {
        let Some(key) = cursor.key.as_deref() else {
            let optional = matches!(kind, KeyKind::OptionalInstant | KeyKind::OptionalNumber | KeyKind::OptionalText);
            return if optional { Ok(Self::Absent) } else { Err(Cursor::of_another_list()) };
        };
        match kind {
            KeyKind::Instant | KeyKind::OptionalInstant => Cursor::instant(key).map(Self::Instant),
            KeyKind::OptionalNumber => Cursor::number(key).map(Self::Number),
            KeyKind::Text | KeyKind::OptionalText => Cursor::text(key).map(Self::Text),
        }
    }
}

/// An item's place in a list: its key, and its id among equals.
pub(super) type Place<'a> = (Key<'a>, Uuid);

fn compare(one: &Place<'_>, other: &Place<'_>, order: Order) -> Ordering {
    let directed = |ordering: Ordering| if order == Order::Asc { ordering } else { ordering.reverse() };
    let by_key = match (one.0, other.0) {
        (Key::Absent, _) | (_, Key::Absent) => one.0.cmp(&other.0),
        (one, other) => directed(one.cmp(&other)),
    };
    by_key.then_with(|| directed(one.1.cmp(&other.1)))
}

/// The part of a list that is wanted.
///
/// # Errors
/// `Malformed` for a cursor of another kind of key.
pub(super) fn cut<'t, T>(
    rows: impl Iterator<Item = &'t T>,
    place: impl Fn(&'t T) -> Place<'t>,
    kind: KeyKind,
    order: Order,
    paging: &'t Paging,
) -> Result<Listing<&'t T>> {
    let rows = rows.map(|row| (place(row), row));
    let limit = paging.limit() as usize;
    match paging {
        Paging::Page { .. } => {
            let mut rows: Vec<_> = rows.collect();
            let total = rows.len() as u64;
            let skipped = usize::try_from(paging.offset()).unwrap_or(usize::MAX);
            sort_first(&mut rows, skipped.saturating_add(limit), order);
            let items = rows.into_iter().skip(skipped).map(|(_, row)| row).collect();
            Ok(Listing { items, total: Some(total), next: None })
        }
        Paging::After { cursor, .. } => {
            let after = cursor.as_ref().map(|cursor| Ok::<_, Error>((Key::of_cursor(cursor, kind)?, cursor.id)));
            let after = after.transpose()?;
            let is_after = |place: &Place<'_>| after.is_none_or(|after| compare(place, &after, order).is_gt());
            let mut rows: Vec<_> = rows.filter(|(place, _)| is_after(place)).collect();
            let is_last = rows.len() <= limit;
            sort_first(&mut rows, limit, order);
            let next = if is_last { None } else { rows.last().map(|((key, id), _)| key.to_cursor(*id)) };
            Ok(Listing { items: rows.into_iter().map(|(_, row)| row).collect(), total: None, next })
        }
    }
}

/// Keeps the first `count` rows, in order, without sorting the others.
fn sort_first<T>(rows: &mut Vec<(Place<'_>, T)>, count: usize, order: Order) {
    if count < rows.len() {
        rows.select_nth_unstable_by(count, |one, other| compare(&one.0, &other.0, order));
        rows.truncate(count);
    }
    rows.sort_unstable_by(|one, other| compare(&one.0, &other.0, order));
}
