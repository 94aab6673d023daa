//! The contract of every port as tests of an adapter.
//!
//! A case is an ordinary `pub async fn` that panics where an adapter breaks a promise of its port's documentation. One
//! line turns all of them into tests:
//!
//! ```text
//! spotlight_core::storage_conformance!(MyFixture::new());
//! ```
//!
//! The expression makes a fixture, which gives fresh adapters; it is evaluated for each test. The caller needs `tokio`
//! with `macros` and `rt-multi-thread` among its development dependencies. To add a case, write the function in the file
//! of its port and name it in that port's list: [`storage`] for everything behind `Storage`, the file
//! itself for the others.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic at the line that found it")]

mod rounds;
pub mod samples;
pub mod storage;
mod support;

pub mod account;
pub mod analytics;
pub mod appointment;
pub mod assistant;
pub mod beside;
pub mod billing;
pub mod cache;
pub mod clock;
pub mod conversation;
pub mod delivery;
pub mod events;
pub mod files;
pub mod hand_off;
pub mod health;
pub mod lead;
pub mod lead_erase;
pub mod lead_list;
pub mod lead_merge;
pub mod lead_race;
pub mod lease;
pub mod limit;
pub mod mail;
pub mod notes;
pub mod organization;
pub mod outbox;
pub mod outside;
pub mod queue;
pub mod queue_add;
pub mod queue_ids;
pub mod queue_lease;
pub mod queue_limits;
pub mod queue_steer;
pub mod queue_unique;
pub mod queue_work;
pub mod record;
pub mod refusal;
pub mod say;
pub mod tenant;
pub mod transcript;
pub mod unit;
pub mod unit_jobs;
pub mod watched_bus;
pub mod webhook;

pub use self::rounds::rounds;
pub use self::storage::{STORAGE_CASES, StorageCase, StorageFixture};
