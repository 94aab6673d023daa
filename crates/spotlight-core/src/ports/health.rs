//! Signs of health: one question about something the process depends on, and what was found.
//!
//! To add a check, implement [`HealthCheck`] and give it to `SpotlightBuilder::health_check`. It is then shown in
//! `/health`, and where it is needed for traffic, `/ready` asks it too.

use std::time::Duration;

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use crate::{domain::macros::words, error::Result};

/// How long a check may take unless it says otherwise. With the second for which an answer is kept, what is away is told
/// within two; and probes of orchestrators wait for one.
const TIMEOUT: Duration = Duration::from_millis(700);

words! {
    /// How something is; the later, the worse.
    HealthStatus, "status" {
        /// The deployment does not use it.
        Disabled = "disabled",
        /// As it should be.
        Ok = "ok",
        /// It works, and somebody should look at it.
        Warning = "warning",
        /// It does not work.
        Error = "error",
    }
}

words! {
    /// What kind of thing was asked, in the words of `application/health+json`.
    HealthComponent, "component" {
        /// A part of the application, or something it calls.
        Component = "component",
        /// A database, a cache, a queue.
        Datastore = "datastore",
        /// The machine.
        System = "system",
    }
}

/// A figure of a finding.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub enum HealthValue {
    /// A number of things.
    Number(u64),
    /// A share of the whole; shown as `45%`.
    Percent(u8),
    /// Words.
    Text(#[debug(shown = "a figure that anybody may ask for")] String),
}

/// A figure of a finding, with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthDetail {
    /// Its name in snake case, as `queue_size`. Not `status`, `response_time`, `error` or `warning`.
    pub name: &'static str,
    /// What was seen.
    pub value: HealthValue,
    /// The unit, or the things that were counted, as `jobs`.
    pub unit: &'static str,
}

/// What a check found. All of it is shown to whoever asks: no host, no user, no secret.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it is.
    pub status: HealthStatus,
    /// How long it took to answer, where that says something.
    pub response_time: Option<Duration>,
    /// What was seen.
    pub details: Vec<HealthDetail>,
    /// Why it is not `ok`.
    pub message: Option<String>,
}

impl Finding {
    /// A finding of this status, and nothing else.
    pub const fn new(status: HealthStatus) -> Self {
        Self { status, response_time: None, details: Vec::new(), message: None }
    }

    /// It is as it should be.
    pub const fn ok() -> Self {
        Self::new(HealthStatus::Ok)
    }

    /// The same, and how long it took to answer.
    #[must_use]
    pub const fn took(mut self, time: Duration) -> Self {
        self.response_time = Some(time);
        self
    }

    /// The same with a figure.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: HealthValue, unit: &'static str) -> Self {
        self.details.push(HealthDetail { name, value, unit });
        self
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

/// What a check is about.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct HealthSubject {
    /// Its name in the documents: 1 to 64 of `a-z`, `0-9` and `_`.
    #[debug(shown = "the program names its checks")]
    pub name: String,
    /// What kind of thing it is.
    pub component: HealthComponent,
    /// Without it the process cannot answer requests: `/ready` asks for it, and fails with it. What the platform does
    /// without is not needed: every process that shares it would be taken out of service at once.
    pub needed: bool,
    /// After which it counts as failed.
    pub timeout: Duration,
}

impl HealthSubject {
    /// A part of the application that is not needed for traffic, and has 700 ms to answer.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), component: HealthComponent::Component, needed: false, timeout: TIMEOUT }
    }

    /// The same of another kind.
    #[must_use]
    pub const fn of(mut self, component: HealthComponent) -> Self {
        self.component = component;
        self
    }

    /// The same, and no traffic without it.
    #[must_use]
    pub const fn needed(mut self) -> Self {
        self.needed = true;
        self
    }

    /// The same with another time to answer.
    #[must_use]
    pub const fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// Asks something how it is.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait HealthCheck: Send + Sync {
    /// What it is about. Always the same.
    fn subject(&self) -> HealthSubject;

    /// Asks once. Whoever calls sees to it that a flood of probes asks at most once a second, and that no question is
    /// asked while the one before is open.
    ///
    /// # Errors
    /// Any, when it cannot be found out. The finding is `error` then, with a fixed text for the kind of the error; what
    /// the error says goes to the log alone.
    ///
    /// # Cancel safety
    /// It is dropped when its time is over, and asked again later.
    async fn check(&self) -> Result<Finding>;
}
