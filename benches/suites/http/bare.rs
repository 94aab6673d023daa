//! What is written by hand: the same rows by the same statements, without the SDK. No token is looked at.

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde_json::{Map, json};
use spotlight_benches::{BareLead, Decode};
use spotlight_core::{
    domain::scoring::Criteria,
    ports::{Clock, IdGenerator, SystemClock, SystemIds},
    text,
};
use spotlight_storage::postgres::{PgOptions, statements};
use sqlx::{
    ConnectOptions, PgConnection, PgPool, Row,
    postgres::{PgConnectOptions, PgPoolOptions},
    types::Json,
};
use uuid::Uuid;

use crate::shown::{LeadDocument, LeadPage, NewLead, one, page};

/// Hours for which the answer to a repeated request is kept.
const REPEATABLE: i64 = 24;

/// What a request answers when it is repeated.
const REMEMBER: &str = "INSERT INTO idempotency_records (organization_id, scope, key, fingerprint, answer, expires_at) \
                        VALUES ($1, $2, $3, $4, $5, $6)";

/// The pool, whose leads are read and who writes, and the statements of the adapter by their names in it.
pub(crate) struct Bare {
    pub(crate) pool: PgPool,
    reads: Uuid,
    pub(crate) writes: Uuid,
    get: &'static str,
    page: &'static str,
    lead: &'static str,
    audit: &'static str,
    event: &'static str,
}

pub(crate) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

pub(crate) fn new_id() -> Uuid {
    SystemIds.uuid()
}

impl Bare {
    /// A pool of as many connections as the adapter's, with its settings.
    pub(crate) async fn connect(options: &PgOptions, [reads, writes]: [Uuid; 2]) -> Self {
        let known = statements().expect("statements");
        let named = |name: &str| {
            let found =
                known.iter().find(|statement| statement.name.ends_with(name)).expect("a statement of this name");
            &*found.sql.clone().leak()
        };
        let get = named("::lead::GET");
        let columns = get.split("SELECT ").nth(1).and_then(|rest| rest.split(" FROM").next()).expect("columns");
        let live = "FROM leads WHERE organization_id = $1 AND deleted_at IS NULL AND merged_into IS NULL";
        let page = format!(
            "SELECT {columns}, (SELECT count(*) {live}) AS total {live} ORDER BY created_at DESC, id DESC LIMIT 25"
        );
        let url: PgConnectOptions = options.url.expose_secret().parse().expect("a database");
        let connect = url.disable_statement_logging().statement_cache_capacity(256).options([
            ("statement_timeout", options.statement_timeout.as_millis().to_string()),
            ("lock_timeout", options.lock_timeout.as_millis().to_string()),
            (
                "idle_in_transaction_session_timeout",
                options.idle_in_transaction_session_timeout.as_millis().to_string(),
            ),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false);
        Self {
            pool: pool.connect_with(connect).await.expect("the database"),
            reads,
            writes,
            get,
            page: page.leak(),
            lead: named("::lead::INSERT"),
            audit: named("::audit::APPEND"),
            event: named("::outbox::ADD"),
        }
    }

    pub(crate) async fn get(&self, id: Uuid) -> sqlx::Result<Option<LeadDocument>> {
        let row = sqlx::query(self.get).bind(self.reads).bind(id).fetch_optional(&self.pool).await?;
        let Some(lead) = row.map(|row| row.lead()).transpose()? else { return Ok(None) };
        let live = lead.deleted_at.is_none() && lead.merged_into.is_none();
        Ok(live.then(|| one(lead, now())))
    }

    pub(crate) async fn list(&self) -> sqlx::Result<LeadPage> {
        let rows = sqlx::query(self.page).bind(self.reads).fetch_all(&self.pool).await?;
        let total = rows.first().map_or(Ok(0), |row| row.try_get(22))?;
        let leads = rows.iter().map(Decode::lead).collect::<sqlx::Result<_>>()?;
        Ok(page(leads, total, now()))
    }

    /// A lead, its audit entry, its event, and what the request answers when it is repeated. None when the address or
    /// number is another lead's.
    pub(crate) async fn create(
        &self,
        new: NewLead,
        key: Option<&str>,
        address: Option<String>,
    ) -> sqlx::Result<Option<LeadDocument>> {
        let now = now();
        let lead = fresh(self.writes, new, now);
        let mut tx = self.pool.begin().await?;
        if insert(&mut tx, self.lead, &lead).await? == 0 {
            return Ok(None);
        }
        let id = lead.id.to_string();
        let entry = sqlx::query(self.audit)
            .bind(self.writes)
            .bind(new_id())
            .bind("user")
            .bind(self.writes.to_string())
            .bind("lead.create")
            .bind("lead")
            .bind(&id)
            .bind(Json(json!({})))
            .bind(new_id().to_string())
            .bind(address)
            .bind(now);
        entry.execute(&mut *tx).await?;
        self.tell(&mut tx, ("lead.created", "leads"), None, json!({ "lead_id": id })).await?;
        self.remember(&mut tx, "lead.create", key, json!({ "id": id })).await?;
        tx.commit().await?;
        Ok(Some(one(lead, now)))
    }

    /// Adds an event to a transaction.
    pub(crate) async fn tell(
        &self,
        tx: &mut PgConnection,
        (name, channel): (&str, &str),
        conversation: Option<Uuid>,
        data: serde_json::Value,
    ) -> sqlx::Result<()> {
        let event = sqlx::query(self.event)
            .bind(new_id())
            .bind("event")
            .bind(self.writes)
            .bind(name)
            .bind(channel)
            .bind(conversation)
            .bind(Json(data))
            .bind(None::<&str>)
            .bind(now())
            .bind(None::<&str>);
        event.execute(tx).await.map(drop)
    }

    /// Notes what a request with this key answers, in its transaction.
    pub(crate) async fn remember(
        &self,
        tx: &mut PgConnection,
        scope: &str,
        key: Option<&str>,
        answer: serde_json::Value,
    ) -> sqlx::Result<()> {
        let Some(key) = key else { return Ok(()) };
        let remember = sqlx::query(REMEMBER)
            .bind(self.writes)
            .bind(scope)
            .bind(key)
            .bind([0_u8; 32].as_slice())
            .bind(Json(answer))
            .bind(now() + chrono::Duration::hours(REPEATABLE));
        remember.execute(tx).await.map(drop)
    }
}

/// A lead as it was asked for.
fn fresh(organization: Uuid, NewLead { lead }: NewLead, now: DateTime<Utc>) -> BareLead<DateTime<Utc>> {
    let tidy = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    BareLead {
        organization_id: organization,
        id: new_id(),
        name: tidy(lead.name),
        email: tidy(lead.email).map(|email| email.to_lowercase()),
        phone: tidy(lead.phone),
        company: tidy(lead.company),
        source: "website".to_owned(),
        status: "fresh".to_owned(),
        score: None,
        score_reasons: Vec::new(),
        criteria: Criteria::default(),
        qualified: false,
        owner_id: None,
        needs_review: false,
        merged_into: None,
        metadata: Map::new(),
        last_conversation_at: None,
        erased_at: None,
        deleted_at: None,
        created_at: now,
        updated_at: now,
        version: 1,
    }
}

/// How many rows were added: none where the address or number is taken.
async fn insert(tx: &mut PgConnection, sql: &'static str, lead: &BareLead<DateTime<Utc>>) -> sqlx::Result<u64> {
    let parts = [&lead.name, &lead.email, &lead.phone, &lead.company];
    let search = text::search_text(parts.into_iter().filter_map(Option::as_deref));
    let insert = sqlx::query(sql)
        .bind(lead.organization_id)
        .bind(lead.id)
        .bind(lead.version)
        .bind(&lead.name)
        .bind(&lead.email)
        .bind(&lead.phone)
        .bind(&lead.company)
        .bind(&lead.source)
        .bind(&lead.status)
        .bind(lead.score)
        .bind(Json(&lead.score_reasons))
        .bind(Json(&lead.criteria))
        .bind(lead.qualified)
        .bind(lead.owner_id)
        .bind(lead.needs_review)
        .bind(lead.merged_into)
        .bind(Json(&lead.metadata))
        .bind(lead.last_conversation_at)
        .bind(lead.erased_at)
        .bind(lead.deleted_at)
        .bind(lead.created_at)
        .bind(lead.updated_at)
        .bind(search.split(' ').collect::<Vec<_>>());
    Ok(insert.execute(tx).await?.rows_affected())
}
