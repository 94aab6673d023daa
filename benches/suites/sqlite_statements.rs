//! What the SQLite adapter sends. The suite checks that the answers are the same, so a change there shows here.

const LIVE: &str = "organization_id = ?1 AND deleted_at IS NULL AND merged_into IS NULL";
const BEGUN: &str = "organization_id = ?1 AND started_at >= ?2 AND started_at < ?3";
const SAID: &str = "organization_id = ?1 AND began_at >= ?2 AND began_at < ?3";
const COLUMNS: &str = "name, email, phone, company, source, status, score, score_reasons, criteria, qualified, \
                       owner_id, needs_review, merged_into, metadata, last_conversation_at, erased_at, deleted_at, \
                       created_at, updated_at, organization_id, id, version";
const SOURCES: [&str; 7] = ["website", "phone", "social_media", "email", "referral", "paid_ads", "cold_email"];
const SENTIMENTS: [&str; 3] = ["positive", "neutral", "negative"];

/// Each with the same text in front, as `EXPLAIN QUERY PLAN`.
pub(crate) struct Statements {
    pub(crate) get: &'static str,
    pub(crate) list: &'static str,
    pub(crate) count: &'static str,
    pub(crate) page: &'static str,
    pub(crate) hits: &'static str,
    pub(crate) by_index: &'static str,
    pub(crate) walked: &'static str,
    /// Totals, responses, days, funnel, sentiment, sources, assistants.
    pub(crate) figures: [&'static str; 7],
    pub(crate) lead: &'static str,
    pub(crate) audit: &'static str,
    pub(crate) event: &'static str,
}

impl Statements {
    /// The place of the days among the figures.
    pub(crate) const DAYS: usize = 2;

    pub(crate) fn new(prefix: &str) -> Self {
        let of = |sql: String| &*format!("{prefix}{sql}").leak();
        // Lists are put together with one mark after the other.
        let live = LIVE.replace("?1", "?");
        let sorted = "ORDER BY created_at DESC, id DESC LIMIT ?";
        let values = |count: usize| vec!["?"; count].join(", ");
        Self {
            get: of(format!("SELECT {COLUMNS} FROM leads WHERE organization_id = ? AND id = ?")),
            list: of(format!("SELECT {COLUMNS} FROM leads WHERE {live} AND status = ? {sorted}")),
            count: of(format!("SELECT count(*) FROM leads WHERE {live} AND status = ?")),
            page: of(format!("SELECT {COLUMNS} FROM leads WHERE {live} AND status = ? {sorted} OFFSET ?")),
            hits: of("SELECT count(*) FROM (SELECT 1 FROM leads_search WHERE leads_search MATCH ? LIMIT ?)".to_owned()),
            by_index: of(format!(
                "SELECT {COLUMNS} FROM leads_search CROSS JOIN leads ON leads.row = leads_search.rowid \
                 WHERE {live} AND leads_search MATCH ? {sorted} OFFSET ?"
            )),
            walked: of(format!(
                "SELECT {COLUMNS} FROM leads WHERE {live} AND instr(' ' || search, ?) > 0 {sorted} OFFSET ?"
            )),
            figures: figures().map(of),
            lead: of(format!("INSERT INTO leads (search, {COLUMNS}) VALUES ({})", values(23))),
            audit: of(format!(
                "INSERT INTO audit_entries (organization_id, id, actor_kind, actor_id, action, record_type, record_id, \
                 details, request_id, source_address, created_at) VALUES ({})",
                values(11)
            )),
            event: of(format!(
                "INSERT INTO outbox (id, kind, organization_id, name, channel, conversation_id, payload, waiting_key, \
                 run_at, created_at) VALUES ({}) \
                 ON CONFLICT (waiting_key) WHERE waiting_key IS NOT NULL AND claimed_until IS NULL AND dead_at IS NULL \
                 DO NOTHING",
                values(10)
            )),
        }
    }
}

fn figures() -> [String; 7] {
    let made = format!("{LIVE} AND created_at >= ?2 AND created_at < ?3");
    let sentiment = SENTIMENTS.map(|word| {
        format!("(SELECT count(*) FROM transcripts WHERE speaker = 'user' AND sentiment = '{word}' AND {SAID})")
    });
    let sources = SOURCES.map(|word| format!("count(*) FILTER (WHERE source = '{word}')"));
    [
        format!(
            "SELECT made, score, begun, active, duration, booked, kept FROM \
             (SELECT count(*) AS made, avg(score) AS score FROM leads WHERE {made}), \
             (SELECT count(*) AS begun, count(*) FILTER (WHERE status IN ('active', 'paused')) AS active, \
             avg((ended_at - started_at) / 1000000) AS duration FROM conversations WHERE {BEGUN}), \
             (SELECT count(*) AS booked, count(*) FILTER (WHERE status = 'completed') AS kept FROM appointments \
             WHERE organization_id = ?1 AND starts_at >= ?2 AND starts_at < ?3 AND status NOT IN ('held', 'cancelled'))"
        ),
        format!(
            "WITH times AS (SELECT response_ms, count(*) AS n FROM transcripts \
             WHERE response_ms IS NOT NULL AND {SAID} GROUP BY response_ms), \
             ranks AS (SELECT response_ms, sum(n) OVER (ORDER BY response_ms) AS upto, sum(n) OVER () AS total \
             FROM times) \
             SELECT min(response_ms) FILTER (WHERE upto * 100 >= total * 50), \
             min(response_ms) FILTER (WHERE upto * 100 >= total * 95) FROM ranks"
        ),
        format!(
            "SELECT (SELECT count(*) FROM leads WHERE {LIVE} AND created_at >= day.value ->> 0 \
             AND created_at < day.value ->> 1) FROM json_each(?6) AS day ORDER BY day.key"
        ),
        format!(
            "SELECT count(*), count(*) FILTER (WHERE status IN ('contacted', 'nurturing', 'qualified', 'converted')), \
             count(*) FILTER (WHERE status IN ('qualified', 'converted')), \
             count(*) FILTER (WHERE status = 'converted') FROM leads WHERE {made}"
        ),
        format!("SELECT {}", sentiment.join(", ")),
        format!("SELECT {} FROM leads WHERE {made}", sources.join(", ")),
        format!(
            "SELECT figures.*, (SELECT name FROM assistants WHERE organization_id = ?1 AND id = figures.assistant_id) \
             FROM (SELECT assistant_id, count(*) AS begun, count(*) FILTER (WHERE status = 'completed'), \
             count(DISTINCT lead_id) FILTER (WHERE lead_id NOT IN ( \
             SELECT id FROM leads WHERE organization_id = ?1 AND deleted_at IS NOT NULL UNION ALL \
             SELECT id FROM leads WHERE organization_id = ?1 AND merged_into IS NOT NULL)), \
             avg(score) FROM conversations WHERE {BEGUN} GROUP BY assistant_id) AS figures \
             ORDER BY figures.begun DESC, figures.assistant_id"
        ),
    ]
}
