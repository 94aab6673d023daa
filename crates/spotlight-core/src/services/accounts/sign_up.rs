//! Signing up, and confirming the address.

use chrono::Duration as Span;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::{
    AccountService, check_password,
    links::{CONFIRMATION_DAYS, issue, open},
    passwords::MAIL_QUOTA,
};
use crate::{
    domain::{
        OrganizationId, UserId,
        audit::Actor,
        contact::Email,
        organization::Organization,
        schedule::WeeklyHours,
        time::Timestamp,
        user::{LinkPurpose, PasswordHash, User},
    },
    error::{Error, Result, Violations},
    jobs::{email::SendEmail, leave},
    ports::UnitOfWork,
    services::{
        Context,
        deps::{answered_id, hash, hex, repeated},
        live::access_of_changed,
        organizations::{blank_organization, settle},
    },
    text,
};

/// Somebody who opens an account, and an organization with it. Role and plan are not theirs to choose.
#[derive(RedactedDebug, Serialize)]
pub struct SignUp {
    /// The address, as typed.
    pub email: String,
    /// 2 to 100 characters.
    pub name: String,
    /// The organization's name, 2 to 100 characters.
    pub organization: String,
    /// Where it works; UTC unless given.
    pub time_zone: Option<chrono_tz::Tz>,
    /// 10 to 200 characters.
    #[serde(skip)]
    pub password: SecretString,
}

impl AccountService {
    /// Makes an organization on the plan `free` with its owner, whose address is unconfirmed, and sends the link that
    /// confirms it. `ctx` is [anonymous](Context::anonymous).
    ///
    /// None when the address has an account in use: whoever reads its mail is told so there. Whoever asks must not be
    /// told, and the work is much the same.
    ///
    /// A user who belongs to no organization any more may sign up anew; what they had confirmed no longer counts, since
    /// anybody can type their address.
    ///
    /// # Errors
    /// `Validation` with every broken rule; `RateLimited` with a pause, for known and unknown addresses alike.
    ///
    /// # Idempotency
    /// A key that is a UUID gives what it made, to the same source address; the password is no part of the comparison.
    pub async fn sign_up(&self, ctx: &Context, request: SignUp) -> Result<Option<(Organization, User)>> {
        ctx.check_deadline()?;
        self.limit_address(ctx, "sign_up").await?;
        let mut broken = Violations::new();
        let email = broken.take("", Email::parse(&request.email))?;
        broken.length("name", "Name", &request.name, 2, 100);
        broken.length("organization", "Organization", &request.organization, 2, 100);
        check_password(&mut broken, &request.password);
        broken.into_result()?;
        let email = email.ok_or_else(|| Error::internal("an address without a broken rule is one"))?;
        let account = hash(email.as_str().as_bytes());
        self.limit(&format!("sign_up:account:{}", hex(&account.0[..16])), MAIL_QUOTA).await?;
        let hash = self.passwords.hash(request.password.clone()).await?;
        let caller = ctx.by(Actor::Anonymous, Context::anonymous().organization);
        repeated(|| self.try_sign_up(&caller, &request, &email, &hash)).await
    }

    async fn try_sign_up(
        &self,
        ctx: &Context,
        request: &SignUp,
        email: &Email,
        hash: &PasswordHash,
    ) -> Result<Option<(Organization, User)>> {
        if let Some(answer) = self.deps.replay(ctx, "sign_up", request).await? {
            if answer["id"].is_null() {
                return Ok(None);
            }
            let (id, user): (OrganizationId, _) =
                (answered_id(&answer)?, answered_id(&json!({ "id": answer["user_id"] }))?);
            let repos = self.deps.read(ctx);
            let organization = repos.organizations().get(id).await?;
            let user = repos.users().get(user).await?;
            return organization.zip(user).map(Some).ok_or_else(|| Error::not_found("account"));
        }
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        let Some(user) = self.newcomer(&*unit, request, email, hash, now).await? else {
            self.deps.remember(&*unit, ctx, "sign_up", request, json!({})).await?;
            unit.commit().await?;
            return Ok(None);
        };
        let organization = Organization {
            name: request.organization.trim().to_owned(),
            slug: self.free_slug(&*unit, &request.organization).await?,
            time_zone: request.time_zone.unwrap_or(chrono_tz::UTC),
            business_hours: WeeklyHours::weekdays(9, 17),
            ..blank_organization(OrganizationId::from_uuid(self.deps.ids.uuid()), now)
        };
        organization.validate()?;
        settle(&*unit, &organization, &user).await?;
        issue(&self.deps, &*unit, &user, LinkPurpose::Confirmation, None, Span::days(CONFIRMATION_DAYS)).await?;
        let by = ctx.by(Actor::User(user.id), organization.id);
        let record = ("organization", organization.id.to_string());
        self.deps.audit(&*unit, &by, "organization.create", record, json!({ "how": "sign_up" })).await?;
        let answer = json!({ "id": organization.id, "user_id": user.id });
        self.deps.remember(&*unit, ctx, "sign_up", request, answer).await?;
        unit.commit().await?;
        Ok(Some((organization, user)))
    }

    /// Stores the user who signs up: a new one, or one who belongs nowhere any more. None, and word to the address, for
    /// one that is in use.
    async fn newcomer(
        &self,
        unit: &dyn UnitOfWork,
        request: &SignUp,
        email: &Email,
        hash: &PasswordHash,
        now: Timestamp,
    ) -> Result<Option<User>> {
        let name = request.name.trim().to_owned();
        let Some(known) = unit.users().find_by_email(email).await? else {
            let user = User {
                name,
                password_hash: Some(hash.clone()),
                ..blank_user(UserId::from_uuid(self.deps.ids.uuid()), email.clone(), now)
            };
            let added = unit.users().insert(&user).await;
            // Somebody who signs up with the same address at this moment is met in the next try.
            added.map_err(|error| if error.is_conflict() { Error::stale("user") } else { error })?;
            return Ok(Some(user));
        };
        if !unit.users().memberships(known.id).await?.is_empty() {
            leave(unit, &SendEmail::AddressInUse { user_id: known.id }).await?;
            return Ok(None);
        }
        let mut user = User {
            name,
            password_hash: Some(hash.clone()),
            created_at: known.created_at,
            version: known.version,
            ..blank_user(known.id, known.email, now)
        };
        unit.users().update(&user).await?;
        user.version += 1;
        unit.sessions().delete_all(user.id, None).await?;
        access_of_changed(unit, user.id).await?;
        for purpose in [LinkPurpose::Confirmation, LinkPurpose::PasswordReset] {
            unit.links().revoke(user.id, purpose, None).await?;
        }
        Ok(Some(user))
    }

    /// A slug after a name that no organization has.
    async fn free_slug(&self, unit: &dyn UnitOfWork, name: &str) -> Result<String> {
        let words: Vec<_> = text::fold(name)
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        let slug: String = words.join("-").chars().take(50).collect();
        let slug = match slug.trim_matches('-') {
            short if short.len() < 2 => "team",
            slug => slug,
        };
        if unit.organizations().find_by_slug(slug).await?.is_none() {
            return Ok(slug.to_owned());
        }
        Ok(format!("{slug}-{}", hex(&self.deps.ids.secret()[..5])))
    }

    /// Confirms an address by the link that was sent there. `ctx` is [anonymous](Context::anonymous).
    ///
    /// # Errors
    /// `Validation` for a link that was used, has expired or was sent to an earlier address; `RateLimited`.
    ///
    /// # Idempotency
    /// A link works once; the address stays confirmed.
    pub async fn confirm(&self, ctx: &Context, secret: SecretString) -> Result<User> {
        ctx.check_deadline()?;
        self.limit_address(ctx, "confirm").await?;
        repeated(|| self.try_confirm(ctx, &secret)).await
    }

    async fn try_confirm(&self, ctx: &Context, secret: &SecretString) -> Result<User> {
        let now = self.deps.now();
        let unit = self.deps.storage.begin().await?;
        let (_, mut user) = open(&self.deps, &*unit, secret, LinkPurpose::Confirmation).await?;
        user.confirmed_at.get_or_insert(now);
        user.updated_at = now;
        unit.users().update(&user).await?;
        user.version += 1;
        unit.links().revoke(user.id, LinkPurpose::Confirmation, None).await?;
        let by = ctx.by(Actor::User(user.id), self.home(&*unit, ctx, &user).await?);
        self.deps.audit(&*unit, &by, "user.confirm", ("user", user.id.to_string()), json!({})).await?;
        unit.commit().await?;
        Ok(user)
    }

    /// Sends the actor another link to confirm their address.
    ///
    /// # Errors
    /// `Conflict` when it is confirmed; `RateLimited`; `Forbidden` for all but people.
    pub async fn send_confirmation(&self, ctx: &Context) -> Result<()> {
        let id = ctx.require_person()?;
        self.limit(&format!("confirmation:{id}"), MAIL_QUOTA).await?;
        let unit = self.deps.storage.begin().await?;
        let user = unit.users().get(id).await?.ok_or_else(|| Error::not_found("user"))?;
        if user.confirmed_at.is_some() {
            return Err(Error::conflict("the address is confirmed already"));
        }
        issue(&self.deps, &*unit, &user, LinkPurpose::Confirmation, None, Span::days(CONFIRMATION_DAYS)).await?;
        self.deps.audit(&*unit, ctx, "user.send_confirmation", ("user", id.to_string()), json!({})).await?;
        unit.commit().await
    }

    /// Sends another link to confirm an address, if it has an account that is not confirmed. `ctx` is
    /// [anonymous](Context::anonymous); neither the answer nor the time it takes tells whether there is one.
    ///
    /// # Errors
    /// `Validation` for what is no address; `RateLimited`, for all addresses alike.
    ///
    /// # Idempotency
    /// A key that is a UUID sends one link. Otherwise every request sends its own, within the limit.
    pub async fn request_confirmation(&self, ctx: &Context, email: &str) -> Result<()> {
        let known = |user: &User| user.confirmed_at.is_none();
        self.send_if(ctx, email, LinkPurpose::Confirmation, Span::days(CONFIRMATION_DAYS), known).await
    }
}

/// A user without a name, a password or a confirmed address.
pub(crate) fn blank_user(id: UserId, email: Email, now: Timestamp) -> User {
    User {
        id,
        email,
        name: String::new(),
        password_hash: None,
        confirmed_at: None,
        failed_attempts: 0,
        locked_at: None,
        last_sign_in_at: None,
        sign_in_count: 0,
        second_factor: None,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}
