//! People, sessions, tokens and links.

use async_trait::async_trait;

use crate::{
    domain::{
        ApiTokenId, LinkId, OrganizationId, SessionId, UserId,
        contact::Email,
        time::Timestamp,
        user::{ApiToken, LinkPurpose, Membership, OneTimeLink, Role, SecretHash, Session, User},
    },
    error::Result,
};

/// Keeps users and memberships. Users are global: one e-mail is one user.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Adds a user.
    ///
    /// # Errors
    /// `Conflict` when the id or e-mail is taken.
    async fn insert(&self, user: &User) -> Result<()>;

    /// The user with this id.
    async fn get(&self, id: UserId) -> Result<Option<User>>;

    /// The users with these ids, by id; those that are not there are left out.
    async fn get_many(&self, ids: &[UserId]) -> Result<Vec<User>>;

    /// The user with this e-mail.
    async fn find_by_email(&self, email: &Email) -> Result<Option<User>>;

    /// Replaces a user that is stored at `user.version`, and stores it at one more.
    ///
    /// # Errors
    /// `StaleVersion`, `NotFound`, `Conflict` when the e-mail is taken.
    async fn update(&self, user: &User) -> Result<()>;

    /// Adds a membership, or changes the role of the one there is.
    ///
    /// # Errors
    /// `NotFound` when the user or organization does not exist.
    async fn set_membership(&self, membership: &Membership) -> Result<()>;

    /// Removes a membership. True when there was one.
    async fn remove_membership(&self, organization: OrganizationId, user: UserId) -> Result<bool>;

    /// The membership of a user in an organization.
    async fn membership(&self, organization: OrganizationId, user: UserId) -> Result<Option<Membership>>;

    /// A user's memberships, oldest first, then by organization.
    async fn memberships(&self, user: UserId) -> Result<Vec<Membership>>;

    /// An organization's members, oldest first, then by user.
    async fn members(&self, organization: OrganizationId) -> Result<Vec<Membership>>;
}

/// Keeps sessions. Looked up by the hash of their secret, over the whole deployment.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Adds a session.
    ///
    /// # Errors
    /// `Conflict` when the id or hash is taken.
    async fn insert(&self, session: &Session) -> Result<()>;

    /// The session with this secret, ended or not.
    async fn find_by_hash(&self, hash: &SecretHash) -> Result<Option<Session>>;

    /// The sessions with these secrets, ended or not, and what the user of each is in its organization at this moment: none
    /// where they are no member. What is found, in any order; secrets of nothing are passed over. One read, which every
    /// request of a browser is part of.
    async fn find_with_roles(&self, hashes: &[SecretHash]) -> Result<Vec<(Session, Option<Role>)>>;

    /// A user's sessions that have not expired at `now`, newest first, then by id descending.
    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>>;

    /// Notes that a session was used.
    ///
    /// # Errors
    /// `NotFound`.
    async fn touch(&self, id: SessionId, at: Timestamp) -> Result<()>;

    /// Ends one of a user's sessions. True when there was one.
    async fn delete(&self, user: UserId, id: SessionId) -> Result<bool>;

    /// Ends a user's sessions save `except`. Gives how many.
    async fn delete_all(&self, user: UserId, except: Option<SessionId>) -> Result<u64>;

    /// How many users have a session that was used at `since` or later, over the whole deployment: each once, however many
    /// they have. Sessions that have expired since count; those that were ended do not.
    async fn active_users(&self, since: Timestamp) -> Result<u64>;

    /// Removes at most `limit` sessions that expired before `now`. Gives how many.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64>;
}

/// Keeps API tokens.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ApiTokenRepository: Send + Sync {
    /// Adds a token.
    ///
    /// # Errors
    /// `Conflict` when the id or hash is taken.
    async fn insert(&self, token: &ApiToken) -> Result<()>;

    /// The tokens with these secrets, over the whole deployment, usable or not, and what the user of each is in its
    /// organization at this moment: none where they are no member. What is found, in any order; secrets of nothing are
    /// passed over. One read, which every request of a program is part of.
    async fn find_with_roles(&self, hashes: &[SecretHash]) -> Result<Vec<(ApiToken, Option<Role>)>>;

    /// An organization's tokens, newest first, then by id descending.
    async fn list(&self, organization: OrganizationId) -> Result<Vec<ApiToken>>;

    /// Notes that a token was used.
    ///
    /// # Errors
    /// `NotFound`.
    async fn touch(&self, organization: OrganizationId, id: ApiTokenId, at: Timestamp) -> Result<()>;

    /// Revokes a token.
    ///
    /// # Errors
    /// `NotFound`.
    ///
    /// # Idempotency
    /// A revoked token keeps its first time.
    async fn revoke(&self, organization: OrganizationId, id: ApiTokenId, at: Timestamp) -> Result<()>;
}

/// Keeps single-use links.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait LinkRepository: Send + Sync {
    /// Adds a link.
    ///
    /// # Errors
    /// `Conflict` when the id or hash is taken.
    async fn insert(&self, link: &OneTimeLink) -> Result<()>;

    /// Gives a link another secret, and gives it as it is then, when it is unused and not expired at `now`, else
    /// `None`. The earlier secret opens nothing.
    ///
    /// # Errors
    /// `Conflict` when the hash is another link's.
    async fn rekey(&self, id: LinkId, hash: &SecretHash, now: Timestamp) -> Result<Option<OneTimeLink>>;

    /// An organization's invitations that are unused and not expired at `now`, newest first, then by id descending.
    async fn invitations(&self, organization: OrganizationId, now: Timestamp) -> Result<Vec<OneTimeLink>>;

    /// Removes a user's unused links of a purpose: those into `organization`, or with `None` those into none. Gives how
    /// many.
    async fn revoke(&self, user: UserId, purpose: LinkPurpose, organization: Option<OrganizationId>) -> Result<u64>;

    /// Uses a link up: gives it, with `now` as the time of its use, when it is of this purpose, unused and not expired
    /// at `now`, else `None`.
    ///
    /// # Idempotency
    /// Of any number of calls, at once or in turn, one is given the link.
    async fn consume(&self, hash: &SecretHash, purpose: LinkPurpose, now: Timestamp) -> Result<Option<OneTimeLink>>;

    /// Removes at most `limit` links that expired before `now`. Gives how many.
    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64>;
}
