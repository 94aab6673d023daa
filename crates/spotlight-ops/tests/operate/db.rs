//! `spotlight db` and `spotlight explain`.

use std::time::Duration;

use serde_json::{Value, json};
use spotlight_http::conformance::{Target, seed};
use spotlight_storage::postgres::PgOptions;
use spotlight_tests::{
    deployment::live_platform,
    postgres::{PgServer, TestDatabase},
};
use sqlx::{Connection, Executor, PgConnection};
use tokio::time::{sleep, timeout};

use super::world::{Folder, Server, done, refused, told};

/// The connections over which requests have read leads.
async fn pids(database: &TestDatabase) -> Vec<i32> {
    let mut connection = database.connect().await;
    let query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'spotlight'
                 AND query LIKE '%FROM leads%'";
    sqlx::query_scalar(query).fetch_all(&mut connection).await.expect("the server tells")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pools_are_renewed_and_no_request_is_disturbed() {
    let database = TestDatabase::fresh().await;
    let platform = live_platform(PgOptions::new(database.url())).await;
    let target: Target = seed::seed(&platform, "").await;
    platform.storage().close().await;
    let (folder, url) = (Folder::new(), database.url());
    let variables = [("DATABASE_URL", url.as_str())];
    let server = Server::start(&folder.0, &variables, "axum");
    let client = server.client(&target.owner.token);
    // What else the server asks may come over the same connection before it is looked at.
    let read = async {
        loop {
            client.get("/api/v1/leads").await.expect(200);
            let found = pids(&database).await;
            if !found.is_empty() {
                break found;
            }
        }
    };
    let before = timeout(Duration::from_secs(30), read).await.expect("requests read leads");
    let said = told(&folder.0, &variables, &["db", "pool", "--reset"]);
    assert!(said["reset"] == true && said["used"].as_i64() > Some(0) && said["available"].as_i64() > Some(0), "{said}");
    let programs: Vec<_> =
        said["sessions"].as_array().expect("sessions").iter().map(|one| &one["application"]).collect();
    assert!(programs.contains(&&json!("spotlight")), "{programs:?}");
    // Requests go on meanwhile, each is answered, and the pool of requests ends up on new connections.
    let renewed = async {
        loop {
            client.get("/api/v1/leads").await.expect(200);
            let mut connection = database.connect().await;
            let older = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1)";
            let older: i64 = sqlx::query_scalar(older).bind(&before).fetch_one(&mut connection).await.expect("a count");
            if older == 0 {
                break;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(30), renewed).await.expect("connections are made anew");
    let text = done(&folder.0, &variables, &["db", "pool"]);
    assert!(text.contains("connections in use") && text.contains("spotlight"), "{text}");
    let log = client.get("/api/v1/audit_log?record_type=deployment").await.expect(200);
    assert_eq!(log.attributes("action"), [json!("pools.renew")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_fell_silent_in_a_transaction_are_ended_and_what_they_wrote_is_gone() {
    let database = TestDatabase::fresh().await;
    let (folder, url) = (Folder::new(), database.url());
    let variables = [("DATABASE_URL", url.as_str())];
    let mut silent = database.connect().await;
    silent.execute("CREATE TABLE kept (n int)").await.expect("a table");
    silent.execute("BEGIN; INSERT INTO kept VALUES (1)").await.expect("it begins");
    let mut other = database.connect().await;
    other.execute("BEGIN; SELECT 1; COMMIT").await.expect("it is idle, and in no transaction");
    let early = told(&folder.0, &variables, &["db", "pool", "--end-idle", "1h"]);
    assert_eq!(early["ended_idle_in_transaction"], 0);
    let ended = async {
        while told(&folder.0, &variables, &["db", "pool", "--end-idle", "1s"])["ended_idle_in_transaction"] == 0 {}
    };
    timeout(Duration::from_secs(30), ended).await.expect("it has been silent for a second by now");
    assert!(silent.execute("COMMIT").await.is_err(), "it was ended");
    let kept: i64 =
        sqlx::query_scalar("SELECT count(*) FROM kept").fetch_one(&mut other).await.expect("the other lives");
    assert_eq!(kept, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_statements_are_logged_on_demand() {
    let server = PgServer::start();
    let (folder, url) = (Folder::new(), server.url("postgres"));
    let variables = [("DATABASE_URL", url.as_str())];
    let holds = async || -> String {
        let mut connection = PgConnection::connect(&url).await.expect("the server takes connections");
        sqlx::query_scalar("SHOW log_min_duration_statement").fetch_one(&mut connection).await.expect("a setting")
    };
    let shows = async |wanted: &str| {
        let asking = async { while holds().await != wanted {} };
        timeout(Duration::from_secs(30), asking).await.expect("the server reads its settings again");
    };
    assert_eq!(done(&folder.0, &variables, &["db", "slow-log"]), "The server logs no slow statements.\n");
    let on = told(&folder.0, &variables, &["db", "slow-log", "on", "--threshold", "250ms"]);
    assert_eq!(on, json!({ "slow_log": { "on": true, "threshold": "250" } }));
    shows("250ms").await;
    let text = done(&folder.0, &variables, &["db", "slow-log", "status"]);
    assert!(text.contains("take 250 ms or longer"), "{text}");
    assert_eq!(told(&folder.0, &variables, &["db", "slow-log", "off"])["slow_log"]["on"], false);
    shows("-1").await;
    // Whoever may not do it is told who may.
    let mut connection = PgConnection::connect(&url).await.expect("the server takes connections");
    connection.execute("CREATE ROLE app LOGIN").await.expect("a role");
    let app = url.replacen("postgres@", "app@", 1);
    let (code, said) = refused(&folder.0, &[("DATABASE_URL", app.as_str())], &["db", "slow-log", "on"]);
    assert!(code == Some(1) && said.contains("superuser"), "{said}");
    let (code, said) = refused(&folder.0, &[], &["db", "slow-log"]);
    assert!(code == Some(1) && said.contains("set DATABASE_URL"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_can_be_explained_by_its_name() {
    let database = TestDatabase::fresh().await;
    let (folder, url) = (Folder::new(), database.url());
    let variables = [("DATABASE_URL", url.as_str())];
    let names = done(&folder.0, &variables, &["explain"]);
    assert!(names.lines().count() > 300 && names.lines().any(|name| name == "lead::GET"), "{names}");
    let text = done(&folder.0, &variables, &["explain", "lead::GET"]);
    assert!(text.contains("FROM leads") && text.contains("Index") && text.contains("$1"), "{text}");
    let plan = told(&folder.0, &variables, &["explain", "lead::GET"]);
    assert!(plan["plan"][0]["Plan"]["Node Type"].is_string() && plan["name"] == "lead::GET", "{plan}");
    // Lists in each of their forms, and statements that write: nothing of them is run.
    for name in names.lines().step_by(25).chain(["lead::INSERT"]) {
        let plan: Value = told(&folder.0, &variables, &["explain", name]);
        assert!(plan["plan"][0]["Plan"].is_object(), "{name}: {plan}");
    }
    let (code, said) = refused(&folder.0, &variables, &["explain", "lead::GETT"]);
    assert!(code == Some(1) && said.contains("the nearest is lead::GET"), "{said}");
}
