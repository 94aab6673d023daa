//! Figures.

mod actions;
pub(crate) mod dto;
mod figures;

use self::{
    dto::DashboardAttributes,
    figures::{AssistantFigures, ConversationFigures, FunnelFigures, LeadsOverTime, SentimentFigures, SourceFigures},
};
use crate::{
    endpoint::Endpoint,
    query::{Accepts, Parameter},
    resources::parameters::{DATE_FROM, DATE_TO},
};

const RANGE: &[Parameter] =
    &[DATE_FROM, DATE_TO, Parameter::new("assistant_id", Accepts::Id, "Figures of one assistant alone.")];

/// The rows.
pub(super) const ROWS: &[Endpoint] = &[
    Endpoint::get(
        "/api/v1/analytics/dashboard",
        "dashboard",
        "Figures of a range of days, thirty unless given",
        |call| Box::pin(actions::dashboard(call)),
    )
    .query(RANGE)
    .one::<DashboardAttributes>(200)
    .refuses(&[404]),
    Endpoint::get("/api/v1/analytics/leads_over_time", "leads_over_time", "Leads made on each day", |call| {
        Box::pin(figures::leads_over_time(call))
    })
    .query(RANGE)
    .one::<LeadsOverTime>(200)
    .refuses(&[404]),
    Endpoint::get("/api/v1/analytics/funnel", "funnel", "How far leads came", |call| Box::pin(figures::funnel(call)))
        .query(RANGE)
        .one::<FunnelFigures>(200)
        .refuses(&[404]),
    Endpoint::get("/api/v1/analytics/sentiment", "sentiment", "Visitors' utterances by mood", |call| {
        Box::pin(figures::sentiment(call))
    })
    .query(RANGE)
    .one::<SentimentFigures>(200)
    .refuses(&[404]),
    Endpoint::get("/api/v1/analytics/sources", "sources", "Leads by source", |call| Box::pin(figures::sources(call)))
        .query(RANGE)
        .one::<SourceFigures>(200)
        .refuses(&[404]),
    Endpoint::get("/api/v1/analytics/assistants", "assistants_figures", "Figures of each assistant", |call| {
        Box::pin(figures::assistants(call))
    })
    .query(RANGE)
    .one::<AssistantFigures>(200)
    .refuses(&[404]),
    Endpoint::get("/api/v1/conversations/analytics", "conversation_figures", "Conversations in figures", |call| {
        Box::pin(figures::conversations(call))
    })
    .query(RANGE)
    .one::<ConversationFigures>(200)
    .refuses(&[404]),
];
