//! Figures, from SQL aggregates.

use async_trait::async_trait;
use chrono::NaiveDate;
use spotlight_derive::RedactedDebug;

use crate::{
    domain::{AssistantId, OrganizationId, UserId, conversation::Sentiment, lead::LeadSource, time::Window},
    error::Result,
};

/// What figures are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnalyticsQuery {
    /// The days in the organization's zone, ascending and without gaps, each with its instants; at most 731.
    pub days: Vec<(NaiveDate, Window)>,
    /// One assistant alone.
    pub assistant_id: Option<AssistantId>,
    /// What this user may see as a sales representative.
    pub visible_to: Option<UserId>,
}

impl AnalyticsQuery {
    /// The whole span. Empty queries span nothing.
    pub fn range(&self) -> Option<Window> {
        Some(Window { start: self.days.first()?.1.start, end: self.days.last()?.1.end })
    }
}

/// Totals of a span.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Summary {
    /// Leads made.
    pub leads: u64,
    /// Mean score of those that have one.
    pub average_lead_score: Option<f64>,
    /// Conversations begun.
    pub conversations: u64,
    /// Of them, those that go on.
    pub active_conversations: u64,
    /// Mean seconds of those that ended.
    pub average_duration_s: Option<f64>,
    /// Appointments that start in the span, holds and cancelled ones aside.
    pub appointments: u64,
    /// Of them, those that were completed.
    pub appointments_kept: u64,
    /// Median milliseconds from the visitor's words to the assistant's first, by nearest rank.
    pub response_ms_median: Option<u32>,
    /// 95th percentile of the same, by nearest rank.
    pub response_ms_p95: Option<u32>,
}

/// How far the leads of a span came. A lead counts in every step up to the furthest its status shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Funnel {
    /// All.
    pub total: u64,
    /// Contacted, nurturing, qualified or converted.
    pub contacted: u64,
    /// Qualified or converted.
    pub qualified: u64,
    /// Converted.
    pub converted: u64,
}

/// One assistant's figures in a span.
#[derive(RedactedDebug, Clone, PartialEq)]
pub struct AssistantRow {
    /// The assistant.
    pub assistant_id: AssistantId,
    /// Its name.
    pub name: String,
    /// Conversations begun.
    pub conversations: u64,
    /// Of them, completed.
    pub completed: u64,
    /// Leads that talked to it.
    pub leads: u64,
    /// Mean score of its conversations that have one.
    pub average_score: Option<f64>,
}

/// Gives figures. Leads count by when they were made, conversations by when they began, utterances with their
/// conversation; deleted and merged leads do not count. With an assistant or a user in the query, leads count that
/// talked to such an assistant at any time (or, for the user, are assigned to them).
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AnalyticsRepository: Send + Sync {
    /// Totals.
    async fn summary(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Summary>;

    /// Leads made on each day of the query, in its order, days without leads too.
    async fn leads_over_time(
        &self,
        organization: OrganizationId,
        query: &AnalyticsQuery,
    ) -> Result<Vec<(NaiveDate, u64)>>;

    /// How far leads came.
    async fn funnel(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Funnel>;

    /// Visitors' utterances by sentiment, in the order positive, neutral, negative, zeros too.
    async fn sentiment(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<(Sentiment, u64)>>;

    /// Leads by source, in the order of [`LeadSource::ALL`], zeros too.
    async fn sources(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<(LeadSource, u64)>>;

    /// A row per assistant with a conversation in the span, most conversations first, then by id.
    async fn assistants(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<AssistantRow>>;
}
