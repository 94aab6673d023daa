//! The actor's own name, address and password.

use chrono::Duration as Span;
use secrecy::SecretString;
use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::{
    AccountService, NewSession, check_password,
    links::{CONFIRMATION_DAYS, issue},
    passwords::wrong_password,
};
use crate::{
    domain::{
        UserId,
        contact::Email,
        user::{LinkPurpose, PasswordHash, Session, User},
    },
    error::{Error, ErrorKind, Result, Violations},
    jobs::{email::SendEmail, leave},
    ports::UnitOfWork,
    services::{Context, deps::repeated, live::access_of_changed},
};

/// A change of the actor's own account; what is left out stays.
#[derive(RedactedDebug, Default)]
pub struct AccountPatch {
    /// 2 to 100 characters.
    pub name: Option<String>,
    /// The address, as typed. It is unconfirmed then, and the link that confirms it is sent there.
    pub email: Option<String>,
    /// 10 to 200 characters.
    pub password: Option<SecretString>,
    /// Needed for another address and for another password.
    pub current_password: Option<SecretString>,
}

/// An account after a change.
#[derive(Debug)]
pub struct AccountChange {
    /// The user.
    pub user: User,
    /// What the acting session became, when the password was changed.
    pub session: Option<NewSession>,
}

/// A patch whose every part is acceptable.
struct Checked {
    name: Option<String>,
    email: Option<Email>,
    password: Option<PasswordHash>,
    /// The hash that the password shown fits.
    proven: Option<PasswordHash>,
}

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

    /// Changes the actor's own account, all of it or nothing. With `expected_version`, only when the user is still at
    /// that version.
    ///
    /// Links that were sent to an earlier address stop working. Another password ends every session; `session`, which is
    /// the one that acts, goes on under another secret.
    ///
    /// # Errors
    /// `Validation` with every broken rule, for an address that has an account, and for a wrong password;
    /// `StaleVersion`; `RateLimited`; `Forbidden` for all but people.
    ///
    /// # Idempotency
    /// The name and the address the user has already change nothing.
    pub async fn update_me(
        &self,
        ctx: &Context,
        patch: AccountPatch,
        expected_version: Option<i64>,
        session: Option<&Session>,
    ) -> Result<AccountChange> {
        let id = ctx.require_person()?;
        let checked = self.checked(ctx, id, patch).await?;
        repeated(|| self.try_update_me(ctx, id, &checked, expected_version, session)).await
    }

    async fn checked(&self, ctx: &Context, id: UserId, patch: AccountPatch) -> Result<Checked> {
        let mut broken = Violations::new();
        if let Some(name) = &patch.name {
            broken.length("name", "Name", name, 2, 100);
        }
        let email = match &patch.email {
            Some(text) => broken.take("", Email::parse(text))?,
            None => None,
        };
        if let Some(password) = &patch.password {
            check_password(&mut broken, password);
        }
        let sensitive = patch.email.is_some() || patch.password.is_some();
        if sensitive && patch.current_password.is_none() {
            let detail = "The current password is needed for another address or password";
            broken.add("current_password", "required", detail);
        }
        broken.into_result()?;
        let proven = match patch.current_password.filter(|_| sensitive) {
            Some(current) => Some(self.prove(ctx, id, current).await?),
            None => None,
        };
        let password = match patch.password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        Ok(Checked { name: patch.name.map(|name| name.trim().to_owned()), email, password, proven })
    }

    async fn try_update_me(
        &self,
        ctx: &Context,
        id: UserId,
        patch: &Checked,
        expected_version: Option<i64>,
        session: Option<&Session>,
    ) -> Result<AccountChange> {
        let unit = self.deps.storage.begin().await?;
        let stored = unit.users().get(id).await?.ok_or_else(|| Error::not_found("user"))?;
        if expected_version.is_some_and(|version| version != stored.version) {
            return Err(Error::stale("user"));
        }
        if patch.proven.is_some() && stored.password_hash != patch.proven {
            return Err(wrong_password());
        }
        let mut user = stored.clone();
        if let Some(name) = &patch.name {
            user.name.clone_from(name);
        }
        let moved = patch.email.as_ref().filter(|email| **email != stored.email);
        if let Some(email) = moved {
            user.email = email.clone();
            user.confirmed_at = None;
        }
        if patch.password.is_some() {
            user.password_hash.clone_from(&patch.password);
        }
        if user == stored {
            return Ok(AccountChange { user, session: None });
        }
        user.updated_at = self.deps.now();
        unit.users().update(&user).await.map_err(|error| {
            if error.is_conflict() {
                Error::invalid("email", "taken", "This e-mail has an account already")
            } else {
                error
            }
        })?;
        user.version += 1;
        if moved.is_some() {
            self.readdress(&*unit, &user).await?;
        }
        let fields = [("name", user.name != stored.name), ("email", moved.is_some())];
        let fields: Vec<_> = fields.into_iter().filter_map(|(field, changed)| changed.then_some(field)).collect();
        if !fields.is_empty() {
            let details = json!({ "fields": fields });
            self.deps.audit(&*unit, ctx, "user.update", ("user", id.to_string()), details).await?;
        }
        let session = match &patch.password {
            Some(_) => self.after_password(&*unit, ctx, id, session).await?,
            None => None,
        };
        unit.commit().await?;
        Ok(AccountChange { user, session })
    }

    /// Ends the links to an earlier address, and sends the one that confirms the new.
    async fn readdress(&self, unit: &dyn UnitOfWork, user: &User) -> Result<()> {
        for purpose in [LinkPurpose::Confirmation, LinkPurpose::PasswordReset] {
            unit.links().revoke(user.id, purpose, None).await?;
        }
        let lasts = Span::days(CONFIRMATION_DAYS);
        issue(&self.deps, unit, user, LinkPurpose::Confirmation, None, lasts).await.map(drop)
    }

    /// Ends what another password ends, and lets the acting session go on under another secret.
    async fn after_password(
        &self,
        unit: &dyn UnitOfWork,
        ctx: &Context,
        id: UserId,
        session: Option<&Session>,
    ) -> Result<Option<NewSession>> {
        unit.sessions().delete_all(id, None).await?;
        let renewed = session.map(|session| self.renewed(session));
        if let Some(renewed) = &renewed {
            unit.sessions().insert(&renewed.session).await?;
        }
        access_of_changed(unit, id).await?;
        unit.links().revoke(id, LinkPurpose::PasswordReset, None).await?;
        leave(unit, &SendEmail::PasswordChanged { user_id: id }).await?;
        self.deps.audit(unit, ctx, "password.change", ("user", id.to_string()), json!({})).await?;
        Ok(renewed)
    }
}
