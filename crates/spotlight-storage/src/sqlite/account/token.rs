//! Keys for programs.

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
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Bind, Fields, all, json, one},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "organization_id, id, user_id, name, prefix, token_hash, scopes, expires_at, last_used_at, revoked_at, created_at"
    };
}

statements! {
    INSERT = ["INSERT INTO api_tokens (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"];
    LIST = ["SELECT ", columns!(), " FROM api_tokens WHERE organization_id = ? ORDER BY created_at DESC, id DESC"];
    TOUCH = ["UPDATE api_tokens SET last_used_at = ? WHERE organization_id = ? AND id = ?"];
    REVOKE = ["UPDATE api_tokens SET revoked_at = coalesce(revoked_at, ?) WHERE organization_id = ? AND id = ?"];
    @global {
        /// A secret is looked up before the organization is known.
        WITH_ROLE = [
            "SELECT ", columns!(), ", (SELECT role FROM memberships \
             WHERE organization_id = api_tokens.organization_id AND user_id = api_tokens.user_id) \
             FROM api_tokens WHERE token_hash = ?"
        ];
    }
}

repository! {
    /// Keeps API tokens.
    SqliteApiTokenRepository
}

fn read(row: &SqliteRow) -> Result<ApiToken> {
    fields(&mut Fields::new("api_tokens", row))
}

fn read_with_role(row: &SqliteRow) -> Result<(ApiToken, Option<Role>)> {
    let mut f = Fields::new("api_tokens", row);
    Ok((fields(&mut f)?, f.opt_word()?))
}

fn fields(f: &mut Fields<'_>) -> Result<ApiToken> {
    Ok(ApiToken {
        organization_id: f.id(OrganizationId::from_uuid)?,
        id: f.id(ApiTokenId::from_uuid)?,
        user_id: f.id(UserId::from_uuid)?,
        name: f.text()?,
        prefix: f.text()?,
        token_hash: f.hash()?,
        scopes: f.json()?,
        expires_at: f.opt_at()?,
        last_used_at: f.opt_at()?,
        revoked_at: f.opt_at()?,
        created_at: f.at()?,
    })
}

#[async_trait]
impl ApiTokenRepository for SqliteApiTokenRepository {
    async fn insert(&self, token: &ApiToken) -> Result<()> {
        let insert = query(INSERT)
            .bind(token.organization_id.as_uuid())
            .bind(token.id.as_uuid())
            .bind(token.user_id.as_uuid())
            .bind(token.name.as_str())
            .bind(token.prefix.as_str())
            .bind(token.token_hash.0.as_slice())
            .bind(json(&token.scopes)?)
            .opt_at(token.expires_at)
            .opt_at(token.last_used_at)
            .opt_at(token.revoked_at)
            .at(token.created_at);
        self.db.write().await?.execute(insert).await?;
        Ok(())
    }

    async fn find_with_roles(&self, hashes: &[SecretHash]) -> Result<Vec<(ApiToken, Option<Role>)>> {
        let mut found = Vec::with_capacity(hashes.len());
        for hash in hashes {
            found.extend(one(self.db.row(query(WITH_ROLE).bind(hash.0.as_slice())).await?, read_with_role)?);
        }
        Ok(found)
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<ApiToken>> {
        all(&self.db.rows(query(LIST).bind(organization.as_uuid())).await?, read)
    }

    async fn touch(&self, organization: OrganizationId, id: ApiTokenId, at: Timestamp) -> Result<()> {
        let touch = query(TOUCH).at(at).bind(organization.as_uuid()).bind(id.as_uuid());
        found(self.db.write().await?.execute(touch).await?)
    }

    async fn revoke(&self, organization: OrganizationId, id: ApiTokenId, at: Timestamp) -> Result<()> {
        let revoke = query(REVOKE).at(at).bind(organization.as_uuid()).bind(id.as_uuid());
        found(self.db.write().await?.execute(revoke).await?)
    }
}

fn found(touched: u64) -> Result<()> {
    if touched == 0 { Err(Error::not_found("API token")) } else { Ok(()) }
}
