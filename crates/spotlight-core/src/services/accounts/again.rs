//! Looking again at who somebody is, long after they were recognised.

use super::AccountService;
use crate::{
    domain::{audit::Actor, user::Session},
    error::{Error, ErrorKind, Result},
    ports::ReadConsistency,
    services::Context,
};

impl AccountService {
    /// The caller as they are now, with the role and the scopes that they have now; nothing is noted as used. `session` is
    /// the one they showed, when it was a cookie.
    ///
    /// # Errors
    /// `Unauthenticated` when the session or the token has ended, or the membership.
    pub async fn again(&self, ctx: &Context, session: Option<&Session>) -> Result<Context> {
        let repos = self.deps.storage.read(ReadConsistency::Strong);
        let now = self.deps.now();
        let mut caller = ctx.clone();
        if let Some(session) = session {
            let found = repos.sessions().find_by_hash(&session.token_hash).await?;
            if !found.is_some_and(|found| found.id == session.id && now < found.expires_at) {
                return Err(Error::new(ErrorKind::Unauthenticated, "the session has ended; sign in again"));
            }
        }
        if let Actor::Token(id, _) = ctx.actor {
            let tokens = repos.api_tokens().list(ctx.organization).await?;
            let found = tokens.into_iter().find(|token| token.id == id && token.is_usable(now));
            let text = "the API token is expired or revoked";
            caller.scopes = Some(found.ok_or_else(|| Error::new(ErrorKind::Unauthenticated, text))?.scopes);
        }
        if let Some(user) = ctx.actor.user_id() {
            let membership = repos.users().membership(ctx.organization, user).await?;
            let text = "you are no longer a member of the organization";
            caller.role = Some(membership.ok_or_else(|| Error::new(ErrorKind::Unauthenticated, text))?.role);
        }
        Ok(caller)
    }
}
