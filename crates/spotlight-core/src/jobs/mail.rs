//! Messages about appointments.

use bytes::Bytes;
use chrono::Duration;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Job, JobContext,
    platform::{leave, leave_until, tenant},
};
use crate::{
    domain::{
        AppointmentId, OrganizationId,
        appointment::{Appointment, AppointmentStatus},
        contact::Email,
        invitation::{Invitation, Method, Party},
        time::Timestamp,
    },
    error::Result,
    ports::{Attachment, Message, ReadConsistency, Repositories, UnitOfWork},
    services::deps::{Deps, hex},
};

/// Hours before an appointment at which both sides are reminded.
const REMIND_HOURS: [i64; 2] = [24, 1];

/// Leaves what is sent about an appointment as it stands now: an invitation, change or cancellation, and reminders.
pub(crate) async fn leave_mails(unit: &dyn UnitOfWork, appointment: &Appointment, now: Timestamp) -> Result<()> {
    leave_invitation(unit, appointment).await?;
    if matches!(appointment.status, AppointmentStatus::Scheduled | AppointmentStatus::Confirmed) {
        for hours in REMIND_HOURS {
            let at = appointment.starts_at - Duration::hours(hours);
            if at > now {
                leave_until(unit, &RemindAppointment::new(appointment, hours), at).await?;
            }
        }
    }
    Ok(())
}

/// Leaves what tells both sides of an appointment as it stands now: an invitation, change or cancellation.
pub(crate) async fn leave_invitation(unit: &dyn UnitOfWork, appointment: &Appointment) -> Result<()> {
    leave(unit, &SendInvitation::new(appointment)).await
}

/// Sends the invitation, change or cancellation of an appointment to both sides. One that has been overtaken by a later
/// change is passed over.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SendInvitation {
    appointment_id: AppointmentId,
    sequence: u32,
    status: AppointmentStatus,
    #[serde(skip)]
    of: Option<OrganizationId>,
}

impl SendInvitation {
    const fn new(appointment: &Appointment) -> Self {
        let (appointment_id, of) = (appointment.id, Some(appointment.organization_id));
        Self { appointment_id, sequence: appointment.sequence, status: appointment.status, of }
    }
}

impl Job for SendInvitation {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "send_invitation";
    const QUEUE: &'static str = "critical";

    fn organization(&self) -> Option<OrganizationId> {
        self.of
    }

    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        invitation(&ctx.state, tenant(&ctx)?, &self, ctx.enqueued_at).await
    }
}

/// Reminds both sides of an appointment. A reminder of a time that was changed or called off is passed over.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RemindAppointment {
    appointment_id: AppointmentId,
    sequence: u32,
    hours: i64,
    #[serde(skip)]
    of: Option<OrganizationId>,
}

impl RemindAppointment {
    const fn new(appointment: &Appointment, hours: i64) -> Self {
        let (appointment_id, of) = (appointment.id, Some(appointment.organization_id));
        Self { appointment_id, sequence: appointment.sequence, hours, of }
    }
}

impl Job for RemindAppointment {
    type State = Deps;
    type Output = ();
    const NAME: &'static str = "remind_appointment";
    const QUEUE: &'static str = "critical";

    fn organization(&self) -> Option<OrganizationId> {
        self.of
    }

    async fn run(self, ctx: JobContext<Deps>) -> Result<()> {
        reminder(&ctx.state, tenant(&ctx)?, &self).await
    }
}

/// Everything a message is about.
struct Meeting {
    appointment: Appointment,
    organization: String,
    host_zone: Tz,
    assistant: String,
    visitor: Option<Email>,
    host: Email,
    host_name: String,
}

async fn invitation(deps: &Deps, organization: OrganizationId, job: &SendInvitation, stamp: Timestamp) -> Result<()> {
    let SendInvitation { appointment_id: id, sequence, status, .. } = *job;
    let Some(meeting) = load(deps, organization, id).await? else { return Ok(()) };
    let now_cancelled = meeting.appointment.status == AppointmentStatus::Cancelled;
    let said_cancelled = status == AppointmentStatus::Cancelled;
    if meeting.appointment.sequence != sequence || now_cancelled != said_cancelled {
        return Ok(());
    }
    let (method, subject) = if said_cancelled {
        (Method::Cancel, "Cancelled")
    } else if sequence > 0 {
        (Method::Request, "Changed")
    } else {
        (Method::Request, "Booked")
    };
    let word = if said_cancelled { "CANCEL" } else { "REQUEST" };
    for (side, to, zone) in sides(&meeting) {
        let title = format!("Appointment with {}", meeting.organization);
        let ics = Invitation {
            method,
            appointment: &meeting.appointment,
            stamp,
            summary: &title,
            description: meeting.appointment.external_link.as_deref().unwrap_or(""),
            organizer: Party { name: Some(&meeting.host_name), email: &meeting.host },
            attendee: meeting.visitor.as_ref().map(|email| Party { name: None, email }),
        }
        .to_ics();
        let message = Message {
            id: format!("{id}:{sequence}:{word}:{side}:{}", address_tag(id, &to)),
            to,
            subject: format!("{subject}: {title}"),
            text: format!("{subject}: {title}\n{}\n\n{}", local(&meeting.appointment, zone), meeting.assistant),
            attachments: vec![Attachment {
                file_name: "invitation.ics".to_owned(),
                content_type: format!("text/calendar; charset=utf-8; method={word}"),
                body: Bytes::from(ics),
            }],
        };
        deps.mailer.send(&message).await?;
    }
    Ok(())
}

async fn reminder(deps: &Deps, organization: OrganizationId, job: &RemindAppointment) -> Result<()> {
    let RemindAppointment { appointment_id: id, sequence, hours, .. } = *job;
    let Some(meeting) = load(deps, organization, id).await? else { return Ok(()) };
    let booked = matches!(meeting.appointment.status, AppointmentStatus::Scheduled | AppointmentStatus::Confirmed);
    // After an outage a reminder can be late; one for what has begun helps nobody.
    if meeting.appointment.sequence != sequence || !booked || meeting.appointment.starts_at <= deps.now() {
        return Ok(());
    }
    for (side, to, zone) in sides(&meeting) {
        let message = Message {
            id: format!("{id}:{sequence}:remind{hours}:{side}"),
            to,
            subject: format!("Reminder: appointment with {}", meeting.organization),
            text: format!("{}\n\n{}", local(&meeting.appointment, zone), meeting.assistant),
            attachments: Vec::new(),
        };
        deps.mailer.send(&message).await?;
    }
    Ok(())
}

async fn load(deps: &Deps, organization: OrganizationId, id: AppointmentId) -> Result<Option<Meeting>> {
    let repos = deps.storage.read(ReadConsistency::Strong);
    let Some(appointment) = repos.appointments().get(organization, id).await? else { return Ok(None) };
    let Some(settings) = repos.organizations().get(organization).await? else { return Ok(None) };
    let assistant = repos.assistants().get(organization, appointment.assistant_id).await?;
    let lead = repos.leads().get(organization, appointment.lead_id).await?;
    let email = match lead.and_then(|lead| lead.email) {
        Some(email) => Some(email),
        None => typed(repos, &appointment).await?,
    };
    let Some(host) = repos.users().get(appointment.host_id).await? else { return Ok(None) };
    let hours = repos.hosts().get(organization, appointment.host_id).await?;
    Ok(Some(Meeting {
        appointment,
        organization: settings.name,
        // A person who is no host any more still works where the business does.
        host_zone: hours.map_or(settings.time_zone, |hours| hours.time_zone),
        assistant: assistant.map(|assistant| assistant.name).unwrap_or_default(),
        visitor: email,
        host: host.email,
        host_name: host.name,
    }))
}

/// The address that was typed in the conversation that booked, where the lead has none: it may be another lead's, which
/// waits for a person to look. Nothing of that lead goes there.
async fn typed(repos: &dyn Repositories, appointment: &Appointment) -> Result<Option<Email>> {
    let Some(id) = appointment.conversation_id else { return Ok(None) };
    let conversation = repos.conversations().get(appointment.organization_id, id).await?;
    Ok(conversation.and_then(|conversation| conversation.state.given.email))
}

/// What tells the messages to different addresses apart, so that a corrected address is written to, and none twice. Says
/// nothing of the address to who does not know it.
fn address_tag(id: AppointmentId, to: &Email) -> String {
    let digest = Sha256::new().chain_update(id.as_uuid()).chain_update(to.as_str()).finalize();
    hex(&digest[..8])
}

/// Who hears of it, each in their own zone.
fn sides(meeting: &Meeting) -> Vec<(&'static str, Email, Tz)> {
    let visitor = meeting.visitor.clone().map(|email| ("visitor", email, meeting.appointment.time_zone));
    visitor.into_iter().chain([("host", meeting.host.clone(), meeting.host_zone)]).collect()
}

fn local(appointment: &Appointment, zone: Tz) -> String {
    let at = appointment.starts_at.with_timezone(&zone);
    format!("{} ({zone}), {} minutes", at.format("%A %F %H:%M"), appointment.duration_min)
}
