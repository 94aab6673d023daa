//! A person's own sessions.

use secrecy::SecretString;
use serde_json::json;
use spotlight_derive::RedactedDebug;

use super::AccountService;
use crate::{
    domain::{
        SessionId,
        user::{SecretHash, Session},
    },
    error::{Error, Result},
    services::{
        Context,
        deps::{hash, hex},
        live::access_of_changed,
    },
};

/// A session with the cookie's secret, which is stored nowhere.
#[derive(RedactedDebug)]
pub struct NewSession {
    /// The session.
    pub session: Session,
    /// The cookie's secret.
    pub secret: SecretString,
    /// What a browser must send back with every change.
    pub csrf_token: String,
}

impl AccountService {
    /// Gives a session another id and another secret; nothing else of it changes.
    pub(super) fn renewed(&self, session: &Session) -> NewSession {
        let secret = hex(&self.deps.ids.secret());
        let id = SessionId::from_uuid(self.deps.ids.uuid());
        let session = Session { id, token_hash: hash(secret.as_bytes()), ..session.clone() };
        NewSession { csrf_token: self.csrf_token(&session), session, secret: SecretString::from(secret) }
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

    /// Ends the session that the caller showed.
    ///
    /// # Errors
    /// Those of storage.
    ///
    /// # Idempotency
    /// Ending it again changes nothing.
    pub async fn sign_out(&self, ctx: &Context, session: &Session) -> Result<()> {
        let unit = self.deps.storage.begin().await?;
        if unit.sessions().delete(session.user_id, session.id).await? {
            access_of_changed(&*unit, session.user_id).await?;
            self.deps.audit(&*unit, ctx, "session.delete", ("session", session.id.to_string()), json!({})).await?;
            unit.commit().await?;
        }
        Ok(())
    }

    /// The actor's own sessions that have not ended, newest first.
    ///
    /// # Errors
    /// `Forbidden` for all but people.
    pub async fn sessions(&self, ctx: &Context) -> Result<Vec<Session>> {
        let user = ctx.require_person()?;
        self.deps.read(ctx).sessions().list(user, self.deps.now()).await
    }

    /// One of the actor's own sessions.
    ///
    /// # Errors
    /// `NotFound` for one that has ended or is somebody else's; `Forbidden` for all but people.
    pub async fn session(&self, ctx: &Context, id: SessionId) -> Result<Session> {
        let found = self.sessions(ctx).await?.into_iter().find(|session| session.id == id);
        found.ok_or_else(|| Error::not_found("session"))
    }

    /// Ends one of the actor's own sessions.
    ///
    /// # Errors
    /// `NotFound` for one that has ended or is somebody else's; `Forbidden` for all but people.
    pub async fn revoke_session(&self, ctx: &Context, id: SessionId) -> Result<()> {
        let user = ctx.require_person()?;
        let unit = self.deps.storage.begin().await?;
        if !unit.sessions().delete(user, id).await? {
            return Err(Error::not_found("session"));
        }
        access_of_changed(&*unit, user).await?;
        self.deps.audit(&*unit, ctx, "session.delete", ("session", id.to_string()), json!({})).await?;
        unit.commit().await
    }

    /// Ends the actor's own sessions, save `except`. Gives how many that had not ended by themselves.
    ///
    /// # Errors
    /// `Forbidden` for all but people.
    pub async fn revoke_sessions(&self, ctx: &Context, except: Option<SessionId>) -> Result<u64> {
        let user = ctx.require_person()?;
        let unit = self.deps.storage.begin().await?;
        let open = unit.sessions().list(user, self.deps.now()).await?;
        let ended = open.iter().filter(|session| Some(session.id) != except).count() as u64;
        unit.sessions().delete_all(user, except).await?;
        access_of_changed(&*unit, user).await?;
        self.deps
            .audit(&*unit, ctx, "session.delete_all", ("user", user.to_string()), json!({ "ended": ended }))
            .await?;
        unit.commit().await?;
        Ok(ended)
    }
}

/// The token is derived from the session's hash, so that nothing more is stored and a new session has a new one.
fn csrf_of(token_hash: &SecretHash) -> String {
    let mut input = b"csrf:".to_vec();
    input.extend_from_slice(&token_hash.0);
    hex(&hash(&input).0)
}
