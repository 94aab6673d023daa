//! Statements: constants by name, and lists that are put together.

use spotlight_core::{
    Result,
    ports::{Between, Cursor, Listing, Order, Paging},
};
use sqlx::{
    Arguments, Encode, Postgres, Type,
    postgres::{PgArguments, PgRow},
};
use uuid::Uuid;

use super::{
    db::{PgDb, built},
    row::Row,
};

/// Declares the statements of a file, and the list of them that the tests prepare and check.
macro_rules! statements {
    ($($(#[$meta:meta])* $vis:vis $name:ident = [$($part:tt)+];)+) => {
        $($(#[$meta])* $vis const $name: &str = concat!($($part)+);)+
        /// Every statement of this file, by name.
        pub(super) const STATEMENTS: &[(&str, &str)] =
            &[$((concat!(module_path!(), "::", stringify!($name)), $name)),+];
    };
}
pub(super) use statements;

/// That the lead at this place takes new records: it is neither merged nor erased, and stays so until the unit ends, since
/// merging and erasing lock it first. Who waited for one of them sees what it did.
macro_rules! open_lead {
    ($place:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM leads WHERE organization_id = $1 AND id = ",
            $place,
            " AND merged_into IS NULL AND erased_at IS NULL FOR KEY SHARE)"
        )
    };
}
pub(super) use open_lead;

/// That the conversation at this place is there, when one is named.
macro_rules! maybe_conversation {
    ($place:literal) => {
        concat!(
            "(",
            $place,
            "::uuid IS NULL OR EXISTS (SELECT 1 FROM conversations WHERE organization_id = $1 AND id = ",
            $place,
            "))"
        )
    };
}
pub(super) use maybe_conversation;

/// What a list is sorted by.
#[derive(Debug, Clone, Copy)]
pub(super) struct SortKey {
    /// The column.
    pub(super) column: &'static str,
    /// What a cursor's key stands for.
    pub(super) kind: KeyKind,
    /// Rows without a value come last, in either direction.
    pub(super) nullable: bool,
}

/// What a cursor's key stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum KeyKind {
    /// Microseconds since 1970.
    Instant,
    /// A number.
    Number,
    /// Text, by code point.
    Text,
}

/// A list being put together: the table, what is read of it, and the conditions so far.
pub(super) struct List {
    table: &'static str,
    columns: &'static str,
    conditions: String,
    arguments: PgArguments,
    failure: Option<sqlx::error::BoxDynError>,
    /// Looks for words: planned anew each time, since the best plan depends on them.
    searched: bool,
}

impl List {
    /// Everything of an organization in `table`.
    pub(super) fn new(table: &'static str, columns: &'static str, organization: Uuid) -> Self {
        let mut list = Self {
            table,
            columns,
            conditions: String::new(),
            arguments: PgArguments::default(),
            failure: None,
            searched: false,
        };
        let place = list.bind(organization);
        list.conditions = format!("organization_id = {place}");
        list
    }

    /// Adds an argument. Gives its place, as `$2`.
    pub(super) fn bind<'a, T: Encode<'a, Postgres> + Type<Postgres>>(&mut self, value: T) -> String {
        if let Err(failure) = self.arguments.add(value) {
            self.failure = Some(failure);
        }
        format!("${}", self.arguments.len())
    }

    /// Adds a condition without arguments.
    pub(super) fn only(&mut self, condition: &str) {
        self.conditions.push_str(" AND ");
        self.conditions.push_str(condition);
    }

    /// Adds a condition with one argument, which stands where `condition` has `?`.
    pub(super) fn with<'a, T: Encode<'a, Postgres> + Type<Postgres>>(&mut self, condition: &str, value: T) {
        let place = self.bind(value);
        self.only(&condition.replace('?', &place));
    }

    /// Adds "`column` is one of these words"; no words are no condition.
    pub(super) fn one_of<'w>(&mut self, column: &str, words: impl IntoIterator<Item = &'w str>) {
        let words: Vec<&str> = words.into_iter().collect();
        match words.as_slice() {
            [] => {}
            // A single word keeps the order of an index that begins with it.
            [word] => self.with(&format!("{column} = ?"), *word),
            _ => self.with(&format!("{column} = ANY(?)"), words),
        }
    }

    /// Adds the ends of a span.
    pub(super) fn between(&mut self, column: &str, between: Between) {
        if let Some(from) = between.from {
            self.with(&format!("{column} >= ?"), from);
        }
        if let Some(to) = between.to {
            self.with(&format!("{column} < ?"), to);
        }
    }

    /// Adds "every token of the text begins a stored token". A text without tokens finds nothing.
    pub(super) fn search(&mut self, text: &str) {
        match prefix_query(text) {
            Some(query) => {
                self.with("search @@ ?::tsquery", query);
                self.searched = true;
            }
            None => self.only("false"),
        }
    }

    /// The statement for a part of the list. Its last arguments are added here.
    fn select(&mut self, key: SortKey, order: Order, paging: &Paging) -> Result<String> {
        let SortKey { column, kind, nullable } = key;
        let (direction, comparison) = match order {
            Order::Asc => ("ASC", ">"),
            Order::Desc => ("DESC", "<"),
        };
        let Self { table, columns, .. } = *self;
        let counted = self.conditions.clone();
        let (total, cursor) = match paging {
            Paging::Page { .. } => (format!(", (SELECT count(*) FROM {table} WHERE {counted}) AS total"), None),
            Paging::After { cursor, .. } => (String::new(), cursor.as_ref()),
        };
        let (limit, depth, offset) = self.limits(paging);
        let by_id = |condition: &str| {
            format!("SELECT {columns} FROM {table} WHERE {counted}{condition} ORDER BY id {direction} LIMIT {depth}")
        };
        let valued = match cursor {
            Some(Cursor { key: Some(key), id }) => {
                let key = self.bind_key(kind, key)?;
                let id = self.bind(*id);
                format!(" AND ({column}, id) {comparison} ({key}, {id})")
            }
            Some(Cursor { key: None, id }) if nullable => {
                let id = self.bind(*id);
                return Ok(by_id(&format!(" AND {column} IS NULL AND id {comparison} {id}")));
            }
            Some(Cursor { key: None, .. }) => return Err(Cursor::of_another_list()),
            None => String::new(),
        };
        if !nullable {
            return Ok(format!(
                "SELECT {columns}{total} FROM {table} WHERE {counted}{valued} \
                 ORDER BY {column} {direction}, id {direction} LIMIT {limit}{offset}"
            ));
        }
        // Rows with a value, then those without: either part reads one index, in either direction.
        let valueless = by_id(&format!(" AND {column} IS NULL"));
        Ok(format!(
            "SELECT {columns}{total} FROM (\
             (SELECT {columns}, 0 AS part FROM {table} WHERE {counted} AND {column} IS NOT NULL{valued} \
             ORDER BY {column} {direction}, id {direction} LIMIT {depth}) \
             UNION ALL (SELECT *, 1 FROM ({valueless}) AS valueless)) AS parts \
             ORDER BY part, {column} {direction}, id {direction} LIMIT {limit}{offset}"
        ))
    }

    /// The limit of the whole, the limit of each of its parts, and the offset with its keyword.
    fn limits(&mut self, paging: &Paging) -> (u64, String, String) {
        match paging {
            Paging::Page { per_page, .. } => {
                let (limit, offset) = (u64::from(*per_page), paging.offset());
                if offset == 0 {
                    return (limit, limit.to_string(), String::new());
                }
                let place = self.bind(i64::try_from(offset).unwrap_or(i64::MAX));
                (limit, format!("{limit} + {place}::bigint"), format!(" OFFSET {place}"))
            }
            // One more tells whether there is more.
            Paging::After { limit, .. } => {
                let limit = u64::from(*limit) + 1;
                (limit, limit.to_string(), String::new())
            }
        }
    }

    fn bind_key(&mut self, kind: KeyKind, key: &str) -> Result<String> {
        Ok(match kind {
            KeyKind::Instant => self.bind(Cursor::instant(key)?),
            KeyKind::Number => self.bind(Cursor::number(key)?),
            KeyKind::Text => self.bind(Cursor::text(key)?.to_owned()),
        })
    }

    /// The statement alone, for the tests that prepare and read every statement.
    pub(super) fn statement(mut self, key: SortKey, order: Order, paging: &Paging) -> Result<String> {
        self.select(key, order, paging)
    }

    /// Reads a part of the list.
    pub(super) async fn fetch<T>(
        mut self,
        db: &PgDb,
        key: SortKey,
        order: Order,
        paging: &Paging,
        read: fn(&PgRow) -> Result<T>,
        cursor_of: impl Fn(&T) -> Cursor + Send,
    ) -> Result<Listing<T>> {
        let width = self.columns.split(',').count();
        let counted = format!("SELECT count(*) FROM {} WHERE {}", self.table, self.conditions);
        let counted_arguments = matches!(paging, Paging::Page { page: 2.., .. }).then(|| self.arguments.clone());
        let sql = self.select(key, order, paging)?;
        let searched = self.searched;
        let query = self.query(sql)?;
        let rows = if searched { db.sift(query).await? } else { db.fetch_all(query).await? };
        let mut items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        match paging {
            Paging::Page { .. } => {
                let total = match (rows.first(), counted_arguments) {
                    (Some(row), _) => Row::at_column("a count", row, width).number()?,
                    (None, None) => 0,
                    // Past the end there is no row to carry the total.
                    (None, Some(arguments)) => {
                        let row = db.fetch_optional(built(counted, arguments)).await?;
                        super::row::count(row.as_ref())?
                    }
                };
                Ok(Listing { items, total: Some(total), next: None })
            }
            Paging::After { limit, .. } => {
                let more = items.len() > *limit as usize;
                items.truncate(*limit as usize);
                let next = items.last().filter(|_| more).map(cursor_of);
                Ok(Listing { items, total: None, next })
            }
        }
    }
}

impl List {
    fn query<'q>(self, sql: String) -> Result<super::tx::Query<'q>> {
        if let Some(failure) = self.failure {
            return Err(super::error::map(sqlx::Error::Encode(failure)));
        }
        Ok(built(sql, self.arguments).persistent(!self.searched))
    }
}

/// "Every token of the text begins a stored token", as Postgres writes it. None for a text without tokens.
pub(super) fn prefix_query(text: &str) -> Option<String> {
    let mut tokens = spotlight_core::text::tokens(text);
    tokens.sort_unstable();
    tokens.dedup();
    let quoted = tokens.iter().map(|token| format!("'{}':*", token.replace('\\', "\\\\").replace('\'', "''")));
    let query = quoted.collect::<Vec<_>>().join(" & ");
    (!query.is_empty()).then_some(query)
}

/// The tokens of a search text, as `array_to_tsvector` takes them.
pub(super) fn lexemes(search_text: &str) -> Vec<&str> {
    search_text.split(' ').filter(|token| !token.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_a_conjunction_of_quoted_prefixes() {
        assert_eq!(prefix_query("Ada ada@Example").as_deref(), Some("'ada':* & 'example':*"));
        assert_eq!(prefix_query(" -- "), None);
    }
}
