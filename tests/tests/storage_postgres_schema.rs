//! The statements and the schema of the Postgres adapter, read and checked as a whole.

#[path = "../../crates/spotlight-storage/src/sqlite/tests/tenancy.rs"]
mod tenancy;

use std::collections::BTreeSet;

use spotlight_core::{
    domain::{
        appointment::{AppointmentStatus, MeetingType},
        assistant::{Language, Tone},
        billing::{Meter, PlanId, SubscriptionStatus},
        consent::{ConsentKind, ConsentState},
        conversation::{Channel, ConversationStatus, HandOffStatus, Sentiment, Speaker},
        lead::{LeadSource, LeadStatus, ProposalField, ProposalState},
        organization::StorageMode,
        report::EndedReason,
        user::{LinkPurpose, Role},
        webhook::{DeliveryStatus, DisabledReason},
    },
    ports::JobPlacement,
};
use spotlight_storage::postgres::statements;
use spotlight_tests::postgres::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection, Row};

/// Tables that belong to no tenant, and why.
const GLOBAL: &[(&str, &str)] = &[
    ("organizations", "the tenants themselves"),
    ("users", "one e-mail is one user; memberships give roles in organizations"),
    ("sessions", "found by their secret before the organization is known"),
    ("one_time_links", "found by their secret before the organization is known"),
    ("processed_events", "a provider's event is accepted once in the deployment"),
    ("feature_flags", "switches of the deployment"),
    ("deployment_settings", "settings of the deployment"),
    ("outbox", "one queue for the deployment; some jobs have no tenant"),
    ("leases", "one holder in the whole fleet"),
    ("job_placement", "where the jobs of the deployment go"),
    ("job_ready", "one queue for the deployment; some jobs have no tenant"),
    ("job_scheduled", "as job_ready"),
    ("job_blocked", "as job_ready"),
    ("job_chunks", "as job_ready"),
    ("job_claims", "as job_ready"),
    ("job_done", "as job_ready"),
    ("job_ended", "as job_ready"),
    ("job_notes", "as job_ready"),
    ("job_unique", "keys of jobs"),
    ("job_keys", "keys of jobs"),
    ("job_rates", "keys of jobs"),
    ("job_batches", "jobs that belong together"),
    ("job_ticks", "a schedule ticks once in the deployment"),
    ("job_paused", "queues of the deployment"),
    ("job_processes", "the fleet"),
    ("_sqlx_migrations", "the schema's own record"),
];

/// Unique indexes over all tenants, and why.
const WIDE_INDEXES: &[(&str, &str)] = &[
    ("api_tokens_token_hash", "a token is found by its secret before the organization is known"),
    ("subscriptions_external_id", "a provider's id is taken over the whole deployment"),
];

/// Statements that are meant to read a tenant's table over all tenants, and why.
const OVER_ALL_TENANTS: &[(&str, &str)] = &[
    ("account::token::FIND_WITH_ROLES", "tokens are found by their secrets before the organization is known"),
    ("account::MEMBERSHIPS_OF_USER", "where a user belongs is asked at sign-in, before an organization is chosen"),
    ("assistant::ORGANIZATION_OF", "the widget knows an assistant's id alone"),
    ("billing::UNREPORTED", "one job reports every organization's usage"),
    ("conversation::IDLE", "one job abandons every organization's silent conversations"),
    ("conversation::hand_off::EXPIRED", "one job ends every organization's unanswered requests"),
    ("events::log::IDLE", "channels of every organization go with time"),
    ("webhook::delivery::LATE", "one job looks after every organization's late deliveries"),
    ("idempotency::DELETE_EXPIRED", "one job forgets every organization's expired records"),
];

async fn names(connection: &mut PgConnection, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(connection).await.expect("the catalogue can be read")
}

async fn tables(connection: &mut PgConnection) -> Vec<String> {
    names(
        connection,
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    )
    .await
}

fn is_global(table: &str) -> bool {
    GLOBAL.iter().any(|(name, _)| *name == table)
}

/// Every statement is understood by the server as it stands.
#[tokio::test]
async fn every_statement_can_be_prepared() {
    let database = TestDatabase::fresh().await;
    let mut connection = database.connect().await;
    let statements = statements().expect("every list can be put together");
    assert!(statements.len() > 300, "{} statements", statements.len());
    let mut refused = Vec::new();
    for statement in &statements {
        let prepare = AssertSqlSafe(format!("PREPARE one AS {}", statement.sql));
        match sqlx::raw_sql(prepare).execute(&mut connection).await {
            Ok(_) => drop(sqlx::raw_sql("DEALLOCATE one").execute(&mut connection).await.expect("it was prepared")),
            Err(error) => refused.push(format!("{}: {error}\n  {}", statement.name, statement.sql)),
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Each mention of a tenant's table in a statement has its own condition on the organization.
#[tokio::test]
async fn every_statement_names_its_tenant() {
    let database = TestDatabase::fresh().await;
    let all = tables(&mut database.connect().await).await;
    let tenants: BTreeSet<_> = all.into_iter().filter(|table| !is_global(table)).collect();
    let mut failed = Vec::new();
    let mut excused = BTreeSet::new();
    let mut checked = 0;
    for statement in statements().expect("every list can be put together") {
        let unbound = tenancy::unbound(&statement.sql, &tenants);
        if let Some((name, _)) = OVER_ALL_TENANTS.iter().find(|(name, _)| statement.name.ends_with(name)) {
            assert!(!unbound.is_empty(), "{name} needs no excuse");
            excused.insert(*name);
            continue;
        }
        checked += tenancy::mentions(&statement.sql, &tenants).len();
        if !unbound.is_empty() {
            failed.push(format!("{}: {unbound:?}\n  {}", statement.name, statement.sql));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(checked > 300, "{checked} tables were looked at");
    assert_eq!(excused.len(), OVER_ALL_TENANTS.len(), "an excuse is no longer needed: only {excused:?} are");
}

/// Statements are sent from one place each: no file holds SQL that the checks above do not see.
#[test]
fn no_statement_hides_from_the_checks() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/spotlight-storage/src/postgres");
    let mut folders = vec![std::path::PathBuf::from(source)];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the adapter's sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).expect("a source file");
            // Connecting, migrating and transactions have a few fixed words of their own.
            let own = ["db.rs", "tx.rs", "migrate.rs"].iter().any(|name| path.ends_with(name));
            let direct = ["sqlx::query", "raw_sql", "query_with", "AssertSqlSafe", "query_scalar", "query_as"];
            let found = direct.iter().filter(|call| text.contains(**call)).collect::<Vec<_>>();
            assert!(own || found.is_empty(), "{} sends statements by itself: {found:?}", path.display());
            assert!(
                own || ![" query(\"", "(query(\""].iter().any(|call| text.contains(call)),
                "{} sends a statement without a name",
                path.display()
            );
        }
    }
    assert!(files > 30, "{files} files were read");
}

/// Every tenant's table can be spread by organization: it comes first in each key.
#[tokio::test]
async fn organization_comes_first_in_every_key() {
    let database = TestDatabase::fresh().await;
    let mut connection = database.connect().await;
    let all = tables(&mut connection).await;
    for (table, _) in GLOBAL {
        assert!(all.iter().any(|known| known == table), "{table} is listed as global and does not exist");
    }
    assert!(all.len() > GLOBAL.len() + 15, "{all:?}");

    let indexes = sqlx::query(
        "SELECT t.relname::text, i.relname::text, (SELECT a.attname::text FROM pg_attribute a \
         WHERE a.attrelid = t.oid AND a.attnum = x.indkey[0]) FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid \
         JOIN pg_class i ON i.oid = x.indexrelid \
         WHERE t.relnamespace = 'public'::regnamespace AND (x.indisunique OR x.indisexclusion)",
    );
    for row in indexes.fetch_all(&mut connection).await.expect("the indexes") {
        let (table, index, first): (String, String, Option<String>) = (row.get(0), row.get(1), row.get(2));
        let wide = WIDE_INDEXES.iter().any(|(name, _)| *name == index);
        assert!(
            wide || is_global(&table) || first.as_deref() == Some("organization_id"),
            "{index} begins with {first:?}"
        );
    }
    let keys = sqlx::query(
        "SELECT c.conname::text, c.conrelid::regclass::text, c.confrelid::regclass::text, c.confdeltype::text, \
         array(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k (number, place) JOIN pg_attribute a \
         ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY k.place) \
         FROM pg_constraint c WHERE c.contype = 'f'",
    );
    let mut seen = 0;
    for row in keys.fetch_all(&mut connection).await.expect("the foreign keys") {
        let (name, from, to): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let (on_delete, columns): (String, Vec<String>) = (row.get(3), row.get(4));
        let tenant_to_tenant = !is_global(&from) && !is_global(&to);
        assert!(!tenant_to_tenant || columns[0] == "organization_id", "{name} does not carry the organization");
        assert!(on_delete != "n" && on_delete != "d", "{name} would empty the organization");
        seen += usize::from(tenant_to_tenant);
    }
    assert!(seen > 10, "{seen} keys between tenants' tables");
}

/// The words that columns allow are those of the domain.
#[tokio::test]
async fn columns_allow_the_words_of_the_domain() {
    let database = TestDatabase::fresh().await;
    let mut connection = database.connect().await;
    macro_rules! words {
        ($kind:ty) => {
            <$kind>::ALL.iter().map(|word| word.as_str()).collect::<BTreeSet<_>>()
        };
    }
    let expected = [
        ("organizations", "plan", words!(PlanId)),
        ("organizations", "storage_mode", words!(StorageMode)),
        ("memberships", "role", words!(Role)),
        ("one_time_links", "purpose", words!(LinkPurpose)),
        ("one_time_links", "role", words!(Role)),
        ("assistants", "tone", words!(Tone)),
        ("assistants", "language", words!(Language)),
        ("leads", "source", words!(LeadSource)),
        ("leads", "status", words!(LeadStatus)),
        ("proposals", "field", words!(ProposalField)),
        ("proposals", "state", words!(ProposalState)),
        ("consents", "kind", words!(ConsentKind)),
        ("consents", "channel", words!(Channel)),
        ("consents", "state", words!(ConsentState)),
        ("conversations", "source", words!(Channel)),
        ("conversations", "status", words!(ConversationStatus)),
        ("conversations", "language", words!(Language)),
        ("conversations", "sentiment", words!(Sentiment)),
        ("transcripts", "speaker", words!(Speaker)),
        ("transcripts", "sentiment", words!(Sentiment)),
        ("hand_offs", "status", words!(HandOffStatus)),
        ("call_reports", "ended_reason", words!(EndedReason)),
        ("appointments", "status", words!(AppointmentStatus)),
        ("appointments", "meeting_type", words!(MeetingType)),
        ("subscriptions", "plan", words!(PlanId)),
        ("subscriptions", "status", words!(SubscriptionStatus)),
        ("usage_records", "meter", words!(Meter)),
        ("webhook_endpoints", "disabled_reason", words!(DisabledReason)),
        ("webhook_deliveries", "status", words!(DeliveryStatus)),
        ("outbox", "kind", BTreeSet::from(["event", "job"])),
        ("job_placement", "placement", BTreeSet::from([JobPlacement::Queue.as_str(), JobPlacement::Outbox.as_str()])),
    ];
    let checks = sqlx::query(
        "SELECT c.conrelid::regclass::text, a.attname::text, pg_get_constraintdef(c.oid) FROM pg_constraint c \
         JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'c'",
    );
    let checks = checks.fetch_all(&mut connection).await.expect("the checks");
    let checks: Vec<(String, String, String)> = checks.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    // Others than of words: a hold has an end.
    let is_of_words = |check: &str| check.contains('\'') && !check.contains("IS NOT NULL");
    let of_words: Vec<_> = checks.iter().filter(|(_, _, check)| is_of_words(check)).collect();
    for (table, column, words) in &expected {
        let check = of_words.iter().find(|(on, of, _)| on == table && of == column);
        let (_, _, check) = check.unwrap_or_else(|| panic!("{table}.{column} allows every word"));
        let allowed: BTreeSet<_> = check.split('\'').skip(1).step_by(2).collect();
        assert_eq!(&allowed, words, "{table}.{column}");
    }
    assert_eq!(of_words.len(), expected.len(), "a check of words is not compared with the domain");
}
