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
        let zone = organization.time_zone;
        let (from, to) = self.resolve(range, zone)?;
        let query =
            AnalyticsQuery { days: days(from, to, zone), assistant_id: assistant, visible_to: ctx.visible_to() };
        let figures = repos.analytics();
        let org = ctx.organization;
        let (summary, funnel, leads_over_time, sentiment, sources, assistants) = tokio::try_join!(
            figures.summary(org, &query),
            figures.funnel(org, &query),
            figures.leads_over_time(org, &query),
            figures.sentiment(org, &query),
            figures.sources(org, &query),
            figures.assistants(org, &query),
        )?;
        let conversion_rate = (funnel.total > 0).then(|| funnel.converted as f64 / funnel.total as f64);
        Ok(Dashboard {
            from,
            to,
            time_zone: zone,
            summary,
            funnel,
            conversion_rate,
            leads_over_time,
            sentiment,
            sources,
            assistants,
        })
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
