//! What is told to those who listen.

use super::macros::words;

words! {
    /// What happened, as live listeners and webhooks hear of it.
    EventType, "event" {
        /// Somebody's rights have changed: for the platform itself, which looks at them again.
        AccessChanged = "access.changed",
        /// An appointment was booked.
        AppointmentBooked = "appointment.booked",
        /// An appointment was cancelled.
        AppointmentCancelled = "appointment.cancelled",
        /// An appointment took place.
        AppointmentCompleted = "appointment.completed",
        /// An appointment was confirmed.
        AppointmentConfirmed = "appointment.confirmed",
        /// The lead did not come.
        AppointmentNoShow = "appointment.no_show",
        /// An appointment was moved to another time.
        AppointmentRescheduled = "appointment.rescheduled",
        /// An appointment's details were changed.
        AppointmentUpdated = "appointment.updated",
        /// A lead consented to something, or refused it.
        ConsentChanged = "consent.changed",
        /// A conversation was scored and summarised.
        ConversationAnalyzed = "conversation.analyzed",
        /// A conversation has ended.
        ConversationEnded = "conversation.ended",
        /// The assistant goes on.
        ConversationGivenBack = "conversation.given_back",
        /// A conversation has begun.
        ConversationStarted = "conversation.started",
        /// A person of the team speaks from now on.
        ConversationTakenOver = "conversation.taken_over",
        /// A person of the team will come.
        HandOffAccepted = "hand_off.accepted",
        /// Nobody came in time.
        HandOffExpired = "hand_off.expired",
        /// A person was asked for.
        HandOffRequested = "hand_off.requested",
        /// A host's hours were changed.
        HostUpdated = "host.updated",
        /// A lead was added by the team.
        LeadCreated = "lead.created",
        /// A lead was deleted.
        LeadDeleted = "lead.deleted",
        /// A lead became part of another.
        LeadMerged = "lead.merged",
        /// A lead's score has reached the threshold.
        LeadQualified = "lead.qualified",
        /// A lead's score has changed.
        LeadScoreChanged = "lead.score_changed",
        /// A lead's status has changed.
        LeadStatusChanged = "lead.status_changed",
        /// A lead's details were changed.
        LeadUpdated = "lead.updated",
        /// Somebody said something.
        TranscriptUpdate = "transcript_update",
        /// A webhook endpoint was switched off, since it failed for days.
        WebhookEndpointDisabled = "webhook_endpoint.disabled",
    }
}

impl EventType {
    /// Whether webhooks hear of it. What is said, word for word, the team's own calendars, and that a webhook was switched
    /// off stay with the live listeners; changed rights with the platform.
    pub const fn is_for_webhooks(self) -> bool {
        !matches!(
            self,
            Self::AccessChanged | Self::TranscriptUpdate | Self::HostUpdated | Self::WebhookEndpointDisabled
        )
    }
}
