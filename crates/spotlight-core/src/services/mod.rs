//! Use cases: authorization, audit and idempotency act here, whoever calls.

pub mod accounts;
pub mod analytics;
pub mod appointments;
pub mod assistants;
pub(crate) mod capture;
pub mod context;
pub mod conversations;
pub(crate) mod deps;
pub mod jobs;
pub mod leads;
pub mod organizations;
pub(crate) mod passwords;
pub mod platform;
pub mod public;
pub mod turn;

pub use self::{
    context::Context,
    platform::{Spotlight, SpotlightBuilder},
};
