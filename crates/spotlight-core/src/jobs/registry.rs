//! Which job runs when a name is claimed.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::future::BoxFuture;

use super::{Job, JobContext, RetryPolicy, context::Watch};
use crate::{
    error::{Error, ErrorKind, Result, Retry},
    ports::ClaimedJob,
};

type Run<S> = Box<dyn Fn(Arc<S>, &ClaimedJob, Arc<Watch>) -> BoxFuture<'static, Result<Option<String>>> + Send + Sync>;

/// How a claimed job of one name is run.
pub(super) struct Handler<S> {
    pub(super) name: &'static str,
    pub(super) run: Run<S>,
    pub(super) timeout: Duration,
    pub(super) retry: RetryPolicy,
}

/// The jobs a worker knows.
pub struct Registry<S> {
    state: Arc<S>,
    handlers: HashMap<&'static str, Handler<S>>,
}

impl<S: Send + Sync + 'static> Registry<S> {
    /// Knows no job yet. Every job can reach `state`.
    pub fn new(state: S) -> Self {
        Self { state: Arc::new(state), handlers: HashMap::new() }
    }

    /// Knows a job by its name; a second one of the same name takes its place.
    #[must_use]
    pub fn with<J: Job<State = S>>(mut self) -> Self {
        let run: Run<S> = Box::new(|state, job, watch| {
            let read = J::read(job.version, &job.payload);
            let keeps = !job.keep_result.is_zero();
            let ctx = JobContext::new(state, job, watch);
            Box::pin(async move {
                let output = read?.run(ctx).await?;
                if !keeps {
                    return Ok(None);
                }
                serde_json::to_string(&output)
                    .map(Some)
                    .map_err(|error| Error::internal("what a job returned is no JSON").with_source(error))
            })
        });
        self.handlers.insert(J::NAME, Handler { name: J::NAME, run, timeout: J::TIMEOUT, retry: J::RETRY });
        self
    }

    /// The names it knows, sorted.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.handlers.keys().copied().collect();
        names.sort_unstable();
        names
    }

    pub(super) fn state(&self) -> Arc<S> {
        Arc::clone(&self.state)
    }

    /// How a job is run.
    ///
    /// # Errors
    /// `Corrupt`, to be tried again: during a deploy a newer program may have left it, and may run it.
    pub(super) fn handler(&self, name: &str) -> Result<&Handler<S>> {
        self.handlers.get(name).ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, "no job has this name here; a newer version may have left it")
                .with_retry(Retry::Backoff)
        })
    }
}
