//! Signed-in browsers.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{
        OrganizationId, SessionId, UserId,
        time::Timestamp,
        user::{Role, SecretHash, Session},
    },
    ports::SessionRepository,
};
use sqlx::postgres::PgRow;

use super::{PgDb, Row, query, row, statements};

macro_rules! columns {
    () => {
        "id, user_id, organization_id, token_hash, user_agent, ip, remember, created_at, last_seen_at, expires_at"
    };
}

statements! {
    INSERT = [
        "INSERT INTO sessions (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT DO NOTHING"
    ];
    FIND_BY_HASH = ["SELECT ", columns!(), " FROM sessions WHERE token_hash = $1"];
    FIND_WITH_ROLES = [
        "SELECT ", columns!(), ", (SELECT role FROM memberships \
         WHERE organization_id = sessions.organization_id AND user_id = sessions.user_id) \
         FROM sessions WHERE token_hash = ANY($1)"
    ];
    LIST = [
        "SELECT ", columns!(), " FROM sessions WHERE user_id = $1 AND expires_at > $2 ORDER BY created_at DESC, id DESC"
    ];
    TOUCH = ["UPDATE sessions SET last_seen_at = $2 WHERE id = $1"];
    ACTIVE_USERS = ["SELECT count(DISTINCT user_id) FROM sessions WHERE last_seen_at >= $1"];
    DELETE = ["DELETE FROM sessions WHERE user_id = $1 AND id = $2"];
    DELETE_ALL = ["DELETE FROM sessions WHERE user_id = $1 AND id IS DISTINCT FROM $2"];
    DELETE_EXPIRED = [
        "DELETE FROM sessions WHERE id IN \
         (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
    ];
}

fn read(row: &PgRow) -> Result<Session> {
    fields(&mut Row::new("sessions", row))
}

fn read_with_role(row: &PgRow) -> Result<(Session, Option<Role>)> {
    let mut row = Row::new("sessions", row);
    Ok((fields(&mut row)?, row.maybe_word()?))
}

fn fields(row: &mut Row<'_>) -> Result<Session> {
    Ok(Session {
        id: row.id(SessionId::from_uuid)?,
        user_id: row.id(UserId::from_uuid)?,
        organization_id: row.id(OrganizationId::from_uuid)?,
        token_hash: row.hash()?,
        user_agent: row.take()?,
        ip: row.take()?,
        remember: row.take()?,
        created_at: row.at()?,
        last_seen_at: row.at()?,
        expires_at: row.at()?,
    })
}

/// Keeps sessions.
pub(in crate::postgres) struct PgSessionRepository {
    db: PgDb,
}

impl PgSessionRepository {
    pub(in crate::postgres) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl SessionRepository for PgSessionRepository {
    async fn insert(&self, session: &Session) -> Result<()> {
        let insert = query(INSERT)
            .bind(session.id.as_uuid())
            .bind(session.user_id.as_uuid())
            .bind(session.organization_id.as_uuid())
            .bind(session.token_hash.0.as_slice())
            .bind(session.user_agent.as_deref())
            .bind(session.ip.as_deref())
            .bind(session.remember)
            .bind(session.created_at)
            .bind(session.last_seen_at)
            .bind(session.expires_at);
        match self.db.write().await?.execute(insert).await? {
            0 => Err(Error::conflict("the session's id or secret is taken")),
            _ => Ok(()),
        }
    }

    async fn find_by_hash(&self, hash: &SecretHash) -> Result<Option<Session>> {
        row::one(self.db.fetch_optional(query(FIND_BY_HASH).bind(hash.0.as_slice())).await?.as_ref(), read)
    }

    async fn find_with_roles(&self, hashes: &[SecretHash]) -> Result<Vec<(Session, Option<Role>)>> {
        let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.0.as_slice()).collect();
        row::all(&self.db.fetch_all(query(FIND_WITH_ROLES).bind(hashes)).await?, read_with_role)
    }

    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>> {
        row::all(&self.db.fetch_all(query(LIST).bind(user.as_uuid()).bind(now)).await?, read)
    }

    async fn touch(&self, id: SessionId, at: Timestamp) -> Result<()> {
        match self.db.write().await?.execute(query(TOUCH).bind(id.as_uuid()).bind(at)).await? {
            0 => Err(Error::not_found("session")),
            _ => Ok(()),
        }
    }

    async fn active_users(&self, since: Timestamp) -> Result<u64> {
        row::count(self.db.fetch_optional(query(ACTIVE_USERS).bind(since)).await?.as_ref())
    }

    async fn delete(&self, user: UserId, id: SessionId) -> Result<bool> {
        let delete = query(DELETE).bind(user.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(delete).await? > 0)
    }

    async fn delete_all(&self, user: UserId, except: Option<SessionId>) -> Result<u64> {
        let delete = query(DELETE_ALL).bind(user.as_uuid()).bind(except.map(SessionId::as_uuid));
        self.db.write().await?.execute(delete).await
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64> {
        self.db.write().await?.execute(query(DELETE_EXPIRED).bind(now).bind(i64::from(limit))).await
    }
}
