//! Keys for programs.

use secrecy::SecretString;
use serde_json::json;

use super::AccountService;
use crate::{
    domain::{
        ApiTokenId,
        time::Timestamp,
        user::{ApiToken, Role, Scope},
    },
    error::{Error, Result, Violations},
    services::{
        Context,
        deps::{hash, hex, id_answer},
        live::access_changed,
    },
};

/// Begins every API token, so that a leaked one is recognised.
const TOKEN_PREFIX: &str = "spot_";

/// A new API token.
#[derive(Debug)]
pub struct NewToken {
    /// What is stored.
    pub token: ApiToken,
    /// The secret, shown once.
    pub secret: SecretString,
}

impl AccountService {
    /// Makes an API token that acts in the actor's name.
    ///
    /// # Errors
    /// `Validation` with every broken rule; `Forbidden` for those who are not administrators, and for a token that would
    /// give away more than it has.
    ///
    /// # Idempotency
    /// A key that was used makes no second token. Since the secret is shown once, the answer is `Conflict` then.
    pub async fn create_token(
        &self,
        ctx: &Context,
        name: &str,
        mut scopes: Vec<Scope>,
        expires_at: Option<Timestamp>,
    ) -> Result<NewToken> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let user_id = ctx.actor.user_id().ok_or_else(|| Error::forbidden("a token acts in the name of a user"))?;
        scopes.sort_unstable();
        scopes.dedup();
        let now = self.deps.now();
        let mut broken = Violations::new();
        broken.length("name", "Name", name, 2, 100);
        if scopes.is_empty() {
            broken.add("scopes", "required", "A token needs at least one scope");
        }
        if expires_at.is_some_and(|at| at <= now) {
            broken.add("expires_at", "range", "A token ends in the future");
        }
        broken.into_result()?;
        if let Some(own) = &ctx.scopes
            && let Some(more) = scopes.iter().find(|scope| !own.contains(scope))
        {
            return Err(Error::forbidden(format!("this token lacks the scope {more}, and cannot give it")));
        }
        let request = json!({ "name": name, "scopes": scopes, "expires_at": expires_at });
        if self.deps.replay(ctx, "api_token.create", &request).await?.is_some() {
            return Err(Error::conflict("this request made its token already, and a secret is shown once"));
        }
        let secret = format!("{TOKEN_PREFIX}{}", hex(&self.deps.ids.secret()));
        let token = ApiToken {
            id: ApiTokenId::from_uuid(self.deps.ids.uuid()),
            organization_id: ctx.organization,
            user_id,
            name: name.trim().to_owned(),
            prefix: secret.chars().take(12).collect(),
            token_hash: hash(secret.as_bytes()),
            scopes,
            expires_at,
            last_used_at: None,
            revoked_at: None,
            created_at: now,
        };
        let unit = self.deps.storage.begin().await?;
        unit.api_tokens().insert(&token).await?;
        let details = json!({ "scopes": token.scopes });
        self.deps.audit(&*unit, ctx, "api_token.create", ("api_token", token.id.to_string()), details).await?;
        self.deps.remember(&*unit, ctx, "api_token.create", &request, id_answer(token.id)).await?;
        unit.commit().await?;
        Ok(NewToken { token, secret: SecretString::from(secret) })
    }

    /// The organization's tokens.
    ///
    /// # Errors
    /// `Forbidden` for those who are not administrators.
    pub async fn tokens(&self, ctx: &Context) -> Result<Vec<ApiToken>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        self.deps.read(ctx).api_tokens().list(ctx.organization).await
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// `NotFound`, also for one that was revoked before; `Forbidden` for those who are not administrators.
    pub async fn revoke_token(&self, ctx: &Context, id: ApiTokenId) -> Result<()> {
        ctx.require(Scope::Admin, Role::Admin)?;
        let unit = self.deps.storage.begin().await?;
        let tokens = unit.api_tokens().list(ctx.organization).await?;
        if !tokens.iter().any(|token| token.id == id && token.revoked_at.is_none()) {
            return Err(Error::not_found("API token"));
        }
        unit.api_tokens().revoke(ctx.organization, id, self.deps.now()).await?;
        let tokens = unit.api_tokens().list(ctx.organization).await?;
        let holder: Vec<_> = tokens.iter().filter(|token| token.id == id).map(|token| token.user_id).collect();
        access_changed(&*unit, ctx.organization, &holder).await?;
        self.deps.audit(&*unit, ctx, "api_token.revoke", ("api_token", id.to_string()), json!({})).await?;
        unit.commit().await
    }
}
