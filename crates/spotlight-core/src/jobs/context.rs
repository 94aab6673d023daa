//! What a running job knows of itself.

use std::sync::{Arc, Mutex, PoisonError};

use spotlight_derive::RedactedDebug;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{BatchId, JobId, OrganizationId, time::Timestamp},
    ports::{ClaimedJob, Progress},
};

/// The facts of a running job, and its way to tell how far it is.
pub struct JobContext<S> {
    /// What every job of the worker can reach.
    pub state: Arc<S>,
    /// Identity; the same in every try.
    pub id: JobId,
    /// This try, from 1.
    pub attempt: u16,
    /// Tries before it is dead.
    pub max_attempts: u16,
    /// The tenant, when it has one.
    pub organization: Option<OrganizationId>,
    /// Its batch, when it has one.
    pub batch: Option<BatchId>,
    /// When it was added.
    pub enqueued_at: Timestamp,
    /// The claim: no two runs have the same.
    pub(crate) claim: i64,
    pub(crate) watch: Arc<Watch>,
}

/// What the worker keeps of a running job.
#[derive(RedactedDebug, Default)]
pub(crate) struct Watch {
    pub(crate) cancelled: CancellationToken,
    /// The claim is lost, or the process stops.
    pub(crate) lost: CancellationToken,
    progress: Mutex<Option<(u8, Option<String>)>>,
}

impl Watch {
    /// What was told since this was last asked.
    pub(crate) fn take_progress(&self, id: JobId, claim: i64) -> Option<Progress> {
        let told = self.progress.lock().unwrap_or_else(PoisonError::into_inner).take();
        told.map(|(percent, note)| Progress { id, claim, percent, note })
    }
}

impl<S> JobContext<S> {
    pub(crate) fn new(state: Arc<S>, job: &ClaimedJob, watch: Arc<Watch>) -> Self {
        Self {
            state,
            id: job.id,
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            organization: job.organization,
            batch: job.batch,
            enqueued_at: job.enqueued_at,
            claim: job.claim,
            watch,
        }
    }

    /// Tells how far the job is, in percent, and what it is doing (at most 200 characters, without personal data). It
    /// is stored with the next heartbeat; of several, the last.
    pub fn progress(&self, percent: u8, note: Option<&str>) {
        let note = note.map(|note| note.chars().take(200).collect());
        *self.watch.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some((percent.min(100), note));
    }

    /// Whether the job was cancelled. It is dropped at its next await then; one that computes for long should ask.
    pub fn is_cancelled(&self) -> bool {
        self.watch.cancelled.is_cancelled()
    }
}
