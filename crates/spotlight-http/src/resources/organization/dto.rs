//! The organization's settings.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde_json::{Map, Value};
use spotlight_core::{
    domain::{
        billing::PlanId,
        lead::LeadSource,
        organization::{Organization, Retention, StorageMode},
        schedule::WeeklyHours,
        scoring::ScoringRules,
        time::Timestamp,
    },
    error::Violations,
};
use spotlight_derive::RedactedDebug;
use utoipa::openapi::schema::{AdditionalProperties, Type};

use super::hours::Week;
use crate::{
    input::{Field, Int, Nullable, Text, input, label, object, refuse_rest},
    output::{Attributes, Resource, described, output},
    schema::{Book, Described, Node, plain},
};

/// Points that are added or taken: -100 to 100.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Points(i32);

impl Described for Points {
    fn describe(_: &mut Book) -> Node {
        plain(Type::Integer).minimum(Some(-100)).maximum(Some(100)).into()
    }
}

impl Field for Points {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
        if let Some(number) = number.filter(|number| (-100..=100).contains(number)) {
            return Some(Self(number));
        }
        let code = if value.is_number() { "range" } else { "type" };
        broken.add(at, code, format!("{} must be a whole number of -100 to 100", label(at)));
        None
    }
}

/// Points for where a lead came from.
#[derive(RedactedDebug)]
pub(crate) struct Weights(BTreeMap<String, i32>);

impl Described for Weights {
    fn describe(book: &mut Book) -> Node {
        let mut weights = plain(Type::Object).additional_properties(Some(AdditionalProperties::FreeForm(false)));
        for source in LeadSource::ALL {
            weights = weights.property(source.as_str(), Points::describe(book));
        }
        weights.into()
    }
}

impl Field for Weights {
    fn read(value: Value, at: &str, broken: &mut Violations) -> Option<Self> {
        let mut map = object(value, at, broken)?;
        let mut weights = BTreeMap::new();
        let mut whole = true;
        for source in LeadSource::ALL.iter().map(|source| source.as_str()) {
            let Some(value) = map.remove(source) else { continue };
            match Points::read(value, &format!("{at}/{source}"), broken) {
                Some(points) => drop(weights.insert(source.to_owned(), points.0)),
                None => whole = false,
            }
        }
        refuse_rest(&map, at, broken);
        whole.then_some(Self(weights))
    }
}

input! {
    /// How conversations and leads are scored: what is left out stays.
    ScoringInput {
        /// A lead at or above this score is qualified.
        optional threshold: Int<0, 100>,
        /// Largest effect of mean sentiment either way.
        optional sentiment_max: Int<0, 50>,
        /// For each answered qualification question.
        optional answered_question: Points,
        /// At most this much for answered questions together.
        optional answered_questions_max: Points,
        /// For each kind of buying signal.
        optional buying_signal: Points,
        /// For an e-mail or a phone given.
        optional contact_given: Points,
        /// For each kind of objection.
        optional objection: Points,
        /// For a clear "not interested".
        optional refusal: Points,
        /// For an appointment booked.
        optional appointment_booked: Points,
        /// Added to a lead's score when the company is known.
        optional company_given: Points,
        /// Added to a lead's score by where it came from; replaces all of them.
        optional source_weights: Weights,
    }
}

/// Sets what was given.
fn set<T, U>(into: &mut T, given: Option<U>, value: impl FnOnce(U) -> T) {
    if let Some(given) = given {
        *into = value(given);
    }
}

impl ScoringInput {
    fn apply(self, rules: &mut ScoringRules) {
        set(&mut rules.threshold, self.threshold, |score| u8::try_from(score.0).unwrap_or(u8::MAX));
        set(&mut rules.sentiment_max, self.sentiment_max, |points| i32::try_from(points.0).unwrap_or(i32::MAX));
        for (into, given) in [
            (&mut rules.answered_question, self.answered_question),
            (&mut rules.answered_questions_max, self.answered_questions_max),
            (&mut rules.buying_signal, self.buying_signal),
            (&mut rules.contact_given, self.contact_given),
            (&mut rules.objection, self.objection),
            (&mut rules.refusal, self.refusal),
            (&mut rules.appointment_booked, self.appointment_booked),
            (&mut rules.company_given, self.company_given),
        ] {
            set(into, given, |points| points.0);
        }
        set(&mut rules.source_weights, self.source_weights, |weights| weights.0);
    }
}

/// A century of days.
type Days = Int<0, 36_500>;

input! {
    /// For how many days each kind of record is kept: what is left out stays, null keeps it until it is erased.
    RetentionInput {
        /// Utterances, counted from the end of the conversation.
        nullable transcripts_days: Days,
        /// Recordings, counted from the end of the conversation.
        nullable recordings_days: Days,
        /// Leads without activity.
        nullable leads_days: Days,
        /// Entries of the audit log.
        nullable audit_days: Days,
    }
}

impl RetentionInput {
    fn apply(self, retention: &mut Retention) {
        for (into, Nullable(given)) in [
            (&mut retention.transcripts_days, self.transcripts_days),
            (&mut retention.recordings_days, self.recordings_days),
            (&mut retention.leads_days, self.leads_days),
            (&mut retention.audit_days, self.audit_days),
        ] {
            set(into, given, |days| days.map(|days| days.0));
        }
    }
}

input! {
    /// A change of the organization's settings: what is left out stays.
    OrganizationPatchInput {
        /// The name.
        optional name: Text<2, 100>,
        /// Unique over the deployment: lower-case letters, digits and inner hyphens.
        optional slug: Text<2, 63>,
        /// Where it works; days of reports are days here.
        optional time_zone: Tz,
        /// When it is open: a list for each day, Monday first.
        optional business_hours: Week,
        /// How conversations and leads are scored.
        optional scoring: ScoringInput,
        /// How long records are kept.
        optional retention: RetentionInput,
        /// What of a conversation is stored.
        optional storage_mode: StorageMode,
    }
}

impl OrganizationPatchInput {
    pub(super) fn apply(self, organization: &mut Organization) {
        set(&mut organization.name, self.name, |name| name.0);
        set(&mut organization.slug, self.slug, |slug| slug.0);
        set(&mut organization.time_zone, self.time_zone, |zone| zone);
        set(&mut organization.business_hours, self.business_hours, |week| week.0);
        set(&mut organization.storage_mode, self.storage_mode, |mode| mode);
        if let Some(scoring) = self.scoring {
            scoring.apply(&mut organization.scoring);
        }
        if let Some(retention) = self.retention {
            retention.apply(&mut organization.retention);
        }
    }
}

described! {
    /// How conversations and leads are scored.
    ScoringRules as "ScoringRules" {
        /// A lead at or above this score is qualified.
        threshold: u8,
        /// Largest effect of mean sentiment either way.
        sentiment_max: i32,
        /// For each answered qualification question.
        answered_question: i32,
        /// At most this much for answered questions together.
        answered_questions_max: i32,
        /// For each kind of buying signal.
        buying_signal: i32,
        /// For an e-mail or a phone given.
        contact_given: i32,
        /// For each kind of objection.
        objection: i32,
        /// For a clear "not interested".
        refusal: i32,
        /// For an appointment booked.
        appointment_booked: i32,
        /// Added to a lead's score when the company is known.
        company_given: i32,
        /// Added to a lead's score by where it came from.
        source_weights: Weights,
    }
}

described! {
    /// For how many days each kind of record is kept; null keeps it until it is erased.
    Retention as "Retention" {
        /// Utterances, counted from the end of the conversation.
        transcripts_days: Option<u32>,
        /// Recordings, counted from the end of the conversation.
        recordings_days: Option<u32>,
        /// Leads without activity.
        leads_days: Option<u32>,
        /// Entries of the audit log.
        audit_days: Option<u32>,
    }
}

output! {
    /// The organization's settings.
    OrganizationAttributes as "Organization" {
        /// The name.
        name: String,
        /// Unique over the deployment.
        slug: String,
        /// Where it works; days of reports are days here.
        time_zone: Tz,
        /// When it is open: a list for each day, Monday first.
        business_hours: WeeklyHours,
        /// The plan whose limits apply; it changes with the subscription.
        plan: PlanId,
        /// How conversations and leads are scored.
        scoring: ScoringRules,
        /// How long records are kept.
        retention: Retention,
        /// What of a conversation is stored.
        storage_mode: StorageMode,
        /// Feature flags that are set for this organization alone.
        feature_overrides: Map<String, Value>,
        /// When it was made.
        created_at: Timestamp,
        /// When it last changed.
        updated_at: Timestamp,
    }
}

impl Attributes for OrganizationAttributes {
    const KIND: &'static str = "organization";
}

/// An organization as its members see it.
pub(super) fn organization(organization: Organization) -> Resource<OrganizationAttributes> {
    let (id, version) = (organization.id, organization.version);
    let attributes = OrganizationAttributes {
        name: organization.name,
        slug: organization.slug,
        time_zone: organization.time_zone,
        business_hours: organization.business_hours,
        plan: organization.plan,
        scoring: organization.scoring,
        retention: organization.retention,
        storage_mode: organization.storage_mode,
        feature_overrides: organization.feature_overrides.into_iter().map(|(key, on)| (key, on.into())).collect(),
        created_at: organization.created_at,
        updated_at: organization.updated_at,
    };
    Resource::new(id, attributes).at(version)
}
