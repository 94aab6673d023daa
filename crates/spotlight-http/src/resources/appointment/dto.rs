//! Appointments and free times.

use chrono_tz::Tz;
use spotlight_core::{
    domain::{
        AssistantId, ConversationId, LeadId, UserId,
        appointment::{Appointment, AppointmentStatus, MeetingType},
        time::Timestamp,
    },
    services::appointments::{AppointmentPatch, FreeTime, NewAppointment},
};

use crate::{
    input::{Int, Text, input},
    output::{Attributes, Relation, Resource, output},
};

input! {
    /// What is to be booked.
    NewAppointmentInput {
        /// With whom.
        required lead_id: LeadId,
        /// Whose hosts and settings.
        required assistant_id: AssistantId,
        /// In which conversation.
        nullable conversation_id: ConversationId,
        /// Whose time; chosen by the assistant's rule when absent.
        nullable host_id: UserId,
        /// When it starts.
        required starts_at: Timestamp,
        /// Minutes it lasts; the assistant's setting when absent.
        nullable duration_min: Int<5, 480>,
        /// The zone the visitor chose.
        required time_zone: Tz,
        /// How they meet; `video` unless given.
        optional meeting_type: MeetingType,
        /// Notes for the host.
        nullable notes: Text<0, 2000>,
    }
}

impl From<NewAppointmentInput> for NewAppointment {
    fn from(new: NewAppointmentInput) -> Self {
        Self {
            lead_id: new.lead_id.0,
            assistant_id: new.assistant_id.0,
            conversation_id: new.conversation_id.0.flatten(),
            host_id: new.host_id.0.flatten(),
            starts_at: new.starts_at.0,
            duration_min: new.duration_min.0.flatten().map(|value| value.0),
            time_zone: new.time_zone.0,
            meeting_type: new.meeting_type,
            notes: new.notes.0.flatten().map(|text| text.0),
        }
    }
}

input! {
    /// A change of an appointment's details: what is left out stays, null empties.
    AppointmentPatchInput {
        /// The zone the visitor chose.
        optional time_zone: Tz,
        /// How they meet.
        optional meeting_type: MeetingType,
        /// Notes for the host.
        nullable notes: Text<0, 2000>,
    }
}

impl From<AppointmentPatchInput> for AppointmentPatch {
    fn from(patch: AppointmentPatchInput) -> Self {
        Self {
            time_zone: patch.time_zone,
            meeting_type: patch.meeting_type,
            notes: patch.notes.0.map(|text| text.map(|text| text.0)),
        }
    }
}

input! {
    /// Where an appointment moves.
    RescheduleInput {
        /// When it starts now.
        required starts_at: Timestamp,
    }
}

input! {
    /// Why an appointment is called off.
    CancelInput {
        /// The reason.
        nullable reason: Text<1, 500>,
    }
}

output! {
    /// An appointment.
    AppointmentAttributes as "Appointment" {
        /// When it starts.
        starts_at: Timestamp,
        /// When it ends.
        ends_at: Timestamp,
        /// Minutes it lasts.
        duration_min: u32,
        /// The zone the visitor chose.
        time_zone: Tz,
        /// Where it stands.
        status: AppointmentStatus,
        /// How they meet.
        meeting_type: MeetingType,
        /// The calendar provider's id.
        external_id: Option<String>,
        /// Where to join.
        external_link: Option<String>,
        /// Notes for the host.
        notes: Option<String>,
        /// Why it was called off.
        cancel_reason: Option<String>,
        /// When it was made.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

impl Attributes for AppointmentAttributes {
    const KIND: &'static str = "appointment";
    const RELATIONS: &'static [Relation] = &[
        Relation::one("lead", "lead"),
        Relation::one("assistant", "assistant"),
        Relation::one("conversation", "conversation"),
        Relation::one("host", "user"),
    ];
}

/// An appointment as it is shown.
pub(crate) fn appointment(appointment: Appointment) -> Resource<AppointmentAttributes> {
    let ends_at = appointment.ends_at();
    let attributes = AppointmentAttributes {
        starts_at: appointment.starts_at,
        ends_at,
        duration_min: appointment.duration_min,
        time_zone: appointment.time_zone,
        status: appointment.status,
        meeting_type: appointment.meeting_type,
        external_id: appointment.external_id,
        external_link: appointment.external_link,
        notes: appointment.notes,
        cancel_reason: appointment.cancel_reason,
        created_at: appointment.created_at,
        updated_at: appointment.updated_at,
    };
    Resource::new(appointment.id, attributes)
        .at(appointment.version)
        .refers_to("lead", Some(appointment.lead_id))
        .refers_to("assistant", Some(appointment.assistant_id))
        .refers_to("conversation", appointment.conversation_id)
        .refers_to("host", Some(appointment.host_id))
}

output! {
    /// A free time.
    FreeTimeAttributes as "FreeTime" {
        /// When it starts.
        starts_at: Timestamp,
        /// When it ends.
        ends_at: Timestamp,
        /// When it starts, on the clock of the zone that was asked for.
        local_start: String,
    }
}

impl Attributes for FreeTimeAttributes {
    const KIND: &'static str = "free_time";
    const RELATIONS: &'static [Relation] = &[Relation::one("host", "user")];
}

/// A free time as it is shown: its start is its identity, since each start is offered once.
pub(crate) fn free_time(time: FreeTime, zone: Tz) -> Resource<FreeTimeAttributes> {
    let attributes = FreeTimeAttributes {
        starts_at: time.starts_at,
        ends_at: time.ends_at,
        local_start: time.starts_at.with_timezone(&zone).to_rfc3339(),
    };
    Resource::new(time.starts_at.timestamp(), attributes).refers_to("host", Some(time.host_id))
}
