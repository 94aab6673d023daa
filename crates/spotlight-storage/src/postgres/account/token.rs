//! API tokens.

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{
        ApiTokenId, OrganizationId, UserId,
        time::Timestamp,
        user::{ApiToken, Role, SecretHash},
    },
    ports::ApiTokenRepository,
};
use sqlx::{postgres::PgRow, types::Json};

use super::{PgDb, Row, query, row, statements};

macro_rules! columns {
    () => {
        "organization_id, id, user_id, name, prefix, token_hash, scopes, expires_at, last_used_at, revoked_at, created_at"
    };
}

statements! {
    INSERT = [
        "INSERT INTO api_tokens (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT DO NOTHING"
    ];
    FIND_WITH_ROLES = [
        "SELECT ", columns!(), ", (SELECT role FROM memberships \
         WHERE organization_id = api_tokens.organization_id AND user_id = api_tokens.user_id) \
         FROM api_tokens WHERE token_hash = ANY($1)"
    ];
    LIST = ["SELECT ", columns!(), " FROM api_tokens WHERE organization_id = $1 ORDER BY created_at DESC, id DESC"];
    TOUCH = ["UPDATE api_tokens SET last_used_at = $3 WHERE organization_id = $1 AND id = $2"];
    REVOKE = ["UPDATE api_tokens SET revoked_at = coalesce(revoked_at, $3) WHERE organization_id = $1 AND id = $2"];
}

fn read(row: &PgRow) -> Result<ApiToken> {
    fields(&mut Row::new("api_tokens", row))
}

fn read_with_role(row: &PgRow) -> Result<(ApiToken, Option<Role>)> {
    let mut row = Row::new("api_tokens", row);
    Ok((fields(&mut row)?, row.maybe_word()?))
}

fn fields(row: &mut Row<'_>) -> Result<ApiToken> {
    Ok(ApiToken {
        organization_id: row.id(OrganizationId::from_uuid)?,
        id: row.id(ApiTokenId::from_uuid)?,
        user_id: row.id(UserId::from_uuid)?,
        name: row.take()?,
        prefix: row.take()?,
        token_hash: row.hash()?,
        scopes: row.json()?,
        expires_at: row.maybe_at()?,
        last_used_at: row.maybe_at()?,
        revoked_at: row.maybe_at()?,
        created_at: row.at()?,
    })
}

/// Keeps API tokens.
pub(in crate::postgres) struct PgApiTokenRepository {
    db: PgDb,
}

impl PgApiTokenRepository {
    pub(in crate::postgres) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ApiTokenRepository for PgApiTokenRepository {
    async fn insert(&self, token: &ApiToken) -> Result<()> {
        let insert = query(INSERT)
            .bind(token.organization_id.as_uuid())
            .bind(token.id.as_uuid())
            .bind(token.user_id.as_uuid())
            .bind(token.name.as_str())
            .bind(token.prefix.as_str())
            .bind(token.token_hash.0.as_slice())
            .bind(Json(&token.scopes))
            .bind(token.expires_at)
            .bind(token.last_used_at)
            .bind(token.revoked_at)
            .bind(token.created_at);
        match self.db.write().await?.execute(insert).await? {
            0 => Err(Error::conflict("the token's id or secret is taken")),
            _ => Ok(()),
        }
    }

    async fn find_with_roles(&self, hashes: &[SecretHash]) -> Result<Vec<(ApiToken, Option<Role>)>> {
        let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.0.as_slice()).collect();
        row::all(&self.db.fetch_all(query(FIND_WITH_ROLES).bind(hashes)).await?, read_with_role)
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<ApiToken>> {
        row::all(&self.db.fetch_all(query(LIST).bind(organization.as_uuid())).await?, read)
    }

    async fn touch(&self, organization: OrganizationId, id: ApiTokenId, at: Timestamp) -> Result<()> {
        let touch = query(TOUCH).bind(organization.as_uuid()).bind(id.as_uuid()).bind(at);
        match self.db.write().await?.execute(touch).await? {
            0 => Err(Error::not_found("API token")),
            _ => Ok(()),
        }
    }

    async fn revoke(&self, organization: OrganizationId, id: ApiTokenId, at: Timestamp) -> Result<()> {
        let revoke = query(REVOKE).bind(organization.as_uuid()).bind(id.as_uuid()).bind(at);
        match self.db.write().await?.execute(revoke).await? {
            0 => Err(Error::not_found("API token")),
            _ => Ok(()),
        }
    }
}
