//! Call reports.

use async_trait::async_trait;

use crate::{
    domain::{ConversationId, OrganizationId, report::CallReport},
    error::Result,
};

/// Keeps call reports, one per conversation.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ReportRepository: Send + Sync {
    /// Adds the report of a conversation, or replaces all of it but its id and creation.
    ///
    /// # Errors
    /// `NotFound` without the conversation.
    ///
    /// # Idempotency
    /// The same report again changes nothing.
    async fn put(&self, report: &CallReport) -> Result<()>;

    /// The report of a conversation.
    async fn get(&self, organization: OrganizationId, conversation: ConversationId) -> Result<Option<CallReport>>;
}
