//! Entities, value types and their rules: pure, without async and without I/O.

pub mod appointment;
pub mod assistant;
pub mod audit;
pub mod billing;
pub mod consent;
pub mod contact;
pub mod conversation;
pub mod deployment;
pub mod destination;
pub mod event;
pub mod flag;
pub mod id;
pub mod invitation;
pub mod lead;
pub(crate) mod macros;
pub mod money;
pub mod organization;
pub mod redact;
pub mod report;
pub mod schedule;
pub mod score;
pub mod scoring;
pub mod second_factor;
pub mod slots;
pub mod time;
pub mod user;
pub mod webhook;

pub use self::id::*;
