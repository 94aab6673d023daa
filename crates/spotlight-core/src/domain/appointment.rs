//! Appointments and holds on a host's time.

use chrono::Duration;
use chrono_tz::Tz;
use spotlight_derive::RedactedDebug;

use super::{
    id::{AppointmentId, AssistantId, ConversationId, LeadId, OrganizationId, UserId},
    macros::words,
    time::{Timestamp, Window},
};
use crate::error::{Error, Result, Violations};

words! {
    /// Where an appointment stands.
    AppointmentStatus, "status" {
        /// A slot kept for a few minutes while it is being confirmed.
        Held = "held",
        /// Booked.
        Scheduled = "scheduled",
        /// The host or the visitor has confirmed.
        Confirmed = "confirmed",
        /// Took place. Final.
        Completed = "completed",
        /// Called off. Final.
        Cancelled = "cancelled",
        /// The visitor did not come. Final.
        NoShow = "no_show",
    }
}

impl AppointmentStatus {
    /// The statuses an appointment may move to from here.
    pub const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Held => &[Self::Scheduled, Self::Cancelled],
            Self::Scheduled => &[Self::Confirmed, Self::Completed, Self::Cancelled, Self::NoShow],
            Self::Confirmed => &[Self::Completed, Self::Cancelled, Self::NoShow],
            Self::Completed | Self::Cancelled | Self::NoShow => &[],
        }
    }

    /// True while it takes up the host's time.
    pub const fn occupies(self) -> bool {
        matches!(self, Self::Held | Self::Scheduled | Self::Confirmed)
    }
}

words! {
    /// How the two meet.
    MeetingType, "meeting_type" {
        /// A video call.
        Video = "video",
        /// A phone call.
        Phone = "phone",
        /// In the same place.
        InPerson = "in_person",
    }
}

/// Minutes a hold lasts while it is being confirmed.
pub const HOLD_MIN: i64 = 5;

/// A booked time, or a hold on one: both stand in the same non-overlap rule.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// Identity.
    pub id: AppointmentId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// With whom.
    pub lead_id: LeadId,
    /// Which assistant booked it.
    pub assistant_id: AssistantId,
    /// In which conversation.
    pub conversation_id: Option<ConversationId>,
    /// Whose time.
    pub host_id: UserId,
    /// When it starts.
    pub starts_at: Timestamp,
    /// 5 to 480 minutes.
    pub duration_min: u32,
    /// What is kept free around it: the host's buffers at the time of booking.
    pub blocked: Window,
    /// The zone the visitor chose.
    pub time_zone: Tz,
    /// Where it stands.
    pub status: AppointmentStatus,
    /// How they meet.
    pub meeting_type: MeetingType,
    /// The calendar provider's id.
    pub external_id: Option<String>,
    /// Where to join.
    pub external_link: Option<String>,
    /// At most 2000 characters.
    pub notes: Option<String>,
    /// Why it was called off, at most 500 characters.
    pub cancel_reason: Option<String>,
    /// When a hold ends by itself; set exactly while `held`.
    pub hold_expires_at: Option<Timestamp>,
    /// Counts reschedulings; the sequence number of the invitation.
    pub sequence: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

impl Appointment {
    /// When it ends.
    pub fn ends_at(&self) -> Timestamp {
        self.starts_at + Duration::minutes(i64::from(self.duration_min))
    }

    /// Checks every rule of the entity.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) with every broken rule.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        if !(5..=480).contains(&self.duration_min) {
            broken.add("duration_min", "range", "Duration must be 5 to 480 minutes");
        }
        if let Some(notes) = &self.notes {
            broken.length("notes", "Notes", notes, 0, 2000);
        }
        if let Some(reason) = &self.cancel_reason {
            broken.length("reason", "Reason", reason, 0, 500);
        }
        broken.into_result()
    }

    /// Moves to another status. The same status again changes nothing.
    ///
    /// # Errors
    /// [`Conflict`](crate::error::ErrorKind::Conflict) for a move that is not allowed, naming those that are.
    pub fn move_to(&mut self, status: AppointmentStatus) -> Result<()> {
        if status == self.status {
            return Ok(());
        }
        let allowed = self.status.allowed();
        if !allowed.contains(&status) {
            let names: Vec<_> = allowed.iter().map(|s| s.as_str()).collect();
            let names = if names.is_empty() { "nothing, it is final".to_owned() } else { names.join(", ") };
            return Err(Error::conflict(format!(
                "A {} appointment cannot become {status}; allowed: {names}",
                self.status
            )));
        }
        self.status = status;
        if status != AppointmentStatus::Held {
            self.hold_expires_at = None;
        }
        Ok(())
    }
}
