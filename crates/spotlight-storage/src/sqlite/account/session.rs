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
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Bind, Fields, all, number, one},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "id, user_id, organization_id, token_hash, user_agent, ip, remember, created_at, last_seen_at, expires_at"
    };
}

statements! {
    @global {
        /// Sessions are global.
        INSERT = ["INSERT INTO sessions (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"];
        /// Sessions are global.
        BY_HASH = ["SELECT ", columns!(), " FROM sessions WHERE token_hash = ?"];
        /// Sessions are global.
        WITH_ROLE = [
            "SELECT ", columns!(), ", (SELECT role FROM memberships \
             WHERE organization_id = sessions.organization_id AND user_id = sessions.user_id) \
             FROM sessions WHERE token_hash = ?"
        ];
        /// Sessions are global.
        LIST = [
            "SELECT ", columns!(), " FROM sessions WHERE user_id = ? AND expires_at > ? \
             ORDER BY created_at DESC, id DESC"
        ];
        /// Sessions are global.
        TOUCH = ["UPDATE sessions SET last_seen_at = ? WHERE id = ?"];
        /// Sessions are global. With the plus: else all of them are read, in the order of users.
        ACTIVE_USERS = ["SELECT count(DISTINCT +user_id) FROM sessions WHERE last_seen_at >= ?"];
        /// Sessions are global.
        DELETE = ["DELETE FROM sessions WHERE user_id = ? AND id = ?"];
        /// Sessions are global.
        DELETE_ALL = ["DELETE FROM sessions WHERE user_id = ? AND id IS NOT ?"];
        /// Sessions are global.
        DELETE_EXPIRED = [
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < ? ORDER BY expires_at LIMIT ?)"
        ];
    }
}

repository! {
    /// Keeps sessions.
    SqliteSessionRepository
}

fn read(row: &SqliteRow) -> Result<Session> {
    fields(&mut Fields::new("sessions", row))
}

fn read_with_role(row: &SqliteRow) -> Result<(Session, Option<Role>)> {
    let mut f = Fields::new("sessions", row);
    Ok((fields(&mut f)?, f.opt_word()?))
}

fn fields(f: &mut Fields<'_>) -> Result<Session> {
    Ok(Session {
        id: f.id(SessionId::from_uuid)?,
        user_id: f.id(UserId::from_uuid)?,
        organization_id: f.id(OrganizationId::from_uuid)?,
        token_hash: f.hash()?,
        user_agent: f.opt_text()?,
        ip: f.opt_text()?,
        remember: f.flag()?,
        created_at: f.at()?,
        last_seen_at: f.at()?,
        expires_at: f.at()?,
    })
}

#[async_trait]
impl SessionRepository for SqliteSessionRepository {
    async fn insert(&self, session: &Session) -> Result<()> {
        let insert = query(INSERT)
            .bind(session.id.as_uuid())
            .bind(session.user_id.as_uuid())
            .bind(session.organization_id.as_uuid())
            .bind(session.token_hash.0.as_slice())
            .bind(session.user_agent.as_deref())
            .bind(session.ip.as_deref())
            .bind(session.remember)
            .at(session.created_at)
            .at(session.last_seen_at)
            .at(session.expires_at);
        self.db.write().await?.execute(insert).await?;
        Ok(())
    }

    async fn find_by_hash(&self, hash: &SecretHash) -> Result<Option<Session>> {
        one(self.db.row(query(BY_HASH).bind(hash.0.as_slice())).await?, read)
    }

    async fn find_with_roles(&self, hashes: &[SecretHash]) -> Result<Vec<(Session, Option<Role>)>> {
        let mut found = Vec::with_capacity(hashes.len());
        for hash in hashes {
            found.extend(one(self.db.row(query(WITH_ROLE).bind(hash.0.as_slice())).await?, read_with_role)?);
        }
        Ok(found)
    }

    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>> {
        all(&self.db.rows(query(LIST).bind(user.as_uuid()).at(now)).await?, read)
    }

    async fn touch(&self, id: SessionId, at: Timestamp) -> Result<()> {
        match self.db.write().await?.execute(query(TOUCH).at(at).bind(id.as_uuid())).await? {
            0 => Err(Error::not_found("session")),
            _ => Ok(()),
        }
    }

    async fn active_users(&self, since: Timestamp) -> Result<u64> {
        let users = number(self.db.row(query(ACTIVE_USERS).at(since)).await?)?;
        Ok(u64::try_from(users).unwrap_or_default())
    }

    async fn delete(&self, user: UserId, id: SessionId) -> Result<bool> {
        let delete = query(DELETE).bind(user.as_uuid()).bind(id.as_uuid());
        Ok(self.db.write().await?.execute(delete).await? > 0)
    }

    async fn delete_all(&self, user: UserId, except: Option<SessionId>) -> Result<u64> {
        let delete = query(DELETE_ALL).bind(user.as_uuid()).bind(except.map(SessionId::as_uuid));
        Ok(self.db.write().await?.execute(delete).await?)
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64> {
        Ok(self.db.write().await?.execute(query(DELETE_EXPIRED).at(now).bind(limit)).await?)
    }
}
