//! How Postgres means to run the lists and figures when a tenant is one of a hundred.

use spotlight_storage::postgres::statements;
use spotlight_tests::postgres::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection};

/// A hundred organizations with a hundred leads, conversations and ten times as many utterances each.
const FILL: &str = "
    INSERT INTO leads (organization_id, id, name, email, source, status, score, score_reasons, criteria, qualified,
        owner_id, needs_review, metadata, search, last_conversation_at, created_at, updated_at, version)
    SELECT md5('organization' || o)::uuid, md5('lead' || i || '-' || o)::uuid, 'Person ' || i,
        'person' || i || '@example.com', 'website', (ARRAY['fresh', 'contacted', 'qualified', 'lost'])[1 + i % 4],
        i % 101, '[]', jsonb_build_object('note', repeat('x', 400)), i % 2 = 0, md5('user' || i % 9)::uuid, false, '{}',
        array_to_tsvector(ARRAY['person', 'person' || i, 'example', 'com']), now() - i * interval '1 hour',
        now() - i * interval '1 day', now() - i * interval '1 minute', 1
    FROM generate_series(1, 100) o, generate_series(1, 100) i;
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
        'neutral', s, '[]', '[]', s * 100, false, started_at, started_at FROM conversations, generate_series(1, 10) s;
    VACUUM ANALYZE leads;
    VACUUM ANALYZE conversations;
    VACUUM ANALYZE transcripts";

/// A value of each type that statements take: the same organization everywhere, and words that occur.
fn value(kind: &str) -> &'static str {
    match kind {
        "uuid" => "md5('organization7')::uuid",
        "text" => "'fresh'",
        "text[]" => "'{fresh,lost}'",
        "uuid[]" => "ARRAY[md5('lead1-7')::uuid]",
        "smallint" | "bigint" => "50",
        "tsquery" => "'person:*'::tsquery",
        "boolean" => "true",
        "timestamp with time zone" => "now() - interval '5 days'",
        "timestamp with time zone[]" => "ARRAY[now() - interval '9 days', now() - interval '5 days']",
        other => panic!("no value for {other}"),
    }
}

async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.expect("the statement runs");
}

/// No list and no figure reads a whole table for a tenant who has one hundredth of it.
#[tokio::test]
async fn a_small_tenant_reads_no_whole_table() {
    let database = TestDatabase::fresh().await;
    let mut connection = database.connect().await;
    for statement in FILL.split(';') {
        run(&mut connection, statement.to_owned()).await;
    }
    let (mut explained, mut whole) = (0, Vec::new());
    for statement in statements().expect("every list can be put together") {
        let big = ["lead list", "conversation list", "analytics"].iter().any(|kind| statement.name.starts_with(kind));
        if !big {
            continue;
        }
        run(&mut connection, format!("PREPARE one AS {}", statement.sql)).await;
        let kinds = "SELECT unnest(parameter_types)::regtype::text FROM pg_prepared_statements WHERE name = 'one'";
        let kinds: Vec<String> = sqlx::query_scalar(kinds).fetch_all(&mut connection).await.expect("its parameters");
        let values: Vec<_> = kinds.iter().map(|kind| value(kind)).collect();
        let explain = AssertSqlSafe(format!("EXPLAIN EXECUTE one ({})", values.join(", ")));
        let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&mut connection).await.expect("a plan");
        let tables = ["leads", "conversations", "transcripts"];
        if plan.iter().any(|line| tables.iter().any(|table| line.contains(&format!("Seq Scan on {table}")))) {
            whole.push(format!("{}: {}\n{}", statement.name, statement.sql, plan.join("\n")));
        }
        run(&mut connection, "DEALLOCATE one".to_owned()).await;
        explained += 1;
    }
    assert!(explained > 150, "{explained} plans were made");
    assert!(whole.is_empty(), "{} of {explained} read a whole table:\n{}", whole.len(), whole.join("\n\n"));
}
