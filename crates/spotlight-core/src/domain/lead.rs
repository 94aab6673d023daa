//! Leads: people who may buy.

use serde::{Deserialize, Serialize};
use spotlight_derive::RedactedDebug;

use super::{
    contact::{Email, Phone},
    id::{ConversationId, LeadId, OrganizationId, ProposalId, UserId},
    macros::words,
    scoring::{Criteria, Reason},
    time::Timestamp,
};
use crate::error::{Error, Result, Violations};

words! {
    /// Where a lead came from.
    LeadSource, "source" {
        /// The website or its widget.
        Website = "website",
        /// A call.
        Phone = "phone",
        /// A social network.
        SocialMedia = "social_media",
        /// A message.
        Email = "email",
        /// Somebody recommended us.
        Referral = "referral",
        /// An advertisement.
        PaidAds = "paid_ads",
        /// Our own first message.
        ColdEmail = "cold_email",
    }
}

words! {
    /// Where a lead stands.
    LeadStatus, "status" {
        /// Nobody has reached them yet.
        Fresh = "fresh",
        /// Reached, with an e-mail or a phone.
        Contacted = "contacted",
        /// Worth a salesperson's time.
        Qualified = "qualified",
        /// Not now, later.
        Nurturing = "nurturing",
        /// Bought. Final.
        Converted = "converted",
        /// Not a fit.
        Unqualified = "unqualified",
        /// Gone.
        Lost = "lost",
    }
}

impl LeadStatus {
    /// The statuses a lead may move to from here.
    pub const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Fresh => &[Self::Contacted, Self::Unqualified, Self::Lost],
            Self::Contacted => &[Self::Qualified, Self::Nurturing, Self::Unqualified, Self::Lost],
            Self::Qualified => &[Self::Converted, Self::Nurturing, Self::Unqualified, Self::Lost],
            Self::Nurturing => &[Self::Contacted, Self::Qualified, Self::Unqualified, Self::Lost],
            Self::Unqualified | Self::Lost => &[Self::Nurturing],
            Self::Converted => &[],
        }
    }

    /// True while work on the lead goes on.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Fresh | Self::Contacted | Self::Qualified | Self::Nurturing)
    }

    /// True where a lead must have an e-mail or a phone unless it was erased.
    pub const fn needs_contact(self) -> bool {
        matches!(self, Self::Contacted | Self::Qualified | Self::Nurturing | Self::Converted)
    }
}

words! {
    /// How engaged a lead is, by score: low to 30, medium to 60, high to 80, very high above.
    Engagement, "engagement" {
        /// 0 to 30.
        Low = "low",
        /// 31 to 60.
        Medium = "medium",
        /// 61 to 80.
        High = "high",
        /// 81 to 100.
        VeryHigh = "very_high",
    }
}

impl Engagement {
    /// The engagement of a score of 0 to 100.
    pub const fn of(score: u8) -> Self {
        match score {
            0..=30 => Self::Low,
            31..=60 => Self::Medium,
            61..=80 => Self::High,
            _ => Self::VeryHigh,
        }
    }
}

/// Days without a conversation after which an open lead needs a follow-up.
pub const FOLLOW_UP_AFTER_DAYS: i64 = 3;

/// A person who may buy.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct Lead {
    /// Identity.
    pub id: LeadId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// 2 to 100 characters; absent for a visitor who has not given it.
    pub name: Option<String>,
    /// Unique within the organization.
    pub email: Option<Email>,
    /// Unique within the organization.
    pub phone: Option<Phone>,
    /// At most 100 characters.
    pub company: Option<String>,
    /// Where it came from.
    pub source: LeadSource,
    /// Where it stands.
    pub status: LeadStatus,
    /// 0 to 100; none before the first completed conversation.
    pub score: Option<u8>,
    /// Why the score is what it is.
    pub score_reasons: Vec<Reason>,
    /// Budget, authority, need, timeline.
    pub criteria: Criteria,
    /// Score at or above the organization's threshold. Derived, never set.
    pub qualified: bool,
    /// The salesperson it is assigned to.
    pub owner_id: Option<UserId>,
    /// Two leads claim its contact data: a person must look.
    pub needs_review: bool,
    /// The lead this one was merged into; a merged lead answers for nothing else.
    pub merged_into: Option<LeadId>,
    /// Free data of the business, a JSON object.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// When the last conversation took place.
    pub last_conversation_at: Option<Timestamp>,
    /// When personal data was removed for good.
    pub erased_at: Option<Timestamp>,
    /// When it was deleted; deleted leads are found by nothing but their id and erasure.
    pub deleted_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

impl Lead {
    /// A lead about whom nothing is known yet.
    pub fn anonymous(id: LeadId, organization_id: OrganizationId, source: LeadSource, now: Timestamp) -> Self {
        Self {
            id,
            organization_id,
            name: None,
            email: None,
            phone: None,
            company: None,
            source,
            status: LeadStatus::Fresh,
            score: None,
            score_reasons: Vec::new(),
            criteria: Criteria::default(),
            qualified: false,
            owner_id: None,
            needs_review: false,
            merged_into: None,
            metadata: serde_json::Map::new(),
            last_conversation_at: None,
            erased_at: None,
            deleted_at: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Checks every rule of the entity.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) with every broken rule.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        if let Some(name) = &self.name {
            broken.length("name", "Name", name, 2, 100);
        }
        if let Some(company) = &self.company {
            broken.length("company", "Company", company, 1, 100);
        }
        if self.status.needs_contact() && !self.has_contact() && self.erased_at.is_none() {
            broken.add("email", "required", format!("A {} lead needs an e-mail or a phone", self.status));
        }
        broken.into_result()
    }

    /// True with an e-mail or a phone.
    pub fn has_contact(&self) -> bool {
        self.email.is_some() || self.phone.is_some()
    }

    /// True when neither name nor contact is known.
    pub fn is_anonymous(&self) -> bool {
        !self.has_contact()
    }

    /// Moves the lead to another status. The same status again changes nothing.
    ///
    /// # Errors
    /// [`Conflict`](crate::error::ErrorKind::Conflict) for a move that is not allowed, naming those that are;
    /// [`Validation`](crate::error::ErrorKind::Validation) where the status needs a contact the lead lacks.
    pub fn move_to(&mut self, status: LeadStatus) -> Result<()> {
        if status == self.status {
            return Ok(());
        }
        let allowed = self.status.allowed();
        if !allowed.contains(&status) {
            let names: Vec<_> = allowed.iter().map(|s| s.as_str()).collect();
            let names = if names.is_empty() { "nothing, it is final".to_owned() } else { names.join(", ") };
            return Err(Error::conflict(format!("A {} lead cannot become {status}; allowed: {names}", self.status)));
        }
        if status.needs_contact() && !self.has_contact() && self.erased_at.is_none() {
            return Err(Error::invalid("email", "required", format!("A {status} lead needs an e-mail or a phone")));
        }
        self.status = status;
        Ok(())
    }

    /// How engaged the lead is; none before the first score.
    pub fn engagement(&self) -> Option<Engagement> {
        self.score.map(Engagement::of)
    }

    /// Open, and no conversation for three days.
    pub fn needs_follow_up(&self, now: Timestamp) -> bool {
        let since = self.last_conversation_at.unwrap_or(self.created_at);
        self.status.is_open() && (now - since).num_days() >= FOLLOW_UP_AFTER_DAYS
    }
}

words! {
    /// The field a proposal is about.
    ProposalField, "field" {
        /// The name.
        Name = "name",
        /// The e-mail.
        Email = "email",
        /// The phone.
        Phone = "phone",
        /// The company.
        Company = "company",
    }
}

words! {
    /// What became of a proposal.
    ProposalState, "state" {
        /// Waits for a person.
        Open = "open",
        /// Taken over into the lead.
        Accepted = "accepted",
        /// Turned down.
        Rejected = "rejected",
    }
}

/// A value a visitor typed that differs from what the lead holds. What a visitor types is unverified, so it never
/// overwrites; a person decides.
#[derive(RedactedDebug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Identity.
    pub id: ProposalId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The lead it is about.
    pub lead_id: LeadId,
    /// Where it was said.
    pub conversation_id: Option<ConversationId>,
    /// The field.
    pub field: ProposalField,
    /// The value.
    pub value: String,
    /// What became of it.
    pub state: ProposalState,
    /// When it was made.
    pub created_at: Timestamp,
}
