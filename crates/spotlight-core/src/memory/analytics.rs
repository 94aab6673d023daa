//! Figures.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use chrono::NaiveDate;

use super::{
    appointment::is_visible, conversation::ConversationRow, lead::LeadRow, tables::Tables, unit::MemoryRepositories,
};
use crate::{
    domain::{
        AssistantId, LeadId, OrganizationId,
        appointment::{Appointment, AppointmentStatus},
        conversation::{ConversationStatus, Sentiment, Speaker, Transcript},
        lead::{LeadSource, LeadStatus},
    },
    error::Result,
    ports::{AnalyticsQuery, AnalyticsRepository, AssistantRow, Between, Funnel, Summary},
};

/// What a query is about, in the tables.
struct Scope<'t> {
    tables: &'t Tables,
    organization: OrganizationId,
    query: &'t AnalyticsQuery,
}

impl<'t> Scope<'t> {
    /// The span; an empty query spans nothing.
    fn span(&self) -> Between {
        let epoch = crate::domain::time::Timestamp::UNIX_EPOCH;
        let (from, to) = self.query.range().map_or((epoch, epoch), |range| (range.start, range.end));
        Between { from: Some(from), to: Some(to) }
    }

    /// Leads made in the span.
    fn leads(&self) -> impl Iterator<Item = &'t Arc<LeadRow>> {
        let leads = self.tables.leads.created(self.organization, self.span());
        leads.filter(|row| self.has_talked(row) && self.is_visible_lead(row))
    }

    fn has_talked(&self, row: &LeadRow) -> bool {
        let mut conversations = self.tables.conversations.of_lead(self.organization, row.lead.id);
        self.query.assistant_id.is_none_or(|id| conversations.any(|row| row.conversation.assistant_id == id))
    }

    fn is_visible_lead(&self, row: &LeadRow) -> bool {
        let mut conversations = self.tables.conversations.of_lead(self.organization, row.lead.id);
        self.query.visible_to.is_none_or(|user| {
            row.lead.owner_id == Some(user)
                || conversations.any(|row| {
                    let assistant = self.tables.assistants.get(self.organization, row.conversation.assistant_id);
                    assistant.is_some_and(|row| row.assistant.owner_id == user)
                })
        })
    }

    /// Conversations begun in the span.
    fn conversations(&self) -> impl Iterator<Item = &'t Arc<ConversationRow>> {
        let conversations = self.tables.conversations.started(self.organization, self.span());
        conversations.filter(|row| {
            let (assistant, lead) = (row.conversation.assistant_id, row.conversation.lead_id);
            self.query.assistant_id.is_none_or(|id| assistant == id)
                && self
                    .query
                    .visible_to
                    .is_none_or(|user| self.tables.is_theirs(self.organization, user, assistant, lead))
        })
    }

    /// The utterances of these conversations.
    fn utterances(&self) -> impl Iterator<Item = &'t Arc<Transcript>> {
        self.conversations().flat_map(|row| self.tables.transcripts.of(self.organization, row.conversation.id))
    }

    /// Appointments that start in the span.
    fn appointments(&self) -> impl Iterator<Item = &'t Arc<Appointment>> {
        let appointments = self.tables.appointments.starting(self.organization, self.span());
        appointments.filter(|row| {
            self.query.assistant_id.is_none_or(|id| row.assistant_id == id)
                && self.query.visible_to.is_none_or(|user| is_visible(self.tables, row, user))
        })
    }
}

impl MemoryRepositories {
    fn figure<T>(
        &self,
        organization: OrganizationId,
        query: &AnalyticsQuery,
        figure: impl FnOnce(&Scope<'_>) -> T,
    ) -> Result<T> {
        self.read(|tables| Ok(figure(&Scope { tables, organization, query })))
    }
}

#[async_trait]
impl AnalyticsRepository for MemoryRepositories {
    async fn summary(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Summary> {
        self.figure(organization, query, |scope| {
            let mut summary = Summary::default();
            let scores = scope.leads().inspect(|_| summary.leads += 1).filter_map(|row| row.lead.score);
            summary.average_lead_score = mean(scores.map(f64::from));
            let conversations = scope.conversations().inspect(|row| {
                summary.conversations += 1;
                summary.active_conversations += u64::from(!row.conversation.status.is_final());
            });
            let durations = conversations.filter_map(|row| row.conversation.duration_s());
            summary.average_duration_s = mean(durations.map(|seconds| seconds as f64));
            for row in scope.appointments() {
                let counts = !matches!(row.status, AppointmentStatus::Held | AppointmentStatus::Cancelled);
                summary.appointments += u64::from(counts);
                summary.appointments_kept += u64::from(row.status == AppointmentStatus::Completed);
            }
            let mut responses: Vec<_> = scope.utterances().filter_map(|utterance| utterance.response_ms).collect();
            responses.sort_unstable();
            summary.response_ms_median = nearest_rank(&responses, 50);
            summary.response_ms_p95 = nearest_rank(&responses, 95);
            summary
        })
    }

    async fn leads_over_time(
        &self,
        organization: OrganizationId,
        query: &AnalyticsQuery,
    ) -> Result<Vec<(NaiveDate, u64)>> {
        self.figure(organization, query, |scope| {
            let mut days: Vec<_> = query.days.iter().map(|(date, _)| (*date, 0)).collect();
            for row in scope.leads() {
                let day = query.days.partition_point(|(_, window)| window.end <= row.lead.created_at);
                if let Some((_, count)) = days.get_mut(day) {
                    *count += 1;
                }
            }
            days
        })
    }

    async fn funnel(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Funnel> {
        self.figure(organization, query, |scope| {
            let mut funnel = Funnel::default();
            for row in scope.leads() {
                let (contacted, qualified, converted) = match row.lead.status {
                    LeadStatus::Converted => (1, 1, 1),
                    LeadStatus::Qualified => (1, 1, 0),
                    LeadStatus::Contacted | LeadStatus::Nurturing => (1, 0, 0),
                    LeadStatus::Fresh | LeadStatus::Unqualified | LeadStatus::Lost => (0, 0, 0),
                };
                funnel.total += 1;
                funnel.contacted += contacted;
                funnel.qualified += qualified;
                funnel.converted += converted;
            }
            funnel
        })
    }

    async fn sentiment(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<(Sentiment, u64)>> {
        self.figure(organization, query, |scope| {
            let utterances = scope.utterances().filter(|utterance| utterance.speaker == Speaker::User);
            counted(Sentiment::ALL, utterances.filter_map(|utterance| utterance.sentiment))
        })
    }

    async fn sources(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<(LeadSource, u64)>> {
        self.figure(organization, query, |scope| counted(LeadSource::ALL, scope.leads().map(|row| row.lead.source)))
    }

    async fn assistants(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<AssistantRow>> {
        self.figure(organization, query, |scope| {
            let mut talks: BTreeMap<AssistantId, Talks> = BTreeMap::new();
            for row in scope.conversations() {
                let conversation = &row.conversation;
                let talks = talks.entry(conversation.assistant_id).or_default();
                talks.conversations += 1;
                talks.completed += u64::from(conversation.status == ConversationStatus::Completed);
                talks.scores.extend(conversation.score.map(f64::from));
                if scope.tables.leads.get(organization, conversation.lead_id).is_some_and(|row| row.is_live()) {
                    talks.leads.insert(conversation.lead_id);
                }
            }
            let row = |(assistant_id, talks): (AssistantId, Talks)| AssistantRow {
                assistant_id,
                name: scope
                    .tables
                    .assistants
                    .get(organization, assistant_id)
                    .map_or_else(String::new, |row| row.assistant.name.clone()),
                conversations: talks.conversations,
                completed: talks.completed,
                leads: talks.leads.len() as u64,
                average_score: mean(talks.scores.into_iter()),
            };
            let mut rows: Vec<_> = talks.into_iter().map(row).collect();
            rows.sort_by_key(|row| (std::cmp::Reverse(row.conversations), row.assistant_id));
            rows
        })
    }
}

/// What one assistant's conversations add up to.
#[derive(Default)]
struct Talks {
    conversations: u64,
    completed: u64,
    leads: BTreeSet<LeadId>,
    scores: Vec<f64>,
}

/// The mean; none of nothing.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0_u64, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / count as f64)
}

/// The smallest value with at least `percent` of all at or below it.
fn nearest_rank(sorted: &[u32], percent: usize) -> Option<u32> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

/// How often each of `all` occurs.
fn counted<T: Copy + PartialEq>(all: &[T], values: impl Iterator<Item = T>) -> Vec<(T, u64)> {
    let mut counts: Vec<_> = all.iter().map(|value| (*value, 0)).collect();
    for value in values {
        if let Some((_, count)) = counts.iter_mut().find(|(counted, _)| *counted == value) {
            *count += 1;
        }
    }
    counts
}
