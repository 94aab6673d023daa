//! Figures, from SQL aggregates.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use spotlight_core::{
    Error, Result,
    domain::{AssistantId, OrganizationId, conversation::Sentiment, lead::LeadSource},
    ports::{AnalyticsQuery, AnalyticsRepository, AssistantRow, Funnel, Summary},
};
use sqlx::postgres::{PgArguments, PgRow};

use super::{
    db::{PgDb, built as put_together},
    replicas::Replicas,
    row::{self, Row},
    tx::Query,
};

/// Conditions of what a query is about. Places: `$1` the organization, `$2` and `$3` the span, then the assistant, the
/// user and the first instants of the days, as far as there are any.
#[derive(Debug, Clone, Copy)]
struct Scope {
    assistant: bool,
    user: bool,
}

impl Scope {
    fn of(query: &AnalyticsQuery) -> Self {
        Self { assistant: query.assistant_id.is_some(), user: query.visible_to.is_some() }
    }

    /// Where the user stands.
    fn user_place(self) -> &'static str {
        if self.assistant { "$5" } else { "$4" }
    }

    /// Where the days stand.
    fn days_place(self) -> usize {
        4 + usize::from(self.assistant) + usize::from(self.user)
    }

    /// Live leads `l` made in the span.
    fn leads(self) -> String {
        let mut sql = "l.organization_id = $1 AND l.deleted_at IS NULL AND l.merged_into IS NULL \
                       AND l.created_at >= $2 AND l.created_at < $3"
            .to_owned();
        if self.assistant {
            sql.push_str(
                " AND EXISTS (SELECT 1 FROM conversations t WHERE t.organization_id = $1 AND t.lead_id = l.id \
                 AND t.assistant_id = $4)",
            );
        }
        if self.user {
            let user = self.user_place();
            sql.push_str(&format!(
                " AND (l.owner_id = {user} OR EXISTS (SELECT 1 FROM conversations t WHERE t.organization_id = $1 \
                 AND t.lead_id = l.id AND t.assistant_id IN \
                 (SELECT s.id FROM assistants s WHERE s.organization_id = $1 AND s.owner_id = {user})))",
            ));
        }
        sql
    }

    /// What `alias`, which has an assistant and a lead, must satisfy beside its time.
    fn seen(self, alias: &str) -> String {
        let mut sql = String::new();
        if self.assistant {
            sql.push_str(&format!(" AND {alias}.assistant_id = $4"));
        }
        if self.user {
            let user = self.user_place();
            let host = if alias == "p" { format!("p.host_id = {user} OR ") } else { String::new() };
            sql.push_str(&format!(
                " AND ({host}{alias}.assistant_id IN \
                 (SELECT s.id FROM assistants s WHERE s.organization_id = $1 AND s.owner_id = {user}) \
                 OR {alias}.lead_id IN (SELECT o.id FROM leads o WHERE o.organization_id = $1 AND o.owner_id = {user}))"
            ));
        }
        sql
    }

    /// Conversations `c` begun in the span.
    fn conversations(self) -> String {
        format!("c.organization_id = $1 AND c.started_at >= $2 AND c.started_at < $3{}", self.seen("c"))
    }

    /// Utterances `u` of these conversations.
    fn utterances(self) -> String {
        let mut sql =
            "u.organization_id = $1 AND u.conversation_started_at >= $2 AND u.conversation_started_at < $3".to_owned();
        if self.assistant || self.user {
            sql.push_str(&format!(
                " AND u.conversation_id IN (SELECT c.id FROM conversations c WHERE {})",
                self.conversations()
            ));
        }
        sql
    }

    fn summary(self) -> String {
        let (leads, conversations, utterances) = (self.leads(), self.conversations(), self.utterances());
        let seen = self.seen("p");
        format!(
            "WITH l AS (SELECT count(*) AS made, sum(l.score)::float8 / nullif(count(l.score), 0) AS score \
             FROM leads l WHERE {leads}), \
             c AS (SELECT count(*) AS begun, count(*) FILTER (WHERE c.status IN ('active', 'paused')) AS active, \
             sum(floor(date_part('epoch', c.ended_at - c.started_at))) / nullif(count(c.ended_at), 0) \
             AS duration FROM conversations c WHERE {conversations}), \
             p AS (SELECT count(*) AS booked, count(*) FILTER (WHERE p.status = 'completed') AS kept \
             FROM appointments p WHERE p.organization_id = $1 AND p.starts_at >= $2 AND p.starts_at < $3 \
             AND p.status NOT IN ('held', 'cancelled'){seen}), \
             r AS (SELECT percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY u.response_ms) AS ranks \
             FROM transcripts u WHERE {utterances} AND u.response_ms IS NOT NULL) \
             SELECT l.made, l.score, c.begun, c.active, c.duration, p.booked, p.kept, r.ranks[1], r.ranks[2] \
             FROM l, c, p, r"
        )
    }

    fn leads_over_time(self) -> String {
        let (leads, days) = (self.leads(), self.days_place());
        format!(
            "SELECT width_bucket(l.created_at, ${days}::timestamptz[])::bigint AS day, count(*) FROM leads l WHERE {leads} GROUP BY day"
        )
    }

    fn funnel(self) -> String {
        let leads = self.leads();
        format!(
            "SELECT count(*), count(*) FILTER (WHERE l.status IN ('contacted', 'nurturing', 'qualified', 'converted')), \
             count(*) FILTER (WHERE l.status IN ('qualified', 'converted')), \
             count(*) FILTER (WHERE l.status = 'converted') FROM leads l WHERE {leads}"
        )
    }

    fn sentiment(self) -> String {
        let utterances = self.utterances();
        format!(
            "SELECT count(*) FILTER (WHERE u.sentiment = 'positive'), count(*) FILTER (WHERE u.sentiment = 'neutral'), \
             count(*) FILTER (WHERE u.sentiment = 'negative') FROM transcripts u \
             WHERE {utterances} AND u.speaker = 'user' AND u.sentiment IS NOT NULL"
        )
    }

    fn sources(self) -> String {
        format!("SELECT l.source, count(*) FROM leads l WHERE {} GROUP BY l.source", self.leads())
    }

    fn assistants(self) -> String {
        let conversations = self.conversations();
        format!(
            "SELECT f.assistant_id, a.name, f.begun, f.completed, f.leads, f.score FROM (SELECT c.assistant_id, \
             count(*) AS begun, count(*) FILTER (WHERE c.status = 'completed') AS completed, \
             count(DISTINCT c.lead_id) FILTER (WHERE g.id IS NULL) AS leads, \
             sum(c.score)::float8 / nullif(count(c.score), 0) AS score \
             FROM conversations c LEFT JOIN leads g ON g.organization_id = $1 AND g.id = c.lead_id \
             AND (g.deleted_at IS NOT NULL OR g.merged_into IS NOT NULL) \
             WHERE {conversations} GROUP BY c.assistant_id) AS f \
             JOIN assistants a ON a.organization_id = $1 AND a.id = f.assistant_id \
             ORDER BY f.begun DESC, f.assistant_id"
        )
    }
}

/// Every statement, for every scope.
pub(super) fn built() -> Vec<String> {
    let mut built = Vec::new();
    for (assistant, user) in [(false, false), (true, false), (false, true), (true, true)] {
        let scope = Scope { assistant, user };
        built.extend([
            scope.summary(),
            scope.leads_over_time(),
            scope.funnel(),
            scope.sentiment(),
            scope.sources(),
            scope.assistants(),
        ]);
    }
    built
}

/// Gives figures.
pub(super) struct PgAnalyticsRepository {
    db: PgDb,
    /// Asked first.
    replicas: Option<Arc<Replicas>>,
}

impl PgAnalyticsRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db, replicas: None }
    }

    /// The same, from replicas as long as they are fresh.
    pub(super) fn with_replicas(db: PgDb, replicas: Arc<Replicas>) -> Self {
        Self { db, replicas: Some(replicas) }
    }

    /// Runs a statement of the query's scope, with the days where it counts by them. No rows for a query without days.
    async fn rows(
        &self,
        organization: OrganizationId,
        query: &AnalyticsQuery,
        statement: fn(Scope) -> String,
        by_day: bool,
    ) -> Result<Vec<PgRow>> {
        let Some(span) = query.range() else { return Ok(Vec::new()) };
        let asked = || -> Query<'_> {
            let mut statement: Query<'_> = put_together(statement(Scope::of(query)), PgArguments::default());
            statement = statement.bind(organization.as_uuid()).bind(span.start).bind(span.end);
            if let Some(assistant) = query.assistant_id {
                statement = statement.bind(assistant.as_uuid());
            }
            if let Some(user) = query.visible_to {
                statement = statement.bind(user.as_uuid());
            }
            if by_day {
                statement = statement.bind(query.days.iter().map(|(_, window)| window.start).collect::<Vec<_>>());
            }
            // Planned for this span: a month and two years want different plans.
            statement.persistent(false)
        };
        if let Some(replicas) = &self.replicas
            && let Some(found) = replicas.sift(asked()).await
        {
            return found;
        }
        self.db.sift(asked()).await
    }
}

#[async_trait]
impl AnalyticsRepository for PgAnalyticsRepository {
    async fn summary(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Summary> {
        let rows = self.rows(organization, query, Scope::summary, false).await?;
        let Some(row) = rows.first() else { return Ok(Summary::default()) };
        let mut row = Row::new("figures", row);
        Ok(Summary {
            leads: row.number()?,
            average_lead_score: row.take()?,
            conversations: row.number()?,
            active_conversations: row.number()?,
            average_duration_s: row.take()?,
            appointments: row.number()?,
            appointments_kept: row.number()?,
            response_ms_median: row.maybe_number()?,
            response_ms_p95: row.maybe_number()?,
        })
    }

    async fn leads_over_time(
        &self,
        organization: OrganizationId,
        query: &AnalyticsQuery,
    ) -> Result<Vec<(NaiveDate, u64)>> {
        let rows = self.rows(organization, query, Scope::leads_over_time, true).await?;
        let mut days: Vec<_> = query.days.iter().map(|(day, _)| (*day, 0)).collect();
        for row in &rows {
            let mut row = Row::new("figures", row);
            let (place, count): (usize, u64) = (row.number()?, row.number()?);
            let day = place.checked_sub(1).and_then(|index| days.get_mut(index));
            day.ok_or_else(|| Error::internal("a lead was counted on a day outside the query"))?.1 = count;
        }
        Ok(days)
    }

    async fn funnel(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Funnel> {
        let rows = self.rows(organization, query, Scope::funnel, false).await?;
        let Some(row) = rows.first() else { return Ok(Funnel::default()) };
        let mut row = Row::new("figures", row);
        Ok(Funnel {
            total: row.number()?,
            contacted: row.number()?,
            qualified: row.number()?,
            converted: row.number()?,
        })
    }

    async fn sentiment(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<(Sentiment, u64)>> {
        let order = [Sentiment::Positive, Sentiment::Neutral, Sentiment::Negative];
        let mut counts = order.map(|sentiment| (sentiment, 0));
        if let Some(row) = self.rows(organization, query, Scope::sentiment, false).await?.first() {
            let mut row = Row::new("figures", row);
            for (_, count) in &mut counts {
                *count = row.number()?;
            }
        }
        Ok(counts.into())
    }

    async fn sources(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<(LeadSource, u64)>> {
        let mut counts: Vec<_> = LeadSource::ALL.iter().map(|source| (*source, 0)).collect();
        for row in &self.rows(organization, query, Scope::sources, false).await? {
            let mut row = Row::new("figures", row);
            let (source, count) = (row.word::<LeadSource>()?, row.number()?);
            if let Some(entry) = counts.iter_mut().find(|(known, _)| *known == source) {
                entry.1 = count;
            }
        }
        Ok(counts)
    }

    async fn assistants(&self, organization: OrganizationId, query: &AnalyticsQuery) -> Result<Vec<AssistantRow>> {
        row::all(&self.rows(organization, query, Scope::assistants, false).await?, |row| {
            let mut row = Row::new("figures", row);
            Ok(AssistantRow {
                assistant_id: row.id(AssistantId::from_uuid)?,
                name: row.take()?,
                conversations: row.number()?,
                completed: row.number()?,
                leads: row.number()?,
                average_score: row.take()?,
            })
        })
    }
}
