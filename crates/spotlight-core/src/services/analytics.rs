//! Figures for a range of days.

use chrono::{Days, NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::{Context, deps::Deps};
use crate::{
    domain::{
        AssistantId,
        conversation::Sentiment,
        lead::LeadSource,
        slots::local_instant,
        time::Window,
        user::{Role, Scope},
    },
    error::{Error, Result},
    ports::{AnalyticsQuery, AssistantRow, Funnel, Summary},
};

/// Days of a range unless it is given.
pub const DEFAULT_DAYS: u64 = 30;
/// Most days of a range.
pub const MAX_DAYS: i64 = 731;

/// A range of days, in the organization's zone, both ends inside.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Range {
    /// First day; thirty days to the last unless given.
    pub from: Option<NaiveDate>,
    /// Last day; today unless given.
    pub to: Option<NaiveDate>,
}

/// The days that figures are about, both ends inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// The zone whose days these are.
    pub time_zone: Tz,
}

/// Converted among all leads, 0 to 1; none without leads.
pub fn conversion_rate(funnel: Funnel) -> Option<f64> {
    (funnel.total > 0).then(|| funnel.converted as f64 / funnel.total as f64)
}

/// Everything the dashboard shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// The zone whose days these are.
    pub time_zone: Tz,
    /// Totals.
    pub summary: Summary,
    /// How far leads came.
    pub funnel: Funnel,
    /// Converted among all leads, 0 to 1; none without leads.
    pub conversion_rate: Option<f64>,
    /// Leads made on each day.
    pub leads_over_time: Vec<(NaiveDate, u64)>,
    /// Visitors' utterances by sentiment.
    pub sentiment: Vec<(Sentiment, u64)>,
    /// Leads by source.
    pub sources: Vec<(LeadSource, u64)>,
    /// A row per assistant.
    pub assistants: Vec<AssistantRow>,
}

/// Figures. A sales representative sees those of their own assistants and leads.
#[derive(Clone)]
pub struct AnalyticsService {
    deps: Deps,
}

impl AnalyticsService {
    pub(crate) fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// The dashboard of a range of days, and optionally of one assistant.
    ///
    /// # Errors
    /// `Validation` for a range that is empty or longer than two years; `NotFound` for an assistant the actor may not
    /// see.
    pub async fn dashboard(&self, ctx: &Context, range: Range, assistant: Option<AssistantId>) -> Result<Dashboard> {
        let (Span { from, to, time_zone }, query) = self.span(ctx, range, assistant).await?;
        let figures = self.deps.read(ctx).analytics();
        let org = ctx.organization;
        let (summary, funnel, leads_over_time, sentiment, sources, assistants) = tokio::try_join!(
            figures.summary(org, &query),
            figures.funnel(org, &query),
            figures.leads_over_time(org, &query),
            figures.sentiment(org, &query),
            figures.sources(org, &query),
            figures.assistants(org, &query),
        )?;
        Ok(Dashboard {
            from,
            to,
            time_zone,
            summary,
            funnel,
            conversion_rate: conversion_rate(funnel),
            leads_over_time,
            sentiment,
            sources,
            assistants,
        })
    }

    /// Leads made on each day of a range.
    ///
    /// # Errors
    /// As [`dashboard`](Self::dashboard).
    pub async fn leads_over_time(
        &self,
        ctx: &Context,
        range: Range,
        assistant: Option<AssistantId>,
    ) -> Result<(Span, Vec<(NaiveDate, u64)>)> {
        let (span, query) = self.span(ctx, range, assistant).await?;
        Ok((span, self.deps.read(ctx).analytics().leads_over_time(ctx.organization, &query).await?))
    }

    /// How far the leads of a range came.
    ///
    /// # Errors
    /// As [`dashboard`](Self::dashboard).
    pub async fn funnel(&self, ctx: &Context, range: Range, assistant: Option<AssistantId>) -> Result<(Span, Funnel)> {
        let (span, query) = self.span(ctx, range, assistant).await?;
        Ok((span, self.deps.read(ctx).analytics().funnel(ctx.organization, &query).await?))
    }

    /// Visitors' utterances of a range by sentiment.
    ///
    /// # Errors
    /// As [`dashboard`](Self::dashboard).
    pub async fn sentiment(
        &self,
        ctx: &Context,
        range: Range,
        assistant: Option<AssistantId>,
    ) -> Result<(Span, Vec<(Sentiment, u64)>)> {
        let (span, query) = self.span(ctx, range, assistant).await?;
        Ok((span, self.deps.read(ctx).analytics().sentiment(ctx.organization, &query).await?))
    }

    /// Leads of a range by source.
    ///
    /// # Errors
    /// As [`dashboard`](Self::dashboard).
    pub async fn sources(
        &self,
        ctx: &Context,
        range: Range,
        assistant: Option<AssistantId>,
    ) -> Result<(Span, Vec<(LeadSource, u64)>)> {
        let (span, query) = self.span(ctx, range, assistant).await?;
        Ok((span, self.deps.read(ctx).analytics().sources(ctx.organization, &query).await?))
    }

    /// A row per assistant with a conversation in a range.
    ///
    /// # Errors
    /// As [`dashboard`](Self::dashboard).
    pub async fn assistants(
        &self,
        ctx: &Context,
        range: Range,
        assistant: Option<AssistantId>,
    ) -> Result<(Span, Vec<AssistantRow>)> {
        let (span, query) = self.span(ctx, range, assistant).await?;
        Ok((span, self.deps.read(ctx).analytics().assistants(ctx.organization, &query).await?))
    }

    /// Totals of a range, and visitors' utterances by sentiment.
    ///
    /// # Errors
    /// As [`dashboard`](Self::dashboard).
    pub async fn conversations(
        &self,
        ctx: &Context,
        range: Range,
        assistant: Option<AssistantId>,
    ) -> Result<(Span, Summary, Vec<(Sentiment, u64)>)> {
        let (span, query) = self.span(ctx, range, assistant).await?;
        let figures = self.deps.read(ctx).analytics();
        let (summary, sentiment) =
            tokio::try_join!(figures.summary(ctx.organization, &query), figures.sentiment(ctx.organization, &query))?;
        Ok((span, summary, sentiment))
    }

    /// The days that figures are about, and what may be counted.
    async fn span(
        &self,
        ctx: &Context,
        range: Range,
        assistant: Option<AssistantId>,
    ) -> Result<(Span, AnalyticsQuery)> {
        ctx.require(Scope::AnalyticsRead, Role::SalesRep)?;
        let repos = self.deps.read(ctx);
        let organization = repos.organizations().get(ctx.organization).await?;
        let organization = organization.ok_or_else(|| Error::not_found("organization"))?;
        if let Some(id) = assistant {
            let found = repos.assistants().get(ctx.organization, id).await?;
            found
                .filter(|found| ctx.visible_to().is_none_or(|user| found.owner_id == user))
                .ok_or_else(|| Error::not_found("assistant"))?;
        }
        let time_zone = organization.time_zone;
        let (from, to) = self.resolve(range, time_zone)?;
        let days = days(from, to, time_zone);
        let query = AnalyticsQuery { days, assistant_id: assistant, visible_to: ctx.visible_to() };
        Ok((Span { from, to, time_zone }, query))
    }

    fn resolve(&self, range: Range, zone: Tz) -> Result<(NaiveDate, NaiveDate)> {
        let today = self.deps.now().with_timezone(&zone).date_naive();
        let to = range.to.unwrap_or(today);
        let from = range.from.or_else(|| to.checked_sub_days(Days::new(DEFAULT_DAYS - 1))).unwrap_or(to);
        let sane = NaiveDate::from_ymd_opt(1970, 1, 2).is_some_and(|first| from >= first)
            && NaiveDate::from_ymd_opt(2200, 1, 1).is_some_and(|last| to < last);
        if from > to || (to - from).num_days() >= MAX_DAYS || !sane {
            return Err(Error::invalid(
                "date_to",
                "range",
                format!("The range must be 1 to {MAX_DAYS} days, from before to"),
            ));
        }
        Ok((from, to))
    }
}

/// Each day with its instants: a day of a clock change has 23 or 25 hours.
fn days(from: NaiveDate, to: NaiveDate, zone: Tz) -> Vec<(NaiveDate, Window)> {
    from.iter_days()
        .take_while(|day| *day <= to)
        .map(|day| {
            let next = day.succ_opt().unwrap_or(day);
            let start = local_instant(zone, day.and_time(NaiveTime::MIN));
            (day, Window { start, end: local_instant(zone, next.and_time(NaiveTime::MIN)) })
        })
        .collect()
}
