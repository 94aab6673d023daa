//! Storage in one SQLite file: one connection writes, others read beside it.
//!
//! - The file is in WAL mode with `synchronous = FULL`: a committed unit outlives a crash and a power cut.
//! - A unit of work holds the writing connection (`BEGIN IMMEDIATE`) until it ends; the next one waits in turn. So a
//!   task that holds a unit and begins another waits for itself, and is told so by `Unavailable` after the time-out.
//! - Another process, as the command line, can use the same file at the same time.
//! - Ids are 16 bytes, instants microseconds, nested values JSON text. Searching is by FTS5, see `search`.

mod account;
mod analytics;
mod appointment;
mod assistant;
mod audit;
mod billing;
mod codec;
mod consent;
mod conversation;
mod db;
mod deployment;
mod error;
mod flag;
mod idempotency;
mod lead;
mod lease;
mod list;
mod open;
mod options;
mod organization;
mod outbox;
mod placement;
mod queue;
mod readers;
mod report;
mod repositories;
mod search;
mod sql;
mod storage;
#[cfg(test)]
mod tests;
mod webhook;
mod writer;

pub use self::{options::SqliteOptions, queue::SqliteQueue, storage::SqliteStorage};
