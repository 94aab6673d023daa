//! Every column of a lead, decoded without the SDK.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use spotlight_core::domain::scoring::{Criteria, Reason};
use sqlx::{Result, Row, postgres::PgRow, sqlite::SqliteRow, types::Json};
use uuid::Uuid;

/// A lead as a table holds it. Instants are what the database gives: an instant, or microseconds.
#[derive(Debug)]
#[expect(missing_docs, reason = "named as the columns are")]
pub struct BareLead<At> {
    pub organization_id: Uuid,
    pub id: Uuid,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub source: String,
    pub status: String,
    pub score: Option<i16>,
    pub score_reasons: Vec<Reason>,
    pub criteria: Criteria,
    pub qualified: bool,
    pub owner_id: Option<Uuid>,
    pub needs_review: bool,
    pub merged_into: Option<Uuid>,
    pub metadata: Map<String, Value>,
    pub last_conversation_at: Option<At>,
    pub erased_at: Option<At>,
    pub deleted_at: Option<At>,
    pub created_at: At,
    pub updated_at: At,
    pub version: i64,
}

/// A row by the places of its columns, which is the quickest way the driver has.
pub trait Decode: Sized {
    /// The instants of the database.
    type At;

    /// Every column.
    ///
    /// # Errors
    /// Those of the driver.
    fn lead(&self) -> Result<BareLead<Self::At>>;
}

/// `first` is the place of `organization_id` and `id`, `name` that of the columns from the name on.
macro_rules! decode {
    ($row:ty, $at:ty, first: $first:expr, name: $name:expr, version: $version:expr) => {
        impl Decode for $row {
            type At = $at;

            fn lead(&self) -> Result<BareLead<$at>> {
                let json = |at| self.try_get::<Json<Map<String, Value>>, usize>(at);
                Ok(BareLead {
                    organization_id: self.try_get($first)?,
                    id: self.try_get($first + 1)?,
                    name: self.try_get($name)?,
                    email: self.try_get($name + 1)?,
                    phone: self.try_get($name + 2)?,
                    company: self.try_get($name + 3)?,
                    source: self.try_get($name + 4)?,
                    status: self.try_get($name + 5)?,
                    score: self.try_get($name + 6)?,
                    score_reasons: self.try_get::<Json<Vec<Reason>>, _>($name + 7)?.0,
                    criteria: self.try_get::<Json<Criteria>, _>($name + 8)?.0,
                    qualified: self.try_get($name + 9)?,
                    owner_id: self.try_get($name + 10)?,
                    needs_review: self.try_get($name + 11)?,
                    merged_into: self.try_get($name + 12)?,
                    metadata: json($name + 13)?.0,
                    last_conversation_at: self.try_get($name + 14)?,
                    erased_at: self.try_get($name + 15)?,
                    deleted_at: self.try_get($name + 16)?,
                    created_at: self.try_get($name + 17)?,
                    updated_at: self.try_get($name + 18)?,
                    version: self.try_get($version)?,
                })
            }
        }
    };
}

decode!(PgRow, DateTime<Utc>, first: 0, name: 2, version: 21);
decode!(SqliteRow, i64, first: 19, name: 0, version: 21);
