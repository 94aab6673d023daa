//! Every statement is understood by SQLite, keeps to its organization, and reads along an index.

use std::collections::BTreeSet;

use chrono::DateTime;
use spotlight_core::{
    domain::{
        AssistantId, ConversationId, LeadId, OrganizationId, UserId, WebhookEndpointId,
        appointment::AppointmentStatus,
        assistant::Language,
        conversation::{Channel, ConversationStatus, Sentiment},
        lead::{LeadSource, LeadStatus},
    },
    ports::{
        AppointmentFilter, AssistantFilter, AssistantSort, AuditFilter, Between, ConversationFilter, ConversationSort,
        Cursor, IdGenerator, LeadFilter, LeadSort, Order, Paging, ReadConsistency, Sort, Storage, SystemIds,
    },
};
use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr, SqliteConnection};
use uuid::Uuid;

use super::{
    super::{analytics::Scope, db::BUILT, sql::Sql, *},
    Database, tenancy, tenant_tables,
};

/// Declared statements: those of one organization, and the others.
fn declared() -> (Vec<&'static str>, Vec<&'static str>) {
    let parts = [
        appointment::STATEMENTS,
        appointment::HOST_STATEMENTS,
        assistant::STATEMENTS,
        assistant::KNOWLEDGE_STATEMENTS,
        audit::STATEMENTS,
        billing::STATEMENTS,
        billing::USAGE_STATEMENTS,
        consent::STATEMENTS,
        conversation::STATEMENTS,
        deployment::STATEMENTS,
        flag::STATEMENTS,
        idempotency::STATEMENTS,
        lead::STATEMENTS,
        lease::STATEMENTS,
        open::STATEMENTS,
        organization::STATEMENTS,
        outbox::STATEMENTS,
        placement::STATEMENTS,
        report::STATEMENTS,
        search::STATEMENTS,
        storage::STATEMENTS,
        webhook::STATEMENTS,
        webhook::DELIVERY_STATEMENTS,
        webhook::ENDPOINT_STATEMENTS,
        webhook::SOURCE_STATEMENTS,
    ];
    let parts = parts
        .into_iter()
        .chain(account::STATEMENTS)
        .chain(conversation::PARTS)
        .chain(lead::PARTS)
        .chain(queue::STATEMENTS);
    let (mut own, mut wide) = (Vec::new(), Vec::new());
    for (statements, global) in parts {
        own.extend(statements.iter().copied().map(Sql::text));
        wide.extend(global.iter().copied().map(Sql::text));
    }
    (own, wide)
}

fn a_span() -> Between {
    let day = |day: i64| DateTime::from_timestamp(day * 86_400, 0);
    Between { from: day(1), to: day(2) }
}

/// Every way to page.
fn pagings(key: &str) -> Vec<Paging> {
    let cursor = |key: Option<&str>| Some(Cursor { key: key.map(str::to_owned), id: Uuid::nil() });
    let mut pagings = vec![Paging::FIRST];
    pagings.extend([None, cursor(Some(key)), cursor(None)].map(|cursor| Paging::After { cursor, limit: 25 }));
    pagings
}

/// Runs every list in every form, so that its statements are put together.
async fn run_lists(storage: &SqliteStorage) {
    let org = OrganizationId::from_uuid(SystemIds.uuid());
    let user = UserId::from_uuid(SystemIds.uuid());
    let (assistant_id, lead_id) = (AssistantId::from_uuid(SystemIds.uuid()), LeadId::from_uuid(SystemIds.uuid()));
    let conversation_id = ConversationId::from_uuid(SystemIds.uuid());
    let read = storage.read(ReadConsistency::Strong);
    let leads = [
        LeadFilter::default(),
        LeadFilter {
            statuses: vec![LeadStatus::Fresh],
            sources: vec![LeadSource::Phone],
            owner_id: Some(user),
            qualified: Some(true),
            min_score: Some(1),
            max_score: Some(99),
            needs_review: Some(false),
            idle_since: a_span().from,
            created: a_span(),
            search: None,
        },
        LeadFilter {
            statuses: vec![LeadStatus::Fresh, LeadStatus::Lost],
            sources: vec![LeadSource::Phone, LeadSource::Email],
            ..LeadFilter::default()
        },
        LeadFilter { search: Some("ann".to_owned()), ..LeadFilter::default() },
        LeadFilter { search: Some("ann".to_owned()), statuses: vec![LeadStatus::Fresh], ..LeadFilter::default() },
    ];
    let talks = [
        ConversationFilter::default(),
        ConversationFilter {
            statuses: vec![ConversationStatus::Active],
            sources: vec![Channel::Chat],
            assistant_id: Some(assistant_id),
            taken_over_by: Some(user),
            sentiment: Some(Sentiment::Neutral),
            visible_to: Some(user),
            needs_attention_at: a_span().from,
            started: a_span(),
            ..ConversationFilter::default()
        },
        ConversationFilter { lead_id: Some(lead_id), ..ConversationFilter::default() },
        ConversationFilter { search: Some("price".to_owned()), ..ConversationFilter::default() },
    ];
    let meetings = [
        AppointmentFilter::default(),
        AppointmentFilter {
            statuses: vec![AppointmentStatus::Scheduled, AppointmentStatus::Confirmed],
            assistant_id: Some(assistant_id),
            visible_to: Some(user),
            starts: a_span(),
            ..AppointmentFilter::default()
        },
        AppointmentFilter { lead_id: Some(lead_id), ..AppointmentFilter::default() },
        AppointmentFilter { host_id: Some(user), ..AppointmentFilter::default() },
        AppointmentFilter { conversation_id: Some(conversation_id), ..AppointmentFilter::default() },
    ];
    let entries = [
        AuditFilter::default(),
        AuditFilter { record_type: Some("lead".to_owned()), record_id: Some("1".to_owned()), ..AuditFilter::default() },
        AuditFilter {
            actor_id: Some("1".to_owned()),
            action: Some("lead.update".to_owned()),
            created: a_span(),
            ..AuditFilter::default()
        },
    ];
    let assistants = [
        AssistantFilter::default(),
        AssistantFilter {
            active: Some(true),
            language: Some(Language::En),
            owner_id: Some(user),
            search: Some("ann".to_owned()),
        },
    ];
    let endpoint = WebhookEndpointId::from_uuid(SystemIds.uuid());
    // A cursor without a value is refused by sorts without absent values: that is the conformance suite's to test.
    for order in [Order::Asc, Order::Desc] {
        for paging in pagings("1") {
            for filter in &leads {
                use LeadSort::{CreatedAt, LastConversationAt, Name, Score, UpdatedAt, Waiting};
                for by in [CreatedAt, UpdatedAt, LastConversationAt, Waiting, Score, Name] {
                    drop(read.leads().list(org, filter, Sort { by, order }, &paging).await);
                }
            }
            for filter in &talks {
                use ConversationSort::{LastActivityAt, Score, StartedAt};
                for by in [StartedAt, LastActivityAt, Score] {
                    drop(read.conversations().list(org, filter, Sort { by, order }, &paging).await);
                }
            }
            for filter in &meetings {
                drop(read.appointments().list(org, filter, order, &paging).await);
            }
            for filter in &entries {
                drop(read.audit().list(org, filter, &paging).await);
            }
            drop(read.webhook_deliveries().list(org, endpoint, &paging).await);
            for filter in &assistants {
                for by in [AssistantSort::CreatedAt, AssistantSort::UpdatedAt, AssistantSort::Name] {
                    drop(read.assistants().list(org, filter, Sort { by, order }, &paging).await);
                }
            }
        }
    }
}

/// Statements that are put together.
async fn built(database: &Database) -> Vec<String> {
    run_lists(&database.storage).await;
    let mut built: Vec<_> = BUILT.lock().expect("no test panicked here").iter().cloned().collect();
    assert!(built.len() > 100, "{} statements", built.len());
    for (assistant, user) in [(false, false), (true, false), (false, true), (true, true)] {
        built.extend(Scope { assistant, user }.all());
    }
    built
}

#[tokio::test]
async fn every_statement_is_understood() {
    let database = Database::new().await;
    let mut connection = database.connection().await;
    let (own, wide) = declared();
    assert!(own.len() > 100 && wide.len() > 30, "{} and {}", own.len(), wide.len());
    for sql in own.into_iter().chain(wide).map(str::to_owned).chain(built(&database).await) {
        let prepared = connection.prepare(AssertSqlSafe(sql.clone()).into_sql_str()).await;
        assert!(prepared.is_ok(), "{sql}: {prepared:?}");
    }
}

#[tokio::test]
async fn every_statement_keeps_to_its_organization() {
    let database = Database::new().await;
    let mut connection = database.connection().await;
    let tenants: BTreeSet<_> = tenant_tables(&mut connection).await.into_iter().collect();
    let (own, wide) = declared();
    let mut checked = 0;
    for sql in own.into_iter().map(str::to_owned).chain(built(&database).await) {
        checked += tenancy::mentions(&sql, &tenants).len();
        assert_eq!(tenancy::unbound(&sql, &tenants), [""; 0], "{sql}");
    }
    assert!(checked > 300, "{checked} tables were looked at");
    // Those over more than one organization, each with its reason beside its declaration.
    let mut named: Vec<_> = wide.iter().flat_map(|sql| tenancy::unbound(sql, &tenants)).collect();
    named.sort_unstable();
    let known = [
        "api_tokens",
        "assistants",
        "conversations",
        "hand_offs",
        "idempotency_records",
        "idempotency_records",
        "memberships",
        "usage_records",
        "webhook_deliveries",
    ];
    assert_eq!(named, known);
}

async fn plan(connection: &mut SqliteConnection, sql: &str) -> Vec<String> {
    let explained = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(connection).await;
    explained.expect("it was prepared").iter().map(|row| row.get("detail")).collect()
}

/// The table that a step reads whole, unless it is one that the statement itself made.
fn scanned(step: &str) -> Option<&str> {
    let table = step.strip_prefix("SCAN ")?.split(' ').next()?;
    let made = ["CONSTANT", "claims", "day", "family", "figures", "json_each", "ranks", "times", "wanted"];
    let of_a_few = [
        "_sqlx_migrations",
        "deployment_settings",
        "feature_flags",
        "job_pauses",
        "job_processes",
        "organizations",
        "sqlite_schema",
    ];
    let partial = [
        "conversations_idle",
        "hand_offs_expiring",
        "jobs_blocked",
        "jobs_dead",
        "jobs_ready",
        "jobs_running",
        "jobs_scheduled",
        "usage_records_unreported",
    ];
    let few = made.contains(&table)
        || of_a_few.contains(&table)
        || table.starts_with("(subquery")
        || step.contains("VIRTUAL TABLE")
        || partial.iter().any(|index| step.ends_with(&format!("INDEX {index}")));
    (!few).then_some(table)
}

#[tokio::test]
async fn every_statement_reads_along_an_index() {
    let database = Database::new().await;
    let mut connection = database.connection().await;
    let (own, wide) = declared();
    let fixed = own.into_iter().chain(wide).filter(|sql| !sql.starts_with("PRAGMA")).map(str::to_owned);
    for sql in fixed.chain(built(&database).await) {
        for step in plan(&mut connection, &sql).await {
            assert_eq!(scanned(&step), None, "{step} in {sql}");
        }
    }
}

/// Each finds its rows by an index that holds no others, and reads no row that it does not give.
#[tokio::test]
async fn the_outbox_is_polled_along_its_own_indexes() {
    let database = Database::new().await;
    let mut connection = database.connection().await;
    let (_, wide) = declared();
    let polls = [
        ("SELECT EXISTS (SELECT 1 FROM outbox", ["outbox_waiting", "outbox_claimed"]),
        ("UPDATE outbox SET claim = claim + 1", ["outbox_waiting", "outbox_claimed"]),
        ("SELECT id, organization_id, name, channel, conversation_id, payload, spec, follows", ["outbox_sent"; 2]),
    ];
    for (begins, indexes) in polls {
        let sql = wide.iter().find(|sql| sql.starts_with(begins)).expect("it is declared");
        let plan = plan(&mut connection, sql).await;
        for index in indexes {
            let bounded = |step: &String| step.contains(&format!("{index} (kind=? AND ")) && step.contains("<?");
            assert!(plan.iter().any(bounded), "{index} in {plan:?} for {sql}");
        }
        let reads = plan.iter().filter(|step| step.contains("outbox_"));
        assert_eq!(reads.count(), BTreeSet::from(indexes).len(), "{plan:?} for {sql}");
    }
    for begins in ["UPDATE outbox SET claimed_until = ?2", "UPDATE outbox SET follows"] {
        let sql = wide.iter().find(|sql| sql.starts_with(begins)).expect("it is declared");
        let plan = plan(&mut connection, sql).await;
        assert!(plan.iter().any(|step| step.contains("SEARCH outbox USING") && step.contains("(id=?)")), "{plan:?}");
    }
}

#[tokio::test]
async fn big_lists_are_not_sorted() {
    let database = Database::new().await;
    let mut connection = database.connection().await;
    for sql in built(&database).await {
        let big = ["FROM leads WHERE", "FROM conversations WHERE", "FROM audit_entries WHERE"];
        if big.iter().any(|table| sql.contains(table)) && sql.contains(" LIMIT ") {
            let plan = plan(&mut connection, &sql).await;
            assert!(!plan.iter().any(|step| step.contains("ORDER BY")), "{plan:?} for {sql}");
        }
    }
}

#[tokio::test]
async fn figures_read_no_rows() {
    let database = Database::new().await;
    let mut connection = database.connection().await;
    for sql in (Scope { assistant: false, user: false }).all() {
        for step in plan(&mut connection, &sql).await {
            let big = ["SEARCH leads", "SEARCH conversations", "SEARCH transcripts"];
            let read = big.iter().any(|table| step.starts_with(table));
            assert!(!read || step.contains("COVERING INDEX"), "{step} in {sql}");
        }
    }
}
