//! Filtered lists: conditions, sorts, pages and cursors.

use spotlight_core::{
    Result,
    ports::{Between, Cursor, Listing, Order, Paging},
};
use sqlx::{
    Arguments, Encode, Sqlite, Type,
    sqlite::{SqliteArguments, SqliteRow},
};
use uuid::Uuid;

use super::{
    codec::{all, number},
    db::{Db, built},
};

/// The conditions of a list, with their arguments in the order of their marks.
#[derive(Clone, Default)]
pub(super) struct Conditions {
    text: String,
    arguments: SqliteArguments,
}

impl Conditions {
    /// The rows of one organization.
    pub(super) fn of(organization: impl Into<Uuid>) -> Self {
        let mut conditions = Self::default();
        conditions.text.push_str("organization_id = ?");
        conditions.bind(organization.into());
        conditions
    }

    fn bind<'q>(&mut self, value: impl Encode<'q, Sqlite> + Type<Sqlite>) {
        // Numbers, texts and ids always encode.
        let encoded = self.arguments.add(value);
        debug_assert!(encoded.is_ok(), "an argument did not encode");
    }

    /// A condition without arguments.
    pub(super) fn and(&mut self, condition: &'static str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }

    /// A condition with one mark.
    pub(super) fn with<'q>(&mut self, condition: &'static str, value: impl Encode<'q, Sqlite> + Type<Sqlite>) {
        self.and(condition);
        self.bind(value);
    }

    /// An alternative to the last condition, with one mark. The parentheses are the caller's.
    pub(super) fn or<'q>(&mut self, condition: &'static str, value: impl Encode<'q, Sqlite> + Type<Sqlite>) {
        self.text.push_str(" OR ");
        self.text.push_str(condition);
        self.bind(value);
    }

    /// A column equals the value, when there is one.
    pub(super) fn equal<'q>(&mut self, condition: &'static str, value: Option<impl Encode<'q, Sqlite> + Type<Sqlite>>) {
        if let Some(value) = value {
            self.with(condition, value);
        }
    }

    /// A column holds one of the words; none of them means any. `one` is used when there is a single word.
    pub(super) fn one_of(&mut self, one: &'static str, many: &'static str, words: &[&'static str]) {
        match words {
            [] => {}
            [word] => self.with(one, *word),
            words => {
                self.and(many);
                self.text.push_str(" IN (");
                for (at, word) in words.iter().enumerate() {
                    self.text.push_str(if at == 0 { "?" } else { ", ?" });
                    self.bind(*word);
                }
                self.text.push(')');
            }
        }
    }

    /// A column's instant is in the span.
    pub(super) fn between(&mut self, from: &'static str, to: &'static str, span: Between) {
        self.equal(from, span.from.map(|at| at.timestamp_micros()));
        self.equal(to, span.to.map(|at| at.timestamp_micros()));
    }

    /// A statement over these conditions: what comes before them, and what after.
    pub(super) fn statement(&self, before: &str, after: &str) -> String {
        let mut sql = String::with_capacity(before.len() + self.text.len() + after.len() + 8);
        sql.push_str(before);
        sql.push_str(" WHERE ");
        sql.push_str(&self.text);
        sql.push_str(after);
        sql
    }

    /// How many rows fulfil them.
    pub(super) async fn count(&self, db: &Db, from: &str) -> Result<u64> {
        let sql = self.statement(&format!("SELECT count(*) FROM {from}"), "");
        Ok(number(db.row(built(sql, self.arguments.clone())).await?)?.unsigned_abs())
    }
}

/// The sort of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Microseconds.
    Instant,
    /// Whole numbers.
    Number,
    /// Text, by code point.
    Text,
}

/// A column to sort by. Ties are broken by the id column in the same direction, and absent values come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct By {
    pub(super) column: &'static str,
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    pub(super) order: Order,
}

impl By {
    /// An instant that is always there.
    pub(super) const fn instant(column: &'static str, order: Order) -> Self {
        Self { column, kind: Kind::Instant, nullable: false, order }
    }

    fn direction(self) -> (&'static str, &'static str) {
        match self.order {
            Order::Asc => ("ASC", ">"),
            Order::Desc => ("DESC", "<"),
        }
    }
}

/// A list of one kind of record.
pub(super) struct List<'a, T> {
    /// What the columns are selected from.
    pub(super) from: &'a str,
    /// The columns that `read` reads.
    pub(super) columns: &'static str,
    pub(super) conditions: Conditions,
    pub(super) by: By,
    pub(super) read: fn(&SqliteRow) -> Result<T>,
    /// The item's id, and its key when it is sorted by this column.
    pub(super) place: fn(&T, &'static str) -> (Uuid, Option<String>),
    /// How many there are, when it is known already.
    pub(super) total: Option<u64>,
}

impl<T> List<'_, T> {
    /// Reads the wanted part.
    pub(super) async fn fetch(self, db: &Db, paging: &Paging) -> Result<Listing<T>> {
        match paging {
            Paging::Page { .. } => self.page(db, paging).await,
            Paging::After { cursor, limit } => self.after(db, cursor.as_ref(), *limit).await,
        }
    }

    async fn page(self, db: &Db, paging: &Paging) -> Result<Listing<T>> {
        let total = match self.total {
            Some(total) => total,
            None => self.conditions.count(db, self.from).await?,
        };
        let offset = paging.offset();
        if offset >= total {
            return Ok(Listing { items: Vec::new(), total: Some(total), next: None });
        }
        let (direction, _) = self.by.direction();
        let nulls = if self.by.nullable { " NULLS LAST" } else { "" };
        let column = self.by.column;
        let after = format!(" ORDER BY {column} {direction}{nulls}, id {direction} LIMIT ? OFFSET ?");
        let items =
            self.select(db, self.conditions.clone(), &after, &[i64::from(paging.limit()), offset as i64]).await?;
        Ok(Listing { items, total: Some(total), next: None })
    }

    /// By cursor: first those with a value, then those without, so that each half reads along an index.
    async fn after(self, db: &Db, cursor: Option<&Cursor>, limit: u32) -> Result<Listing<T>> {
        let (direction, beyond) = self.by.direction();
        let By { column, nullable, .. } = self.by;
        // One more tells whether there is a next part.
        let wanted = limit as usize + 1;
        let mut items = Vec::new();

        let among_absent = cursor.is_some_and(|cursor| cursor.key.is_none());
        if among_absent && !nullable {
            return Err(Cursor::of_another_list());
        }
        if !among_absent {
            let mut conditions = self.conditions.clone();
            if nullable {
                conditions.text.push_str(&format!(" AND {column} IS NOT NULL"));
            }
            if let Some((id, key)) = cursor.and_then(|cursor| Some((cursor.id, cursor.key.as_deref()?))) {
                conditions.text.push_str(&format!(" AND ({column}, id) {beyond} (?, ?)"));
                match self.by.kind {
                    Kind::Instant => conditions.bind(Cursor::instant(key)?.timestamp_micros()),
                    Kind::Number => conditions.bind(Cursor::number(key)?),
                    Kind::Text => conditions.bind(Cursor::text(key)?.to_owned()),
                }
                conditions.bind(id);
            }
            let after = format!(" ORDER BY {column} {direction}, id {direction} LIMIT ?");
            items = self.select(db, conditions, &after, &[wanted as i64]).await?;
        }
        if nullable && items.len() < wanted {
            let mut conditions = self.conditions.clone();
            conditions.text.push_str(&format!(" AND {column} IS NULL"));
            if let Some(cursor) = cursor.filter(|_| among_absent) {
                conditions.text.push_str(&format!(" AND id {beyond} ?"));
                conditions.bind(cursor.id);
            }
            let after = format!(" ORDER BY id {direction} LIMIT ?");
            let missing = (wanted - items.len()) as i64;
            items.extend(self.select(db, conditions, &after, &[missing]).await?);
        }

        let next = if items.len() == wanted {
            items.pop();
            items.last().map(|item| {
                let (id, key) = (self.place)(item, column);
                Cursor { key, id }
            })
        } else {
            None
        };
        Ok(Listing { items, total: None, next })
    }

    async fn select(&self, db: &Db, mut conditions: Conditions, after: &str, numbers: &[i64]) -> Result<Vec<T>> {
        for number in numbers {
            conditions.bind(*number);
        }
        let sql = conditions.statement(&format!("SELECT {} FROM {}", self.columns, self.from), after);
        all(&db.rows(built(sql, conditions.arguments)).await?, self.read)
    }
}
