//! People: signing up, in and out, their own account, the team and its API tokens.
//!
//! Whoever has no account yet or not at hand calls with [`Context::anonymous`]: they are known by a password or by the
//! secret of a single-use link. A person who has signed up but not confirmed their address may sign in and do what their
//! role allows, save inviting others, which would send e-mail in the name of an address that may not be theirs.

mod again;
mod invitations;
mod links;
mod members;
mod passwords;
mod profile;
mod recognised;
mod second_factor;
mod sessions;
mod sign_in;
mod sign_up;
mod tokens;
mod vouched;

use secrecy::{ExposeSecret, SecretString};

pub use self::{
    invitations::{AcceptInvitation, Invitation, NewInvitation},
    members::Member,
    profile::{AccountChange, AccountPatch},
    second_factor::Enrolment,
    sessions::NewSession,
    sign_in::{Authenticated, SIGN_IN_QUOTA, SignIn, SignedIn},
    sign_up::SignUp,
    tokens::NewToken,
};
pub(crate) use self::{members::expel, recognised::Recognised, sign_up::blank_user};
use super::{
    Context,
    deps::{Deps, hex},
    passwords::Passwords,
};
use crate::{
    domain::{
        OrganizationId,
        user::{SecretHash, User},
    },
    error::{Error, ErrorKind, Result, Retry, Violations},
    ports::{IdempotencyRecord, Quota, UnitOfWork},
};

/// Accounts.
#[derive(Clone)]
pub struct AccountService {
    deps: Deps,
    passwords: Passwords,
    recognised: Recognised,
}

impl AccountService {
    pub(crate) fn new(deps: Deps, passwords: Passwords, recognised: Recognised) -> Self {
        Self { deps, passwords, recognised }
    }

    /// Counts one call. Refuses beyond the quota.
    async fn limit(&self, key: &str, quota: Quota) -> Result<()> {
        let verdict = self.deps.limiter.check(key, quota).await?;
        if verdict.allowed {
            return Ok(());
        }
        Err(Error::new(ErrorKind::RateLimited, "too many attempts; wait a moment")
            .with_retry(Retry::After(verdict.retry_after)))
    }

    /// Counts one call of an address, when it is known.
    async fn limit_address(&self, ctx: &Context, what: &str) -> Result<()> {
        match &ctx.source_address {
            Some(address) => self.limit(&format!("{what}:ip:{address}"), SIGN_IN_QUOTA).await,
            None => Ok(()),
        }
    }

    /// Commits about as much as somebody known would have caused, so that the time taken does not tell who has an
    /// account. What it writes is forgotten with what has expired.
    async fn waste(&self, unit: Box<dyn UnitOfWork>) -> Result<()> {
        let now = self.deps.now();
        let record = IdempotencyRecord {
            organization_id: Context::anonymous().organization,
            scope: "nobody".to_owned(),
            key: hex(&self.deps.ids.secret()),
            fingerprint: SecretHash(self.deps.ids.secret()),
            answer: serde_json::Value::Null,
            expires_at: now,
        };
        unit.idempotency().insert(&record, now).await?;
        unit.commit().await
    }

    /// The organization in whose audit log something a user did to their own account is kept: where they act, or else
    /// their oldest one; the deployment's own for a user who is in none.
    async fn home(&self, unit: &dyn UnitOfWork, ctx: &Context, user: &User) -> Result<OrganizationId> {
        let memberships = unit.users().memberships(user.id).await?;
        let acting = memberships.iter().find(|membership| membership.organization_id == ctx.organization);
        Ok(acting.or(memberships.first()).map_or(ctx.organization, |membership| membership.organization_id))
    }
}

/// Refuses passwords outside 10 to 200 characters.
pub(crate) fn check_password(broken: &mut Violations, password: &SecretString) {
    // Not trimmed: a password is what was typed.
    if !(10..=200).contains(&password.expose_secret().chars().count()) {
        broken.add("password", "length", "Password must have 10 to 200 characters");
    }
}
