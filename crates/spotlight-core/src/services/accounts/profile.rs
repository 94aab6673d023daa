//! The actor's own name and address.

use chrono::Duration as Span;
use secrecy::SecretString;
use serde_json::json;

use super::{
    AccountService,
    links::{CONFIRMATION_DAYS, issue},
    passwords::wrong_password,
};
use crate::{
    domain::{
        UserId,
        contact::Email,
        user::{LinkPurpose, PasswordHash, User},
    },
    error::{Error, ErrorKind, Result},
    services::{Context, deps::repeated},
};

impl AccountService {
    /// The user who acts.
    ///
    /// # Errors
    /// `Unauthenticated` when no user acts.
    pub async fn me(&self, ctx: &Context) -> Result<User> {
        let refused = || Error::new(ErrorKind::Unauthenticated, "sign in, or send an API token");
        let id = ctx.actor.user_id().ok_or_else(refused)?;
        self.deps.read(ctx).users().get(id).await?.ok_or_else(refused)
    }

    /// Changes the actor's own name. With `expected_version`, only when the user is still at that version.
    ///
    /// # Errors
    /// `Validation`, `StaleVersion`; `Forbidden` for all but people.
    pub async fn rename(&self, ctx: &Context, name: &str, expected_version: Option<i64>) -> Result<User> {
        let id = ctx.require_person()?;
        let unit = self.deps.storage.begin().await?;
        let mut user = unit.users().get(id).await?.ok_or_else(|| Error::not_found("user"))?;
        if expected_version.is_some_and(|version| version != user.version) {
            return Err(Error::stale("user"));
        }
        name.trim().clone_into(&mut user.name);
        user.validate()?;
        user.updated_at = self.deps.now();
        unit.users().update(&user).await?;
        user.version += 1;
        let details = json!({ "fields": ["name"] });
        self.deps.audit(&*unit, ctx, "user.update", ("user", id.to_string()), details).await?;
        unit.commit().await?;
        Ok(user)
    }

    /// Changes the actor's own address, which is unconfirmed then, and sends the link that confirms it. Links that were
    /// sent to the earlier address stop working.
    ///
    /// # Errors
    /// `Validation` for what is no address, one that has an account, or a wrong password; `RateLimited`; `Forbidden` for
    /// all but people.
    ///
    /// # Idempotency
    /// The address the user has already changes nothing.
    pub async fn change_email(&self, ctx: &Context, password: SecretString, email: &str) -> Result<User> {
        let id = ctx.require_person()?;
        let email = Email::parse(email)?;
        let proven = self.prove(ctx, id, password).await?;
        repeated(|| self.try_change_email(ctx, id, &proven, &email)).await
    }

    async fn try_change_email(&self, ctx: &Context, id: UserId, proven: &PasswordHash, email: &Email) -> Result<User> {
        let unit = self.deps.storage.begin().await?;
        let mut user = unit.users().get(id).await?.ok_or_else(|| Error::not_found("user"))?;
        if user.password_hash.as_ref() != Some(proven) {
            return Err(wrong_password());
        }
        if user.email == *email {
            return Ok(user);
        }
        user.email = email.clone();
        user.confirmed_at = None;
        user.updated_at = self.deps.now();
        unit.users().update(&user).await.map_err(|error| {
            if error.is_conflict() {
                Error::invalid("email", "taken", "This e-mail has an account already")
            } else {
                error
            }
        })?;
        user.version += 1;
        for purpose in [LinkPurpose::Confirmation, LinkPurpose::PasswordReset] {
            unit.links().revoke(id, purpose, None).await?;
        }
        issue(&self.deps, &*unit, &user, LinkPurpose::Confirmation, None, Span::days(CONFIRMATION_DAYS)).await?;
        let details = json!({ "fields": ["email"] });
        self.deps.audit(&*unit, ctx, "user.update", ("user", id.to_string()), details).await?;
        unit.commit().await?;
        Ok(user)
    }
}
