//! Conversations, what was said in them, and appointments.

use std::collections::BTreeMap;

use chrono::Duration;
use serde_json::json;

use super::{
    Samples, at,
    people::{criteria, reason},
};
use crate::domain::{
    AppointmentId, AssistantId, CallReportId, ConsentId, ConversationId, HandOffId, TranscriptId,
    appointment::{Appointment, AppointmentStatus, MeetingType},
    assistant::Language,
    consent::{Consent, ConsentKind, ConsentState},
    conversation::{
        Channel, Conversation, ConversationStatus, DialogueState, Expecting, Given, HandOff, HandOffStatus, Sentiment,
        Speaker, ToolUse, Transcript,
    },
    lead::Lead,
    money::{Currency, Money},
    report::{CallReport, EndedReason, TurnLatency},
    schedule::Host,
    time::{Timestamp, Window},
};

impl Samples {
    /// A conversation that goes on.
    pub fn conversation(&self, lead: &Lead, assistant_id: AssistantId) -> Conversation {
        Conversation {
            id: ConversationId::from_uuid(self.uuid()),
            organization_id: lead.organization_id,
            lead_id: lead.id,
            assistant_id,
            source: Channel::Chat,
            status: ConversationStatus::Active,
            language: Language::De,
            time_zone: Some(chrono_tz::Asia::Kathmandu),
            score: Some(58),
            score_reasons: vec![reason()],
            criteria: criteria(),
            sentiment: Some(Sentiment::Neutral),
            sentiment_value: Some(0.03125),
            summary: Some("Asked about parasols".to_owned()),
            keywords: vec!["parasol".to_owned(), "hôtel".to_owned()],
            outcome: Some("Wants an offer".to_owned()),
            recording_consent: Some(true),
            audio_file: Some("recordings/sample.ogg".to_owned()),
            external_call_id: Some(format!("call-{}", self.number())),
            taken_over_by: None,
            state: DialogueState {
                greeted: true,
                given: Given { name: Some("Renée".to_owned()), email: Some(self.email()), ..Given::default() },
                expecting: Some(Expecting::Answer),
                budget: Some(Money { minor: 150_000, currency: Currency::EUR }),
                ..DialogueState::default()
            },
            last_seq: 0,
            started_at: at(0),
            last_activity_at: at(2),
            waiting_since: Some(at(2)),
            ended_at: None,
            created_at: at(0),
            updated_at: at(2),
            version: 1,
        }
    }

    /// A visitor's utterance.
    pub fn utterance(&self, conversation: &Conversation, seq: i64) -> Transcript {
        Transcript {
            id: TranscriptId::from_uuid(self.uuid()),
            organization_id: conversation.organization_id,
            conversation_id: conversation.id,
            seq,
            speaker: Speaker::User,
            content: format!("Utterance {seq} 🌿"),
            sentiment: Some(Sentiment::Positive),
            sentiment_value: Some(0.5),
            confidence: Some(0.75),
            offset_s: 1.5,
            duration_s: Some(2.25),
            keywords: vec!["parasol".to_owned()],
            tools: vec![ToolUse {
                call_id: "call".to_owned(),
                name: "capture_lead".to_owned(),
                ok: true,
                result: "noted".to_owned(),
            }],
            model: Some("scripted".to_owned()),
            response_ms: Some(120),
            interrupted: true,
            created_at: at(seq),
        }
    }

    /// A request for a person that expires after two minutes.
    pub fn hand_off(&self, conversation: &Conversation, requested_at: Timestamp) -> HandOff {
        HandOff {
            id: HandOffId::from_uuid(self.uuid()),
            organization_id: conversation.organization_id,
            conversation_id: conversation.id,
            status: HandOffStatus::Requested,
            reason: "asked for a person".to_owned(),
            accepted_by: None,
            requested_at,
            expires_at: requested_at + Duration::minutes(2),
            updated_at: requested_at,
            version: 1,
        }
    }

    /// A scheduled half hour that begins so many minutes after the samples' start, with a quarter of an hour kept free
    /// on both sides.
    pub fn appointment(&self, lead: &Lead, assistant_id: AssistantId, host: &Host, starts: i64) -> Appointment {
        Appointment {
            id: AppointmentId::from_uuid(self.uuid()),
            organization_id: lead.organization_id,
            lead_id: lead.id,
            assistant_id,
            conversation_id: None,
            host_id: host.user_id,
            starts_at: at(starts),
            duration_min: 30,
            blocked: Window { start: at(starts - 15), end: at(starts + 45) },
            time_zone: chrono_tz::Pacific::Auckland,
            status: AppointmentStatus::Scheduled,
            meeting_type: MeetingType::Video,
            external_id: Some("external".to_owned()),
            external_link: Some("https://meet.example.com/1".to_owned()),
            notes: Some("Bring samples".to_owned()),
            cancel_reason: None,
            hold_expires_at: None,
            sequence: 1,
            created_at: at(0),
            updated_at: at(1),
            version: 1,
        }
    }

    /// The same as a hold that ends so many minutes after the samples' start.
    pub fn hold(&self, lead: &Lead, assistant_id: AssistantId, host: &Host, starts: i64, ends: i64) -> Appointment {
        Appointment {
            status: AppointmentStatus::Held,
            hold_expires_at: Some(at(ends)),
            ..self.appointment(lead, assistant_id, host, starts)
        }
    }

    /// A report.
    pub fn report(&self, conversation: &Conversation) -> CallReport {
        CallReport {
            id: CallReportId::from_uuid(self.uuid()),
            organization_id: conversation.organization_id,
            conversation_id: conversation.id,
            ended_reason: EndedReason::VisitorEnded,
            summary: "Asked about parasols".to_owned(),
            latencies: vec![TurnLatency {
                seq: 2,
                first_token_ms: Some(80),
                total_ms: Some(400),
                ..TurnLatency::default()
            }],
            costs: BTreeMap::from([("openai".to_owned(), Money { minor: 3, currency: Currency::USD })]),
            data: Some(json!({ "rooms": 40 })),
            success: Some(true),
            created_at: at(3),
        }
    }

    /// Consent to recording a chat.
    pub fn consent(&self, lead: &Lead, state: ConsentState, created_at: Timestamp) -> Consent {
        Consent {
            id: ConsentId::from_uuid(self.uuid()),
            organization_id: lead.organization_id,
            lead_id: lead.id,
            kind: ConsentKind::Recording,
            channel: Channel::Chat,
            state,
            how: "widget checkbox".to_owned(),
            conversation_id: None,
            created_at,
        }
    }
}
