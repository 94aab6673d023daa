//! People of the team, what they may do, and how they prove who they are.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use spotlight_derive::RedactedDebug;

use super::{
    contact::Email,
    id::{ApiTokenId, LinkId, OrganizationId, SessionId, UserId},
    macros::words,
    second_factor::SecondFactor,
    time::Timestamp,
};
use crate::error::{Result, Violations};

words! {
    /// What a member may do in one organization. Ordered from least to most.
    Role, "role" {
        /// Own assistants and the leads assigned to them.
        SalesRep = "sales_rep",
        /// All of the organization's assistants, leads and analytics.
        Manager = "manager",
        /// Everything but deleting the organization.
        Admin = "admin",
        /// Everything, and the organization itself.
        Owner = "owner",
    }
}

words! {
    /// What an API token may be used for.
    Scope, "scope" {
        /// Read assistants and knowledge.
        AssistantsRead = "assistants:read",
        /// Change assistants and knowledge.
        AssistantsWrite = "assistants:write",
        /// Read leads.
        LeadsRead = "leads:read",
        /// Change leads.
        LeadsWrite = "leads:write",
        /// Read conversations and transcripts.
        ConversationsRead = "conversations:read",
        /// Hold and change conversations.
        ConversationsWrite = "conversations:write",
        /// Read appointments and availability.
        AppointmentsRead = "appointments:read",
        /// Book and change appointments.
        AppointmentsWrite = "appointments:write",
        /// Read figures.
        AnalyticsRead = "analytics:read",
        /// Manage users, tokens, billing, webhooks, flags and jobs.
        Admin = "admin",
    }
}

/// An argon2id hash in PHC string form. Never printed.
#[derive(Clone)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// Wraps a PHC string.
    pub fn new(phc: impl Into<String>) -> Self {
        Self(SecretString::from(phc.into()))
    }

    /// The PHC string, for storage and verification.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

impl PartialEq for PasswordHash {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

/// SHA-256 of a secret that is stored nowhere else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash(pub [u8; 32]);

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

/// A person who signs in. One e-mail is one user over the whole deployment.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct User {
    /// Identity.
    pub id: UserId,
    /// Unique over the deployment, without regard to case.
    pub email: Email,
    /// 2 to 100 characters.
    pub name: String,
    /// Absent until the person has chosen one.
    pub password_hash: Option<PasswordHash>,
    /// When the address was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// Failed sign-ins since the last good one.
    pub failed_attempts: u32,
    /// When the account was locked.
    pub locked_at: Option<Timestamp>,
    /// Last good sign-in.
    pub last_sign_in_at: Option<Timestamp>,
    /// Good sign-ins.
    pub sign_in_count: u32,
    /// A second proof at sign-in, when the person has chosen to have one.
    pub second_factor: Option<SecondFactor>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts changes from 1.
    pub version: i64,
}

/// Failed sign-ins in a row after which an account is locked.
pub const LOCK_AFTER_FAILURES: u32 = 5;
/// Seconds after which a locked account opens again.
pub const UNLOCK_AFTER_S: i64 = 3600;

impl User {
    /// Checks every rule of the entity.
    ///
    /// # Errors
    /// [`Validation`](crate::error::ErrorKind::Validation) with every broken rule.
    pub fn validate(&self) -> Result<()> {
        let mut broken = Violations::new();
        broken.length("name", "Name", &self.name, 2, 100);
        broken.into_result()
    }

    /// True while sign-in is refused because of repeated failures.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_at.is_some_and(|at| (now - at).num_seconds() < UNLOCK_AFTER_S)
    }

    /// True when sign-in asks for a code besides the password.
    pub fn needs_code(&self) -> bool {
        self.second_factor.as_ref().is_some_and(SecondFactor::is_active)
    }

    /// Notes a failed sign-in, and locks the account at the limit.
    pub fn record_failure(&mut self, now: Timestamp) {
        if self.locked_at.is_some() && !self.is_locked(now) {
            self.locked_at = None;
            self.failed_attempts = 0;
        }
        self.failed_attempts += 1;
        if self.failed_attempts >= LOCK_AFTER_FAILURES && self.locked_at.is_none() {
            self.locked_at = Some(now);
        }
    }

    /// Notes a good sign-in.
    pub fn record_success(&mut self, now: Timestamp) {
        self.failed_attempts = 0;
        self.locked_at = None;
        self.last_sign_in_at = Some(now);
        self.sign_in_count += 1;
    }
}

/// A user's place in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The user.
    pub user_id: UserId,
    /// What the user may do there.
    pub role: Role,
    /// When the user joined.
    pub created_at: Timestamp,
}

/// A browser that is signed in.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct Session {
    /// Identity, shown to the user in the list of own sessions.
    pub id: SessionId,
    /// Who is signed in.
    pub user_id: UserId,
    /// Where they are working.
    pub organization_id: OrganizationId,
    /// Hash of the cookie's secret.
    pub token_hash: SecretHash,
    /// The browser, as it named itself; at most 255 characters.
    pub user_agent: Option<String>,
    /// Address at sign-in.
    pub ip: Option<String>,
    /// Kept over the end of the browser.
    pub remember: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// A key for programs. The secret is shown once and stored hashed.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct ApiToken {
    /// Identity.
    pub id: ApiTokenId,
    /// The organization it opens.
    pub organization_id: OrganizationId,
    /// Who made it, and in whose name it acts.
    pub user_id: UserId,
    /// 2 to 100 characters.
    pub name: String,
    /// The first characters of the secret, shown so that a person can tell tokens apart.
    pub prefix: String,
    /// Hash of the secret.
    pub token_hash: SecretHash,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl ApiToken {
    /// True when it opens anything at `now`.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }
}

words! {
    /// What a one-time link is for.
    LinkPurpose, "purpose" {
        /// Confirm an e-mail address.
        Confirmation = "confirmation",
        /// Choose a new password.
        PasswordReset = "password_reset",
        /// Accept an invitation.
        Invitation = "invitation",
    }
}

/// A single-use link sent by e-mail.
#[derive(Debug, Clone, PartialEq)]
pub struct OneTimeLink {
    /// Identity; opens nothing.
    pub id: LinkId,
    /// Hash of the secret in the link.
    pub token_hash: SecretHash,
    /// Whom it is for.
    pub user_id: UserId,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// An invitation's organization.
    pub organization_id: Option<OrganizationId>,
    /// An invitation's role.
    pub role: Option<Role>,
    /// SHA-256 of the address it is sent to: it proves that address and no later one.
    pub sent_to: SecretHash,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl OneTimeLink {
    /// True when it opens what it is for at `now`.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}
