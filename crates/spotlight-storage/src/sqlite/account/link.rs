//! Single-use links.

use async_trait::async_trait;
use spotlight_core::{
    Result,
    domain::{
        UserId,
        time::Timestamp,
        user::{LinkPurpose, OneTimeLink, SecretHash},
    },
    ports::LinkRepository,
};
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Bind, Fields},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "token_hash, user_id, purpose, expires_at, used_at, created_at"
    };
}

statements! {
    @global {
        /// Links are global.
        INSERT = ["INSERT INTO one_time_links (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?)"];
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
        user_id: f.id(UserId::from_uuid)?,
        purpose: f.word()?,
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
            .bind(link.user_id.as_uuid())
            .bind(link.purpose.as_str())
            .at(link.expires_at)
            .opt_at(link.used_at)
            .at(link.created_at);
        self.db.write().await?.execute(insert).await?;
        Ok(())
    }

    async fn consume(&self, hash: &SecretHash, purpose: LinkPurpose, now: Timestamp) -> Result<Option<OneTimeLink>> {
        let consume = query(CONSUME).at(now).bind(hash.0.as_slice()).bind(purpose.as_str());
        self.db.write().await?.returning(consume).await?.first().map(read).transpose()
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64> {
        Ok(self.db.write().await?.execute(query(DELETE_EXPIRED).at(now).bind(limit)).await?)
    }
}
