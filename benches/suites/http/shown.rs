//! Documents as our API writes them, put together by hand.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use spotlight_benches::BareLead;
use spotlight_core::domain::{
    lead::{Engagement, FOLLOW_UP_AFTER_DAYS, LeadStatus},
    scoring::Criteria,
};
use uuid::Uuid;

/// The leads in a page.
pub(crate) const PAGE: i64 = 25;

/// What a new lead is made from.
#[derive(Deserialize)]
pub(crate) struct NewLead {
    pub(crate) lead: NewLeadFields,
}

#[derive(Deserialize)]
pub(crate) struct NewLeadFields {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) company: Option<String>,
}

/// What a visitor says.
#[derive(Deserialize)]
pub(crate) struct NewTurn {
    pub(crate) turn: NewTurnFields,
}

#[derive(Deserialize)]
pub(crate) struct NewTurnFields {
    pub(crate) text: String,
}

#[derive(Serialize)]
pub(crate) struct Document<D> {
    data: D,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Meta>,
}

#[derive(Serialize)]
struct Meta {
    pagination: Pagination,
}

#[derive(Serialize)]
struct Pagination {
    per_page: i64,
    current_page: i64,
    total_pages: i64,
    total_count: i64,
    prev_page: Option<i64>,
    next_page: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct Resource<A, R> {
    id: Uuid,
    #[serde(rename = "type")]
    kind: &'static str,
    attributes: A,
    relationships: R,
}

/// A reference to another record.
#[derive(Serialize)]
struct Linkage {
    data: Option<Identifier>,
}

#[derive(Serialize)]
struct Identifier {
    id: Uuid,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl Linkage {
    fn to(kind: &'static str, id: Option<Uuid>) -> Self {
        Self { data: id.map(|id| Identifier { id, kind }) }
    }
}

#[derive(Serialize)]
pub(crate) struct OfLead {
    owner: Linkage,
}

#[derive(Serialize)]
pub(crate) struct LeadShown {
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    company: Option<String>,
    source: String,
    allowed_statuses: &'static [LeadStatus],
    status: LeadStatus,
    score: Option<i16>,
    qualified: bool,
    engagement: Option<Engagement>,
    criteria: Criteria,
    needs_follow_up: bool,
    needs_review: bool,
    metadata: Map<String, Value>,
    last_conversation_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

type LeadResource = Resource<LeadShown, OfLead>;
/// A lead.
pub(crate) type LeadDocument = Document<LeadResource>;
/// A page of leads.
pub(crate) type LeadPage = Document<Vec<LeadResource>>;

fn resource(lead: BareLead<DateTime<Utc>>, now: DateTime<Utc>) -> LeadResource {
    let status: LeadStatus = lead.status.parse().expect("a status of ours");
    let since = lead.last_conversation_at.unwrap_or(lead.created_at);
    let attributes = LeadShown {
        name: lead.name,
        email: lead.email,
        phone: lead.phone,
        company: lead.company,
        source: lead.source,
        allowed_statuses: status.allowed(),
        status,
        score: lead.score,
        qualified: lead.qualified,
        engagement: lead.score.map(|score| Engagement::of(score as u8)),
        criteria: lead.criteria,
        needs_follow_up: status.is_open() && (now - since).num_days() >= FOLLOW_UP_AFTER_DAYS,
        needs_review: lead.needs_review,
        metadata: lead.metadata,
        last_conversation_at: lead.last_conversation_at,
        created_at: lead.created_at,
        updated_at: lead.updated_at,
    };
    let owner = Linkage::to("user", lead.owner_id);
    Resource { id: lead.id, kind: "lead", attributes, relationships: OfLead { owner } }
}

/// One lead.
pub(crate) fn one(lead: BareLead<DateTime<Utc>>, now: DateTime<Utc>) -> LeadDocument {
    Document { data: resource(lead, now), meta: None }
}

/// The first page of so many leads.
pub(crate) fn page(leads: Vec<BareLead<DateTime<Utc>>>, total: i64, now: DateTime<Utc>) -> LeadPage {
    let pages = total.div_euclid(PAGE) + i64::from(total % PAGE > 0);
    let pagination = Pagination {
        per_page: PAGE,
        current_page: 1,
        total_pages: pages,
        total_count: total,
        prev_page: None,
        next_page: (pages > 1).then_some(2),
    };
    let data = leads.into_iter().map(|lead| resource(lead, now)).collect();
    Document { data, meta: Some(Meta { pagination }) }
}

#[derive(Serialize)]
pub(crate) struct OfUtterance {
    conversation: Linkage,
}

/// Something that was said.
#[derive(Serialize)]
pub(crate) struct Utterance {
    pub(crate) seq: i64,
    pub(crate) speaker: &'static str,
    pub(crate) content: String,
    pub(crate) sentiment: Option<&'static str>,
    pub(crate) sentiment_value: Option<f64>,
    pub(crate) confidence: Option<f64>,
    pub(crate) offset_s: f64,
    pub(crate) duration_s: Option<f64>,
    pub(crate) keywords: [&'static str; 0],
    pub(crate) tools: [&'static str; 0],
    pub(crate) model: Option<&'static str>,
    pub(crate) response_ms: Option<i64>,
    pub(crate) interrupted: bool,
    pub(crate) created_at: DateTime<Utc>,
}

/// An utterance of a conversation.
pub(crate) fn utterance(id: Uuid, conversation: Uuid, said: Utterance) -> Resource<Utterance, OfUtterance> {
    let conversation = Linkage::to("conversation", Some(conversation));
    Resource { id, kind: "transcript", attributes: said, relationships: OfUtterance { conversation } }
}
