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
//! of its port and name it in that port's list: [`storage`](self::storage) for everything behind `Storage`, the file
//! itself for the others.
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic at the line that found it")]

pub mod samples;
pub mod storage;
mod support;

pub mod lead;
pub mod unit;

pub use self::storage::{STORAGE_CASES, StorageCase, StorageFixture};
