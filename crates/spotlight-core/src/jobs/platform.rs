//! The platform's own jobs: which there are, and when those recur that nobody adds.

use chrono_tz::Tz;

use super::{
    Job, JobContext, Missed, Registry, Schedule,
    analysis::AnalyzeConversation,
    billing::{NoteSubscription, ReportUsage, SyncSubscription, SyncSubscriptions},
    email::SendEmail,
    mail::{RemindAppointment, SendInvitation},
    rescore::{ScoreLead, ScoreLeads},
    spec,
    upkeep::{AbandonIdleConversations, ApplyRetention, DeleteFile, DeliverLate, ExpireHandOffs, ExpireSessions},
    webhook::DeliverWebhook,
};
use crate::{
    domain::{OrganizationId, time::Timestamp},
    error::{Error, ErrorKind, Result},
    ports::{JobSpec, UnitOfWork},
    services::deps::Deps,
};

/// The queues, most urgent first.
pub const QUEUES: [&str; 3] = ["critical", "default", "low"];

macro_rules! jobs {
    ($($job:ty),+ $(,)?) => {
        /// Every job, to be worked off.
        pub(crate) fn registry(deps: Deps) -> Registry<Deps> {
            Registry::new(deps)$(.with::<$job>())+
        }

        /// A job by its name and payload alone, as older versions kept them. One that is not known may be by a newer
        /// version.
        pub(super) fn of_older_version(name: &str, organization: Option<OrganizationId>, payload: String) -> JobSpec {
            let usual = JobSpec { organization, ..JobSpec::new(name, payload) };
            $(
                if name == <$job>::NAME {
                    let (queue, max_attempts) = (<$job>::QUEUE.to_owned(), <$job>::RETRY.max_attempts);
                    return JobSpec { queue, max_attempts, ..usual };
                }
            )+
            usual
        }
    };
}

jobs! {
    AbandonIdleConversations,
    AnalyzeConversation,
    ApplyRetention,
    DeleteFile,
    DeliverLate,
    DeliverWebhook,
    ExpireHandOffs,
    ExpireSessions,
    RemindAppointment,
    NoteSubscription,
    ReportUsage,
    ScoreLead,
    ScoreLeads,
    SendEmail,
    SendInvitation,
    SyncSubscription,
    SyncSubscriptions,
}

/// What recurs, once for the whole fleet.
pub(crate) fn schedules(deps: &Deps) -> Result<Vec<Schedule>> {
    let mut schedules = vec![
        recurring("* * * * *", || AbandonIdleConversations {})?,
        recurring("* * * * *", || ExpireHandOffs {})?,
        recurring("* * * * *", || ExpireSessions {})?,
        // It counts in days, and reads every organization.
        recurring("17 * * * *", || ApplyRetention {})?,
    ];
    if deps.billing.is_some() {
        schedules.push(recurring("*/15 * * * *", || ReportUsage {})?);
        schedules.push(recurring("42 * * * *", || SyncSubscriptions {})?);
    }
    if deps.webhooks.is_some() {
        schedules.push(recurring("*/5 * * * *", || DeliverLate {})?);
    }
    Ok(schedules)
}

/// A job without facts, by a cron pattern in UTC. What was missed is made up for once.
fn recurring<J: Job>(pattern: &str, job: fn() -> J) -> Result<Schedule> {
    // Whether it can be written is known now, and not at a tick.
    let written = spec(&job(), None)?;
    Schedule::cron(J::NAME, pattern, Tz::UTC, Missed::Latest, move |_| written.clone())
}

/// Leaves a job to the queue, with the commit of a unit.
pub(crate) async fn leave<J: Job>(unit: &dyn UnitOfWork, job: &J) -> Result<()> {
    unit.enqueue(spec(job, None)?).await.map(drop)
}

/// Leaves a job to the queue for an instant, with the commit of a unit.
pub(crate) async fn leave_until<J: Job>(unit: &dyn UnitOfWork, job: &J, run_at: Timestamp) -> Result<()> {
    unit.enqueue(spec(job, Some(run_at))?).await.map(drop)
}

/// The tenant of a job that has one.
///
/// # Errors
/// `Corrupt` without it.
pub(super) fn tenant(ctx: &JobContext<Deps>) -> Result<OrganizationId> {
    ctx.organization.ok_or_else(|| Error::new(ErrorKind::Corrupt, "the job lacks its organization"))
}
