//! People whom somebody else has recognised.

use super::{AccountService, Context};
use crate::{
    domain::{OrganizationId, UserId},
    error::{Error, ErrorKind, Result},
    ports::ReadConsistency,
};

impl AccountService {
    /// The context of a person whom the application around the platform has recognised by means of its own. Takes no
    /// context, since it makes one. What the person may do follows from their membership here and from nothing else: who
    /// vouches says who it is, never as what.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody of this id belongs to the organization.
    pub async fn vouched(&self, user: UserId, organization: OrganizationId) -> Result<Context> {
        let repos = self.deps.storage.read(ReadConsistency::Strong);
        let membership = repos.users().membership(organization, user).await?;
        let membership =
            membership.ok_or_else(|| Error::new(ErrorKind::Unauthenticated, "this account is not known here"))?;
        Ok(Context::user(user, organization, membership.role))
    }
}
