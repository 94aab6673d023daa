//! Work in the background. What it works on is not shown: it can name people.

use spotlight_core::{
    domain::time::Timestamp,
    ports::{DeadRow, JobState, QueueFigures},
    services::jobs::{SeenJob, SeenSchedule},
};

use crate::output::{Attributes, Relation, Resource, output};

output! {
    /// A job.
    JobAttributes as "Job" {
        /// What it does.
        name: String,
        /// Its queue.
        queue: String,
        /// Where it stands.
        state: JobState,
        /// Tries begun.
        attempts: u32,
        /// Tries before it is given up.
        max_attempts: u32,
        /// What went wrong last.
        last_error: Option<String>,
        /// When it was added.
        enqueued_at: Timestamp,
        /// When it runs, while it waits for its time.
        run_at: Option<Timestamp>,
        /// When it ended or was given up.
        finished_at: Option<Timestamp>,
    }
}

impl Attributes for JobAttributes {
    const KIND: &'static str = "job";
}

pub(super) fn job(job: SeenJob) -> Resource<JobAttributes> {
    let attributes = JobAttributes {
        name: job.name,
        queue: job.queue,
        state: job.state,
        attempts: job.attempts.into(),
        max_attempts: job.max_attempts.into(),
        last_error: job.last_error,
        enqueued_at: job.enqueued_at,
        run_at: job.run_at,
        finished_at: job.finished_at,
    };
    Resource::new(job.id, attributes)
}

output! {
    /// How a queue stands, with the jobs of every organization; its id is its name.
    QueueAttributes as "Queue" {
        /// Jobs that could run now.
        ready: u64,
        /// Jobs that wait for their time.
        scheduled: u64,
        /// Jobs that wait for others of their key.
        blocked: u64,
        /// Jobs that are worked on.
        running: u64,
        /// Jobs that were given up.
        dead: u64,
        /// Milliseconds since the oldest ready job became ready.
        oldest_ready_ms: Option<u64>,
        /// Nothing is taken from it.
        paused: bool,
    }
}

impl Attributes for QueueAttributes {
    const KIND: &'static str = "queue";
}

pub(super) fn queue(figures: QueueFigures) -> Resource<QueueAttributes> {
    let attributes = QueueAttributes {
        ready: figures.ready,
        scheduled: figures.scheduled,
        blocked: figures.blocked,
        running: figures.running,
        dead: figures.dead,
        oldest_ready_ms: figures.oldest_ready_ms,
        paused: figures.paused,
    };
    Resource::new(figures.queue, attributes)
}

output! {
    /// Something that recurs; its id is the job that it adds.
    ScheduleAttributes as "Schedule" {
        /// When, as a cron pattern in UTC.
        pattern: String,
        /// When next.
        next_at: Option<Timestamp>,
    }
}

impl Attributes for ScheduleAttributes {
    const KIND: &'static str = "schedule";
}

pub(super) fn schedule(seen: SeenSchedule) -> Resource<ScheduleAttributes> {
    Resource::new(seen.name, ScheduleAttributes { pattern: seen.pattern, next_at: seen.next_at })
}

output! {
    /// An event that was given up, or a job that never reached the queue.
    DeadEventAttributes as "DeadEvent" {
        /// `event` or `job`.
        kind: &'static str,
        /// The event's type, or what the job does.
        name: String,
        /// Tries begun.
        attempts: u32,
        /// What went wrong last.
        last_error: String,
        /// When it was added.
        created_at: Timestamp,
        /// When it was given up.
        dead_at: Timestamp,
    }
}

impl Attributes for DeadEventAttributes {
    const KIND: &'static str = "dead_event";
    const RELATIONS: &'static [Relation] = &[Relation::one("conversation", "conversation")];
}

pub(super) fn event(row: DeadRow) -> Resource<DeadEventAttributes> {
    let attributes = DeadEventAttributes {
        kind: row.kind.as_str(),
        name: row.name,
        attempts: row.attempts,
        last_error: row.last_error,
        created_at: row.created_at,
        dead_at: row.dead_at,
    };
    Resource::new(row.id, attributes).refers_to("conversation", row.conversation_id)
}
