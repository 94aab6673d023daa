//! Who did what to which record, when and from where.

use spotlight_derive::RedactedDebug;

use super::{
    id::{ApiTokenId, AuditEntryId, ConversationId, OrganizationId, UserId, WebhookSourceId},
    time::Timestamp,
};

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person of the team.
    User(UserId),
    /// A program with an API token, in the name of a user.
    Token(ApiTokenId, UserId),
    /// A visitor, in one conversation.
    Visitor(ConversationId),
    /// Another system, by a webhook.
    Source(WebhookSourceId),
    /// The platform: a job, the command line, a first start.
    System,
    /// Nobody known.
    Anonymous,
}

impl Actor {
    /// The user in whose name the actor acts.
    pub const fn user_id(&self) -> Option<UserId> {
        match self {
            Self::User(id) | Self::Token(_, id) => Some(*id),
            _ => None,
        }
    }

    /// The word stored for the kind of actor.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Token(..) => "token",
            Self::Visitor(_) => "visitor",
            Self::Source(_) => "source",
            Self::System => "system",
            Self::Anonymous => "anonymous",
        }
    }

    /// The id stored for the actor, as text.
    pub fn id(&self) -> Option<String> {
        match self {
            Self::User(id) => Some(id.to_string()),
            Self::Token(id, _) => Some(id.to_string()),
            Self::Visitor(id) => Some(id.to_string()),
            Self::Source(id) => Some(id.to_string()),
            Self::System | Self::Anonymous => None,
        }
    }
}

/// One entry of the audit log. Append-only; holds no personal data.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Identity.
    pub id: AuditEntryId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// `user`, `token`, `visitor`, `source`, `system` or `anonymous`.
    #[debug(shown = "a word of the program")]
    pub actor_kind: String,
    /// The actor's id, when it has one.
    pub actor_id: Option<String>,
    /// What was done, as `lead.update`.
    #[debug(shown = "a word of the program")]
    pub action: String,
    /// The kind of record, as `lead`.
    #[debug(shown = "a word of the program")]
    pub record_type: String,
    /// The record's id.
    pub record_id: String,
    /// The names of changed fields and other facts without personal data.
    pub details: serde_json::Value,
    /// The request it was part of.
    pub request_id: Option<String>,
    /// Where it came from.
    pub source_address: Option<String>,
    /// When.
    pub created_at: Timestamp,
}
