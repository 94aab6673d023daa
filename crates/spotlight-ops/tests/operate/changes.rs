//! What a command changes, every process meets within two seconds.

use std::time::Duration;

use serde_json::json;
use spotlight_core::{
    Context,
    ports::{JobFilter, JobState},
    services::leads::{LeadPatch, NewLead},
};
use spotlight_http::conformance::{Client, Target, seed};
use spotlight_storage::postgres::PgOptions;
use spotlight_tests::{deployment::live_platform, postgres::TestDatabase};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::world::{Folder, Server, done, refused, told};

/// How soon a change shows on every process.
const SOON: Duration = Duration::from_secs(2);

/// Waits until every one of some clients is answered with a status, and gives how long the last took.
async fn shows(clients: &[Client], path: &str, status: u16) -> Duration {
    let began = Instant::now();
    for client in clients {
        let asking = async {
            while client.get(path).await.status != status {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(30), asking).await.expect("it shows in the end");
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_on_one_postgres_meet_a_change_within_two_seconds() {
    let database = TestDatabase::fresh().await;
    let platform = live_platform(PgOptions::new(database.url())).await;
    let target: Target = seed::seed(&platform, "").await;
    let (folder, url) = (Folder::new(), database.url());
    let variables = [("DATABASE_URL", url.as_str())];
    let servers = ["axum", "actix"].map(|framework| Server::start(&folder.0, &variables, framework));
    let clients = servers.each_ref().map(|server| server.client(&target.owner.token));
    let leads = "/api/v1/leads";
    shows(&clients, leads, 200).await;

    // Maintenance: everywhere on, with what was said, and everywhere off.
    let on = ["maintenance", "on", "--message", "We move house", "--until", "30m"];
    let said = told(&folder.0, &variables, &on);
    let took = shows(&clients, leads, 503).await;
    assert!(took < SOON, "{took:?}");
    assert_eq!((&said["maintenance"]["on"], &said["maintenance"]["message"]), (&json!(true), &json!("We move house")));
    for client in &clients {
        let answer = client.get(leads).await.expect(503);
        assert_eq!(answer.body["errors"][0]["detail"], "We move house");
        let pause: u64 = answer.header("retry-after").parse().expect("seconds");
        assert!((1_700..=1_800).contains(&pause), "{pause}");
        client.get("/up").await.expect(200);
    }
    // Whoever works on the deployment leaves work, which waits.
    let owner = platform.accounts().authenticate_token(&target.owner.token.clone().into()).await.expect("the owner");
    let new = NewLead { email: Some("ann@example.com".to_owned()), ..NewLead::default() };
    let lead = platform.leads().create(&owner.context, new).await.expect("a lead");
    let patch = LeadPatch { company: Some(Some("Navy".to_owned())), ..LeadPatch::default() };
    platform.leads().update(&owner.context, lead.id, patch, None).await.expect("it is scored anew by a job");
    let waiting = async || {
        let jobs = platform.queue().list(&JobFilter::default(), None, 100).await.expect("jobs");
        let jobs = jobs.iter().filter(|job| job.state == JobState::Ready && job.name == "score_lead").count();
        (jobs, platform.jobs().figures(&Context::deployment()).await.expect("figures").events.ready)
    };
    let left = waiting().await;
    assert!(left.0 > 0 && left.1 > 0, "{left:?}");
    // The operator's own audit log tells of it, and can be read meanwhile.
    let log = clients[1].get("/api/v1/audit_log?record_type=deployment").await.expect(200);
    assert_eq!(
        (log.attributes("action"), log.attributes("actor_kind")),
        (vec![json!("maintenance.begin")], vec![json!("system")])
    );
    let status = done(&folder.0, &variables, &["maintenance", "status"]);
    assert!(status.contains("We move house") && status.contains("maintenance off"), "{status}");
    assert_eq!(waiting().await, left, "workers rest");
    assert_eq!(told(&folder.0, &variables, &["maintenance", "off"])["maintenance"]["on"], false);
    let took = shows(&clients, leads, 200).await;
    assert!(took < SOON, "{took:?}");
    let working = async {
        while waiting().await != (0, 0) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(30), working).await.expect("workers go on by themselves");

    // Flags, as two processes of this test know them: one watches, the other is only asked.
    let also = live_platform(PgOptions::new(database.url())).await;
    let stop = CancellationToken::new();
    let (watching, stopped) = (platform.clone(), stop.clone());
    tokio::spawn(async move { watching.watch(stopped).await });
    let enabled = async |wanted: bool| {
        let began = Instant::now();
        for node in [&platform, &also] {
            let asking = async {
                while node.flags().is_enabled(&owner.context, "new_console").await.expect("an answer") != wanted {
                    sleep(Duration::from_millis(10)).await;
                }
            };
            timeout(Duration::from_secs(30), asking).await.expect("it shows in the end");
        }
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    };
    enabled(false).await;
    done(&folder.0, &variables, &["flags", "set", "new_console"]);
    enabled(true).await;
    done(&folder.0, &variables, &["flags", "set", "new_console", "off", "--organization", "acme"]);
    enabled(false).await;
    done(&folder.0, &variables, &["flags", "clear", "new_console", "--organization", "acme"]);
    enabled(true).await;
    done(&folder.0, &variables, &["flags", "set", "new_console", "--percentage", "0"]);
    enabled(false).await;
    stop.cancel();
    let log = clients[0].get("/api/v1/audit_log?record_type=flag").await.expect(200);
    assert_eq!(
        log.attributes("action"),
        ["flag.set", "flag.override", "flag.override", "flag.set"].map(|one| json!(one))
    );
    assert!(log.attributes("actor_kind").iter().all(|kind| kind == "system"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flags_are_listed_for_the_deployment_and_for_one_organization() {
    let database = TestDatabase::fresh().await;
    let platform = live_platform(PgOptions::new(database.url())).await;
    seed::seed(&platform, "").await;
    let (folder, url) = (Folder::new(), database.url());
    let variables = [("DATABASE_URL", url.as_str()), ("ENABLE_OLD_CONSOLE", "false")];
    assert_eq!(told(&folder.0, &variables[..1], &["flags", "list"]), json!({ "flags": [] }));
    assert_eq!(done(&folder.0, &variables[..1], &["flags", "list"]), "There are no flags.\n");
    let set = told(&folder.0, &variables, &["flags", "set", "new_console", "--percentage", "25"]);
    assert_eq!(set, json!({ "flag": { "key": "new_console", "enabled": true, "percentage": 25 } }));
    let own = told(&folder.0, &variables, &["flags", "set", "new_console", "--organization", "globex"]);
    assert_eq!((&own["organization"], &own["flag"]["organization"]), (&json!("globex"), &json!(true)));
    let listed = told(&folder.0, &variables, &["flags", "list"]);
    assert_eq!(listed["flags"][0]["organizations"][0]["slug"], "globex");
    assert_eq!(
        (&listed["flags"][1]["key"], &listed["flags"][1]["environment"]),
        (&json!("old_console"), &json!(false))
    );
    let text = done(&folder.0, &variables, &["flags", "list"]);
    assert!(text.contains("25 %") && text.contains("globex on"), "{text}");
    let theirs = told(&folder.0, &variables, &["flags", "list", "--organization", "globex"]);
    assert_eq!((&theirs["flags"][0]["on"], &theirs["flags"][0]["percentage"]), (&json!(true), &json!(25)));
    let text = done(&folder.0, &variables, &["flags", "list", "--organization", "globex"]);
    assert!(text.starts_with("flag"), "{text}");

    let wrong = |arguments: &[&str]| refused(&folder.0, &variables, arguments);
    for (arguments, code, words) in [
        (&["flags", "clear", "nothing"][..], 1, "has no flag nothing"),
        (&["flags", "set", "nothing", "--organization", "acme"][..], 1, "has no flag nothing"),
        (&["flags", "set", "new_console", "--organization", "nobody"][..], 1, "there is no organization nobody"),
        (&["flags", "set", "New Console"][..], 1, "lower-case letters"),
        (&["flags", "set", "new_console", "off", "--percentage", "25"][..], 1, "off for everybody"),
        (&["flags", "set", "new_console", "--percentage", "101"][..], 2, "101"),
        (&["flags", "set", "new_console", "--percentage", "5", "--organization", "acme"][..], 2, "cannot be used with"),
        (&["maintenance", "on", "--until", "soon"][..], 2, "2026-03-25T18:00:00Z"),
        (&["maintenance", "on", "--until", "2020-01-01T00:00:00Z"][..], 1, "must be in the future"),
        (&["maintenance", "on", "--message", ""][..], 1, "1 to 500 characters"),
    ] {
        let (status, said) = wrong(arguments);
        assert!(status == Some(code) && said.contains(words), "{arguments:?}: {status:?}: {said}");
        assert!(said.starts_with("error: ") && !said.contains("panicked"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_starts_nothing_and_makes_nothing() {
    let folder = Folder::new();
    let (code, said) = refused(&folder.0, &[], &["maintenance", "on"]);
    assert!(code == Some(1) && said.contains("there is no database at") && said.contains("--data-dir"), "{said}");
    assert!(!folder.0.exists(), "nothing was made");
    let away = [("DATABASE_URL", "postgres://nobody:hunter2@127.0.0.1:9/none")];
    let (code, said) = refused(&folder.0, &away, &["flags", "list"]);
    assert!(code == Some(1) && said.contains("cannot be reached") && !said.contains("hunter2"), "{said}");
    let database = TestDatabase::unmigrated().await;
    let url = database.url();
    let (code, said) = refused(&folder.0, &[("DATABASE_URL", url.as_str())], &["maintenance", "status"]);
    assert!(code == Some(1) && said.contains("schema version 0"), "{said}");

    // Beside a server on SQLite, and before there is any organization.
    let server = Server::start(&folder.0, &[], "axum");
    let client = [Client::new(&server.base)];
    shows(&client, "/docs", 200).await;
    done(&folder.0, &[], &["maintenance", "on"]);
    let took = shows(&client, "/docs", 503).await;
    assert!(took < SOON, "{took:?}");
    let forced = done(&folder.0, &[("MAINTENANCE_MODE", "true")], &["maintenance", "off"]);
    assert!(forced.contains("MAINTENANCE_MODE is set here"), "{forced}");
    let took = shows(&client, "/docs", 200).await;
    assert!(took < SOON, "{took:?}");
    drop(server);
    let server = Server::start(&folder.0, &[("MAINTENANCE_MODE", "true")], "actix");
    Client::new(&server.base).get("/docs").await.expect(503);
    assert_eq!(told(&folder.0, &[], &["maintenance", "status"])["maintenance"]["on"], false);
}
