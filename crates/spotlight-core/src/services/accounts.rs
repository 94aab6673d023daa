//! Signing in, staying signed in, signing out.

use std::{fmt::Write, time::Duration};

use chrono::Duration as Span;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{
    Context,
    deps::{Deps, hash},
    passwords::Passwords,
};
use crate::{
    domain::{
        ApiTokenId, OrganizationId, SessionId,
        audit::Actor,
        contact::Email,
        user::{ApiToken, Membership, Role, Scope, SecretHash, Session, User},
    },
    error::{Error, ErrorKind, Result, Retry, Violations},
    ports::{Quota, ReadConsistency},
};

/// Sign-ins from one address, and for one account, in a minute.
pub const SIGN_IN_QUOTA: Quota = Quota { burst: 5, period: Duration::from_mins(1) };
/// Hours a session lasts without "remember me".
const SESSION_HOURS: i64 = 12;
/// Days a session lasts with "remember me".
const REMEMBERED_DAYS: i64 = 30;
/// Begins every API token, so that a leaked one is recognised.
const TOKEN_PREFIX: &str = "spot_";

/// How somebody signs in.
#[derive(Debug)]
pub struct SignIn {
    /// The address, as typed.
    pub email: String,
    /// The password.
    pub password: SecretString,
    /// Stay signed in over the end of the browser.
    pub remember: bool,
    /// The browser, as it names itself.
    pub user_agent: Option<String>,
    /// Where the request came from; counts towards the limit.
    pub source_address: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
}

/// Somebody who has signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
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

/// Somebody recognised by a cookie.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// Who, where and as what.
    pub context: Context,
    /// The session, when it was a cookie.
    pub session: Option<Session>,
}

/// A new API token.
#[derive(Debug)]
pub struct NewToken {
    /// What is stored.
    pub token: ApiToken,
    /// The secret, shown once.
    pub secret: SecretString,
}

/// Accounts.
#[derive(Clone)]
pub struct AccountService {
    deps: Deps,
    passwords: Passwords,
}

impl AccountService {
    pub(crate) fn new(deps: Deps, passwords: Passwords) -> Self {
        Self { deps, passwords }
    }

    /// Signs somebody in.
    ///
    /// An unknown address, a wrong password, a locked or an unconfirmed account all get the same answer after the same
    /// work. Failures are counted, and lock the account at the limit.
    ///
    /// # Errors
    /// `Unauthenticated`; `RateLimited` with a pause; `Unavailable` when too many sign in at once.
    pub async fn sign_in(&self, request: SignIn) -> Result<SignedIn> {
        let refused =
            || Error::new(ErrorKind::Unauthenticated, "e-mail or password is wrong, or the account is locked");
        if let Some(address) = &request.source_address {
            self.limit(&format!("sign_in:ip:{address}")).await?;
        }
        let Ok(email) = Email::parse(&request.email) else {
            self.passwords.verify(request.password, None).await?;
            return Err(refused());
        };
        let account = hash(email.as_str().as_bytes());
        self.limit(&format!("sign_in:account:{}", hex(&account.0[..16]))).await?;
        let found = self.deps.storage.read(ReadConsistency::Strong).users().find_by_email(&email).await?;
        let stored = found.as_ref().and_then(|user| user.password_hash.clone());
        let right = self.passwords.verify(request.password.clone(), stored).await?;
        let Some(found) = found else { return Err(refused()) };

        // Read again inside the unit: others may have failed or succeeded while the hash was computed.
        let unit = self.deps.storage.begin().await?;
        let Some(mut user) = unit.users().get(found.id).await? else { return Err(refused()) };
        let now = self.deps.now();
        let membership = unit.users().memberships(user.id).await?.into_iter().next();
        let open = right && !user.is_locked(now) && user.confirmed_at.is_some();
        let Some(membership) = membership.filter(|_| open) else {
            if !right {
                user.record_failure(now);
                user.updated_at = now;
                unit.users().update(&user).await?;
                unit.commit().await?;
            }
            return Err(refused());
        };
        user.record_success(now);
        user.updated_at = now;
        unit.users().update(&user).await?;
        user.version += 1;
        let (session, secret) = self.new_session(&user, &membership, &request, now);
        unit.sessions().insert(&session).await?;
        let mut ctx = Context::user(user.id, membership.organization_id, membership.role);
        ctx.request_id = request.request_id;
        ctx.source_address = request.source_address;
        self.deps.audit(&*unit, &ctx, "session.create", ("session", session.id.to_string()), json!({})).await?;
        unit.commit().await?;
        let csrf_token = csrf_of(&session.token_hash);
        Ok(SignedIn { user, membership, session, secret, csrf_token })
    }

    fn new_session(
        &self,
        user: &User,
        membership: &Membership,
        request: &SignIn,
        now: crate::domain::time::Timestamp,
    ) -> (Session, SecretString) {
        let secret = hex(&self.deps.ids.secret());
        let lasts = if request.remember { Span::days(REMEMBERED_DAYS) } else { Span::hours(SESSION_HOURS) };
        let session = Session {
            id: SessionId::from_uuid(self.deps.ids.uuid()),
            user_id: user.id,
            organization_id: membership.organization_id,
            token_hash: hash(secret.as_bytes()),
            user_agent: request.user_agent.as_ref().map(|agent| agent.chars().take(255).collect()),
            ip: request.source_address.clone(),
            remember: request.remember,
            created_at: now,
            last_seen_at: now,
            expires_at: now + lasts,
        };
        (session, SecretString::from(secret))
    }

    async fn limit(&self, key: &str) -> Result<()> {
        let verdict = self.deps.limiter.check(key, SIGN_IN_QUOTA).await?;
        if verdict.allowed {
            return Ok(());
        }
        Err(Error::new(ErrorKind::RateLimited, "too many sign-ins; wait a moment")
            .with_retry(Retry::After(verdict.retry_after)))
    }

    /// Recognises a cookie's secret. The session's last use is noted to the minute.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown, expired or revoked session, or one whose membership has ended.
    pub async fn authenticate_session(&self, secret: &SecretString) -> Result<Authenticated> {
        let refused = || Error::new(ErrorKind::Unauthenticated, "the session has ended; sign in again");
        let repos = self.deps.storage.read(ReadConsistency::Strong);
        let found = repos.sessions().find_by_hash(&hash(secret.expose_secret().as_bytes())).await?;
        let now = self.deps.now();
        let session = found.filter(|session| now < session.expires_at).ok_or_else(refused)?;
        let membership =
            repos.users().membership(session.organization_id, session.user_id).await?.ok_or_else(refused)?;
        if now - session.last_seen_at >= Span::minutes(1) {
            let unit = self.deps.storage.begin().await?;
            // A session that is signed out at this moment is no reason to fail.
            match unit.sessions().touch(session.id, now).await {
                Ok(()) => unit.commit().await?,
                Err(error) if error.is_not_found() => return Err(refused()),
                Err(error) => return Err(error),
            }
        }
        let context = Context::user(session.user_id, session.organization_id, membership.role);
        Ok(Authenticated { context, session: Some(session) })
    }

    /// Recognises an API token. Its last use is noted to the minute.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown, expired or revoked token, or one whose user has left.
    pub async fn authenticate_token(&self, secret: &SecretString) -> Result<Authenticated> {
        let refused = || Error::new(ErrorKind::Unauthenticated, "the API token is unknown, expired or revoked");
        let repos = self.deps.storage.read(ReadConsistency::Strong);
        let found = repos.api_tokens().find_by_hash(&hash(secret.expose_secret().as_bytes())).await?;
        let now = self.deps.now();
        let token = found.filter(|token| token.is_usable(now)).ok_or_else(refused)?;
        let membership = repos.users().membership(token.organization_id, token.user_id).await?.ok_or_else(refused)?;
        if token.last_used_at.is_none_or(|at| now - at >= Span::minutes(1)) {
            let unit = self.deps.storage.begin().await?;
            unit.api_tokens().touch(token.organization_id, token.id, now).await?;
            unit.commit().await?;
        }
        let mut context =
            Context::new(Actor::Token(token.id, token.user_id), token.organization_id, Some(membership.role));
        context.scopes = Some(token.scopes);
        Ok(Authenticated { context, session: None })
    }

    /// Whether a browser sent back the token its session was given. Takes the same time for every wrong answer.
    pub fn check_csrf(&self, session: &Session, sent: &str) -> bool {
        use subtle::ConstantTimeEq;
        csrf_of(&session.token_hash).as_bytes().ct_eq(sent.as_bytes()).into()
    }

    /// What a browser with this session must send back with every change.
    pub fn csrf_token(&self, session: &Session) -> String {
        csrf_of(&session.token_hash)
    }

    /// Ends a session. Ending it again changes nothing.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn sign_out(&self, ctx: &Context, session: &Session) -> Result<()> {
        let unit = self.deps.storage.begin().await?;
        if unit.sessions().delete(session.user_id, session.id).await? {
            self.deps.audit(&*unit, ctx, "session.delete", ("session", session.id.to_string()), json!({})).await?;
            unit.commit().await?;
        }
        Ok(())
    }

    /// The user who acts.
    ///
    /// # Errors
    /// `Unauthenticated` when no user acts.
    pub async fn me(&self, ctx: &Context) -> Result<User> {
        let refused = || Error::new(ErrorKind::Unauthenticated, "sign in, or send an API token");
        let id = ctx.actor.user_id().ok_or_else(refused)?;
        self.deps.read(ctx).users().get(id).await?.ok_or_else(refused)
    }

    /// Makes an API token that acts in the actor's name.
    ///
    /// # Errors
    /// `Validation` with every broken rule; `Forbidden` for those who are not administrators.
    pub async fn create_token(
        &self,
        ctx: &Context,
        name: &str,
        scopes: Vec<Scope>,
        expires_at: Option<crate::domain::time::Timestamp>,
    ) -> Result<NewToken> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let user_id = ctx.actor.user_id().ok_or_else(|| Error::forbidden("a token acts in the name of a user"))?;
        let mut broken = Violations::new();
        broken.length("name", "Name", name, 2, 100);
        if scopes.is_empty() {
            broken.add("scopes", "required", "A token needs at least one scope");
        }
        broken.into_result()?;
        let secret = format!("{TOKEN_PREFIX}{}", hex(&self.deps.ids.secret()));
        let token = ApiToken {
            id: ApiTokenId::from_uuid(self.deps.ids.uuid()),
            organization_id: ctx.organization,
            user_id,
            name: name.trim().to_owned(),
            prefix: secret.chars().take(12).collect(),
            token_hash: hash(secret.as_bytes()),
            scopes,
            expires_at,
            last_used_at: None,
            revoked_at: None,
            created_at: self.deps.now(),
        };
        let unit = self.deps.storage.begin().await?;
        unit.api_tokens().insert(&token).await?;
        self.deps.audit(&*unit, ctx, "api_token.create", ("api_token", token.id.to_string()), json!({})).await?;
        unit.commit().await?;
        Ok(NewToken { token, secret: SecretString::from(secret) })
    }

    /// The organization's tokens.
    ///
    /// # Errors
    /// `Forbidden` for those who are not administrators.
    pub async fn tokens(&self, ctx: &Context) -> Result<Vec<ApiToken>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        self.deps.read(ctx).api_tokens().list(ctx.organization).await
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for those who are not administrators.
    pub async fn revoke_token(&self, ctx: &Context, id: ApiTokenId) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        unit.api_tokens().revoke(ctx.organization, id, self.deps.now()).await?;
        self.deps.audit(&*unit, ctx, "api_token.revoke", ("api_token", id.to_string()), json!({})).await?;
        unit.commit().await
    }

    /// A user's role in an organization, for those who act for them.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn membership(
        &self,
        organization: OrganizationId,
        user: crate::domain::UserId,
    ) -> Result<Option<Membership>> {
        self.deps.storage.read(ReadConsistency::Strong).users().membership(organization, user).await
    }

    /// The hash of a new password, after checking its rules.
    pub(crate) async fn hash_password(&self, password: SecretString) -> Result<crate::domain::user::PasswordHash> {
        check_password(&password)?;
        self.passwords.hash(password).await
    }
}

/// Refuses passwords outside 10 to 200 characters.
pub(crate) fn check_password(password: &SecretString) -> Result<()> {
    let mut broken = Violations::new();
    broken.length("password", "Password", password.expose_secret(), 10, 200);
    broken.into_result()
}

/// The token is derived from the session's hash, so that nothing more is stored and a new session has a new one.
fn csrf_of(token_hash: &SecretHash) -> String {
    let mut input = b"csrf:".to_vec();
    input.extend_from_slice(&token_hash.0);
    hex(&hash(&input).0)
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
