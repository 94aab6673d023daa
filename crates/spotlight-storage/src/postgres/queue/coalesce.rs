//! Callers that add jobs at the same time share a commit.

use spotlight_core::{Result, ports::Enqueued};

use super::{PgQueue, produce::Draft};
use crate::shared::coalesce::{Intake, Line, coalesce};

impl Intake for PgQueue {
    type Draft = Draft;

    fn line(&self) -> &Line<Draft> {
        &self.inner.line
    }

    async fn add_all(&self, drafts: &[Draft]) -> Result<Vec<Enqueued>> {
        PgQueue::add_all(self, drafts).await
    }
}

impl PgQueue {
    /// Adds jobs together with those of other callers.
    pub(super) async fn coalesce(&self, drafts: Vec<Draft>) -> Result<Vec<Enqueued>> {
        coalesce(self, drafts).await
    }
}
