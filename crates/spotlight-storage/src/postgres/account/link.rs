//! Single-use links.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{
        LinkId, OrganizationId, UserId,
        time::Timestamp,
        user::{LinkPurpose, OneTimeLink, Role, SecretHash},
    },
    ports::LinkRepository,
};
use sqlx::postgres::PgRow;

use super::{PgDb, Row, query, row, statements};

macro_rules! columns {
    () => {
        "token_hash, id, user_id, purpose, organization_id, role, sent_to, expires_at, used_at, created_at"
    };
}

statements! {
    INSERT = [
        "INSERT INTO one_time_links (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT DO NOTHING"
    ];
    GET = ["SELECT ", columns!(), " FROM one_time_links WHERE id = $1"];
    REKEY = ["UPDATE one_time_links SET token_hash = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $3"];
    INVITATIONS = [
        "SELECT ", columns!(), " FROM one_time_links WHERE organization_id = $1 AND purpose = 'invitation' \
         AND used_at IS NULL AND expires_at > $2 ORDER BY created_at DESC, id DESC"
    ];
    REVOKE = [
        "DELETE FROM one_time_links \
         WHERE user_id = $1 AND purpose = $2 AND organization_id IS NOT DISTINCT FROM $3 AND used_at IS NULL"
    ];
    CONSUME = [
        "UPDATE one_time_links SET used_at = $3 \
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 \
         RETURNING ", columns!()
    ];
    DELETE_EXPIRED = [
        "DELETE FROM one_time_links WHERE token_hash IN \
         (SELECT token_hash FROM one_time_links WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 \
         FOR UPDATE SKIP LOCKED)"
    ];
}

fn read(row: &PgRow) -> Result<OneTimeLink> {
    let mut row = Row::new("one_time_links", row);
    Ok(OneTimeLink {
        token_hash: row.hash()?,
        id: row.id(LinkId::from_uuid)?,
        user_id: row.id(UserId::from_uuid)?,
        purpose: row.word()?,
        organization_id: row.maybe_id(OrganizationId::from_uuid)?,
        role: row.maybe_word()?,
        sent_to: row.hash()?,
        expires_at: row.at()?,
        used_at: row.maybe_at()?,
        created_at: row.at()?,
    })
}

/// Keeps single-use links.
pub(in crate::postgres) struct PgLinkRepository {
    db: PgDb,
}

impl PgLinkRepository {
    pub(in crate::postgres) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl LinkRepository for PgLinkRepository {
    async fn insert(&self, link: &OneTimeLink) -> Result<()> {
        let insert = query(INSERT)
            .bind(link.token_hash.0.as_slice())
            .bind(link.id.as_uuid())
            .bind(link.user_id.as_uuid())
            .bind(link.purpose.as_str())
            .bind(link.organization_id.map(OrganizationId::as_uuid))
            .bind(link.role.map(Role::as_str))
            .bind(link.sent_to.0.as_slice())
            .bind(link.expires_at)
            .bind(link.used_at)
            .bind(link.created_at);
        match self.db.write().await?.execute(insert).await? {
            0 => Err(Error::conflict("the link's id or secret is taken")),
            _ => Ok(()),
        }
    }

    async fn rekey(&self, id: LinkId, hash: &SecretHash, now: Timestamp) -> Result<Option<OneTimeLink>> {
        let rekey = query(REKEY).bind(id.as_uuid()).bind(hash.0.as_slice()).bind(now);
        let mut tx = self.db.write().await?;
        match tx.attempt(rekey).await? {
            None => Err(Error::conflict("the link's secret is taken")),
            Some(0) => Ok(None),
            Some(_) => row::one(tx.fetch_optional(query(GET).bind(id.as_uuid())).await?.as_ref(), read),
        }
    }

    async fn invitations(&self, organization: OrganizationId, now: Timestamp) -> Result<Vec<OneTimeLink>> {
        row::all(&self.db.fetch_all(query(INVITATIONS).bind(organization.as_uuid()).bind(now)).await?, read)
    }

    async fn revoke(&self, user: UserId, purpose: LinkPurpose, organization: Option<OrganizationId>) -> Result<u64> {
        let organization = organization.map(OrganizationId::as_uuid);
        let revoke = query(REVOKE).bind(user.as_uuid()).bind(purpose.as_str()).bind(organization);
        self.db.write().await?.execute(revoke).await
    }

    async fn consume(&self, hash: &SecretHash, purpose: LinkPurpose, now: Timestamp) -> Result<Option<OneTimeLink>> {
        let consume = query(CONSUME).bind(hash.0.as_slice()).bind(purpose.as_str()).bind(now);
        row::one(self.db.write().await?.returning(consume).await?.first(), read)
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64> {
        self.db.write().await?.execute(query(DELETE_EXPIRED).bind(now).bind(i64::from(limit))).await
    }
}
