//! The tenant.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;

use super::{
    billing::PlanId, id::OrganizationId, macros::words, schedule::WeeklyHours, scoring::ScoringRules, time::Timestamp,
};
use crate::error::{Result, Violations};

words! {
    /// What of a conversation is stored.
    StorageMode, "storage_mode" {
        /// All of it.
        Everything = "everything",
        /// E-mail, phone, card and name patterns are redacted before anything is written.
        EverythingExceptPii = "everything_except_pii",
        /// No utterance is stored, only the attributes of the conversation.
        BasicAttributesOnly = "basic_attributes_only",
    }
}

/// How long each kind of record is kept, in days. `None` keeps it until erased.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Utterances, counted from the end of the conversation.
    pub transcripts_days: Option<u32>,
    /// Recordings, counted from the end of the conversation.
    pub recordings_days: Option<u32>,
    /// Leads without activity, erased after this long.
    pub leads_days: Option<u32>,
    /// Audit entries.
    pub audit_days: Option<u32>,
}

/// A business that uses the platform.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct Organization {
    /// Identity.
    pub id: OrganizationId,
    /// 2 to 100 characters.
    pub name: String,
    /// Unique over the deployment: lower-case letters, digits and hyphens, 2 to 63.
    pub slug: String,
    /// Where the business works; days of reports are days here.
    pub time_zone: Tz,
    /// When the business is open.
    pub business_hours: WeeklyHours,
    /// The plan whose limits apply.
    pub plan: PlanId,
    /// How conversations and leads are scored.
    pub scoring: ScoringRules,
    /// How long records are kept.
    pub retention: Retention,
    /// What of a conversation is stored.
    pub storage_mode: StorageMode,
    /// Feature flags set for this organization alone.
    pub feature_overrides: BTreeMap<String, bool>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

impl Organization {
    /// Checks every rule of the entity.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) with every broken rule.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        broken.length("name", "Name", &self.name, 2, 100);
        let slug_ok = (2..=63).contains(&self.slug.len())
            && !self.slug.starts_with('-')
            && !self.slug.ends_with('-')
            && self.slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !slug_ok {
            broken.add("slug", "format", "Slug must be 2 to 63 lower-case letters, digits and inner hyphens");
        }
        broken.take("business_hours", self.business_hours.validate())?;
        broken.take("scoring", self.scoring.validate())?;
        broken.into_result()
    }
}
