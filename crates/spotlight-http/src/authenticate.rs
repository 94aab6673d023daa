//! Recognising callers by other means than ours.

use std::fmt::Debug;

use async_trait::async_trait;
use spotlight_core::{
    domain::{OrganizationId, UserId, user::Scope},
    error::Result,
};

use crate::request::Request;

/// Somebody whom the application around the API has recognised.
///
/// It says who it is, and nothing of what they may do: role and membership are read from the platform at each request, so
/// that whoever is not a member is refused, and nobody can be vouched for as more than they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The organization they act for.
    pub organization: OrganizationId,
    /// The user.
    pub user: UserId,
    /// What they are held to, as a token is; none for everything that their role allows.
    pub scopes: Option<Vec<Scope>>,
}

/// Replaces cookies and API tokens: see [`Api::authenticated_by`](crate::Api::authenticated_by).
///
/// What is recognised by a cookie must be guarded against pages of other origins here as well: `X-CSRF-Token` goes with
/// the platform's own sessions.
#[async_trait]
pub trait Authenticate: Debug + Send + Sync {
    /// Who sent a request.
    ///
    /// # Errors
    /// `Unauthenticated` without or with wrong credentials, `Forbidden` where they are not for this; others as they are.
    async fn authenticate(&self, request: &Request) -> Result<Vouched>;
}
