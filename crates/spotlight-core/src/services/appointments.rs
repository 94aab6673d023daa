//! Appointments and free times.
//!
//! Both sides are told by e-mail: the host at their own address; the visitor at the lead's, or where the lead has none, at
//! the one typed in the conversation that booked. That one may be another lead's, which waits for a person to look: what
//! is sent there are the appointment's own facts, and nothing that any lead holds. When the address changes, those of
//! coming appointments are invited anew.

mod changes;
mod hosts;
mod readdress;

use chrono::Duration;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::json;
use spotlight_derive::RedactedDebug;

pub(crate) use self::{
    changes::{Draft, booked, call_off, insert, relocate},
    hosts::free_times,
    readdress::invite_again,
};
use self::{
    changes::{announce, move_in, taken},
    hosts::{bookable, pick_host},
};
use super::{
    Context,
    deps::{Deps, answered_id, id_answer},
    leads::seen,
};
use crate::{
    domain::{
        AppointmentId, AssistantId, ConversationId, LeadId, UserId,
        appointment::{Appointment, AppointmentStatus, MeetingType},
        lead::Lead,
        time::{Timestamp, Window},
        user::{Role, Scope},
    },
    error::{Error, Result},
    jobs::mail::leave_mails,
    ports::{AppointmentFilter, Listing, Order, Paging},
};

/// A free time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeTime {
    /// When it starts.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Whose time it is.
    pub host_id: UserId,
}

/// What is to be booked.
#[derive(RedactedDebug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAppointment {
    /// With whom.
    pub lead_id: LeadId,
    /// Whose hosts and settings.
    pub assistant_id: AssistantId,
    /// In which conversation.
    pub conversation_id: Option<ConversationId>,
    /// Whose time; chosen by the assistant's rule when absent.
    pub host_id: Option<UserId>,
    /// When.
    pub starts_at: Timestamp,
    /// How long; the assistant's setting when absent.
    pub duration_min: Option<u32>,
    /// The zone the visitor chose.
    pub time_zone: Tz,
    /// How they meet; by video when absent.
    pub meeting_type: Option<MeetingType>,
    /// At most 2000 characters.
    pub notes: Option<String>,
}

/// A change of an appointment's details: what is absent stays. Its time moves by [`AppointmentService::reschedule`], its
/// status by the methods named after it.
#[derive(RedactedDebug, Clone, Default)]
pub struct AppointmentPatch {
    /// The zone the visitor chose.
    pub time_zone: Option<Tz>,
    /// How they meet.
    pub meeting_type: Option<MeetingType>,
    /// At most 2000 characters.
    pub notes: Option<Option<String>>,
}

/// Most days of one question for free times.
pub const MAX_RANGE_DAYS: i64 = 62;

/// Appointments. A sales representative sees those they host, or with their assistants and leads; everyone else all.
#[derive(Clone)]
pub struct AppointmentService {
    deps: Deps,
}

impl AppointmentService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Free times of an assistant's hosts from `from` on and before `to` (at most 62 days), ascending, each start once.
    ///
    /// # Errors
    /// `NotFound`, `Validation` for a range that is empty or too long.
    pub async fn availability(
        &self,
        ctx: &Context,
        assistant: AssistantId,
        range: Window,
        limit: usize,
    ) -> Result<Vec<FreeTime>> {
        ctx.require(Scope::AppointmentsRead, Role::SalesRep)?;
        if range.end <= range.start || range.end - range.start > Duration::days(MAX_RANGE_DAYS) {
            return Err(Error::invalid(
                "to",
                "range",
                format!("'to' must be after 'from' by at most {MAX_RANGE_DAYS} days"),
            ));
        }
        let repos = self.deps.read(ctx);
        let found = repos.assistants().get(ctx.organization, assistant).await?;
        let assistant = found
            .filter(|found| ctx.visible_to().is_none_or(|user| found.owner_id == user))
            .ok_or_else(|| Error::not_found("assistant"))?;
        free_times(&self.deps, repos, &assistant, None, range, limit).await
    }

    /// The appointment with this id.
    ///
    /// # Errors
    /// `NotFound`, also for holds and for those the actor may not see.
    pub async fn get(&self, ctx: &Context, id: AppointmentId) -> Result<Appointment> {
        ctx.require(Scope::AppointmentsRead, Role::SalesRep)?;
        let found = self.deps.read(ctx).appointments().get(ctx.organization, id).await?;
        let found = found.filter(|found| found.status != AppointmentStatus::Held);
        let appointment = found.ok_or_else(|| Error::not_found("appointment"))?;
        self.check_visible(ctx, &appointment).await?;
        Ok(appointment)
    }

    async fn check_visible(&self, ctx: &Context, appointment: &Appointment) -> Result<()> {
        let Some(user) = ctx.visible_to() else { return Ok(()) };
        let repos = self.deps.read(ctx);
        let visible = appointment.host_id == user
            || repos
                .assistants()
                .get(ctx.organization, appointment.assistant_id)
                .await?
                .is_some_and(|a| a.owner_id == user)
            || repos
                .leads()
                .get(ctx.organization, appointment.lead_id)
                .await?
                .is_some_and(|l| l.owner_id == Some(user));
        if visible { Ok(()) } else { Err(Error::not_found("appointment")) }
    }

    /// Of each of these leads that the actor may see the appointments that begin last, at most `each`; those that begin
    /// last come first, whosever they are.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn of_leads(&self, ctx: &Context, leads: &[Lead], each: u32) -> Result<Vec<Appointment>> {
        ctx.require(Scope::AppointmentsRead, Role::SalesRep)?;
        let leads = seen(ctx, leads);
        self.deps.read(ctx).appointments().of_leads(ctx.organization, &leads, each).await
    }

    /// Appointments that pass the filter, by start.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn list(
        &self,
        ctx: &Context,
        mut filter: AppointmentFilter,
        order: Order,
        paging: &Paging,
    ) -> Result<Listing<Appointment>> {
        ctx.require(Scope::AppointmentsRead, Role::SalesRep)?;
        filter.visible_to = ctx.visible_to();
        self.deps.read(ctx).appointments().list(ctx.organization, &filter, order, paging).await
    }

    /// Books a time inside the host's availability.
    ///
    /// # Errors
    /// `NotFound`, also for a conversation that is not the lead's; `Validation`, also for a host that is none of the
    /// assistant's; `Conflict` when the time is taken or outside the host's hours.
    pub async fn create(&self, ctx: &Context, new: NewAppointment) -> Result<Appointment> {
        ctx.require(Scope::AppointmentsWrite, Role::SalesRep)?;
        if let Some(answer) = self.deps.replay(ctx, "appointment.create", &new).await? {
            return self.get(ctx, answered_id(&answer)?).await;
        }
        let unit = self.deps.storage.begin().await?;
        let found = unit.assistants().get(ctx.organization, new.assistant_id).await?;
        let assistant = found
            .filter(|found| ctx.visible_to().is_none_or(|user| found.owner_id == user))
            .ok_or_else(|| Error::not_found("assistant"))?;
        let lead = unit.leads().get(ctx.organization, new.lead_id).await?;
        let lead = lead
            .filter(|lead| lead.deleted_at.is_none() && lead.merged_into.is_none())
            .filter(|lead| ctx.visible_to().is_none_or(|user| lead.owner_id == Some(user)))
            .ok_or_else(|| Error::not_found("lead"))?;
        if let Some(id) = new.conversation_id {
            let found = unit.conversations().get(ctx.organization, id).await?;
            found.filter(|found| found.lead_id == lead.id).ok_or_else(|| Error::not_found("conversation"))?;
        }
        let host_id = match new.host_id {
            Some(host) if !assistant.can_host(host) => {
                return Err(Error::invalid("host_id", "unknown", "The host must be one of the assistant's hosts"));
            }
            Some(host) => host,
            None => pick_host(&self.deps, &*unit, &assistant, lead.owner_id, new.starts_at, new.duration_min).await?,
        };
        let draft = Draft {
            lead_id: lead.id,
            conversation_id: new.conversation_id,
            host_id,
            starts_at: new.starts_at,
            duration_min: new.duration_min.unwrap_or(assistant.booking.duration_min),
            time_zone: new.time_zone,
            meeting_type: new.meeting_type.unwrap_or(MeetingType::Video),
            notes: new.notes.as_ref().map(|notes| notes.trim().to_owned()),
            status: AppointmentStatus::Scheduled,
        };
        let appointment = insert(&self.deps, &*unit, &assistant, draft).await?;
        booked(&self.deps, &*unit, ctx, &appointment).await?;
        self.deps.remember(&*unit, ctx, "appointment.create", &new, id_answer(appointment.id)).await?;
        unit.commit().await?;
        Ok(appointment)
    }

    /// Changes an appointment's details. With `version`, only when it is still at that version.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`, `Validation` with every broken rule.
    ///
    /// # Idempotency
    /// What it is already changes nothing.
    pub async fn update(
        &self,
        ctx: &Context,
        id: AppointmentId,
        patch: AppointmentPatch,
        version: Option<i64>,
    ) -> Result<Appointment> {
        self.change(ctx, id, version, "appointment.update", |appointment| {
            appointment.time_zone = patch.time_zone.unwrap_or(appointment.time_zone);
            appointment.meeting_type = patch.meeting_type.unwrap_or(appointment.meeting_type);
            if let Some(notes) = patch.notes {
                appointment.notes = notes;
            }
            Ok(())
        })
        .await
    }

    /// Confirms an appointment.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`, `Conflict` when it is over or called off.
    ///
    /// # Idempotency
    /// Confirming again changes nothing.
    pub async fn confirm(&self, ctx: &Context, id: AppointmentId, version: Option<i64>) -> Result<Appointment> {
        self.change(ctx, id, version, "appointment.confirm", |appointment| {
            appointment.move_to(AppointmentStatus::Confirmed)
        })
        .await
    }

    /// Notes that an appointment took place.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`, `Conflict` when it was called off.
    pub async fn complete(&self, ctx: &Context, id: AppointmentId, version: Option<i64>) -> Result<Appointment> {
        self.change(ctx, id, version, "appointment.complete", |appointment| {
            appointment.move_to(AppointmentStatus::Completed)
        })
        .await
    }

    /// Notes that the visitor did not come.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`, `Conflict` when it is over or called off.
    pub async fn no_show(&self, ctx: &Context, id: AppointmentId, version: Option<i64>) -> Result<Appointment> {
        self.change(ctx, id, version, "appointment.no_show", |appointment| {
            appointment.move_to(AppointmentStatus::NoShow)
        })
        .await
    }

    /// Calls an appointment off and frees the time.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`, `Validation`, `Conflict` when it is over.
    ///
    /// # Idempotency
    /// Calling it off again changes nothing, not even the reason: the first one was told to both sides.
    pub async fn cancel(
        &self,
        ctx: &Context,
        id: AppointmentId,
        reason: Option<String>,
        version: Option<i64>,
    ) -> Result<Appointment> {
        self.change(ctx, id, version, "appointment.cancel", |appointment| {
            if appointment.status == AppointmentStatus::Cancelled {
                return Ok(());
            }
            appointment.move_to(AppointmentStatus::Cancelled)?;
            appointment.cancel_reason = reason.map(|reason| reason.trim().to_owned());
            Ok(())
        })
        .await
    }

    /// Moves an appointment to another time of the same host.
    ///
    /// # Errors
    /// `NotFound`, `StaleVersion`, `Conflict` when it is over, or the time is taken or outside the host's hours.
    ///
    /// # Idempotency
    /// The time it has changes nothing: what was sent about it stays true.
    pub async fn reschedule(
        &self,
        ctx: &Context,
        id: AppointmentId,
        starts_at: Timestamp,
        version: Option<i64>,
    ) -> Result<Appointment> {
        let before = self.get(ctx, id).await?;
        let host = bookable(self.deps.read(ctx), ctx.organization, before.host_id).await?;
        let host = host.ok_or_else(|| Error::not_found("host"))?;
        let now = self.deps.now();
        self.change(ctx, id, version, "appointment.reschedule", |appointment| {
            move_in(appointment, &host, starts_at, now)
        })
        .await
    }

    async fn change(
        &self,
        ctx: &Context,
        id: AppointmentId,
        expected_version: Option<i64>,
        action: &str,
        change: impl FnOnce(&mut Appointment) -> Result<()> + Send,
    ) -> Result<Appointment> {
        ctx.require(Scope::AppointmentsWrite, Role::SalesRep)?;
        self.get(ctx, id).await?;
        let unit = self.deps.storage.begin().await?;
        let found = unit.appointments().get(ctx.organization, id).await?;
        let mut appointment = found.ok_or_else(|| Error::not_found("appointment"))?;
        if expected_version.is_some_and(|version| version != appointment.version) {
            return Err(Error::stale("appointment"));
        }
        let before = appointment.clone();
        change(&mut appointment)?;
        if appointment == before {
            return Ok(appointment);
        }
        appointment.validate()?;
        let now = self.deps.now();
        appointment.updated_at = now;
        unit.appointments().update(&appointment, now).await.map_err(taken)?;
        appointment.version += 1;
        self.deps.audit(&*unit, ctx, action, ("appointment", id.to_string()), json!({})).await?;
        announce(&self.deps, &*unit, ctx, &appointment, action).await?;
        if appointment.sequence != before.sequence || appointment.status == AppointmentStatus::Cancelled {
            leave_mails(&*unit, &appointment, now).await?;
        }
        unit.commit().await?;
        Ok(appointment)
    }
}
