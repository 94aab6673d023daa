//! Every port in memory: for tests, for demonstrations, and as the plainest reading of the contracts.
//!
//! The adapters keep every promise of their ports but durability, and pass the same suites as the others. Files mirror
//! [`ports`](crate::ports): a table and the repository over it are in the file of the port.
//!
//! To add a query, write it in the file of its port, over an index of that table; to add a table, name it in `tables`
//! and its repository in `unit`.

mod account;
mod analytics;
mod appointment;
mod assistant;
mod audit;
mod billing;
mod cache;
mod consent;
mod conversation;
mod deployment;
mod events;
mod files;
mod flag;
mod idempotency;
mod lead;
mod lease;
mod limit;
mod mail;
mod map;
mod organization;
mod outbox;
mod page;
mod provider;
mod queue;
mod report;
mod sender;
mod speech;
mod storage;
mod tables;
#[cfg(test)]
mod tests;
mod unit;
mod webhook;

pub use self::{
    cache::MemoryCache,
    events::{EventLimits, MemoryEventBus},
    files::MemoryFileStore,
    limit::MemoryRateLimiter,
    mail::MemoryMailer,
    provider::MemoryBillingProvider,
    queue::MemoryQueue,
    sender::MemoryWebhookSender,
    speech::{MemoryRecognizer, MemorySynthesizer},
    storage::MemoryStorage,
};
