//! Where things may move, from the tables of the domain, written down here a second time.

use std::fmt::Display;

use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use spotlight_core::{
    Error, ErrorKind,
    domain::{
        AppointmentId, AssistantId, ConversationId, HandOffId, LeadId, OrganizationId, UserId,
        appointment::{Appointment, AppointmentStatus, MeetingType},
        assistant::Language,
        contact::Email,
        conversation::{Channel, Conversation, ConversationStatus, DialogueState, HandOff, HandOffStatus},
        lead::{Lead, LeadSource, LeadStatus},
        scoring::Criteria,
        time::{Timestamp, Window},
    },
};
use uuid::Uuid;

fn start() -> Timestamp {
    DateTime::from_timestamp(1_790_000_000, 0).expect("in range")
}

fn lead(contact: bool) -> Lead {
    let mut lead = Lead::anonymous(
        LeadId::from_uuid(Uuid::nil()),
        OrganizationId::from_uuid(Uuid::nil()),
        LeadSource::Website,
        start(),
    );
    lead.email = contact.then(|| Email::parse("maria@example.com").expect("valid"));
    lead
}

fn conversation() -> Conversation {
    Conversation {
        id: ConversationId::from_uuid(Uuid::nil()),
        organization_id: OrganizationId::from_uuid(Uuid::nil()),
        lead_id: LeadId::from_uuid(Uuid::nil()),
        assistant_id: AssistantId::from_uuid(Uuid::nil()),
        source: Channel::Chat,
        status: ConversationStatus::Active,
        language: Language::En,
        time_zone: None,
        score: None,
        score_reasons: Vec::new(),
        criteria: Criteria::default(),
        sentiment: None,
        sentiment_value: None,
        summary: None,
        keywords: Vec::new(),
        outcome: None,
        recording_consent: None,
        audio_file: None,
        external_call_id: None,
        taken_over_by: None,
        state: DialogueState::default(),
        last_seq: 0,
        started_at: start(),
        last_activity_at: start(),
        waiting_since: Some(start()),
        ended_at: None,
        created_at: start(),
        updated_at: start(),
        version: 1,
    }
}

fn hold() -> Appointment {
    Appointment {
        id: AppointmentId::from_uuid(Uuid::nil()),
        organization_id: OrganizationId::from_uuid(Uuid::nil()),
        lead_id: LeadId::from_uuid(Uuid::nil()),
        assistant_id: AssistantId::from_uuid(Uuid::nil()),
        conversation_id: None,
        host_id: UserId::from_uuid(Uuid::nil()),
        starts_at: start(),
        duration_min: 30,
        blocked: Window { start: start(), end: start() + TimeDelta::minutes(30) },
        time_zone: chrono_tz::Tz::UTC,
        status: AppointmentStatus::Held,
        meeting_type: MeetingType::Phone,
        external_id: None,
        external_link: None,
        notes: None,
        cancel_reason: None,
        hold_expires_at: Some(start() + TimeDelta::minutes(5)),
        sequence: 0,
        created_at: start(),
        updated_at: start(),
        version: 1,
    }
}

fn hand_off() -> HandOff {
    HandOff {
        id: HandOffId::from_uuid(Uuid::nil()),
        organization_id: OrganizationId::from_uuid(Uuid::nil()),
        conversation_id: ConversationId::from_uuid(Uuid::nil()),
        status: HandOffStatus::Requested,
        reason: String::new(),
        accepted_by: None,
        requested_at: start(),
        expires_at: start() + TimeDelta::minutes(2),
        updated_at: start(),
        version: 1,
    }
}

const LEAD: &[(&str, &str)] = &[
    ("fresh", "contacted unqualified lost"),
    ("contacted", "qualified nurturing unqualified lost"),
    ("qualified", "converted nurturing unqualified lost"),
    ("nurturing", "contacted qualified unqualified lost"),
    ("converted", ""),
    ("unqualified", "nurturing"),
    ("lost", "nurturing"),
];
const CONVERSATION: &[(&str, &str)] = &[
    ("active", "paused completed abandoned"),
    ("paused", "active completed abandoned"),
    ("completed", ""),
    ("abandoned", ""),
];
const APPOINTMENT: &[(&str, &str)] = &[
    ("held", "scheduled cancelled"),
    ("scheduled", "confirmed completed cancelled no_show"),
    ("confirmed", "completed cancelled no_show"),
    ("completed", ""),
    ("cancelled", ""),
    ("no_show", ""),
];
const HAND_OFF: &[(&str, &str)] = &[
    ("requested", "accepted expired"),
    ("accepted", "human expired"),
    ("human", "assistant"),
    ("expired", "assistant"),
    ("assistant", ""),
];

/// What the table says of a move.
fn may(table: &[(&str, &str)], from: impl Display, to: impl Display) -> bool {
    let (from, to) = (from.to_string(), to.to_string());
    let row = table.iter().find(|(status, _)| *status == from).expect("every status has a row");
    row.1.split_ascii_whitespace().any(|status| status == to)
}

/// A refusal says where one may go instead.
fn names_the_way_out(table: &[(&str, &str)], from: impl Display, error: &Error) -> bool {
    let from = from.to_string();
    let row = table.iter().find(|(status, _)| *status == from).expect("every status has a row");
    let message = error.to_string();
    error.kind() == ErrorKind::Conflict
        && if row.1.is_empty() {
            message.contains("final")
        } else {
            row.1.split_ascii_whitespace().all(|status| message.contains(status))
        }
}

fn walk<S: Copy + std::fmt::Debug + 'static>(all: &'static [S]) -> impl Strategy<Value = Vec<S>> {
    prop::collection::vec(prop::sample::select(all), 0..12)
}

proptest! {
    #[test]
    fn a_lead_moves_only_as_allowed(steps in walk(LeadStatus::ALL), contact in any::<bool>(), erased in any::<bool>()) {
        let mut lead = lead(contact);
        lead.erased_at = erased.then(start);
        for to in steps {
            let before = lead.clone();
            let from = lead.status;
            let lacks_contact = to.needs_contact() && !contact && !erased;
            match lead.move_to(to) {
                Ok(()) => {
                    prop_assert_eq!(lead.status, to);
                    prop_assert!(from == to || may(LEAD, from, to) && !lacks_contact);
                }
                Err(error) => {
                    prop_assert_eq!(&lead, &before);
                    if may(LEAD, from, to) {
                        prop_assert!(lacks_contact);
                        prop_assert_eq!(error.kind(), ErrorKind::Validation);
                    } else {
                        prop_assert!(names_the_way_out(LEAD, from, &error), "{}", error);
                    }
                }
            }
            prop_assert!(lead.validate().is_ok());
        }
    }

    #[test]
    fn a_conversation_moves_only_as_allowed_and_ends_once(steps in walk(ConversationStatus::ALL), gaps in prop::collection::vec(-100..1000_i64, 12)) {
        let mut conversation = conversation();
        let mut now = start();
        for (to, gap) in steps.into_iter().zip(gaps) {
            let before = conversation.clone();
            now += TimeDelta::seconds(gap);
            match conversation.move_to(to, now) {
                Ok(()) => prop_assert!(before.status == to || may(CONVERSATION, before.status, to)),
                Err(error) => {
                    prop_assert!(before.status != to && !may(CONVERSATION, before.status, to));
                    prop_assert!(names_the_way_out(CONVERSATION, before.status, &error), "{}", error);
                    prop_assert_eq!(&conversation, &before);
                }
            }
            prop_assert_eq!(conversation.status.is_final(), conversation.ended_at.is_some());
            prop_assert!(before.ended_at.is_none() || conversation.ended_at == before.ended_at);
            prop_assert!(conversation.duration_s().is_none_or(|seconds| seconds >= 0));
            prop_assert!(!conversation.status.is_final() || conversation.waiting_since.is_none());
        }
    }

    #[test]
    fn an_appointment_moves_only_as_allowed_and_is_held_once(steps in walk(AppointmentStatus::ALL)) {
        let mut appointment = hold();
        for to in steps {
            let before = appointment.clone();
            match appointment.move_to(to) {
                Ok(()) => prop_assert!(before.status == to || may(APPOINTMENT, before.status, to)),
                Err(error) => {
                    prop_assert!(before.status != to && !may(APPOINTMENT, before.status, to));
                    prop_assert!(names_the_way_out(APPOINTMENT, before.status, &error), "{}", error);
                    prop_assert_eq!(&appointment, &before);
                }
            }
            let held = appointment.status == AppointmentStatus::Held;
            prop_assert_eq!(held, appointment.hold_expires_at.is_some());
            prop_assert!(appointment.status.occupies() || appointment.status.allowed().is_empty());
        }
    }

    #[test]
    fn a_hand_off_moves_only_as_allowed(steps in walk(HandOffStatus::ALL)) {
        let mut hand_off = hand_off();
        for to in steps {
            let from = hand_off.status;
            let moved = hand_off.move_to(to);
            prop_assert_eq!(moved.is_ok(), may(HAND_OFF, from, to));
            prop_assert_eq!(hand_off.status, if moved.is_ok() { to } else { from });
            prop_assert!(moved.err().is_none_or(|error| error.is_conflict()));
        }
    }
}

#[test]
fn every_status_is_in_the_tables_and_can_be_reached() {
    fn reached<S: Copy + Display>(table: &[(&str, &str)], first: &str, all: &[S]) {
        assert_eq!(table.len(), all.len());
        let mut seen = vec![first.to_owned()];
        let mut next = 0;
        while next < seen.len() {
            let row = table.iter().find(|(status, _)| *status == seen[next]).expect("a row");
            let new: Vec<_> =
                row.1.split_ascii_whitespace().filter(|to| !seen.iter().any(|known| known == to)).collect();
            seen.extend(new.into_iter().map(str::to_owned));
            next += 1;
        }
        assert_eq!(seen.len(), all.len(), "{seen:?}");
    }
    reached(LEAD, "fresh", LeadStatus::ALL);
    reached(CONVERSATION, "active", ConversationStatus::ALL);
    reached(APPOINTMENT, "held", AppointmentStatus::ALL);
    reached(HAND_OFF, "requested", HandOffStatus::ALL);
}
