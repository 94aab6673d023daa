//! Everything that is in a database, read behind the storage's back: the number of rows of each table and a sum over
//! all of their columns.

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    path::Path,
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, PgConnection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};

/// Tables, and columns of them, that change although nothing was done: who was there, and whose turn it is.
const PASSING: &[(&str, &str)] =
    &[("api_tokens", "last_used_at"), ("sessions", "last_seen_at"), ("sessions", "last_used_at"), ("leases", "*")];

fn passing(table: &str, column: &str) -> bool {
    PASSING.iter().any(|(a_table, a_column)| *a_table == table && (*a_column == column || *a_column == "*"))
}

/// A query of one row and column for each table: its rows as one text, in the order of that text.
fn selects(columns: BTreeMap<String, Vec<String>>, row: impl Fn(&[String]) -> String) -> Vec<(String, String)> {
    let kept = columns.into_iter().filter_map(|(table, columns)| {
        let columns: Vec<_> = columns.into_iter().filter(|column| !passing(&table, column)).collect();
        (!columns.is_empty() && !table.starts_with("_sqlx")).then_some((table, columns))
    });
    kept.map(|(table, columns)| {
        let select = format!("SELECT {} AS line FROM {table} ORDER BY 1", row(&columns));
        (table, select)
    })
    .collect()
}

/// What is told of the rows of a table.
fn told(lines: &[String]) -> String {
    let mut sum = DefaultHasher::new();
    lines.hash(&mut sum);
    format!("{} rows, {:016x}", lines.len(), sum.finish())
}

/// The contents of a Postgres database.
///
/// # Panics
/// When it cannot be read.
pub async fn of_postgres(connection: &mut PgConnection) -> BTreeMap<String, String> {
    let columns = "SELECT table_name::text, array_agg(column_name::text ORDER BY ordinal_position) \
                   FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name";
    let columns: Vec<(String, Vec<String>)> =
        sqlx::query_as(columns).fetch_all(&mut *connection).await.expect("columns");
    let mut contents = BTreeMap::new();
    for (table, select) in
        selects(columns.into_iter().collect(), |columns| format!("ROW({})::text", columns.join(", ")))
    {
        let lines: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(&mut *connection).await.expect("the rows of a table");
        contents.insert(table, told(&lines));
    }
    contents
}

/// The contents of an SQLite file.
///
/// # Panics
/// When it cannot be read.
pub async fn of_sqlite(file: &Path) -> BTreeMap<String, String> {
    let mut connection: SqliteConnection =
        SqliteConnectOptions::new().filename(file).read_only(true).connect().await.expect("the file opens");
    // The tables behind the search indices are SQLite's own, and hold what the others say.
    let columns = "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
                   WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%' AND m.name NOT LIKE 'sqlite%' \
                   AND NOT EXISTS (SELECT 1 FROM sqlite_schema v WHERE v.sql LIKE 'CREATE VIRTUAL%' \
                   AND m.name LIKE v.name || '\\_%' ESCAPE '\\') ORDER BY m.name, c.cid";
    let rows: Vec<SqliteRow> = sqlx::query(columns).fetch_all(&mut connection).await.expect("columns");
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows {
        tables.entry(row.get(0)).or_default().push(row.get(1));
    }
    let mut contents = BTreeMap::new();
    let line = |columns: &[String]| {
        let quoted: Vec<_> = columns.iter().map(|column| format!("quote(\"{column}\")")).collect();
        quoted.join(" || ',' || ")
    };
    for (table, select) in selects(tables, line) {
        let lines: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(&mut connection).await.expect("the rows of a table");
        contents.insert(table, told(&lines));
    }
    contents
}
