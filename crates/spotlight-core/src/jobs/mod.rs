//! Work that runs later: typed jobs, the worker that runs them, and the platform's own.
//!
//! What services leave behind is a job that commits with its cause and runs at least once afterwards. To add one, write
//! the type and its [`Job`] in the file of its subject, name it in `platform`, and have a service leave it.

pub(crate) mod analysis;
pub(crate) mod billing;
mod context;
pub(crate) mod email;
mod job;
mod look;
pub(crate) mod mail;
pub(crate) mod platform;
mod platform_worker;
mod registry;
mod relay;
pub(crate) mod rescore;
mod retry;
mod schedule;
mod send;
pub(crate) mod upkeep;
pub(crate) mod webhook;
pub mod worker;

pub(crate) use self::platform::leave;
pub use self::{
    context::JobContext,
    job::{Job, spec},
    platform::QUEUES,
    platform_worker::PlatformWorker,
    registry::Registry,
    retry::RetryPolicy,
    schedule::{Missed, Schedule},
    worker::{PoolOptions, Share, Worker, WorkerHealth, WorkerOptions},
};
