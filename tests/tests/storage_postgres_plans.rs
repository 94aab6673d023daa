//! How Postgres means to run the lists and figures when a tenant is one of forty, under the settings they are run with.

use serde_json::Value;
use spotlight_storage::postgres::{SIFT_SETTINGS, Statement, statements};
use spotlight_tests::postgres::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection};

/// Forty organizations with a thousand leads, a conversation of each and three utterances in it; jobs and events, most of
/// which were given up.
const FILL: &str = "
    INSERT INTO leads (organization_id, id, name, email, source, status, score, score_reasons, criteria, qualified,
        owner_id, needs_review, metadata, search, last_conversation_at, created_at, updated_at, version)
    SELECT md5('organization' || o)::uuid, md5('lead' || i || '-' || o)::uuid, 'Person ' || i,
        'person' || i || '@example.com', 'website', (ARRAY['fresh', 'contacted', 'qualified', 'lost'])[1 + i % 4],
        i % 101, '[]', jsonb_build_object('note', repeat('x', 200)), i % 2 = 0, md5('user' || i % 9)::uuid, false, '{}',
        array_to_tsvector(ARRAY['person', 'person' || i, 'example', 'com']), now() - i * interval '1 hour',
        now() - i * interval '1 hour', now() - i * interval '1 minute', 1
    FROM generate_series(1, 40) o, generate_series(1, 1000) i;
    INSERT INTO organizations SELECT DISTINCT organization_id, 'Name', 'slug-' || organization_id, 'UTC', '[]'::jsonb,
        'free', '{}'::jsonb, '{}'::jsonb, 'everything', '{}'::jsonb, now(), now(), 1 FROM leads;
    INSERT INTO users (id, email, name, failed_attempts, sign_in_count, created_at, updated_at, version)
    SELECT md5('user' || i)::uuid, 'user' || i || '@example.com', 'User', 0, 0, now(), now(), 1
    FROM generate_series(0, 8) i;
    INSERT INTO assistants (organization_id, id, owner_id, name, tone, role, script, language, active, voice, model,
        questions, tools, hand_off, booking, allowed_origins, search, created_at, updated_at, version)
    SELECT id, id, md5('user1')::uuid, 'Bot', 'friendly', 'role', 'script', 'en', true, '{}', '{}', '[]', '[]', '{}', '{}',
        '[]', '', now(), now(), 1 FROM organizations;
    INSERT INTO conversations (organization_id, id, lead_id, assistant_id, source, status, language, score,
        score_reasons, criteria, keywords, state, last_seq, search, started_at, last_activity_at, created_at, updated_at,
        version)
    SELECT organization_id, id, id, organization_id, 'chat', 'completed', 'en', score, '[]', criteria, '[]', '{}', 10,
        array_to_tsvector(ARRAY['price', 'person']), created_at, created_at, created_at, updated_at, 1 FROM leads;
    INSERT INTO transcripts (organization_id, conversation_id, seq, id, speaker, content, sentiment, offset_s, keywords,
        tools, response_ms, interrupted, created_at, conversation_started_at)
    SELECT organization_id, id, s, gen_random_uuid(), (ARRAY['user', 'assistant'])[1 + s % 2], repeat('word ', 20),
        'neutral', s, '[]', '[]', s * 100, false, started_at, started_at FROM conversations, generate_series(1, 3) s;
    INSERT INTO outbox (id, kind, name, payload, run_at, dead_at, created_at)
    SELECT gen_random_uuid(), (ARRAY['job', 'event'])[1 + i % 2], 'name', '{}', now(),
        CASE WHEN i % 100 > 0 THEN now() END, now() FROM generate_series(1, 20000) i;
    VACUUM ANALYZE assistants;
    VACUUM ANALYZE outbox;
    VACUUM ANALYZE leads;
    VACUUM ANALYZE conversations;
    VACUUM ANALYZE transcripts";

/// A value of each type that statements take: the same organization everywhere, and words that occur. Instants are told
/// apart by their place among a statement's instants, so that a span has two ends.
fn value(kind: &str, instants: usize) -> String {
    match kind {
        "uuid" => "md5('organization7')::uuid",
        "text" => "'fresh'",
        "text[]" => "'{fresh,lost}'",
        "uuid[]" => "ARRAY[md5('lead1-7')::uuid]",
        "smallint" | "bigint" => "50",
        "tsquery" => "'person:*'::tsquery",
        "boolean" => "true",
        "timestamp with time zone" => {
            let days = [20, 10, 1, 5][instants.min(3)];
            return format!("now() - interval '{days} days'");
        }
        "timestamp with time zone[]" => "ARRAY[now() - interval '9 days', now() - interval '5 days']",
        other => panic!("no value for {other}"),
    }
    .to_owned()
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.expect("the statement runs");
}

/// Whether a statement is one of many records or is sent often.
fn is_watched(statement: &Statement) -> bool {
    let lists = ["lead list", "conversation list", "appointment list", "analytics"];
    let others = ["::lead::INACTIVE", "::assistant::FIGURES", "::outbox::STATS", "::outbox::DUE", "::outbox::OVERDUE"];
    lists.iter().any(|kind| statement.name.starts_with(kind))
        || others.iter().any(|name| statement.name.ends_with(name))
}

/// The plan of a statement, made as the adapter has it made.
async fn plan(connection: &mut PgConnection, statement: &Statement) -> Value {
    run(connection, format!("PREPARE one AS {}", statement.sql)).await;
    let kinds = "SELECT unnest(parameter_types)::regtype::text FROM pg_prepared_statements WHERE name = 'one'";
    let kinds: Vec<String> = sqlx::query_scalar(kinds).fetch_all(&mut *connection).await.expect("its parameters");
    let mut instants = 0;
    let mut values = Vec::new();
    for kind in &kinds {
        values.push(value(kind, instants));
        instants += usize::from(kind == "timestamp with time zone");
    }
    let sifted = statement.name.starts_with("analytics") || statement.sql.contains("search @@");
    run(connection, if sifted { format!("BEGIN; {SIFT_SETTINGS}") } else { "BEGIN".to_owned() }).await;
    let given = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
    let explain = AssertSqlSafe(format!("EXPLAIN (FORMAT JSON) EXECUTE one {given}"));
    let plan: sqlx::types::Json<Value> = sqlx::query_scalar(explain).fetch_one(&mut *connection).await.expect("a plan");
    run(connection, "ROLLBACK; DEALLOCATE one".to_owned()).await;
    plan.0[0]["Plan"].clone()
}

/// The nodes that read a big table, or an index of one, without a condition on what comes first in its indexes: the
/// organization, or in the outbox the kind.
fn unbounded(node: &Value, table: Option<&str>, found: &mut Vec<String>) {
    let text = |key: &str| node[key].as_str().unwrap_or_default();
    let table = node["Relation Name"].as_str().or(table);
    let first = match table {
        Some("leads" | "conversations" | "transcripts") => "organization_id =",
        Some("outbox") => "kind =",
        _ => "",
    };
    let reads = matches!(text("Node Type"), "Seq Scan" | "Index Scan" | "Index Only Scan" | "Bitmap Index Scan");
    if reads && !first.is_empty() && !text("Index Cond").contains(first) {
        found.push(format!("{} on {table:?} {}: {}", text("Node Type"), text("Index Name"), text("Index Cond")));
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        unbounded(child, table, found);
    }
}

/// No list and no figure reads more of a big table than an index has of the tenant, who has one fortieth of it.
#[tokio::test]
async fn a_small_tenant_reads_no_whole_table() {
    let database = TestDatabase::fresh().await;
    let mut connection = database.connect().await;
    for statement in FILL.split(';') {
        run(&mut connection, statement.to_owned()).await;
    }
    let (mut explained, mut failed) = (0, Vec::new());
    for statement in statements().expect("every list can be put together").iter().filter(|one| is_watched(one)) {
        let plan = plan(&mut connection, statement).await;
        let mut found = Vec::new();
        unbounded(&plan, None, &mut found);
        if !found.is_empty() {
            failed.push(format!("{}: {}\n{}", statement.name, statement.sql, found.join("\n")));
        }
        explained += 1;
    }
    assert!(explained > 150, "{explained} plans were made");
    assert!(failed.is_empty(), "{} of {explained} read too much:\n{}", failed.len(), failed.join("\n\n"));
}

/// What the check above is for is found by it.
#[tokio::test]
async fn a_plan_without_its_tenant_is_found() {
    let database = TestDatabase::fresh().await;
    let mut connection = database.connect().await;
    for (sql, expected) in [
        ("SELECT id FROM leads WHERE updated_at < now()", 1),
        ("SELECT id FROM leads WHERE organization_id = $1 AND id = $1", 0),
        ("SELECT count(*) FROM outbox WHERE dead_at IS NULL", 1),
    ] {
        run(&mut connection, "SET enable_seqscan = off".to_owned()).await;
        let statement = Statement { name: "one".to_owned(), sql: sql.to_owned() };
        let mut found = Vec::new();
        unbounded(&plan(&mut connection, &statement).await, None, &mut found);
        assert_eq!(found.len(), expected, "{sql}: {found:?}");
    }
}

/// A hundred thousand jobs that were sent and wait for their end, beside a few that are due, claimed and to be looked after.
const SENT: &str = "
    INSERT INTO outbox (id, kind, name, payload, run_at, claim, claimed_until, follows, created_at)
    SELECT md5('sent' || i)::uuid, 'job', 'name', '{}', now() - interval '1 day', 1,
        CASE WHEN i > 20 THEN now() + interval '1 hour' ELSE now() - interval '1 second' END, md5('sent' || i)::uuid,
        now() FROM generate_series(1, 100000) i;
    INSERT INTO outbox (id, kind, name, payload, run_at, claim, claimed_until, created_at)
    SELECT md5('other' || i)::uuid, 'job', 'name', '{}', now() - interval '1 hour', i % 2,
        CASE WHEN i % 2 = 1 THEN now() - interval '1 second' END, now() FROM generate_series(1, 40) i;
    VACUUM ANALYZE outbox";

/// Rows of the outbox that a plan which was run has read.
fn read(node: &Value) -> f64 {
    let number = |key: &str| node[key].as_f64().unwrap_or_default();
    let scans =
        node["Node Type"].as_str().is_some_and(|kind| kind.contains("Scan")) && node["Relation Name"] == "outbox";
    let rows = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
    let own = if scans { rows * number("Actual Loops") } else { 0.0 };
    own + node["Plans"].as_array().into_iter().flatten().map(read).sum::<f64>()
}

/// Asking the outbox costs as much as what it gives, however many jobs were sent from it.
#[tokio::test]
async fn jobs_that_were_sent_cost_a_poll_nothing() {
    let database = TestDatabase::fresh().await;
    let mut connection = database.connect().await;
    for statement in SENT.split(';') {
        run(&mut connection, statement.to_owned()).await;
    }
    let all = statements().expect("every list can be put together");
    let ids: Vec<_> = (500..510).map(|number| format!("md5('sent{number}')::uuid")).collect();
    let ids = format!("ARRAY[{}]", ids.join(", "));
    let ones = "array_fill(1::bigint, ARRAY[10])";
    let looks = "array_fill(now(), ARRAY[10])";
    for (name, values, most) in [
        ("DUE", "'job', now()".to_owned(), 2.0),
        ("CLAIM", "'job', now(), now() + interval '10 seconds', 30".to_owned(), 100.0),
        ("OVERDUE", "'job', now(), 200".to_owned(), 20.0),
        ("BEHIND", "md5('sent7')::uuid".to_owned(), 1.0),
        ("SENT", format!("{ids}, {ones}, {ids}, {looks}"), 30.0),
        ("EXTEND", format!("{ids}, {ones}, now()"), 30.0),
        ("FINISH", format!("'job', {ids}"), 40.0),
    ] {
        let name = format!("::outbox::{name}");
        let statement = all.iter().find(|statement| statement.name.ends_with(&name)).expect("it is sent");
        run(&mut connection, format!("PREPARE one AS {}; BEGIN", statement.sql)).await;
        let explain = AssertSqlSafe(format!("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE one ({values})"));
        let plan: sqlx::types::Json<Value> =
            sqlx::query_scalar(explain).fetch_one(&mut connection).await.expect("a plan");
        run(&mut connection, "ROLLBACK; DEALLOCATE one".to_owned()).await;
        let rows = read(&plan.0[0]["Plan"]);
        assert!((1.0..=most).contains(&rows), "{name} reads {rows} rows: {}", plan.0);
    }
}
