//! How many connections the server takes.

use spotlight_core::Result;

use super::{
    db::{PgDb, query},
    row::Row,
    sql::statements,
    storage::PgStorage,
};

statements! {
    PLACES = [
        "SELECT current_setting('max_connections')::bigint, current_setting('superuser_reserved_connections')::bigint \
         + coalesce(current_setting('reserved_connections', true)::bigint, 0)"
    ];
}

/// Connections that a server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PgPlaces {
    /// All of them: `max_connections`.
    pub all: u32,
    /// Those kept for administrators.
    pub reserved: u32,
}

impl PgStorage {
    /// How many connections the server takes. Behind a pooler it is the server's number that is told, not the pooler's.
    ///
    /// # Errors
    /// `Unavailable` or `Timeout`.
    pub async fn places(&self) -> Result<PgPlaces> {
        let rows = PgDb::Pool(self.database()).fetch_all(query(PLACES)).await?;
        let row = rows.first().ok_or_else(|| spotlight_core::Error::internal("the server told nothing of itself"))?;
        let mut row = Row::new("settings", row);
        Ok(PgPlaces { all: row.number()?, reserved: row.number()? })
    }
}
