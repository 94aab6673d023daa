//! One job from claim to outcome.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use futures::{FutureExt, poll};
use tokio::time::Instant;
use tracing::Instrument;

use super::Shared;
use crate::{
    domain::{JobId, ProcessId},
    error::{Error, ErrorKind, Result, Retry},
    jobs::{context::Watch, registry::Handler},
    ports::{ClaimedJob, Outcome, Progress},
    trace::Trace,
};

/// The jobs that are under way, for heartbeats and cancelling.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<HashMap<JobId, Held>>);

#[derive(Debug)]
struct Held {
    process: ProcessId,
    claim: i64,
    watch: Arc<Watch>,
}

impl Running {
    fn jobs(&self) -> std::sync::MutexGuard<'_, HashMap<JobId, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What jobs of a process told since the last time.
    pub(super) fn progress(&self, process: ProcessId) -> Vec<Progress> {
        let told = |(id, held): (&JobId, &Held)| held.watch.take_progress(*id, held.claim);
        self.jobs().iter().filter(|(_, held)| held.process == process).filter_map(told).collect()
    }

    pub(super) fn cancel(&self, ids: &[JobId]) {
        let jobs = self.jobs();
        ids.iter().filter_map(|id| jobs.get(id)).for_each(|held| held.watch.cancelled.cancel());
    }

    /// Drops the jobs of a process that was given up: others run them.
    pub(super) fn lose(&self, process: ProcessId) {
        self.jobs().values().filter(|held| held.process == process).for_each(|held| held.watch.lost.cancel());
    }

    /// Drops every job.
    pub(super) fn stop_all(&self) {
        self.jobs().values().for_each(|held| held.watch.lost.cancel());
    }
}

/// Takes a job off the list, also when the future that runs it is dropped.
struct Listed<'a>(&'a Running, JobId);

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.0.jobs().remove(&self.1);
    }
}

/// How a try ended.
enum Ending {
    Returned(Result<Option<String>>),
    Cancelled,
    Stopped,
}

impl<S: Send + Sync + 'static> Shared<S> {
    /// Runs a job. A panic of it is its failure.
    pub(super) async fn work(&self, process: ProcessId, job: &ClaimedJob) -> Outcome {
        let handler = match self.registry.handler(&job.name) {
            Ok(handler) => handler,
            Err(error) => return self.failed(job, &error, &crate::jobs::RetryPolicy::USUAL),
        };
        let trace = match &job.trace {
            Some(cause) => cause.child(&*self.ids),
            None => Trace::begin(None, &*self.ids),
        };
        // Every line that is logged on the way names the job, whose it is, and the request that left it.
        let span = tracing::info_span!(
            "job",
            job = job.name,
            job_id = %job.id,
            organization = job.organization.map(tracing::field::display),
            attempt = job.attempt,
            request_id = trace.request_id(),
            trace_id = %trace.trace_id(),
            span_id = %trace.span_id(),
            parent_span_id = trace.parent().map(tracing::field::display),
            sampled = trace.is_sampled(),
            outcome = tracing::field::Empty,
        );
        span.in_scope(|| tracing::debug!("a job begins"));
        let began = Instant::now();
        let ending = trace.scope(self.attempt(process, job, handler)).instrument(span.clone()).await;
        let _job = span.enter();
        let (outcome, word) = self.ended(job, handler, ending);
        span.record("outcome", word);
        if let Some(metrics) = &self.metrics {
            metrics.jobs.with([handler.name, word], |times| times.took(began.elapsed()));
        }
        outcome
    }

    /// The outcome, and its word for logs and figures.
    fn ended(&self, job: &ClaimedJob, handler: &Handler<S>, ending: Ending) -> (Outcome, &'static str) {
        match ending {
            Ending::Returned(Ok(result)) => {
                self.health.done.fetch_add(1, Ordering::Relaxed);
                (Outcome::Done(result), "done")
            }
            Ending::Returned(Err(error)) => match self.failed(job, &error, &handler.retry) {
                dead @ Outcome::Dead { .. } => (dead, "dead"),
                // The queue gives it up after its last try.
                last if job.attempt >= job.max_attempts => (last, "dead"),
                again => (again, "failed"),
            },
            Ending::Cancelled => (Outcome::Cancelled, "cancelled"),
            Ending::Stopped => {
                let error = "the process that ran it stopped".to_owned();
                (Outcome::Retry { after: std::time::Duration::ZERO, error }, "stopped")
            }
        }
    }

    async fn attempt(&self, process: ProcessId, job: &ClaimedJob, handler: &Handler<S>) -> Ending {
        let began = Instant::now();
        let watch = Arc::new(Watch::default());
        // Reading the payload belongs to the job: it can fail, and code that is not ours reads it.
        let run = async { (handler.run)(self.registry.state(), job, Arc::clone(&watch)).await };
        let mut run = std::pin::pin!(AssertUnwindSafe(run).catch_unwind());
        // Most short jobs end at once, and need neither a timer nor a place in the list.
        if let std::task::Poll::Ready(ended) = poll!(run.as_mut()) {
            return Ending::Returned(flat(ended));
        }
        self.running.jobs().insert(job.id, Held { process, claim: job.claim, watch: Arc::clone(&watch) });
        let _listed = Listed(&self.running, job.id);
        tokio::select! {
            biased;
            ended = run => Ending::Returned(flat(ended)),
            () = watch.cancelled.cancelled() => Ending::Cancelled,
            () = watch.lost.cancelled() => Ending::Stopped,
            () = tokio::time::sleep_until(began + handler.timeout) => {
                Ending::Returned(Err(Error::new(ErrorKind::Timeout, "the job took too long")))
            }
        }
    }

    fn failed(&self, job: &ClaimedJob, error: &Error, policy: &crate::jobs::RetryPolicy) -> Outcome {
        self.health.failed.fetch_add(1, Ordering::Relaxed);
        let outcome = policy.outcome(error, job.attempt, job.id);
        let last = job.attempt >= job.max_attempts || matches!(outcome, Outcome::Dead { .. });
        let (name, attempt) = (&job.name, job.attempt);
        if last {
            tracing::error!(job = name, job_id = %job.id, attempt, error = error.chain(), "a job failed for good");
        } else {
            tracing::warn!(job = name, job_id = %job.id, attempt, error = error.chain(), "a job failed; it runs again");
        }
        outcome
    }
}

/// A panic as an error that is worth another try.
fn flat(ended: std::thread::Result<Result<Option<String>>>) -> Result<Option<String>> {
    ended.unwrap_or_else(|_| Err(Error::internal("the job panicked").with_retry(Retry::Backoff)))
}
