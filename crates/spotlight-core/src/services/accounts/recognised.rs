//! Who the secrets of requests belong to.

use std::sync::Arc;

use crate::{
    domain::user::{ApiToken, Role, SecretHash, Session},
    error::Result,
    ports::{ReadConsistency, Storage},
    services::together::Together,
};

/// Asks storage about the secrets of requests that arrive at once in one question. Nothing is kept: a right that was taken
/// away before a request came does not serve it.
#[derive(Clone, Default)]
pub(crate) struct Recognised {
    sessions: Arc<Together<SecretHash, (Session, Option<Role>)>>,
    tokens: Arc<Together<SecretHash, (ApiToken, Option<Role>)>>,
}

impl Recognised {
    pub(super) async fn session(
        &self,
        storage: &Arc<dyn Storage>,
        hash: SecretHash,
    ) -> Result<Option<(Session, Option<Role>)>> {
        let storage = Arc::clone(storage);
        let ask = move |hashes: Vec<SecretHash>| {
            let storage = Arc::clone(&storage);
            async move {
                let found = storage.read(ReadConsistency::Strong).sessions().find_with_roles(&hashes).await?;
                Ok(found.into_iter().map(|found| (found.0.token_hash, found)).collect())
            }
        };
        self.sessions.find(hash, ask).await
    }

    pub(super) async fn token(
        &self,
        storage: &Arc<dyn Storage>,
        hash: SecretHash,
    ) -> Result<Option<(ApiToken, Option<Role>)>> {
        let storage = Arc::clone(storage);
        let ask = move |hashes: Vec<SecretHash>| {
            let storage = Arc::clone(&storage);
            async move {
                let found = storage.read(ReadConsistency::Strong).api_tokens().find_with_roles(&hashes).await?;
                Ok(found.into_iter().map(|found| (found.0.token_hash, found)).collect())
            }
        };
        self.tokens.find(hash, ask).await
    }
}
