//! `spotlight doctor` against databases, queues and files in good and in bad shape.

use std::time::Duration;

use serde_json::Value;
use spotlight_tests::{
    postgres::{PgServer, TestDatabase},
    redis::RedisServer,
    tls::Authority,
};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, sqlite::SqliteConnectOptions};
use tokio::time::{sleep, timeout};

use super::world::{Folder, Server, ended, refused};

/// What the doctor finds, and how it ends.
fn examined(folder: &Folder, variables: &[(&str, &str)]) -> (Vec<Value>, Option<i32>) {
    let (output, said, complained) = ended(&folder.0, variables, &["doctor", "--json"]);
    let report: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("no JSON: {said}{complained}"));
    let code = match report["severity"].as_str() {
        Some("warning") => 3,
        Some("critical") => 4,
        _ => 0,
    };
    assert_eq!(output.status.code(), Some(code), "it ends by the worst: {said}");
    let findings = report["findings"].as_array().expect("findings").clone();
    for finding in findings.iter().filter(|finding| finding["severity"] != "fine") {
        let told = |name: &str| finding[name].as_str().is_some_and(|text| !text.is_empty());
        assert!(told("evidence") && told("why") && told("remedy"), "{finding}");
    }
    (findings, output.status.code())
}

/// The findings of an area.
fn of<'a>(findings: &'a [Value], area: &str) -> Vec<&'a Value> {
    findings.iter().filter(|finding| finding["area"] == area).collect()
}

#[track_caller]
fn severity<'a>(findings: &'a [Value], area: &str) -> &'a str {
    let found = of(findings, area);
    assert!(!found.is_empty(), "nothing of {area}: {findings:#?}");
    found[0]["severity"].as_str().expect("a severity")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_the_settings_name_is_looked_at() {
    let database = TestDatabase::fresh().await;
    let (folder, url, redis) = (Folder::new(), database.url(), RedisServer::shared().url());
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let variables = [("DATABASE_URL", url.as_str()), ("REDIS_URL", redis.as_str())];
    let (findings, _) = examined(&folder, &variables);
    for area in [
        "program",
        "database.schema",
        "database.clock",
        "database.locks",
        "database.transactions",
        "database.indexes",
        "database.bloat",
        "database.wraparound",
        "database.replication",
        "redis.server",
        "redis.clock",
        "jobs.outbox",
        "jobs.processes",
        "machine.processes",
    ] {
        assert_eq!(severity(&findings, area), "fine", "{:?}", of(&findings, area));
    }
    for area in [
        "database.server",
        "database.connections",
        "database.queries",
        "database.archive",
        "redis.memory",
        "machine.memory",
        "machine.swap",
        "machine.disk",
    ] {
        severity(&findings, area);
    }
    let (_, text, _) = ended(&folder.0, &variables, &["doctor"]);
    assert!(text.contains("database.connections: ") && text.contains(" critical, "), "{text}");
    assert!(!text.contains('\u{1b}'), "colours only on a terminal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_blocks_whom_is_drawn_as_a_tree() {
    let database = TestDatabase::fresh().await;
    let (folder, url) = (Folder::new(), database.url());
    let variables = [("DATABASE_URL", url.as_str())];
    let mut first = database.connect().await;
    first.execute("CREATE TABLE one (n int, text text); INSERT INTO one VALUES (1, 'x')").await.expect("a table");
    // Longer than the server keeps: it is cut off within the quotes. And a backslash does not take them away.
    let long = format!(r"BEGIN; SELECT 'C:\'; UPDATE one SET text = 'secret words{}' WHERE n = 1", "x".repeat(2_000));
    sqlx::raw_sql(sqlx::AssertSqlSafe(long)).execute(&mut first).await.expect("a lock");
    let mut second = database.connect().await;
    let waiting = tokio::spawn(async move { second.execute("UPDATE one SET text = 'other words' WHERE n = 1").await });
    let blocked = async {
        loop {
            let (findings, code) = examined(&folder, &variables);
            if severity(&findings, "database.locks") != "fine" {
                return (findings, code);
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let (findings, code) = timeout(Duration::from_mins(1), blocked).await.expect("the second waits by now");
    assert!(code >= Some(3));
    let found = of(&findings, "database.locks")[0];
    let lines: Vec<_> = found["evidence"].as_str().expect("a tree").lines().collect();
    assert!(lines.len() == 2 && lines[0].contains("idle in transaction") && lines[1].starts_with("  "), "{lines:?}");
    assert!(lines[1].contains("waits") && found["remedy"].as_str().expect("words").contains("pg_terminate_backend"));
    assert!(!found.to_string().contains("words"), "no value of a query is shown: {found}");
    first.execute("ROLLBACK").await.expect("it lets go");
    waiting.await.expect("it ends").expect("it goes on");
    assert_eq!(severity(&examined(&folder, &variables).0, "database.locks"), "fine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_queries_failed_archives_and_forgotten_slots_are_found() {
    let server = PgServer::start_with(&[
        "shared_preload_libraries=pg_stat_statements",
        "wal_level=replica",
        "archive_mode=on",
        "archive_command=false",
    ]);
    let url = server.url("postgres");
    let mut connection = PgConnection::connect(&url).await.expect("the server takes connections");
    connection.execute("CREATE EXTENSION pg_stat_statements").await.expect("the extension is there");
    connection.execute("SELECT pg_sleep(0.3)").await.expect("it takes its time");
    connection.execute("CREATE ROLE somebody PASSWORD 'hunter2'").await.expect("a role");
    connection.execute("SELECT pg_create_physical_replication_slot('forgotten', true)").await.expect("a slot");
    connection.execute("SELECT pg_switch_wal()").await.expect("something to archive");
    let folder = Folder::new();
    let variables = [("DATABASE_URL", url.as_str())];
    let failing = async {
        loop {
            let (findings, _) = examined(&folder, &variables);
            if severity(&findings, "database.archive") == "critical" {
                return findings;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let findings = timeout(Duration::from_mins(1), failing).await.expect("archiving fails by now");
    let evidence = |area: &str| of(&findings, area)[0]["evidence"].as_str().expect("words").to_owned();
    assert!(evidence("database.queries").contains("pg_sleep($1)"), "{}", evidence("database.queries"));
    assert!(evidence("database.replication").contains("nobody reads slot forgotten"), "{findings:#?}");
    assert!(evidence("database.archive").contains("archiving fails"));
    assert!(!format!("{findings:?}").contains("hunter2"), "{findings:#?}");
    // A database without a schema is told, and everything else is looked at all the same.
    assert_eq!(severity(&findings, "database.schema"), "critical");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_figures_are_read_from_are_looked_at() {
    let [primary, replica] = PgServer::start_pair();
    let (folder, url) = (Folder::new(), primary.url("postgres"));
    let replicas = format!("{},{url},postgres://nobody:hunter2@127.0.0.1:9/none", replica.url("postgres"));
    let variables = [("DATABASE_URL", url.as_str()), ("DATABASE_REPLICA_URLS", replicas.as_str())];
    let (findings, _) = examined(&folder, &variables);
    let mut told: Vec<_> = of(&findings, "database.replicas")
        .iter()
        .map(|one| (one["evidence"].as_str().expect("words"), one["severity"].as_str().expect("a word")))
        .collect();
    told.sort_unstable();
    assert!(told[0].0.contains("replica 1 is") && told[0].1 == "fine", "{told:?}");
    assert!(told[1].0.contains("replica 2 is a server of its own") && told[1].1 == "warning", "{told:?}");
    assert!(told[2].0.contains("replica 3 cannot be asked") && told[2].1 == "warning", "{told:?}");
    assert!(!format!("{findings:?}").contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_away_is_told_without_its_password_and_settings_that_lack_something_too() {
    let folder = Folder::new();
    let away = [
        ("DATABASE_URL", "postgres://nobody:hunter2@127.0.0.1:9/none"),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:9/0"),
    ];
    let (findings, code) = examined(&folder, &away);
    assert_eq!(code, Some(4));
    assert_eq!((severity(&findings, "database"), severity(&findings, "redis")), ("critical", "critical"));
    assert!(!format!("{findings:?}").contains("hunter2"));
    let (findings, code) = examined(&folder, &[("SPOTLIGHT_ENV", "production")]);
    assert_eq!(code, Some(4));
    let settings: Vec<_> = of(&findings, "settings").iter().map(|one| one["evidence"].to_string()).collect();
    assert!(settings.iter().any(|one| one.contains("DATABASE_URL")) && settings.len() > 2, "{settings:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_damaged_is_told() {
    let folder = Folder::new();
    assert_eq!(severity(&examined(&folder, &[]).0, "database.file"), "notice", "there is none yet");
    super::world::Server::start(&folder.0, &[], "axum");
    let (findings, _) = examined(&folder, &[]);
    assert_eq!(severity(&findings, "database.file"), "fine", "{findings:#?}");
    let file = folder.0.join("spotlight.db");
    // What was written may still lie in the log beside it.
    let mut whole = SqliteConnectOptions::new().filename(&file).connect().await.expect("the file");
    whole.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("the log is brought in");
    whole.close().await.expect("it is closed");
    let mut bytes = std::fs::read(&file).expect("the file");
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0x5a);
    std::fs::write(&file, bytes).expect("it is written");
    for beside in ["spotlight.db-wal", "spotlight.db-shm"] {
        // Without them the file alone counts.
        let _ = std::fs::remove_file(folder.0.join(beside));
    }
    let (findings, code) = examined(&folder, &[]);
    assert_eq!(code, Some(4), "{findings:#?}");
    let told = findings.iter().filter(|one| one["area"].as_str().is_some_and(|area| area.starts_with("database")));
    assert!(told.clone().any(|one| one["severity"] == "critical"), "{findings:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_an_older_version_is_left_as_it_is() {
    let folder = Folder::new();
    super::world::Server::start(&folder.0, &[], "axum");
    let options = SqliteConnectOptions::new().filename(folder.0.join("spotlight.db"));
    let mut file = options.connect().await.expect("the file");
    let newest = "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    file.execute(newest).await.expect("it is older now");
    let version = "SELECT max(version) FROM _sqlx_migrations";
    let older: i64 = sqlx::query_scalar(version).fetch_one(&mut file).await.expect("a version");
    let (code, said) = refused(&folder.0, &[], &["flags", "list"]);
    assert!(code == Some(1) && said.contains(&format!("schema version {older}")), "{said}");
    examined(&folder, &[]);
    let still: i64 = sqlx::query_scalar(version).fetch_one(&mut file).await.expect("a version");
    assert_eq!(still, older, "whoever looks brings nothing up to date");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_alone_is_not_asked_and_who_may_not_see_others_is_told() {
    let database = TestDatabase::fresh().await;
    let (folder, url) = (Folder::new(), database.url());
    let pooled = [("DATABASE_URL", url.as_str()), ("DATABASE_POOLER", "true")];
    let (code, said) = refused(&folder.0, &pooled, &["db", "pool"]);
    assert!(code == Some(1) && said.contains("DATABASE_DIRECT_URL"), "{said}");
    let mut connection = database.connect().await;
    let role = format!("{}_app", database.name());
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE ROLE {role} LOGIN")))
        .execute(&mut connection)
        .await
        .expect("a role");
    let app = url.replacen("postgres@", &format!("{role}@"), 1);
    let (findings, _) = examined(&folder, &[("DATABASE_URL", app.as_str())]);
    assert_eq!(severity(&findings, "database.rights"), "notice", "{findings:#?}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP ROLE {role}"))).execute(&mut connection).await.expect("it goes");
}

#[test]
fn certificates_are_looked_at_in_their_files_and_at_the_public_address() {
    let (folder, authority) = (Folder::new(), Authority::new());
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let looked = |names: &[&str], until: i64, public: &str| {
        let [certificate, key] = authority.issue(names, -60..until).write(&folder.0);
        let variables =
            [("TLS_CERTIFICATE", certificate.as_str()), ("TLS_KEY", &key), ("SPOTLIGHT_PUBLIC_URL", public)];
        let (findings, code) = examined(&folder, &variables);
        let found = of(&findings, "certificates");
        let own = found.iter().find(|one| one["evidence"].to_string().contains("TLS_CERTIFICATE")).expect("a finding");
        let seen = found.iter().any(|one| one["evidence"].to_string().contains("was not seen"));
        ((*own).clone(), seen, code)
    };
    // Nobody listens on that port.
    let (own, unseen, _) = looked(&["localhost"], 60, "https://localhost:9");
    assert!(own["severity"] == "fine" && unseen, "{own}");
    let left = own["details"]["days_left"].as_i64().expect("days");
    assert!((58..=60).contains(&left) && own["details"]["names"][0] == "localhost", "{own}");
    let (own, _, code) = looked(&["localhost"], 10, "https://localhost:9");
    assert!(own["severity"] == "warning" && code >= Some(3), "{own}");
    let (own, _, code) = looked(&["localhost"], 2, "https://localhost:9");
    assert!(own["severity"] == "critical" && code == Some(4), "{own}");
    let (own, _, code) = looked(&["localhost"], -1, "https://localhost:9");
    assert!(own["severity"] == "critical" && own["evidence"].to_string().contains("ended on"), "{own}");
    assert_eq!(code, Some(4));
    let (own, ..) = looked(&["app.example.com"], 60, "https://localhost:9");
    assert!(own["severity"] == "warning" && own["evidence"].to_string().contains("not for localhost"), "{own}");
    // A server that is there shows its own, which may be another one than the files hold by now.
    let [certificate, key] = authority.issue(&["127.0.0.1"], -5..60).write(&folder.0);
    let server = Server::start(&folder.0, &[("TLS_CERTIFICATE", &certificate), ("TLS_KEY", &key)], "axum");
    let (findings, _) = examined(&folder, &[("SPOTLIGHT_PUBLIC_URL", &server.base)]);
    let found = of(&findings, "certificates");
    assert!(found.len() == 1 && found[0]["severity"] == "fine", "{found:?}");
    assert!(found[0]["details"]["names"][0] == "127.0.0.1", "{found:?}");
    let (findings, _) = examined(&folder, &[]);
    assert!(of(&findings, "certificates").is_empty(), "a server without any has nothing to look at");
}
