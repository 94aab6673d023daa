//! A typed job: what it is called, where it waits, how it is tried again, and what it does.

use std::{future::Future, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::{JobContext, RetryPolicy};
use crate::{
    domain::{OrganizationId, time::Timestamp},
    error::{Error, ErrorKind, Result},
    ports::{Concurrency, JobSpec, Rate, Unique},
    trace::Trace,
};

/// Work that runs later, at least once: an effect outside must be harmless when it happens twice.
///
/// The value is the payload: it is stored as JSON, so it holds ids and no secrets or personal data. Everything but the
/// name, the state and `run` has a usual value.
///
/// ```
/// # use spotlight_core::{Result, jobs::{Job, JobContext}};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize)]
/// struct Greet {
///     name: String,
/// }
///
/// impl Job for Greet {
///     type State = ();
///     type Output = usize;
///     const NAME: &'static str = "greet";
///
///     async fn run(self, _ctx: JobContext<()>) -> Result<usize> {
///         Ok(self.name.len())
///     }
/// }
/// ```
pub trait Job: Serialize + DeserializeOwned + Send + 'static {
    /// What every job of a worker can reach: services, clients.
    type State: Send + Sync + 'static;
    /// What it returns; kept when [`keep_result`](Self::keep_result) says so.
    type Output: Serialize + Send;

    /// Its name in the store, for good: 1 to 100 bytes.
    const NAME: &'static str;
    /// The queue it waits in.
    const QUEUE: &'static str = "default";
    /// The shape of the payload. Raise it when an older program could not read the new one.
    const VERSION: u16 = 1;
    /// The longest a try may take; after that it is dropped at its next await and counts as failed.
    const TIMEOUT: Duration = Duration::from_mins(5);
    /// How it is tried again.
    const RETRY: RetryPolicy = RetryPolicy::USUAL;

    /// Among the ready jobs of a queue the smallest runs first.
    fn priority(&self) -> i16 {
        0
    }

    /// The tenant it works for.
    fn organization(&self) -> Option<OrganizationId> {
        None
    }

    /// At most one such job at a time.
    fn unique(&self) -> Option<Unique> {
        None
    }

    /// At most so many of a key at a time.
    fn concurrency(&self) -> Option<Concurrency> {
        None
    }

    /// At most so many starts of a key in a time.
    fn rate(&self) -> Option<Rate> {
        None
    }

    /// How long what it returns is kept.
    fn keep_result(&self) -> Duration {
        Duration::ZERO
    }

    /// Reads a payload of another version, older or newer.
    ///
    /// # Errors
    /// `Corrupt` unless the job knows how; it is then tried again later, since a newer program may know.
    fn read(version: u16, payload: &str) -> Result<Self> {
        if version != Self::VERSION {
            let text = format!(
                "the payload of a {} job has version {version}, and this program reads {}",
                Self::NAME,
                Self::VERSION
            );
            return Err(Error::new(ErrorKind::Corrupt, text).with_retry(crate::error::Retry::Backoff));
        }
        serde_json::from_str(payload).map_err(|error| {
            Error::new(ErrorKind::Corrupt, format!("the payload of a {} job cannot be read", Self::NAME))
                .with_source(error)
        })
    }

    /// Does the work. It can be dropped at any await: at its timeout, when it is cancelled, or when the process stops.
    ///
    /// # Errors
    /// One that can be retried has it run again, after a pause of the policy or the one that the error names; any other
    /// makes it dead.
    fn run(self, ctx: JobContext<Self::State>) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// A job as it is added to a queue, for `run_at` or at once. It belongs to the trace of whoever asks.
///
/// # Errors
/// `Internal` when the payload cannot be written as JSON.
pub fn spec<J: Job>(job: &J, run_at: Option<Timestamp>) -> Result<JobSpec> {
    let payload = serde_json::to_string(job)
        .map_err(|error| Error::internal(format!("a {} job cannot be written as JSON", J::NAME)).with_source(error))?;
    Ok(JobSpec {
        name: J::NAME.to_owned(),
        queue: J::QUEUE.to_owned(),
        organization: job.organization(),
        payload,
        version: J::VERSION,
        priority: job.priority(),
        run_at,
        max_attempts: J::RETRY.max_attempts,
        unique: job.unique(),
        concurrency: job.concurrency(),
        rate: job.rate(),
        keep_result: job.keep_result(),
        trace: Trace::current(),
    })
}
