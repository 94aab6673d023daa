//! Single figures of a range of days.

use chrono::NaiveDate;
use chrono_tz::Tz;
use http::StatusCode;
use spotlight_core::{
    domain::AssistantId,
    error::Result,
    ports::ReadConsistency,
    services::{
        Context,
        analytics::{Range, Span, conversion_rate},
    },
};

use super::dto::{
    AssistantCount, DayCount, FunnelSteps, SentimentCount, SourceCount, assistant_counts, day_counts, funnel_steps,
    sentiment_counts, source_counts,
};
use crate::{
    output::{Attributes, Resource, one, output},
    resources::call::Call,
    response::Response,
};

/// Declares figures that have the days they are about beside them.
macro_rules! figures {
    ($(#[doc = $doc:literal])+ $name:ident as $shown:literal, $kind:literal
        { $($(#[doc = $about:literal])+ $field:ident: $ty:ty,)+ }) => {
        output! {
            $(#[doc = $doc])+
            $name as $shown {
                /// First day.
                date_from: NaiveDate,
                /// Last day.
                date_to: NaiveDate,
                /// The zone whose days these are.
                time_zone: Tz,
                $($(#[doc = $about])+ $field: $ty,)+
            }
        }

        impl Attributes for $name {
            const KIND: &'static str = $kind;
        }

        impl $name {
            fn of(span: Span, $($field: $ty),+) -> Resource<Self> {
                let Span { from: date_from, to: date_to, time_zone } = span;
                let id = format!("{date_from}_{date_to}");
                Resource::new(id, Self { date_from, date_to, time_zone, $($field),+ })
            }
        }
    };
}

figures! {
    /// Leads made on each day.
    LeadsOverTime as "LeadsOverTime", "leads_over_time" {
        /// Every day, without gaps.
        days: Vec<DayCount>,
    }
}

figures! {
    /// How far leads came.
    FunnelFigures as "FunnelFigures", "funnel" {
        /// The steps.
        steps: FunnelSteps,
        /// Converted among all leads, 0 to 1.
        conversion_rate: Option<f64>,
    }
}

figures! {
    /// Visitors' utterances by mood.
    SentimentFigures as "SentimentFigures", "sentiment" {
        /// Every mood.
        sentiment: Vec<SentimentCount>,
    }
}

figures! {
    /// Leads by source.
    SourceFigures as "SourceFigures", "sources" {
        /// Every source.
        sources: Vec<SourceCount>,
    }
}

figures! {
    /// Assistants with conversations in the range.
    AssistantFigures as "AssistantsFigures", "assistants_figures" {
        /// Most conversations first.
        assistants: Vec<AssistantCount>,
    }
}

figures! {
    /// Conversations in figures.
    ConversationFigures as "ConversationFigures", "conversation_figures" {
        /// Conversations begun.
        conversations: u64,
        /// Of them, those that go on.
        active_conversations: u64,
        /// Mean seconds of those that ended.
        average_duration_s: Option<f64>,
        /// Median milliseconds to the assistant's first words.
        response_ms_median: Option<u32>,
        /// 95th percentile of the same.
        response_ms_p95: Option<u32>,
        /// Visitors' utterances by mood.
        sentiment: Vec<SentimentCount>,
    }
}

/// What the query asks about, read where it weighs on nobody who writes: figures may lag a moment.
fn asked(call: &Call<'_>) -> (Context, Range, Option<AssistantId>) {
    let range = Range { from: call.query.get("date_from"), to: call.query.get("date_to") };
    let mut context = call.context.clone();
    context.consistency = ReadConsistency::Eventual;
    (context, range, call.query.get("assistant_id"))
}

pub(super) async fn leads_over_time(call: Call<'_>) -> Result<Response> {
    let (context, range, assistant) = asked(&call);
    let (span, days) = call.platform.analytics().leads_over_time(&context, range, assistant).await?;
    one(StatusCode::OK, LeadsOverTime::of(span, day_counts(days)))
}

pub(super) async fn funnel(call: Call<'_>) -> Result<Response> {
    let (context, range, assistant) = asked(&call);
    let (span, funnel) = call.platform.analytics().funnel(&context, range, assistant).await?;
    one(StatusCode::OK, FunnelFigures::of(span, funnel_steps(funnel), conversion_rate(funnel)))
}

pub(super) async fn sentiment(call: Call<'_>) -> Result<Response> {
    let (context, range, assistant) = asked(&call);
    let (span, found) = call.platform.analytics().sentiment(&context, range, assistant).await?;
    one(StatusCode::OK, SentimentFigures::of(span, sentiment_counts(found)))
}

pub(super) async fn sources(call: Call<'_>) -> Result<Response> {
    let (context, range, assistant) = asked(&call);
    let (span, found) = call.platform.analytics().sources(&context, range, assistant).await?;
    one(StatusCode::OK, SourceFigures::of(span, source_counts(found)))
}

pub(super) async fn assistants(call: Call<'_>) -> Result<Response> {
    let (context, range, assistant) = asked(&call);
    let (span, found) = call.platform.analytics().assistants(&context, range, assistant).await?;
    one(StatusCode::OK, AssistantFigures::of(span, assistant_counts(found)))
}

pub(super) async fn conversations(call: Call<'_>) -> Result<Response> {
    let (context, range, assistant) = asked(&call);
    let (span, summary, sentiment) = call.platform.analytics().conversations(&context, range, assistant).await?;
    let shown = ConversationFigures::of(
        span,
        summary.conversations,
        summary.active_conversations,
        summary.average_duration_s,
        summary.response_ms_median,
        summary.response_ms_p95,
        sentiment_counts(sentiment),
    );
    one(StatusCode::OK, shown)
}
