//! Forgotten and changed passwords.

use std::time::Duration;

use chrono::Duration as Span;
use secrecy::SecretString;
use serde_json::json;

use super::{
    AccountService, SIGN_IN_QUOTA, check_password,
    links::{RESET_HOURS, issue, open},
};
use crate::{
    domain::{
        SessionId, UserId,
        audit::Actor,
        contact::Email,
        user::{LinkPurpose, PasswordHash, User},
    },
    error::{Error, Result, Violations},
    jobs::{email::SendEmail, leave},
    ports::Quota,
    services::{
        Context,
        deps::{hash, hex, repeated},
        live::access_of_changed,
    },
};

/// Mails of one kind to one address that somebody without credentials, or their owner, can cause.
pub(super) const MAIL_QUOTA: Quota = Quota { burst: 3, period: Duration::from_mins(15) };

impl AccountService {
    /// Sends a link to choose a new password, if the address has an account. `ctx` is
    /// [anonymous](Context::anonymous); the answer does not tell whether there is one.
    ///
    /// # Errors
    /// `Validation` for what is no address; `RateLimited`, for known and unknown addresses alike.
    ///
    /// # Idempotency
    /// Every request sends a link of its own, within the limit; using one ends the others.
    pub async fn request_password_reset(&self, ctx: &Context, email: &str) -> Result<()> {
        ctx.check_deadline()?;
        self.limit_address(ctx, "password_reset").await?;
        let email = Email::parse(email)?;
        let account = hash(email.as_str().as_bytes());
        self.limit(&format!("password_reset:account:{}", hex(&account.0[..16])), MAIL_QUOTA).await?;
        let unit = self.deps.storage.begin().await?;
        let Some(user) = unit.users().find_by_email(&email).await? else { return unit.rollback().await };
        issue(&self.deps, &*unit, &user, LinkPurpose::PasswordReset, None, Span::hours(RESET_HOURS)).await?;
        let by = ctx.by(Actor::Anonymous, self.home(&*unit, ctx, &user).await?);
        self.deps.audit(&*unit, &by, "password.request_reset", ("user", user.id.to_string()), json!({})).await?;
        unit.commit().await
    }

    /// Chooses a new password by a link: it confirms the address, unlocks the account and ends every session. `ctx` is
    /// [anonymous](Context::anonymous).
    ///
    /// # Errors
    /// `Validation` with every broken rule, or for a link that was used or has expired; `RateLimited`; `Unavailable`
    /// when too many passwords are hashed at once.
    ///
    /// # Idempotency
    /// A link works once.
    pub async fn reset_password(&self, ctx: &Context, secret: SecretString, password: SecretString) -> Result<User> {
        ctx.check_deadline()?;
        self.limit_address(ctx, "password_reset_use").await?;
        let hash = self.new_hash(password).await?;
        repeated(|| self.try_reset(ctx, &secret, &hash)).await
    }

    async fn try_reset(&self, ctx: &Context, secret: &SecretString, hash: &PasswordHash) -> Result<User> {
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        let (_, mut user) = open(&self.deps, &*unit, secret, LinkPurpose::PasswordReset).await?;
        user.password_hash = Some(hash.clone());
        user.confirmed_at.get_or_insert(now);
        user.failed_attempts = 0;
        user.locked_at = None;
        user.updated_at = now;
        unit.users().update(&user).await?;
        user.version += 1;
        unit.sessions().delete_all(user.id, None).await?;
        access_of_changed(&*unit, user.id).await?;
        unit.links().revoke(user.id, LinkPurpose::PasswordReset, None).await?;
        leave(&*unit, &SendEmail::PasswordChanged { user_id: user.id }).await?;
        let by = ctx.by(Actor::User(user.id), self.home(&*unit, ctx, &user).await?);
        self.deps.audit(&*unit, &by, "password.reset", ("user", user.id.to_string()), json!({})).await?;
        unit.commit().await?;
        Ok(user)
    }

    /// Changes the actor's own password and ends their sessions, save `keep`.
    ///
    /// # Errors
    /// `Validation` with every broken rule, or when the current password is wrong; `RateLimited`; `Forbidden` for all
    /// but people.
    pub async fn change_password(
        &self,
        ctx: &Context,
        current: SecretString,
        new: SecretString,
        keep: Option<SessionId>,
    ) -> Result<()> {
        let id = ctx.require_person()?;
        let proven = self.prove(ctx, id, current).await?;
        let hash = self.new_hash(new).await?;
        repeated(|| self.try_change(ctx, id, &proven, &hash, keep)).await
    }

    async fn try_change(
        &self,
        ctx: &Context,
        id: UserId,
        proven: &PasswordHash,
        hash: &PasswordHash,
        keep: Option<SessionId>,
    ) -> Result<()> {
        let unit = self.deps.storage.begin().await?;
        let mut user = unit.users().get(id).await?.ok_or_else(|| Error::not_found("user"))?;
        if user.password_hash.as_ref() != Some(proven) {
            return Err(wrong_password());
        }
        user.password_hash = Some(hash.clone());
        user.updated_at = self.deps.now();
        unit.users().update(&user).await?;
        unit.sessions().delete_all(id, keep).await?;
        access_of_changed(&*unit, id).await?;
        unit.links().revoke(id, LinkPurpose::PasswordReset, None).await?;
        leave(&*unit, &SendEmail::PasswordChanged { user_id: id }).await?;
        self.deps.audit(&*unit, ctx, "password.change", ("user", id.to_string()), json!({})).await?;
        unit.commit().await
    }

    /// Has the actor show their password: a session that was left open must not be enough to take an account over.
    /// Gives the hash it fits.
    pub(super) async fn prove(&self, ctx: &Context, id: UserId, password: SecretString) -> Result<PasswordHash> {
        self.limit(&format!("password:{id}"), SIGN_IN_QUOTA).await?;
        let user = self.deps.read(ctx).users().get(id).await?.ok_or_else(|| Error::not_found("user"))?;
        let right = self.passwords.verify(password, user.password_hash.clone()).await?;
        user.password_hash.filter(|_| right).ok_or_else(wrong_password)
    }

    /// The hash of a new password, after checking its rules.
    pub(super) async fn new_hash(&self, password: SecretString) -> Result<PasswordHash> {
        let mut broken = Violations::new();
        check_password(&mut broken, &password);
        broken.into_result()?;
        self.passwords.hash(password).await
    }
}

pub(super) fn wrong_password() -> Error {
    Error::invalid("current_password", "invalid", "The current password is wrong")
}
