//! Single-use links.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{
        LinkId, OrganizationId, UserId,
        time::Timestamp,
        user::{LinkPurpose, OneTimeLink, Role, SecretHash},
    },
    ports::LinkRepository,
};
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Bind, Fields, all},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "token_hash, id, user_id, purpose, organization_id, role, sent_to, expires_at, used_at, created_at"
    };
}

statements! {
    @global {
        /// Links are global.
        INSERT = ["INSERT INTO one_time_links (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"];
        /// Links are global.
        REKEY = [
            "UPDATE one_time_links SET token_hash = ?1 WHERE id = ?2 AND used_at IS NULL AND expires_at > ?3 \
             RETURNING ", columns!()
        ];
        /// Links are global.
        INVITATIONS = [
            "SELECT ", columns!(), " FROM one_time_links WHERE organization_id = ? AND purpose = 'invitation' \
             AND used_at IS NULL AND expires_at > ? ORDER BY created_at DESC, id DESC"
        ];
        /// Links are global.
        REVOKE = [
            "DELETE FROM one_time_links \
             WHERE user_id = ? AND purpose = ? AND organization_id IS ? AND used_at IS NULL"
        ];
        /// Links are global.
        CONSUME = [
            "UPDATE one_time_links SET used_at = ?1 \
             WHERE token_hash = ?2 AND purpose = ?3 AND used_at IS NULL AND expires_at > ?1 \
             RETURNING ", columns!()
        ];
        /// Links are global.
        DELETE_EXPIRED = [
            "DELETE FROM one_time_links WHERE token_hash IN \
             (SELECT token_hash FROM one_time_links WHERE expires_at < ? ORDER BY expires_at LIMIT ?)"
        ];
    }
}

repository! {
    /// Keeps single-use links.
    SqliteLinkRepository
}

fn read(row: &SqliteRow) -> Result<OneTimeLink> {
    let mut f = Fields::new("one_time_links", row);
    Ok(OneTimeLink {
        token_hash: f.hash()?,
        id: f.id(LinkId::from_uuid)?,
        user_id: f.id(UserId::from_uuid)?,
        purpose: f.word()?,
        organization_id: f.opt_id(OrganizationId::from_uuid)?,
        role: f.opt_word()?,
        sent_to: f.hash()?,
        expires_at: f.at()?,
        used_at: f.opt_at()?,
        created_at: f.at()?,
    })
}

#[async_trait]
impl LinkRepository for SqliteLinkRepository {
    async fn insert(&self, link: &OneTimeLink) -> Result<()> {
        let insert = query(INSERT)
            .bind(link.token_hash.0.as_slice())
            .bind(link.id.as_uuid())
            .bind(link.user_id.as_uuid())
            .bind(link.purpose.as_str())
            .bind(link.organization_id.map(OrganizationId::as_uuid))
            .bind(link.role.map(Role::as_str))
            .bind(link.sent_to.0.as_slice())
            .at(link.expires_at)
            .opt_at(link.used_at)
            .at(link.created_at);
        self.db.write().await?.execute(insert).await?;
        Ok(())
    }

    async fn rekey(&self, id: LinkId, hash: &SecretHash, now: Timestamp) -> Result<Option<OneTimeLink>> {
        let rekey = query(REKEY).bind(hash.0.as_slice()).bind(id.as_uuid()).at(now);
        self.db.write().await?.returning(rekey).await?.first().map(read).transpose()
    }

    async fn invitations(&self, organization: OrganizationId, now: Timestamp) -> Result<Vec<OneTimeLink>> {
        all(&self.db.rows(query(INVITATIONS).bind(organization.as_uuid()).at(now)).await?, read)
    }

    async fn revoke(&self, user: UserId, purpose: LinkPurpose, organization: Option<OrganizationId>) -> Result<u64> {
        let organization = organization.map(OrganizationId::as_uuid);
        let revoke = query(REVOKE).bind(user.as_uuid()).bind(purpose.as_str()).bind(organization);
        Ok(self.db.write().await?.execute(revoke).await?)
    }

    async fn consume(&self, hash: &SecretHash, purpose: LinkPurpose, now: Timestamp) -> Result<Option<OneTimeLink>> {
        let consume = query(CONSUME).at(now).bind(hash.0.as_slice()).bind(purpose.as_str());
        self.db.write().await?.returning(consume).await?.first().map(read).transpose()
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64> {
        Ok(self.db.write().await?.execute(query(DELETE_EXPIRED).at(now).bind(limit)).await?)
    }
}
