//! The audit log, for those who answer for the organization.

use super::{Context, deps::Deps};
use crate::{
    domain::{
        audit::AuditEntry,
        user::{Role, Scope},
    },
    error::Result,
    ports::{AuditFilter, Listing, Paging},
};

/// The audit log. Services write it beside every change; nobody changes it.
#[derive(Clone)]
pub struct AuditService {
    deps: Deps,
}

impl AuditService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Entries that pass the filter, newest first, then by id descending.
    ///
    /// # Errors
    /// `Forbidden` below `admin`.
    pub async fn list(&self, ctx: &Context, filter: &AuditFilter, paging: &Paging) -> Result<Listing<AuditEntry>> {
        ctx.require(Scope::Admin, Role::Admin)?;
        self.deps.read(ctx).audit().list(ctx.organization, filter, paging).await
    }
}
