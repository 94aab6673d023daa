//! Events that were committed with their cause and are on their way; and jobs, where their queue is another store.

use async_trait::async_trait;
use serde_json::Value;
use spotlight_derive::RedactedDebug;

use super::queue::JobSpec;
use crate::{
    domain::{ConversationId, JobId, OrganizationId, OutboxId, time::Timestamp},
    error::Result,
    trace::Trace,
};

/// An event to publish after the commit.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct NewEvent {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Where it is heard: `conversation:{id}`, `leads` or `notifications`.
    pub channel: String,
    /// What happened, as `transcript_update` or `lead.qualified`.
    #[debug(shown = "the program names its events")]
    pub event_type: String,
    /// The conversation it is about.
    pub conversation_id: Option<ConversationId>,
    /// The facts: an object.
    pub data: Value,
    /// What it comes from: deliveries to webhook endpoints go on with it. Listeners are told nothing of it.
    pub trace: Option<Trace>,
}

/// What a row of the outbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutboxKind {
    /// Something to do, for a relay that brings it into the queue.
    Job,
    /// Something to tell.
    Event,
}

impl OutboxKind {
    /// The word used in storage.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Event => "event",
        }
    }
}

/// A row of the outbox.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct OutboxRow {
    /// Identity.
    pub id: OutboxId,
    /// The tenant, when it has one.
    pub organization_id: Option<OrganizationId>,
    /// A job's name or an event's type.
    #[debug(shown = "the program names its jobs and queues")]
    pub name: String,
    /// An event's channel.
    pub channel: Option<String>,
    /// The conversation an event is about.
    pub conversation_id: Option<ConversationId>,
    /// What an event tells. Of a job, only of one that an older version left: what it works on.
    pub payload: Value,
    /// What an event comes from. A job's is in [`spec`](Self::spec).
    pub trace: Option<Trace>,
    /// All of a job; none of an event, and of a job that an older version left: that is its name and payload alone.
    pub spec: Option<JobSpec>,
    /// The job of the queue that stands for a job that was sent: its own, or the one that holds its unique key.
    pub job: Option<JobId>,
    /// Tries begun, this one included.
    pub attempts: u32,
    /// The claim: completing needs it, and a newer claim makes it void.
    pub claim: i64,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A job that has gone from the outbox into the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Its row.
    pub id: OutboxId,
    /// The row's claim.
    pub claim: i64,
    /// The job of the queue that stands for it.
    pub job: JobId,
    /// When to look whether that has ended.
    pub look_at: Timestamp,
}

/// A row that was given up and waits for a person. What it works on stays out of it, since it can name people.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct DeadRow {
    /// Identity.
    pub id: OutboxId,
    /// A job or an event.
    pub kind: OutboxKind,
    /// A job's name or an event's type.
    #[debug(shown = "the program names its jobs and queues")]
    pub name: String,
    /// The conversation an event is about.
    pub conversation_id: Option<ConversationId>,
    /// Tries begun.
    pub attempts: u32,
    /// What went wrong last.
    pub last_error: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was given up.
    pub dead_at: Timestamp,
}

/// How full the outbox is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxStats {
    /// Rows that could run now.
    pub ready: u64,
    /// Rows that wait for their time.
    pub scheduled: u64,
    /// Rows that are claimed, and jobs that were sent.
    pub running: u64,
    /// Rows that were given up and wait for a person.
    pub dead: u64,
}

/// Keeps the outbox. A row goes only when its work is done.
///
/// A claim is void once its row was claimed anew, given back, given up or removed; the end of its time alone does not
/// make it void.
///
/// A job's row that was [`sent`](Self::sent) keeps its claim and is claimed no more: it stays until the job that stands
/// for it has ended, and is looked after from time to time.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait OutboxRepository: Send + Sync {
    /// Claims at most `limit` rows of a kind that are due at `now` and not claimed, or whose claim has ended at
    /// `now`. A claim lasts `lease_s` seconds. A job is due when it is added, whenever it is to run.
    ///
    /// # Ordering
    /// Rows whose claims have ended are taken before others. What is given is in the order of due time, then of adding.
    /// Two claims at once never give the same row.
    async fn claim(&self, kind: OutboxKind, now: Timestamp, lease_s: u32, limit: u32) -> Result<Vec<OutboxRow>>;

    /// Makes claims last `lease_s` seconds from `now`: rows and their claims. Gives how many; those that are void do not
    /// count.
    async fn extend(&self, rows: &[(OutboxId, i64)], now: Timestamp, lease_s: u32) -> Result<u64>;

    /// Notes for claimed jobs that they were sent, or for those that were sent before, which job stands for them now and
    /// when to look again. Gives how many; those whose claim is void do not count.
    async fn sent(&self, rows: &[Sent]) -> Result<u64>;

    /// Jobs that were sent and are to be looked after by `now`, at most `limit`. Costs one look at an index.
    ///
    /// # Ordering
    /// Those whose time came first.
    async fn overdue(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>>;

    /// The jobs that were sent and for which a job of the queue stands.
    ///
    /// # Ordering
    /// As they were added.
    async fn behind(&self, job: JobId) -> Result<Vec<OutboxRow>>;

    /// Removes a row whose work is done. False when the claim is void; the row stays then.
    async fn complete(&self, id: OutboxId, claim: i64) -> Result<bool>;

    /// Gives a row back to be tried again at `run_at`, with what went wrong. False when the claim is void. A job whose
    /// unique key another waiting job has is removed instead: that one stands for both.
    async fn retry(&self, id: OutboxId, claim: i64, run_at: Timestamp, error: &str) -> Result<bool>;

    /// Removes the rows of jobs that have ended, whatever their claims, and those for which they stand. A job's id is
    /// that of its row. Gives how many rows went.
    ///
    /// # Idempotency
    /// Rows that are gone count no more.
    async fn finish(&self, jobs: &[JobId]) -> Result<u64>;

    /// Gives a row up: it is kept with what went wrong and claimed no more. False when the claim is void.
    async fn bury(&self, id: OutboxId, claim: i64, error: &str) -> Result<bool>;

    /// An organization's rows of both kinds that were given up and whose id is after `after`, at most `limit`.
    ///
    /// # Ordering
    /// By id.
    async fn dead(&self, organization: OrganizationId, after: Option<OutboxId>, limit: u32) -> Result<Vec<DeadRow>>;

    /// Makes a row that was given up due at `now`, with no try begun. It no longer has its unique key, since another
    /// job may have it by now. False without such a row in the organization.
    ///
    /// # Ordering
    /// It comes after what was due before `now`.
    async fn revive(&self, organization: OrganizationId, id: OutboxId, now: Timestamp) -> Result<bool>;

    /// Removes a row that was given up. False without such a row in the organization.
    async fn discard(&self, organization: OrganizationId, id: OutboxId) -> Result<bool>;

    /// True when [`claim`](Self::claim) would find a row at `now`. Costs one look at an index, so that it can be asked
    /// many times a second, and needs no unit of work.
    async fn due(&self, kind: OutboxKind, now: Timestamp) -> Result<bool>;

    /// How full the outbox is at `now`. Counts every row: for figures and tests.
    async fn stats(&self, kind: OutboxKind, now: Timestamp) -> Result<OutboxStats>;
}
