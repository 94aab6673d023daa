//! The job queue: work that runs later, at least once, on any process of the fleet.
//!
//! Three traits share one store. [`JobProducer`] adds jobs, [`JobConsumer`] is what a worker process needs, and
//! [`JobInspector`] is for people: look, retry, cancel, pause. An adapter implements all three and is a [`JobQueue`].
//!
//! The life of a job:
//!
//! ```text
//! enqueue ─► scheduled ─► ready ─► running ─► done
//!                ▲          │ ▲       │  ├──► dead ──(retry by hand)──► ready
//!                │          ▼ │       │  └──► cancelled
//!                │        blocked     │        (its concurrency key is busy)
//!                └────── retry ───────┘
//! ```
//!
//! Time is the store's own, so that the clocks of processes do not matter: a delay is a duration, a lease is counted by
//! the store. An instant that a caller names (`run_at`) is compared with the store's clock.

mod consumer;
mod inspector;
mod job;
mod producer;

pub use self::{consumer::*, inspector::*, job::*, producer::*};

/// A whole queue: whatever adds, works off and inspects jobs.
pub trait JobQueue: JobProducer + JobConsumer + JobInspector {}

impl<T: JobProducer + JobConsumer + JobInspector + ?Sized> JobQueue for T {}
