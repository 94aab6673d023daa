//! The second factor: enrolled with the password, switched on by a first code, and off by both.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{AccountService, SIGN_IN_QUOTA, passwords::wrong_password};
use crate::{
    domain::{
        SessionId, UserId,
        second_factor::{CodeSecret, SecondFactor},
        time::Timestamp,
        user::{PasswordHash, User},
    },
    error::{Error, ErrorKind, Result},
    jobs::{email::SendEmail, leave},
    services::{Context, deps::repeated, keys::Purpose},
};

/// What a person's device needs to make codes. Shown once.
#[derive(Debug)]
pub struct Enrolment {
    /// The secret in Base32, to be typed.
    pub secret: SecretString,
    /// The same as an `otpauth` address, to be shown as a picture.
    pub uri: SecretString,
}

impl AccountService {
    /// Begins to use a second factor: sign-in asks for a code once a first one was
    /// [shown](Self::confirm_second_factor). Enrolling again before that makes another secret.
    ///
    /// # Errors
    /// `Validation` for a wrong password; `Conflict` when there is one in use; `Misconfigured` where the deployment's key
    /// does not last; `RateLimited`; `Forbidden` for all but people, and before the address is confirmed.
    ///
    /// # Idempotency
    /// A key gives the secret it made, until a first code was shown.
    pub async fn enrol_second_factor(&self, ctx: &Context, password: SecretString) -> Result<Enrolment> {
        let id = ctx.require_person()?;
        if !self.deps.key_lasts {
            let text = "a second factor needs a secret key that lasts; give the platform one";
            return Err(Error::new(ErrorKind::Misconfigured, text));
        }
        let proven = self.prove(ctx, id, password).await?;
        repeated(|| self.try_enrol(ctx, id, &proven)).await
    }

    async fn try_enrol(&self, ctx: &Context, id: UserId, proven: &PasswordHash) -> Result<Enrolment> {
        let replayed = self.deps.replay(ctx, "second_factor.enrol", &json!({})).await?.is_some();
        let unit = self.deps.storage.begin().await?;
        let mut user = unit.users().get(id).await?.ok_or_else(|| Error::not_found("user"))?;
        if user.password_hash.as_ref() != Some(proven) {
            return Err(wrong_password());
        }
        if user.needs_code() {
            return Err(Error::conflict("there is a second factor in use; switch it off first"));
        }
        if user.confirmed_at.is_none() {
            // Else somebody who signed up with another's address could keep them out for good.
            return Err(Error::forbidden("confirm your e-mail address before you enrol a second factor"));
        }
        if let Some(waiting) = user.second_factor.as_ref().filter(|_| replayed) {
            return Ok(self.enrolment(&user, waiting));
        }
        let now = self.deps.now();
        let factor = SecondFactor::new(self.deps.ids.secret(), now);
        let enrolment = self.enrolment(&user, &factor);
        user.second_factor = Some(factor);
        user.updated_at = now;
        unit.users().update(&user).await?;
        self.deps.audit(&*unit, ctx, "second_factor.enrol", ("user", id.to_string()), json!({})).await?;
        if !replayed {
            self.deps.remember(&*unit, ctx, "second_factor.enrol", &json!({}), json!({})).await?;
        }
        unit.commit().await?;
        Ok(enrolment)
    }

    fn enrolment(&self, user: &User, factor: &SecondFactor) -> Enrolment {
        let secret = CodeSecret::new(self.deps.keys.derive(Purpose::SECOND_FACTORS, &context_of(user.id, factor)));
        Enrolment { secret: secret.to_base32(), uri: secret.uri(&user.email) }
    }

    /// Switches the second factor on by a first code, and gives recovery codes, which are shown this once. The actor's
    /// sessions end, save `keep`: they were opened without a code.
    ///
    /// # Errors
    /// `Validation` for a wrong code; `Conflict` when none waits; `RateLimited`; `Forbidden` for all but people.
    pub async fn confirm_second_factor(
        &self,
        ctx: &Context,
        code: &SecretString,
        keep: Option<SessionId>,
    ) -> Result<Vec<SecretString>> {
        let id = ctx.require_person()?;
        self.limit_codes(id).await?;
        repeated(|| self.try_confirm_factor(ctx, id, code, keep)).await
    }

    async fn try_confirm_factor(
        &self,
        ctx: &Context,
        id: UserId,
        code: &SecretString,
        keep: Option<SessionId>,
    ) -> Result<Vec<SecretString>> {
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        let mut user = unit.users().get(id).await?.ok_or_else(|| Error::not_found("user"))?;
        if user.second_factor.as_ref().is_none_or(SecondFactor::is_active) {
            return Err(Error::conflict("no second factor waits to be confirmed; enrol one"));
        }
        if !self.accepts(&mut user, code, now) {
            return Err(wrong_code());
        }
        let randomness = std::array::from_fn(|_| self.deps.ids.secret());
        let codes = user.second_factor.as_mut().map(|factor| factor.activate(&randomness, now)).unwrap_or_default();
        user.updated_at = now;
        unit.users().update(&user).await?;
        unit.sessions().delete_all(id, keep).await?;
        leave(&*unit, &SendEmail::SecondFactorChanged { user_id: id, on: true }).await?;
        self.deps.audit(&*unit, ctx, "second_factor.enable", ("user", id.to_string()), json!({})).await?;
        unit.commit().await?;
        Ok(codes)
    }

    /// Switches the second factor off, by the password and a code.
    ///
    /// # Errors
    /// `Validation` for a wrong password or code; `Conflict` when none is in use; `RateLimited`; `Forbidden` for all but
    /// people.
    ///
    /// # Idempotency
    /// A key that has switched it off does nothing more.
    pub async fn disable_second_factor(
        &self,
        ctx: &Context,
        password: SecretString,
        code: &SecretString,
    ) -> Result<()> {
        let id = ctx.require_person()?;
        let proven = self.prove(ctx, id, password).await?;
        self.limit_codes(id).await?;
        repeated(|| self.try_disable(ctx, id, &proven, code)).await
    }

    async fn try_disable(&self, ctx: &Context, id: UserId, proven: &PasswordHash, code: &SecretString) -> Result<()> {
        if self.deps.replay(ctx, "second_factor.disable", &json!({})).await?.is_some() {
            return Ok(());
        }
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        let mut user = unit.users().get(id).await?.ok_or_else(|| Error::not_found("user"))?;
        if user.password_hash.as_ref() != Some(proven) {
            return Err(wrong_password());
        }
        if !user.needs_code() {
            return Err(Error::conflict("no second factor is in use"));
        }
        if !self.accepts(&mut user, code, now) {
            return Err(wrong_code());
        }
        user.second_factor = None;
        user.updated_at = now;
        unit.users().update(&user).await?;
        leave(&*unit, &SendEmail::SecondFactorChanged { user_id: id, on: false }).await?;
        self.deps.audit(&*unit, ctx, "second_factor.disable", ("user", id.to_string()), json!({})).await?;
        self.deps.remember(&*unit, ctx, "second_factor.disable", &json!({}), json!({})).await?;
        unit.commit().await
    }

    /// Uses a code of the user up; it counts once the user is stored.
    pub(super) fn accepts(&self, user: &mut User, code: &SecretString, now: Timestamp) -> bool {
        let Some(factor) = user.second_factor.as_mut() else { return false };
        let context = context_of(user.id, factor);
        // A device keeps the secret it was given, also when the deployment's key has changed since.
        let mut secrets = self.deps.keys.derived(Purpose::SECOND_FACTORS, &context).map(CodeSecret::new);
        secrets.any(|secret| factor.accept(&secret, code.expose_secret(), now))
    }

    /// A million codes are guessed slowly at five a minute.
    async fn limit_codes(&self, id: UserId) -> Result<()> {
        self.limit(&format!("second_factor:{id}"), SIGN_IN_QUOTA).await
    }
}

/// What the secret of codes is derived with, beside the deployment's key: who reads the database alone can make no code.
fn context_of(user: UserId, factor: &SecondFactor) -> [u8; 48] {
    let mut context = [0; 48];
    context[..16].copy_from_slice(user.as_uuid().as_bytes());
    context[16..].copy_from_slice(&factor.salt.0);
    context
}

fn wrong_code() -> Error {
    Error::invalid("otp_code", "invalid", "This code is wrong, too old, or was used before")
}
