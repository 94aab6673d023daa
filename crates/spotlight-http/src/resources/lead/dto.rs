//! Leads, their scores and what happened to them.

use serde_json::{Map, Value};
use spotlight_core::{
    domain::{
        LeadId, UserId,
        lead::{Engagement, Lead, LeadSource, LeadStatus},
        scoring::{Criteria, Criterion, Met, Reason},
        time::Timestamp,
    },
    services::leads::{LeadPatch, NewLead, TimelineEntry},
};

use crate::{
    input::{Address, Free, Nullable, Number, Text, input},
    output::{Attributes, Relation, Resource, described, output},
};

input! {
    /// A new lead.
    NewLeadInput {
        /// The name.
        nullable name: Text<2, 100>,
        /// The e-mail address; unique within the organization.
        nullable email: Address,
        /// The phone number, with its country code as +49…; unique within the organization.
        nullable phone: Number,
        /// The company.
        nullable company: Text<1, 100>,
        /// Where it came from; `website` unless given.
        optional source: LeadSource,
        /// The salesperson it is assigned to.
        nullable owner_id: UserId,
        /// Free data.
        optional metadata: Free,
    }
}

input! {
    /// A change of a lead: what is left out stays, null empties.
    LeadPatchInput {
        /// The name.
        nullable name: Text<2, 100>,
        /// The e-mail address; unique within the organization.
        nullable email: Address,
        /// The phone number, with its country code as +49…; unique within the organization.
        nullable phone: Number,
        /// The company.
        nullable company: Text<1, 100>,
        /// Where it came from.
        optional source: LeadSource,
        /// The salesperson it is assigned to.
        nullable owner_id: UserId,
        /// Replaces the free data.
        optional metadata: Free,
        /// False once a person has looked.
        optional needs_review: bool,
    }
}

input! {
    /// Where a lead moves.
    LeadStatusInput {
        /// The new status; only some follow from the one it has.
        required status: LeadStatus,
    }
}

input! {
    /// Which lead becomes part of this one.
    MergeInput {
        /// The lead that becomes part of the one in the path, which stays.
        required lead_id: LeadId,
    }
}

#[expect(clippy::option_option, reason = "absent, null and given are three things, and the service takes them so")]
fn given<const MIN: usize, const MAX: usize>(field: Nullable<Text<MIN, MAX>>) -> Option<Option<String>> {
    field.0.map(|text| text.map(|text| text.0))
}

impl From<NewLeadInput> for NewLead {
    fn from(new: NewLeadInput) -> Self {
        Self {
            name: given(new.name).flatten(),
            email: new.email.0.flatten().map(|email| email.0),
            phone: new.phone.0.flatten().map(|phone| phone.0),
            company: given(new.company).flatten(),
            source: new.source,
            owner_id: new.owner_id.0.flatten(),
            metadata: new.metadata.map(|free| free.0).unwrap_or_default(),
        }
    }
}

impl From<LeadPatchInput> for LeadPatch {
    fn from(patch: LeadPatchInput) -> Self {
        Self {
            name: given(patch.name),
            email: patch.email.0.map(|email| email.map(|email| email.0)),
            phone: patch.phone.0.map(|phone| phone.map(|phone| phone.0)),
            company: given(patch.company),
            source: patch.source,
            owner_id: patch.owner_id.0,
            metadata: patch.metadata.map(|free| free.0),
            needs_review: patch.needs_review,
        }
    }
}

described! {
    /// A criterion and the words that show it.
    Criterion as "Criterion" {
        /// Whether it is met.
        met: Met,
        /// The visitor's own words.
        quote: Option<String>,
    }
}

described! {
    /// Budget, authority, need and timeline.
    Criteria as "Criteria" {
        /// Is there money for it?
        budget: Criterion,
        /// Does the visitor decide?
        authority: Criterion,
        /// Is there a problem to solve?
        need: Criterion,
        /// By when?
        timeline: Criterion,
    }
}

described! {
    /// A reason of a score.
    Reason as "Reason" {
        /// A stable word for programs.
        code: String,
        /// Points it adds or takes.
        points: i32,
        /// A sentence for a person.
        detail: String,
    }
}

output! {
    /// A lead.
    LeadAttributes as "Lead" {
        /// The name; null for a visitor who has not given it.
        name: Option<String>,
        /// The e-mail address.
        email: Option<String>,
        /// The phone number, in E.164.
        phone: Option<String>,
        /// The company.
        company: Option<String>,
        /// Where it came from.
        source: LeadSource,
        /// Where it stands.
        status: LeadStatus,
        /// Where it may move from there.
        allowed_statuses: Vec<LeadStatus>,
        /// 0 to 100; null before the first completed conversation.
        score: Option<u8>,
        /// Score at or above the organization's threshold.
        qualified: bool,
        /// How engaged it is, by score.
        engagement: Option<Engagement>,
        /// Budget, authority, need and timeline.
        criteria: Criteria,
        /// Open, and no conversation for three days.
        needs_follow_up: bool,
        /// Two leads claim its contact data: a person must look.
        needs_review: bool,
        /// Free data.
        metadata: Map<String, Value>,
        /// When the last conversation took place.
        last_conversation_at: Option<Timestamp>,
        /// When it was made.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

impl Attributes for LeadAttributes {
    const KIND: &'static str = "lead";
    const RELATIONS: &'static [Relation] = &[
        Relation::one("owner", "user"),
        Relation::many("conversations", "conversation"),
        Relation::many("appointments", "appointment"),
    ];
}

/// A lead as it is shown at `now`.
pub(crate) fn lead(lead: Lead, now: Timestamp) -> Resource<LeadAttributes> {
    let attributes = LeadAttributes {
        source: lead.source,
        status: lead.status,
        allowed_statuses: lead.status.allowed().to_vec(),
        score: lead.score,
        qualified: lead.qualified,
        engagement: lead.engagement(),
        needs_follow_up: lead.needs_follow_up(now),
        name: lead.name,
        email: lead.email.map(String::from),
        phone: lead.phone.map(String::from),
        company: lead.company,
        criteria: lead.criteria,
        needs_review: lead.needs_review,
        metadata: lead.metadata,
        last_conversation_at: lead.last_conversation_at,
        created_at: lead.created_at,
        updated_at: lead.updated_at,
    };
    Resource::new(lead.id, attributes).at(lead.version).refers_to("owner", lead.owner_id)
}

output! {
    /// Why a lead's score is what it is.
    ScoreAttributes as "LeadScore" {
        /// 0 to 100; null before the first completed conversation.
        score: Option<u8>,
        /// Score at or above the organization's threshold.
        qualified: bool,
        /// How engaged the lead is.
        engagement: Option<Engagement>,
        /// The reasons, with their points.
        reasons: Vec<Reason>,
        /// Budget, authority, need and timeline.
        criteria: Criteria,
    }
}

impl Attributes for ScoreAttributes {
    const KIND: &'static str = "lead_score";
}

/// A lead's score as it is shown.
pub(crate) fn score(lead: Lead) -> Resource<ScoreAttributes> {
    let attributes = ScoreAttributes {
        score: lead.score,
        qualified: lead.qualified,
        engagement: lead.engagement(),
        reasons: lead.score_reasons,
        criteria: lead.criteria,
    };
    Resource::new(lead.id, attributes)
}

output! {
    /// Something that happened to a lead.
    TimelineAttributes as "TimelineEntry" {
        /// When.
        at: Timestamp,
        /// `conversation`, `appointment`, or an action as `lead.update`.
        kind: String,
        /// The record it is about.
        record_id: String,
        /// Facts without personal data.
        data: Value,
    }
}

impl Attributes for TimelineAttributes {
    const KIND: &'static str = "timeline_entry";
}

/// An entry as it is shown. Entries have no identity of their own: their place in the lead's timeline, counted from
/// the oldest, stays the same while the timeline grows.
pub(crate) fn entry(place: usize, entry: TimelineEntry) -> Resource<TimelineAttributes> {
    let attributes =
        TimelineAttributes { at: entry.at, kind: entry.kind, record_id: entry.record_id, data: entry.data };
    Resource::new(place, attributes)
}
