//! The seeded tenants, and what is asked of them. `seed/*.sql` makes the same ids.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde_json::json;
use spotlight_core::{
    domain::{
        AssistantId, AuditEntryId, LeadId, OrganizationId, UserId,
        audit::AuditEntry,
        contact::{Email, Phone},
        conversation::Channel,
        lead::{Lead, LeadSource, LeadStatus},
        scoring::{Criteria, Criterion, Met, Reason},
        time::Window,
    },
    ports::{AnalyticsQuery, Clock, IdGenerator, LeadFilter, LeadSort, NewEvent, Order, Sort, SystemClock, SystemIds},
    services::conversations::NewConversation,
};
use uuid::Uuid;

/// Days over which everything is spread, from the first of 2025. A dashboard shows all of them.
pub const DAYS: u64 = 365;

/// The first of 2025.
const BASE_MS: u64 = 1_735_689_600_000;

/// What is looked for: a person, a first name, and what every e-mail address ends with.
pub const SEARCHES: [(&str, &str); 3] =
    [("search, a person", "anna mi"), ("search, a first name", "anna"), ("search, every lead", "example")];

/// How much there is.
#[derive(Debug, Clone, Copy)]
pub struct Many {
    /// How it is called in results.
    pub name: &'static str,
    /// Organizations, with a leads each in turn.
    pub tenants: u64,
    /// Leads of all.
    pub leads: u64,
    /// Conversations of all.
    pub conversations: u64,
    /// Utterances of a conversation.
    pub spoken: u64,
}

impl Many {
    /// One tenant: 100,000 leads and 1,000,000 utterances.
    pub const ALONE: Self = Self { name: "alone", tenants: 1, leads: 100_000, conversations: 100_000, spoken: 10 };
    /// A hundred tenants, 10,000 leads each: one of them is 1 % of every table.
    pub const PERCENT: Self = Self { name: "1 %", tenants: 100, leads: 1_000_000, conversations: 200_000, spoken: 5 };

    /// Fills the numbers into a seed.
    pub fn fill(self, seed: &str) -> String {
        let step = DAYS * 86_400_000 / self.leads;
        [
            ("{tenants}", self.tenants),
            ("{leads}", self.leads),
            ("{conversations}", self.conversations),
            ("{spoken}", self.spoken),
            ("{step}", step),
            ("{base}", BASE_MS),
        ]
        .into_iter()
        .fold(seed.to_owned(), |seed, (mark, number)| seed.replace(mark, &number.to_string()))
    }
}

fn made(kind: u128, number: u64) -> Uuid {
    Uuid::from_u128((0x019a_0000_0000 << 80) | (kind << 64) | (0x8000 << 48) | u128::from(number))
}

/// The tenant that is asked.
pub fn organization() -> OrganizationId {
    OrganizationId::from_uuid(made(0x7000, 0))
}

/// Its owner.
pub fn user() -> UserId {
    UserId::from_uuid(made(0x7001, 0))
}

/// The tenant's lead of this number.
pub fn lead_at(many: Many, number: u64) -> LeadId {
    let number = number % (many.leads / many.tenants) * many.tenants;
    let ms = BASE_MS + number * (DAYS * 86_400_000 / many.leads);
    LeadId::from_uuid(Uuid::from_u128((u128::from(ms) << 80) | (0x7000 << 64) | (0x8000 << 48) | u128::from(number)))
}

/// Qualified leads.
pub fn filter() -> LeadFilter {
    LeadFilter { statuses: vec![LeadStatus::Qualified], ..LeadFilter::default() }
}

/// Leads found by words.
pub fn search_filter(words: &str) -> LeadFilter {
    LeadFilter { search: Some(words.to_owned()), ..LeadFilter::default() }
}

/// The newest first.
pub const fn sort() -> Sort<LeadSort> {
    Sort { by: LeadSort::CreatedAt, order: Order::Desc }
}

/// Every day there is.
pub fn days() -> AnalyticsQuery {
    let first = NaiveDate::from_ymd_opt(2025, 1, 1).expect("a date");
    let start = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    let day = |number| first + Days::new(number);
    let days = (0..DAYS).map(|at| (day(at), Window { start: start(day(at)), end: start(day(at + 1)) })).collect();
    AnalyticsQuery { days, assistant_id: None, visible_to: None }
}

fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// A lead that nobody has yet.
pub fn new_lead() -> Lead {
    let id = SystemIds.uuid();
    let number = id.as_u128() % 100_000_000_000;
    let now = now();
    let criterion = |met, quote: &str| Criterion { met, quote: Some(quote.to_owned()) };
    let reason = |code: &str, points, detail: &str| Reason { code: code.to_owned(), points, detail: detail.to_owned() };
    Lead {
        name: Some("Nora Newcomer".to_owned()),
        email: Some(Email::parse(&format!("nora.{}@example.com", id.simple())).expect("an address")),
        phone: Some(Phone::from_e164(format!("+49{number:011}")).expect("a number")),
        company: Some("Newcomer GmbH".to_owned()),
        status: LeadStatus::Contacted,
        score: Some(62),
        score_reasons: vec![
            reason("sentiment", 12, "Spoke well of what was offered."),
            reason("contact_given", 8, "Left an e-mail or a phone."),
        ],
        criteria: Criteria {
            budget: criterion(Met::Yes, "We have about 5,000 euros for it."),
            need: criterion(Met::Yes, "Ours broke last week."),
            ..Criteria::default()
        },
        qualified: true,
        owner_id: Some(user()),
        last_conversation_at: Some(now),
        ..Lead::anonymous(LeadId::from_uuid(id), organization(), LeadSource::Website, now)
    }
}

/// The audit entry beside a new lead.
pub fn audit(lead: &Lead) -> AuditEntry {
    AuditEntry {
        id: AuditEntryId::from_uuid(SystemIds.uuid()),
        organization_id: lead.organization_id,
        actor_kind: "user".to_owned(),
        actor_id: Some(user().to_string()),
        action: "lead.create".to_owned(),
        record_type: "lead".to_owned(),
        record_id: lead.id.to_string(),
        details: json!({ "fields": ["name", "email", "phone", "company"] }),
        request_id: Some("0190a0b0c0d0".to_owned()),
        source_address: Some("203.0.113.7".to_owned()),
        created_at: lead.created_at,
    }
}

/// The event beside a new lead.
pub fn event(lead: &Lead) -> NewEvent {
    NewEvent {
        organization_id: lead.organization_id,
        channel: "leads".to_owned(),
        event_type: "lead.created".to_owned(),
        conversation_id: None,
        data: json!({ "lead_id": lead.id.to_string(), "status": lead.status.as_str(), "source": lead.source.as_str() }),
        trace: None,
    }
}

/// A chat with an assistant, of somebody unknown.
pub fn new_conversation(assistant: AssistantId) -> NewConversation {
    NewConversation {
        assistant_id: assistant,
        lead_id: None,
        source: Channel::Chat,
        language: None,
        time_zone: None,
        recording_consent: None,
        external_call_id: None,
    }
}
