//! Work that services leave behind: it commits with its cause, and runs at least once afterwards.
//!
//! Until the job queue arrives, one runner in the process takes jobs from the outbox; a row goes only when its work is
//! done, so that nothing accepted is lost over a restart.

pub(crate) mod analysis;
mod context;
pub(crate) mod email;
mod job;
pub(crate) mod mail;
mod registry;
mod relay;
pub(crate) mod rescore;
mod retry;
pub(crate) mod runner;
mod schedule;
pub(crate) mod upkeep;
pub mod worker;

use chrono::Duration;
use serde_json::{Value, json};

pub use self::{
    context::JobContext,
    job::{Job, spec},
    registry::Registry,
    retry::RetryPolicy,
    runner::Runner,
    schedule::{Missed, Schedule},
    worker::{PoolOptions, Share, Worker, WorkerHealth, WorkerOptions},
};
use crate::{
    domain::{
        OrganizationId,
        appointment::{Appointment, AppointmentStatus},
        conversation::Conversation,
        report::EndedReason,
        time::Timestamp,
    },
    ports::NewJob,
};

/// The names of jobs, as stored.
pub mod names {
    /// Scores and summarises a conversation, and rescores its lead.
    pub const ANALYZE_CONVERSATION: &str = "analyze_conversation";
    /// Writes a lead's score anew.
    pub const SCORE_LEAD: &str = "score_lead";
    /// Has every lead of an organization scored anew.
    pub const SCORE_LEADS: &str = "score_leads";
    /// Sends the invitation, change or cancellation of an appointment.
    pub const SEND_INVITATION: &str = "send_invitation";
    /// Reminds of an appointment.
    pub const REMIND_APPOINTMENT: &str = "remind_appointment";
    /// Sends a message to a person of the team.
    pub const SEND_EMAIL: &str = "send_email";
    /// Removes a file of erased or outdated data.
    pub const DELETE_FILE: &str = "delete_file";
}

/// Hours before an appointment at which both sides are reminded.
const REMIND_HOURS: [i64; 2] = [24, 1];

/// Removes a file that nothing refers to any more.
pub(crate) fn delete_file(organization: OrganizationId, key: &str) -> NewJob {
    NewJob {
        organization_id: Some(organization),
        name: names::DELETE_FILE.to_owned(),
        payload: json!({ "key": key }),
        run_at: None,
        unique_key: None,
    }
}

/// Analyses a conversation as it stands. With a reason it has just ended, and a report is made too.
pub(crate) fn analyze_conversation(conversation: &Conversation, ended: Option<EndedReason>) -> NewJob {
    let id = conversation.id;
    NewJob {
        organization_id: Some(conversation.organization_id),
        name: names::ANALYZE_CONVERSATION.to_owned(),
        payload: json!({ "conversation_id": id, "ended_reason": ended }),
        run_at: None,
        // The number of the last utterance is part of the key: a job that has read its facts does not stand for one
        // that must read newer ones.
        unique_key: ended.is_none().then(|| format!("analyze:{id}:{}", conversation.last_seq)),
    }
}

/// Tells both sides of an appointment as it stands now: an invitation, change or cancellation.
pub(crate) fn invitation(appointment: &Appointment) -> NewJob {
    let id = appointment.id;
    let facts = json!({ "appointment_id": id, "sequence": appointment.sequence, "status": appointment.status });
    about(appointment, names::SEND_INVITATION, facts, None)
}

fn about(appointment: &Appointment, name: &str, payload: Value, run_at: Option<Timestamp>) -> NewJob {
    NewJob {
        organization_id: Some(appointment.organization_id),
        name: name.to_owned(),
        payload,
        run_at,
        unique_key: None,
    }
}

/// What is sent about an appointment as it stands now: an invitation, change or cancellation, and reminders.
pub(crate) fn appointment_mails(appointment: &Appointment, now: Timestamp) -> Vec<NewJob> {
    let id = appointment.id;
    let mut mails = vec![invitation(appointment)];
    if matches!(appointment.status, AppointmentStatus::Scheduled | AppointmentStatus::Confirmed) {
        for hours in REMIND_HOURS {
            let at = appointment.starts_at - Duration::hours(hours);
            if at > now {
                let facts = json!({ "appointment_id": id, "sequence": appointment.sequence, "hours": hours });
                mails.push(about(appointment, names::REMIND_APPOINTMENT, facts, Some(at)));
            }
        }
    }
    mails
}
