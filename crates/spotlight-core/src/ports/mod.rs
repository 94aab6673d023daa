//! What the core needs of the world: one trait each, and the types beside it.
//!
//! A trait's documentation is its contract, and `conformance` tests it. The billing provider arrives with its first use:
//! until then the plan is `free`.

pub mod account;
pub mod analytics;
pub mod appointment;
pub mod assistant;
pub mod audit;
pub mod billing;
pub mod cache;
pub mod chat;
pub mod clock;
pub mod consent;
pub mod conversation;
pub mod deployment;
pub mod events;
pub mod files;
pub mod flag;
pub mod health;
pub mod idempotency;
pub mod lead;
pub mod lease;
pub mod limit;
pub mod mail;
pub mod metrics;
pub mod organization;
pub mod outbox;
pub mod page;
pub mod queue;
pub mod report;
pub mod speech;
pub mod storage;
pub mod webhook;

pub use self::{
    account::*, analytics::*, appointment::*, assistant::*, audit::*, billing::*, cache::*, chat::*, clock::*,
    consent::*, conversation::*, deployment::*, events::*, files::*, flag::*, health::*, idempotency::*, lead::*,
    lease::*, limit::*, mail::*, metrics::*, organization::*, outbox::*, page::*, queue::*, report::*, speech::*,
    storage::*, webhook::*,
};
