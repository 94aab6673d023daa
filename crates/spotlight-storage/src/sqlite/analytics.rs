//! Figures, from SQL aggregates over indexes that hold all they need.

use async_trait::async_trait;
use chrono::NaiveDate;
use spotlight_core::{
    Error, Result,
    domain::{AssistantId, OrganizationId, UserId, conversation::Sentiment, lead::LeadSource},
    ports::{AnalyticsQuery, AnalyticsRepository, AssistantRow, Funnel, Summary},
};
use sqlx::sqlite::SqliteArguments;

use super::{
    codec::{Fields, all, one},
    db::built,
    repositories::repository,
    writer::Query,
};

/// The conditions of a query. Marks: `?1` the organization, `?2` and `?3` the span, `?4` the assistant, `?5` the user,
/// `?6` the days.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    pub(super) assistant: bool,
    pub(super) user: bool,
}

const LIVE: &str = "organization_id = ?1 AND deleted_at IS NULL AND merged_into IS NULL";
const OWN_ASSISTANTS: &str = "SELECT id FROM assistants WHERE organization_id = ?1 AND owner_id = ?5";
const OWN_LEADS: &str = "SELECT id FROM leads WHERE organization_id = ?1 AND owner_id = ?5";

impl Scope {
    fn of(query: &AnalyticsQuery) -> Self {
        Self { assistant: query.assistant_id.is_some(), user: query.visible_to.is_some() }
    }

    /// Live leads, but for the span.
    fn leads(self) -> String {
        let mut sql = LIVE.to_owned();
        if self.assistant {
            sql.push_str(
                " AND id IN (SELECT lead_id FROM conversations WHERE organization_id = ?1 AND assistant_id = ?4)",
            );
        }
        if self.user {
            sql.push_str(&format!(
                " AND (owner_id = ?5 OR id IN (SELECT lead_id FROM conversations WHERE organization_id = ?1 \
                 AND assistant_id IN ({OWN_ASSISTANTS})))"
            ));
        }
        sql
    }

    /// What has an assistant and a lead. `mine` is another way for it to be the user's.
    fn seen(self, mine: &str) -> String {
        let mut sql = String::new();
        if self.assistant {
            sql.push_str(" AND assistant_id = ?4");
        }
        if self.user {
            sql.push_str(&format!(" AND ({mine}assistant_id IN ({OWN_ASSISTANTS}) OR lead_id IN ({OWN_LEADS}))"));
        }
        sql
    }

    /// Conversations begun in the span.
    fn conversations(self) -> String {
        format!("organization_id = ?1 AND started_at >= ?2 AND started_at < ?3{}", self.seen(""))
    }

    /// Utterances of these conversations.
    fn utterances(self) -> String {
        let mut sql = "organization_id = ?1 AND began_at >= ?2 AND began_at < ?3".to_owned();
        if self.assistant {
            sql.push_str(" AND assistant_id = ?4");
        }
        if self.user {
            sql.push_str(&format!(
                " AND conversation_id IN (SELECT id FROM conversations WHERE {})",
                self.conversations()
            ));
        }
        sql
    }

    /// Leads, conversations and appointments in three rows, so that each is read once.
    fn totals(self) -> String {
        format!(
            "SELECT made, score, begun, active, duration, booked, kept FROM \
             (SELECT count(*) AS made, avg(score) AS score FROM leads \
              WHERE {} AND created_at >= ?2 AND created_at < ?3), \
             (SELECT count(*) AS begun, count(*) FILTER (WHERE status IN ('active', 'paused')) AS active, \
              avg((ended_at - started_at) / 1000000) AS duration FROM conversations WHERE {}), \
             (SELECT count(*) AS booked, count(*) FILTER (WHERE status = 'completed') AS kept FROM appointments \
              WHERE organization_id = ?1 AND starts_at >= ?2 AND starts_at < ?3 \
              AND status NOT IN ('held', 'cancelled'){})",
            self.leads(),
            self.conversations(),
            self.seen("host_id = ?5 OR ")
        )
    }

    /// Percentiles by nearest rank, from how often each number of milliseconds occurs: the index has them in order.
    fn responses(self) -> String {
        format!(
            "WITH times AS (SELECT response_ms, count(*) AS n FROM transcripts \
             WHERE response_ms IS NOT NULL AND {} GROUP BY response_ms), \
             ranks AS (SELECT response_ms, sum(n) OVER (ORDER BY response_ms) AS upto, sum(n) OVER () AS total \
             FROM times) \
             SELECT min(response_ms) FILTER (WHERE upto * 100 >= total * 50), \
             min(response_ms) FILTER (WHERE upto * 100 >= total * 95) FROM ranks",
            self.utterances()
        )
    }

    fn leads_over_time(self) -> String {
        format!(
            "SELECT (SELECT count(*) FROM leads WHERE {} AND created_at >= day.value ->> 0 \
             AND created_at < day.value ->> 1) FROM json_each(?6) AS day ORDER BY day.key",
            self.leads()
        )
    }

    fn funnel(self) -> String {
        format!(
            "SELECT count(*), count(*) FILTER (WHERE status IN ('contacted', 'nurturing', 'qualified', 'converted')), \
             count(*) FILTER (WHERE status IN ('qualified', 'converted')), \
             count(*) FILTER (WHERE status = 'converted') \
             FROM leads WHERE {} AND created_at >= ?2 AND created_at < ?3",
            self.leads()
        )
    }

    fn sentiment(self) -> String {
        let count = |word: Sentiment| {
            format!(
                "(SELECT count(*) FROM transcripts WHERE speaker = 'user' AND sentiment = '{word}' AND {})",
                self.utterances()
            )
        };
        format!("SELECT {}", Sentiment::ALL.iter().copied().map(count).collect::<Vec<_>>().join(", "))
    }

    fn sources(self) -> String {
        let count = |word: &LeadSource| format!("count(*) FILTER (WHERE source = '{word}')");
        format!(
            "SELECT {} FROM leads WHERE {} AND created_at >= ?2 AND created_at < ?3",
            LeadSource::ALL.iter().map(count).collect::<Vec<_>>().join(", "),
            self.leads()
        )
    }

    fn assistants(self) -> String {
        format!(
            "SELECT figures.*, (SELECT name FROM assistants WHERE organization_id = ?1 AND id = figures.assistant_id) \
             FROM (SELECT assistant_id, count(*) AS begun, count(*) FILTER (WHERE status = 'completed'), \
             count(DISTINCT lead_id) FILTER (WHERE lead_id NOT IN ( \
              SELECT id FROM leads WHERE organization_id = ?1 AND deleted_at IS NOT NULL UNION ALL \
              SELECT id FROM leads WHERE organization_id = ?1 AND merged_into IS NOT NULL)), \
             avg(score) FROM conversations WHERE {} GROUP BY assistant_id) AS figures \
             ORDER BY figures.begun DESC, figures.assistant_id",
            self.conversations()
        )
    }

    /// Every statement.
    #[cfg(test)]
    pub(super) fn all(self) -> [String; 7] {
        [
            self.totals(),
            self.responses(),
            self.leads_over_time(),
            self.funnel(),
            self.sentiment(),
            self.sources(),
            self.assistants(),
        ]
    }
}

/// A statement with the query's arguments. `None` without days.
fn ask<'q>(
    sql: impl FnOnce(Scope) -> String,
    organization: OrganizationId,
    query: &AnalyticsQuery,
) -> Option<Query<'q>> {
    let span = query.range()?;
    Some(
        built(sql(Scope::of(query)), SqliteArguments::default())
            .bind(organization.as_uuid())
            .bind(span.start.timestamp_micros())
            .bind(span.end.timestamp_micros())
            .bind(query.assistant_id.map(AssistantId::as_uuid))
            .bind(query.visible_to.map(UserId::as_uuid)),
    )
}

repository! {
    /// Gives figures.
    SqliteAnalyticsRepository
}

#[async_trait]
impl AnalyticsRepository for SqliteAnalyticsRepository {
    async fn summary(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Summary> {
        let totals = ask(Scope::totals, organization, query);
        let (Some(totals), Some(responses)) = (totals, ask(Scope::responses, organization, query)) else {
            return Ok(Summary::default());
        };
        // On two connections at once, outside a unit.
        let (totals, responses) = tokio::try_join!(self.db.row(totals), self.db.row(responses))?;
        let mut summary = one(totals, |row| {
            let mut f = Fields::new("totals", row);
            Ok(Summary {
                leads: f.int()?,
                average_lead_score: f.opt_real()?,
                conversations: f.int()?,
                active_conversations: f.int()?,
                average_duration_s: f.opt_real()?,
                appointments: f.int()?,
                appointments_kept: f.int()?,
                ..Summary::default()
            })
        })?
        .ok_or_else(no_row)?;
        if let Some(row) = responses {
            let mut f = Fields::new("transcripts", &row);
            (summary.response_ms_median, summary.response_ms_p95) = (f.opt_int()?, f.opt_int()?);
        }
        Ok(summary)
    }

    async fn leads_over_time(
        &self,
        organization: OrganizationId,
        query: &AnalyticsQuery,
    ) -> Result<Vec<(NaiveDate, u64)>> {
        let Some(counts) = ask(Scope::leads_over_time, organization, query) else { return Ok(Vec::new()) };
        let days = query.days.iter().map(|(_, day)| [day.start.timestamp_micros(), day.end.timestamp_micros()]);
        let counts = counts.bind(super::codec::json(&days.collect::<Vec<_>>())?);
        let counts = all(&self.db.rows(counts).await?, |row| Fields::new("leads", row).int())?;
        Ok(query.days.iter().map(|(date, _)| *date).zip(counts).collect())
    }

    async fn funnel(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Funnel> {
        let Some(funnel) = ask(Scope::funnel, organization, query) else { return Ok(Funnel::default()) };
        one(self.db.row(funnel).await?, |row| {
            let mut f = Fields::new("leads", row);
            Ok(Funnel { total: f.int()?, contacted: f.int()?, qualified: f.int()?, converted: f.int()? })
        })?
        .ok_or_else(no_row)
    }

    async fn sentiment(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<(Sentiment, u64)>> {
        self.counted(Sentiment::ALL, ask(Scope::sentiment, organization, query)).await
    }

    async fn sources(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<(LeadSource, u64)>> {
        self.counted(LeadSource::ALL, ask(Scope::sources, organization, query)).await
    }

    async fn assistants(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<AssistantRow>> {
        let Some(rows) = ask(Scope::assistants, organization, query) else { return Ok(Vec::new()) };
        all(&self.db.rows(rows).await?, |row| {
            let mut f = Fields::new("conversations", row);
            Ok(AssistantRow {
                assistant_id: f.id(AssistantId::from_uuid)?,
                conversations: f.int()?,
                completed: f.int()?,
                leads: f.int()?,
                average_score: f.opt_real()?,
                name: f.text()?,
            })
        })
    }
}

impl SqliteAnalyticsRepository {
    /// A row with a count for each of `all`; zeros without a statement.
    async fn counted<T: Copy>(&self, all: &[T], counts: Option<Query<'_>>) -> Result<Vec<(T, u64)>> {
        let Some(counts) = counts else { return Ok(all.iter().map(|value| (*value, 0)).collect()) };
        let row = self.db.row(counts).await?.ok_or_else(no_row)?;
        let mut f = Fields::new("a count", &row);
        all.iter().map(|value| Ok((*value, f.int()?))).collect()
    }
}

fn no_row() -> Error {
    Error::internal("an aggregate gave no row")
}
