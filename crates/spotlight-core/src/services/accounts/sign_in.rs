//! Signing in, and being recognised afterwards.

use std::time::Duration;

use chrono::Duration as Span;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::AccountService;
use crate::{
    domain::{
        SessionId, UserId,
        audit::Actor,
        contact::Email,
        time::Timestamp,
        user::{Membership, PasswordHash, Session, User},
    },
    error::{Error, ErrorKind, Result, Violation},
    ports::{Quota, ReadConsistency},
    services::{
        Context,
        deps::{hash, hex, repeated},
    },
};

/// Sign-ins from one address, and for one account, in a minute.
pub const SIGN_IN_QUOTA: Quota = Quota { burst: 5, period: Duration::from_mins(1) };
/// Hours a session lasts without "remember me".
const SESSION_HOURS: i64 = 12;
/// Days a session lasts with "remember me".
const REMEMBERED_DAYS: i64 = 30;

/// How somebody signs in.
#[derive(RedactedDebug)]
pub struct SignIn {
    /// The address, as typed.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// Stay signed in over the end of the browser: 30 days instead of 12 hours.
    pub remember: bool,
    /// The browser, as it names itself.
    pub user_agent: Option<String>,
    /// A code of the second factor, or a recovery code; needed by those who have one.
    pub otp_code: Option<SecretString>,
    /// The secret of the browser's earlier session, which ends.
    pub replaces: Option<SecretString>,
}

impl SignIn {
    /// With an address and a password alone.
    pub fn new(email: impl Into<String>, password: SecretString) -> Self {
        let email = email.into();
        Self { email, password, remember: false, user_agent: None, otp_code: None, replaces: None }
    }
}

/// Somebody who has signed in.
#[derive(RedactedDebug)]
pub struct SignedIn {
    /// Who. `confirmed_at` is absent until the address is confirmed.
    pub user: User,
    /// Where, and as what.
    pub membership: Membership,
    /// The session.
    pub session: Session,
    /// The cookie's secret; it is stored nowhere.
    pub secret: SecretString,
    /// What a browser must send back with every change.
    pub csrf_token: String,
}

/// Somebody recognised by a cookie or an API token.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// Who, where and as what.
    pub context: Context,
    /// The session, when it was a cookie.
    pub session: Option<Session>,
}

fn refused() -> Error {
    Error::new(ErrorKind::Unauthenticated, "e-mail or password is wrong, or the account is locked")
}

/// Says that the password is right, and what is missing.
fn code_refused(code: &'static str, detail: &str) -> Error {
    Error::new(ErrorKind::Unauthenticated, detail).with_violation(Violation::new("otp_code", code, detail))
}

impl AccountService {
    /// Signs somebody in, in their oldest organization. `ctx` is [anonymous](Context::anonymous); its source address
    /// counts towards the limit.
    ///
    /// An unknown address, a wrong password and a locked account all get the same answer after the same work. Failures
    /// are counted, at once or in turn, and lock the account at the limit; a wrong code is one. Who has a second factor
    /// and shows no code is told so, once the password is right.
    ///
    /// # Errors
    /// `Unauthenticated`, which names `otp_code` with the code `otp_required` or `otp_invalid` where that is all that is
    /// wrong; `RateLimited` with a pause; `Unavailable` when too many sign in at once.
    ///
    /// # Idempotency
    /// None: every sign-in is a session of its own.
    pub async fn sign_in(&self, ctx: &Context, request: SignIn) -> Result<SignedIn> {
        ctx.check_deadline()?;
        self.limit_address(ctx, "sign_in").await?;
        let Ok(email) = Email::parse(&request.email) else {
            self.passwords.verify(request.password, None).await?;
            self.waste(self.deps.storage.begin().await?).await?;
            return Err(refused());
        };
        let account = hash(email.as_str().as_bytes());
        self.limit(&format!("sign_in:account:{}", hex(&account.0[..16])), SIGN_IN_QUOTA).await?;
        let found = self.deps.storage.read(ReadConsistency::Strong).users().find_by_email(&email).await?;
        let stored = found.as_ref().and_then(|user| user.password_hash.clone());
        let right = self.passwords.verify(request.password.clone(), stored.clone()).await?;
        let Some(found) = found else {
            self.waste(self.deps.storage.begin().await?).await?;
            return Err(refused());
        };
        // Of a locked account no password is right, and the work is the same.
        let verified = stored.filter(|_| right && !found.is_locked(self.deps.now()));
        let entered = repeated(|| self.enter(ctx, &request, found.id, verified.as_ref())).await;
        match entered {
            // What went on with the account at this moment is not for somebody who may not know its password.
            Err(error) if error.kind() == ErrorKind::StaleVersion => Err(refused().with_source(error)),
            other => other?,
        }
    }

    /// Notes the outcome: `verified` is the hash that the password fits. Gives the session, or why there is none.
    async fn enter(
        &self,
        ctx: &Context,
        request: &SignIn,
        id: UserId,
        verified: Option<&PasswordHash>,
    ) -> Result<Result<SignedIn>> {
        // Read again inside the unit: others may have failed, succeeded or changed the password meanwhile.
        let unit = self.deps.storage.begin().await?;
        let Some(mut user) = unit.users().get(id).await? else { return Ok(Err(refused())) };
        let now = self.deps.now();
        user.updated_at = now;
        if verified.is_none() {
            user.record_failure(now);
            unit.users().update(&user).await?;
            unit.commit().await?;
            return Ok(Err(refused()));
        }
        let membership = unit.users().memberships(user.id).await?.into_iter().next();
        let open = !user.is_locked(now) && user.password_hash.as_ref() == verified;
        let Some(membership) = membership.filter(|_| open) else { return Ok(Err(refused())) };
        if user.needs_code() {
            let Some(code) = &request.otp_code else {
                return Ok(Err(code_refused("otp_required", "Send a code of your second factor too, as otp_code")));
            };
            if !self.accepts(&mut user, code, now) {
                user.record_failure(now);
                unit.users().update(&user).await?;
                unit.commit().await?;
                return Ok(Err(code_refused("otp_invalid", "This code is wrong, too old, or was used before")));
            }
        }
        if let Some(old) = &request.replaces {
            let old = unit.sessions().find_by_hash(&hash(old.expose_secret().as_bytes())).await?;
            if let Some(old) = old {
                unit.sessions().delete(old.user_id, old.id).await?;
            }
        }
        user.record_success(now);
        unit.users().update(&user).await?;
        user.version += 1;
        let (session, secret) = self.new_session(ctx, &membership, request, now);
        unit.sessions().insert(&session).await?;
        let by = ctx.by(Actor::User(user.id), membership.organization_id);
        self.deps.audit(&*unit, &by, "session.create", ("session", session.id.to_string()), json!({})).await?;
        unit.commit().await?;
        let csrf_token = self.csrf_token(&session);
        Ok(Ok(SignedIn { user, membership, session, secret, csrf_token }))
    }

    fn new_session(
        &self,
        ctx: &Context,
        membership: &Membership,
        request: &SignIn,
        now: Timestamp,
    ) -> (Session, SecretString) {
        let secret = hex(&self.deps.ids.secret());
        let lasts = if request.remember { Span::days(REMEMBERED_DAYS) } else { Span::hours(SESSION_HOURS) };
        let session = Session {
            id: SessionId::from_uuid(self.deps.ids.uuid()),
            user_id: membership.user_id,
            organization_id: membership.organization_id,
            token_hash: hash(secret.as_bytes()),
            user_agent: request.user_agent.as_ref().map(|agent| agent.chars().take(255).collect()),
            ip: ctx.source_address.clone(),
            remember: request.remember,
            created_at: now,
            last_seen_at: now,
            expires_at: now + lasts,
        };
        (session, SecretString::from(secret))
    }

    /// Recognises a cookie's secret. Takes no context, since it makes one. The session's last use is noted to the
    /// minute.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown, expired or revoked session, or one whose membership has ended.
    pub async fn authenticate_session(&self, secret: &SecretString) -> Result<Authenticated> {
        let refused = || Error::new(ErrorKind::Unauthenticated, "the session has ended; sign in again");
        let found = self.recognised.sessions.find(hash(secret.expose_secret().as_bytes())).await?;
        let now = self.deps.now();
        let (session, role) = found.filter(|(session, _)| now < session.expires_at).ok_or_else(refused)?;
        let role = role.ok_or_else(refused)?;
        if now - session.last_seen_at >= Span::minutes(1) {
            let unit = self.deps.storage.begin().await?;
            // A session that is signed out at this moment is no reason to fail.
            match unit.sessions().touch(session.id, now).await {
                Ok(()) => unit.commit().await?,
                Err(error) if error.is_not_found() => return Err(refused()),
                Err(error) => return Err(error),
            }
        }
        let context = Context::user(session.user_id, session.organization_id, role);
        Ok(Authenticated { context, session: Some(session) })
    }

    /// Recognises an API token. Takes no context, since it makes one. The token's last use is noted to the minute.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown, expired or revoked token, or one whose user has left.
    pub async fn authenticate_token(&self, secret: &SecretString) -> Result<Authenticated> {
        let refused = || Error::new(ErrorKind::Unauthenticated, "the API token is unknown, expired or revoked");
        let found = self.recognised.tokens.find(hash(secret.expose_secret().as_bytes())).await?;
        let now = self.deps.now();
        let (token, role) = found.filter(|(token, _)| token.is_usable(now)).ok_or_else(refused)?;
        let role = role.ok_or_else(refused)?;
        if token.last_used_at.is_none_or(|at| now - at >= Span::minutes(1)) {
            let unit = self.deps.storage.begin().await?;
            unit.api_tokens().touch(token.organization_id, token.id, now).await?;
            unit.commit().await?;
        }
        let mut context = Context::new(Actor::Token(token.id, token.user_id), token.organization_id, Some(role));
        context.scopes = Some(token.scopes);
        Ok(Authenticated { context, session: None })
    }
}
