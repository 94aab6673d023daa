//! Spotlight's ports on real databases, one cargo feature each.
//!
//! | feature | type | for |
//! |---|---|---|
//! | `postgres` | [`postgres::PgStorage`] | a fleet of servers |
//! | `redis` | [`redis::RedisClient`] | what a fleet shares beside its storage: limits, cache, events, jobs |
//! | `sqlite` | [`sqlite::SqliteStorage`] | one server, nothing else installed |
//!
//! Every file of an adapter mirrors the file of the same name under `spotlight-core/src/ports`, so a new query has one
//! place in each. An adapter is right when it passes `spotlight_core::storage_conformance!`.
//!
//! How to add a query: declare it in the port, add its conformance case, then add it to the file of that name in each
//! adapter. How to add a column: a new file in both folders of `migrations/`, expanding first (see
//! `migrations/README.md`).

#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod shared;
#[cfg(feature = "sqlite")]
pub mod sqlite;
