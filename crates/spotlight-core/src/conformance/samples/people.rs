//! Organizations, users, assistants, hosts and leads.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};
use serde_json::json;

use super::{Samples, at};
use crate::domain::{
    ApiTokenId, AssistantId, KnowledgeId, LeadId, LinkId, OrganizationId, ProposalId, SessionId, UserId,
    assistant::{
        Assistant, BookingSettings, HandOffRule, HostChoice, Knowledge, Language, ModelSettings, Question, Tone,
        ToolKind, Topic, VoiceSettings,
    },
    billing::PlanId,
    contact::{Email, Phone},
    lead::{Lead, LeadSource, LeadStatus, Proposal, ProposalField, ProposalState},
    organization::{Organization, Retention, StorageMode},
    schedule::{Exception, Host, Span, WeeklyHours},
    scoring::{Criteria, Criterion, Met, Reason, ScoringRules},
    second_factor::SecondFactor,
    user::{ApiToken, LinkPurpose, Membership, OneTimeLink, PasswordHash, Role, Scope, SecretHash, Session, User},
};

impl Samples {
    /// An e-mail that no other sample has.
    pub fn email(&self) -> Email {
        Email::parse(&format!("person{}@example.com", self.number())).unwrap()
    }

    /// A phone that no other sample has.
    pub fn phone(&self) -> Phone {
        Phone::from_e164(format!("+4930{:08}", self.number())).unwrap()
    }

    /// An organization.
    pub fn organization(&self) -> Organization {
        let number = self.number();
        Organization {
            id: OrganizationId::from_uuid(self.uuid()),
            name: format!("Organization {number}"),
            slug: format!("organization-{number}"),
            time_zone: chrono_tz::Europe::Berlin,
            business_hours: WeeklyHours::weekdays(9, 17),
            plan: PlanId::Growth,
            scoring: ScoringRules { threshold: 60, ..ScoringRules::default() },
            retention: Retention { transcripts_days: Some(30), ..Retention::default() },
            storage_mode: StorageMode::EverythingExceptPii,
            feature_overrides: BTreeMap::from([("voice".to_owned(), true)]),
            created_at: at(0),
            updated_at: at(1),
            version: 1,
        }
    }

    /// A user.
    pub fn user(&self) -> User {
        User {
            id: UserId::from_uuid(self.uuid()),
            email: self.email(),
            name: "Zoë Sample".to_owned(),
            password_hash: Some(PasswordHash::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA")),
            confirmed_at: Some(at(2)),
            failed_attempts: 2,
            locked_at: Some(at(3)),
            last_sign_in_at: Some(at(4)),
            sign_in_count: 5,
            second_factor: Some(SecondFactor {
                confirmed_at: Some(at(3)),
                last_step: Some(56_000_000),
                recovery: vec![SecretHash([1; 32]), SecretHash([2; 32])],
                ..SecondFactor::new([3; 32], at(2))
            }),
            created_at: at(0),
            updated_at: at(1),
            version: 1,
        }
    }

    /// A user's place in an organization.
    pub fn membership(&self, organization_id: OrganizationId, user_id: UserId, role: Role) -> Membership {
        Membership { organization_id, user_id, role, created_at: at(0) }
    }

    /// A session of a day.
    pub fn session(&self, organization_id: OrganizationId, user_id: UserId) -> Session {
        Session {
            id: SessionId::from_uuid(self.uuid()),
            user_id,
            organization_id,
            token_hash: self.hash(),
            user_agent: Some("Sample/1.0".to_owned()),
            ip: Some("192.0.2.1".to_owned()),
            remember: true,
            created_at: at(0),
            last_seen_at: at(1),
            expires_at: at(24 * 60),
        }
    }

    /// An API token that can still be used.
    pub fn api_token(&self, organization_id: OrganizationId, user_id: UserId) -> ApiToken {
        ApiToken {
            id: ApiTokenId::from_uuid(self.uuid()),
            organization_id,
            user_id,
            name: "Integration".to_owned(),
            prefix: "sk_sample".to_owned(),
            token_hash: self.hash(),
            scopes: vec![Scope::LeadsRead, Scope::AnalyticsRead],
            expires_at: Some(at(24 * 60)),
            last_used_at: None,
            revoked_at: None,
            created_at: at(0),
        }
    }

    /// A link of an hour that was not used.
    pub fn link(&self, user_id: UserId, purpose: LinkPurpose) -> OneTimeLink {
        OneTimeLink {
            id: LinkId::from_uuid(self.uuid()),
            token_hash: self.hash(),
            user_id,
            purpose,
            organization_id: None,
            role: None,
            sent_to: self.hash(),
            expires_at: at(60),
            used_at: None,
            created_at: at(0),
        }
    }

    /// An assistant with a host.
    pub fn assistant(&self, organization_id: OrganizationId, owner_id: UserId) -> Assistant {
        Assistant {
            id: AssistantId::from_uuid(self.uuid()),
            organization_id,
            owner_id,
            name: "Ávila".to_owned(),
            tone: Tone::Friendly,
            role: "Sells garden furniture to hotels".to_owned(),
            script: "Greet the visitor, find out how many rooms the hotel has, and offer a call.".to_owned(),
            language: Language::Es,
            active: true,
            greeting: Some("¡Hola!".to_owned()),
            voice: VoiceSettings { voice_id: Some("voice".to_owned()), speed: 1.125, ..VoiceSettings::default() },
            model: ModelSettings { model: Some("model".to_owned()), temperature: 0.25, max_tokens: 256 },
            questions: vec![Question {
                key: "rooms".to_owned(),
                topic: Topic::Need,
                text: "How many rooms are there?".to_owned(),
            }],
            tools: vec![ToolKind::CaptureLead, ToolKind::BookAppointment],
            hand_off: HandOffRule { on_request: false, after_unanswered: 2, wait_s: 90 },
            booking: BookingSettings {
                hosts: vec![owner_id],
                choice: HostChoice::LeastBusy,
                ..BookingSettings::default()
            },
            allowed_origins: vec!["https://example.com".to_owned()],
            voice_sample: Some("voices/sample.wav".to_owned()),
            report_schema: Some(json!({ "type": "object" })),
            success_criteria: Some("A call was agreed.".to_owned()),
            created_at: at(0),
            updated_at: at(1),
            version: 1,
        }
    }

    /// A knowledge entry.
    pub fn knowledge(&self, assistant: &Assistant) -> Knowledge {
        Knowledge {
            id: KnowledgeId::from_uuid(self.uuid()),
            organization_id: assistant.organization_id,
            assistant_id: assistant.id,
            question: Some("Do you deliver?".to_owned()),
            answer: "Yes, within two weeks.".to_owned(),
            created_at: at(0),
            updated_at: at(1),
        }
    }

    /// A host with buffers and a holiday.
    pub fn host(&self, organization_id: OrganizationId, user_id: UserId) -> Host {
        let noon =
            Span { from: NaiveTime::from_hms_opt(10, 0, 0).unwrap(), to: NaiveTime::from_hms_opt(12, 30, 0).unwrap() };
        Host {
            organization_id,
            user_id,
            time_zone: chrono_tz::America::New_York,
            hours: WeeklyHours::weekdays(8, 16),
            exceptions: vec![Exception { date: NaiveDate::from_ymd_opt(2026, 12, 24).unwrap(), spans: vec![noon] }],
            buffer_before_min: 5,
            buffer_after_min: 10,
            created_at: at(0),
            updated_at: at(1),
            version: 1,
        }
    }

    /// A contacted lead of the website about whom everything is known.
    pub fn lead(&self, organization_id: OrganizationId) -> Lead {
        Lead {
            id: LeadId::from_uuid(self.uuid()),
            organization_id,
            name: Some("Renée Ångström".to_owned()),
            email: Some(self.email()),
            phone: Some(self.phone()),
            company: Some("Sample Gardens".to_owned()),
            source: LeadSource::Website,
            status: LeadStatus::Contacted,
            score: Some(64),
            score_reasons: vec![reason()],
            criteria: criteria(),
            qualified: true,
            owner_id: None,
            needs_review: false,
            merged_into: None,
            metadata: serde_json::Map::from_iter([("rooms".to_owned(), json!(40))]),
            last_conversation_at: Some(at(2)),
            erased_at: None,
            deleted_at: None,
            created_at: at(0),
            updated_at: at(1),
            version: 1,
        }
    }

    /// An open proposal for a lead's e-mail.
    pub fn proposal(&self, lead: &Lead) -> Proposal {
        Proposal {
            id: ProposalId::from_uuid(self.uuid()),
            organization_id: lead.organization_id,
            lead_id: lead.id,
            conversation_id: None,
            field: ProposalField::Email,
            value: self.email().to_string(),
            state: ProposalState::Open,
            created_at: at(0),
        }
    }
}

pub(super) fn reason() -> Reason {
    Reason { code: "sentiment".to_owned(), points: -4, detail: "Sounded displeased".to_owned() }
}

pub(super) fn criteria() -> Criteria {
    let budget = Criterion { met: Met::Partial, quote: Some("we have a little money".to_owned()) };
    Criteria { budget, ..Criteria::default() }
}
