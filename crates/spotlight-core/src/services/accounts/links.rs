//! Single-use links: made with what they are for, given their secret by the job that sends them, opened once.

use chrono::Duration as Span;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    domain::{
        LinkId, OrganizationId,
        user::{LinkPurpose, OneTimeLink, Role, SecretHash, User},
    },
    error::{Error, Result},
    jobs::{email::SendEmail, leave},
    ports::UnitOfWork,
    services::deps::{Deps, hash},
};

/// Days in which an address can be confirmed by one link.
pub(super) const CONFIRMATION_DAYS: i64 = 3;
/// Hours in which a password can be reset by one link.
pub(super) const RESET_HOURS: i64 = 1;
/// Days in which an invitation can be accepted.
pub(super) const INVITATION_DAYS: i64 = 7;

/// Adds a link and the job that sends it to the user's address.
///
/// Until that job runs, the link has the hash of random bytes that nobody keeps, so the outbox holds an id that opens
/// nothing.
pub(super) async fn issue(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    user: &User,
    purpose: LinkPurpose,
    into: Option<(OrganizationId, Role)>,
    lasts: Span,
) -> Result<OneTimeLink> {
    let now = deps.now();
    let link = OneTimeLink {
        id: LinkId::from_uuid(deps.ids.uuid()),
        token_hash: SecretHash(deps.ids.secret()),
        user_id: user.id,
        purpose,
        organization_id: into.map(|(organization, _)| organization),
        role: into.map(|(_, role)| role),
        sent_to: hash(user.email.as_str().as_bytes()),
        expires_at: now + lasts,
        used_at: None,
        created_at: now,
    };
    unit.links().insert(&link).await?;
    leave(unit, &SendEmail::link(&link)).await?;
    Ok(link)
}

/// Uses a link up, and gives it with its user.
///
/// # Errors
/// `Validation` for a secret that opens nothing of this purpose, or was sent to an address the user no longer has.
pub(super) async fn open(
    deps: &Deps,
    unit: &dyn UnitOfWork,
    secret: &SecretString,
    purpose: LinkPurpose,
) -> Result<(OneTimeLink, User)> {
    let refused = || {
        Error::invalid(
            "token",
            "invalid",
            "This link was used already, has expired or was withdrawn; ask for a new one",
        )
    };
    let hashed = hash(secret.expose_secret().as_bytes());
    let link = unit.links().consume(&hashed, purpose, deps.now()).await?.ok_or_else(refused)?;
    let user = unit.users().get(link.user_id).await?.ok_or_else(refused)?;
    if hash(user.email.as_str().as_bytes()) != link.sent_to {
        return Err(refused());
    }
    Ok((link, user))
}
