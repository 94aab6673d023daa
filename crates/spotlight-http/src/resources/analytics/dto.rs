//! Figures.

use chrono::NaiveDate;
use chrono_tz::Tz;
use spotlight_core::{
    domain::{AssistantId, conversation::Sentiment, lead::LeadSource},
    ports::{AssistantRow, Funnel},
    services::analytics::Dashboard,
};

use crate::output::{Attributes, Resource, output};

output! {
    /// Leads made on a day.
    DayCount as "DayCount" {
        /// The day, in the organization's zone.
        date: NaiveDate,
        /// Leads.
        leads: u64,
    }
}

output! {
    /// How far the leads of the range came.
    FunnelSteps as "Funnel" {
        /// All.
        total: u64,
        /// Contacted, nurturing, qualified or converted.
        contacted: u64,
        /// Qualified or converted.
        qualified: u64,
        /// Converted.
        converted: u64,
    }
}

output! {
    /// Visitors' utterances of a mood.
    SentimentCount as "SentimentCount" {
        /// The mood.
        sentiment: Sentiment,
        /// Utterances.
        utterances: u64,
    }
}

output! {
    /// Leads of a source.
    SourceCount as "SourceCount" {
        /// The source.
        source: LeadSource,
        /// Leads.
        leads: u64,
    }
}

output! {
    /// An assistant's figures in the range.
    AssistantCount as "AssistantCount" {
        /// The assistant.
        assistant_id: AssistantId,
        /// Its name.
        name: String,
        /// Conversations begun.
        conversations: u64,
        /// Of them, completed.
        completed: u64,
        /// Leads that talked to it.
        leads: u64,
        /// Mean score of its conversations.
        average_score: Option<f64>,
    }
}

output! {
    /// The figures of a range of days.
    DashboardAttributes as "Dashboard" {
        /// First day.
        date_from: NaiveDate,
        /// Last day.
        date_to: NaiveDate,
        /// The zone whose days these are.
        time_zone: Tz,
        /// Leads made.
        leads: u64,
        /// Mean score of those that have one.
        average_lead_score: Option<f64>,
        /// Converted among all leads, 0 to 1.
        conversion_rate: Option<f64>,
        /// Conversations begun.
        conversations: u64,
        /// Of them, those that go on.
        active_conversations: u64,
        /// Mean seconds of those that ended.
        average_duration_s: Option<f64>,
        /// Appointments that start in the range.
        appointments: u64,
        /// Of them, those that took place.
        appointments_kept: u64,
        /// Median milliseconds to the assistant's first words.
        response_ms_median: Option<u32>,
        /// 95th percentile of the same.
        response_ms_p95: Option<u32>,
        /// How far leads came.
        funnel: FunnelSteps,
        /// Leads made on each day.
        leads_over_time: Vec<DayCount>,
        /// Visitors' utterances by mood.
        sentiment: Vec<SentimentCount>,
        /// Leads by source.
        sources: Vec<SourceCount>,
        /// A row per assistant, most conversations first.
        assistants: Vec<AssistantCount>,
    }
}

impl Attributes for DashboardAttributes {
    const KIND: &'static str = "dashboard";
}

pub(super) fn funnel_steps(funnel: Funnel) -> FunnelSteps {
    FunnelSteps {
        total: funnel.total,
        contacted: funnel.contacted,
        qualified: funnel.qualified,
        converted: funnel.converted,
    }
}

pub(super) fn day_counts(days: Vec<(NaiveDate, u64)>) -> Vec<DayCount> {
    days.into_iter().map(|(date, leads)| DayCount { date, leads }).collect()
}

pub(super) fn sentiment_counts(counts: Vec<(Sentiment, u64)>) -> Vec<SentimentCount> {
    counts.into_iter().map(|(sentiment, utterances)| SentimentCount { sentiment, utterances }).collect()
}

pub(super) fn source_counts(counts: Vec<(LeadSource, u64)>) -> Vec<SourceCount> {
    counts.into_iter().map(|(source, leads)| SourceCount { source, leads }).collect()
}

pub(super) fn assistant_counts(rows: Vec<AssistantRow>) -> Vec<AssistantCount> {
    let count = |row: AssistantRow| AssistantCount {
        assistant_id: row.assistant_id,
        name: row.name,
        conversations: row.conversations,
        completed: row.completed,
        leads: row.leads,
        average_score: row.average_score,
    };
    rows.into_iter().map(count).collect()
}

/// A dashboard as it is shown.
pub(crate) fn dashboard(board: Dashboard) -> Resource<DashboardAttributes> {
    let (summary, funnel) = (board.summary, board.funnel);
    let id = format!("{}_{}", board.from, board.to);
    let attributes = DashboardAttributes {
        date_from: board.from,
        date_to: board.to,
        time_zone: board.time_zone,
        leads: summary.leads,
        average_lead_score: summary.average_lead_score,
        conversion_rate: board.conversion_rate,
        conversations: summary.conversations,
        active_conversations: summary.active_conversations,
        average_duration_s: summary.average_duration_s,
        appointments: summary.appointments,
        appointments_kept: summary.appointments_kept,
        response_ms_median: summary.response_ms_median,
        response_ms_p95: summary.response_ms_p95,
        funnel: funnel_steps(funnel),
        leads_over_time: day_counts(board.leads_over_time),
        sentiment: sentiment_counts(board.sentiment),
        sources: source_counts(board.sources),
        assistants: assistant_counts(board.assistants),
    };
    Resource::new(id, attributes)
}
