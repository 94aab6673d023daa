//! Consent to being recorded and to being called by an AI.

use spotlight_derive::RedactedDebug;

use super::{
    id::{ConsentId, ConversationId, LeadId, OrganizationId},
    macros::words,
    time::Timestamp,
};

words! {
    /// What is consented to.
    ConsentKind, "kind" {
        /// Recording the conversation.
        Recording = "recording",
        /// Outbound contact by an AI.
        AiContact = "ai_contact",
    }
}

words! {
    /// Where consent stands.
    ConsentState, "state" {
        /// Asked, no answer yet.
        Asked = "asked",
        /// Given.
        Given = "given",
        /// Refused or withdrawn; an opt-out.
        Refused = "refused",
    }
}

/// One change of consent; the newest per lead, kind and channel counts. Append-only.
#[derive(RedactedDebug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Identity.
    pub id: ConsentId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose.
    pub lead_id: LeadId,
    /// To what.
    pub kind: ConsentKind,
    /// On which channel.
    pub channel: super::conversation::Channel,
    /// Where it stands.
    pub state: ConsentState,
    /// How it was expressed, as `widget checkbox`, at most 200 characters.
    pub how: String,
    /// In which conversation.
    pub conversation_id: Option<ConversationId>,
    /// When.
    pub created_at: Timestamp,
}

/// Whether consent of a kind stands on a channel, by a lead's changes, oldest first.
///
/// The newest change on the channel counts. A refusal counts on every channel at once, until consent is given anew.
pub fn stands(changes: &[Consent], kind: ConsentKind, channel: super::conversation::Channel) -> bool {
    changes.iter().filter(|change| change.kind == kind).fold(false, |stands, change| match change.state {
        ConsentState::Refused => false,
        ConsentState::Given => stands || change.channel == channel,
        ConsentState::Asked => stands && change.channel != channel,
    })
}
