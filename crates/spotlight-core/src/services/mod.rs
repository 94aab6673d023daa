//! Use cases: authorization, audit and idempotency act here, whoever calls.

pub mod accounts;
pub mod analytics;
pub mod appointments;
pub mod assistants;
pub mod audit;
pub mod billing;
pub(crate) mod capture;
pub mod consents;
pub mod context;
pub mod conversations;
pub mod deployment;
pub(crate) mod deps;
pub mod flags;
pub mod health;
pub mod hosts;
pub mod incoming;
pub mod jobs;
pub(crate) mod kept;
pub mod keys;
pub mod leads;
pub mod live;
pub mod mutation;
pub mod organizations;
pub(crate) mod passwords;
pub mod platform;
pub mod public;
pub mod reports;
pub mod sources;
pub(crate) mod together;
pub mod turn;
pub mod webhooks;

pub use self::{
    context::Context,
    platform::{Spotlight, SpotlightBuilder},
};
