//! Domain, use cases and ports of the Spotlight platform SDK.

pub mod caching;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod decorators;
pub mod domain;
pub mod error;
pub mod jobs;
pub mod local;
pub mod memory;
pub mod metrics;
pub mod ports;
pub mod scripted;
pub mod sentiment;
pub mod services;
pub mod text;
pub mod trace;

pub use self::error::{Error, ErrorKind, Result, Retry, Violation, Violations};
pub use self::services::{Context, Spotlight, SpotlightBuilder};
