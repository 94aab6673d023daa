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
        UserId,
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
    /// [anonymous](Context::anonymous); neither the answer nor the time it takes tells whether there is one.
    ///
    /// # Errors
    /// `Validation` for what is no address; `RateLimited`, for known and unknown addresses alike.
    ///
    /// # Idempotency
    /// A key that is a UUID sends one link. Otherwise every request sends a link of its own, within the limit; using one
    /// ends the others.
    pub async fn request_password_reset(&self, ctx: &Context, email: &str) -> Result<()> {
        self.send_if(ctx, email, LinkPurpose::PasswordReset, Span::hours(RESET_HOURS), |_| true).await
    }

    /// Sends a link to an address, if it has an account that is meant. What is done for others takes as long.
    pub(super) async fn send_if(
        &self,
        ctx: &Context,
        email: &str,
        purpose: LinkPurpose,
        lasts: Span,
        meant: impl Fn(&User) -> bool,
    ) -> Result<()> {
        ctx.check_deadline()?;
        self.limit_address(ctx, purpose.as_str()).await?;
        let email = Email::parse(email)?;
        let account = hash(email.as_str().as_bytes());
        self.limit(&format!("{purpose}:account:{}", hex(&account.0[..16])), MAIL_QUOTA).await?;
        let caller = ctx.by(Actor::Anonymous, Context::anonymous().organization);
        if self.deps.replay(&caller, purpose.as_str(), &email.as_str()).await?.is_some() {
            return Ok(());
        }
        let unit = self.deps.storage.begin().await?;
        self.deps.remember(&*unit, &caller, purpose.as_str(), &email.as_str(), json!({})).await?;
        let Some(user) = unit.users().find_by_email(&email).await?.filter(meant) else {
            return self.waste(unit).await;
        };
        issue(&self.deps, &*unit, &user, purpose, None, lasts).await?;
        let by = caller.by(Actor::Anonymous, self.home(&*unit, ctx, &user).await?);
        let action = match purpose {
            LinkPurpose::PasswordReset => "password.request_reset",
            _ => "user.send_confirmation",
        };
        self.deps.audit(&*unit, &by, action, ("user", user.id.to_string()), json!({})).await?;
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
