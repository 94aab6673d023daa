//! Postgres, directly or through a transaction pooler.
//!
//! A read is one round trip; a unit of work is one transaction at read committed. Writes look before they write, so
//! that a conflict costs no savepoint and leaves the transaction usable.

mod account;
mod analytics;
mod appointment;
mod assistant;
mod audit;
mod billing;
mod consent;
mod conversation;
mod db;
mod deployment;
mod error;
mod events;
mod flag;
mod idempotency;
mod lead;
mod lease;
mod migrate;
mod notes;
mod options;
mod organization;
mod outbox;
mod placement;
mod places;
mod queue;
mod replicas;
mod report;
mod row;
mod sql;
mod statements;
mod storage;
mod tx;
mod webhook;
mod write;

pub use self::{
    events::{PgEventBus, PgEventLimits},
    migrate::{newest_migration, schema_fingerprint},
    options::{PgOptions, SIFT_SETTINGS},
    places::PgPlaces,
    queue::PgQueue,
    replicas::{LOG_REPLAYED, LOG_WRITTEN},
    statements::{Statement, statements},
    storage::PgStorage,
};
