//! Who the secrets of requests belong to.

use std::sync::Arc;

use crate::{
    domain::user::{ApiToken, Role, SecretHash, Session},
    ports::{ReadConsistency, Storage},
    services::together::Together,
};

/// Asks storage about the secrets of requests that arrive at once in one question. Nothing is kept: a right that was taken
/// away before a request came does not serve it.
#[derive(Clone)]
pub(crate) struct Recognised {
    pub(super) sessions: Together<SecretHash, (Session, Option<Role>)>,
    pub(super) tokens: Together<SecretHash, (ApiToken, Option<Role>)>,
}

impl Recognised {
    pub(crate) fn new(storage: &Arc<dyn Storage>) -> Self {
        let (of_sessions, of_tokens) = (Arc::clone(storage), Arc::clone(storage));
        let sessions = move |hashes: Vec<SecretHash>| {
            let storage = Arc::clone(&of_sessions);
            async move {
                let found = storage.read(ReadConsistency::Strong).sessions().find_with_roles(&hashes).await?;
                Ok(found.into_iter().map(|found| (found.0.token_hash, found)).collect())
            }
        };
        let tokens = move |hashes: Vec<SecretHash>| {
            let storage = Arc::clone(&of_tokens);
            async move {
                let found = storage.read(ReadConsistency::Strong).api_tokens().find_with_roles(&hashes).await?;
                Ok(found.into_iter().map(|found| (found.0.token_hash, found)).collect())
            }
        };
        Self { sessions: Together::new(sessions), tokens: Together::new(tokens) }
    }
}
