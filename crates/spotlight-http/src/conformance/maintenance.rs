//! Maintenance: who is answered meanwhile, and what the others hear.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use spotlight_core::{
    ports::{Clock, SystemClock},
    services::deployment::NewMaintenance,
};

use super::{
    Client, Said, SocketClient, Target,
    client::events,
    seed::{made_assistant, made_lead},
    socket::refused,
};

fn said(message: &str, left: Option<Duration>) -> NewMaintenance {
    let until = left.map(|left| SystemClock.now() + left);
    NewMaintenance { message: Some(message.to_owned()), until }
}

/// Probes and what an operator needs are answered; everybody else hears when to come back, and so do pages elsewhere.
pub async fn everything_waits_but_administration(target: &Target) {
    let (owner, stranger, nobody) = (target.owner(), target.stranger(), target.nobody());
    let assistant = made_assistant(&owner).await;
    target.in_maintenance(true, said("We move house.", Some(Duration::from_hours(1)))).await;
    for path in ["/up", "/health"] {
        nobody.get(path).await.expect(200);
    }
    // The deployment's operator looks after it: administrators of the organization that was made first.
    for path in ["/audit_log", "/feature_flags", "/jobs", "/jobs/queues", "/jobs/schedules"] {
        let path = format!("/api/v1{path}");
        owner.get(&path).await.expect(200);
        stranger.get(&path).await.expect(503);
        nobody.clone().token(&target.owner.reader).get(&path).await.expect(503);
        nobody.get(&path).await.expect(401);
    }
    let lead = json!({"lead": {"name": "Grace Hopper"}});
    for answer in [
        owner.post("/api/v1/leads", &lead).await,
        owner.get("/api/v1/leads").await,
        owner.get("/api/v1/organization").await,
        stranger.get("/api/v1/conversations").await,
        nobody.get("/api/v1/leads").await,
        nobody.get("/api/v1/openapi.json").await,
        nobody.post("/api/v1/users", &json!({"user": {}})).await,
        nobody.post("/api/v1/webhooks/leads", &json!({})).await,
        refused(&owner, "/api/v1/live", &[]).await,
    ] {
        let answer = answer.expect(503);
        let problem = &answer.body["errors"][0];
        assert_eq!((&problem["detail"], &problem["meta"]["code"]), (&json!("We move house."), &json!("maintenance")));
        assert_eq!(problem["meta"]["request_id"], answer.header("x-request-id"));
        let pause: u64 = answer.header("retry-after").parse().expect("seconds");
        assert!((3_500..=3_600).contains(&pause), "until it is expected to be over: {pause}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    // Pages of other origins can read it too.
    let visit = format!("/api/v1/public/assistants/{assistant}/conversations");
    let page = nobody.clone().with("origin", "https://shop.example");
    let answer = page.post(&visit, &json!({"conversation": {}})).await.expect(503);
    assert_eq!(answer.header("access-control-allow-origin"), "https://shop.example");
    assert!(answer.header("access-control-expose-headers").contains("Retry-After"));
    Client::answer(page.request(Method::OPTIONS, &visit)).await.expect(204);
    // An operator signs in by browser, and out again.
    let credentials = json!({"user": {"email": target.owner.email, "password": target.owner.password}});
    let signed_in = nobody.post("/api/v1/users/sign_in", &credentials).await.expect(200);
    let cookie = signed_in.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    let browser = nobody.clone().with("cookie", cookie);
    let csrf = browser.get("/api/v1/user").await.expect(200).body["meta"]["csrf_token"].clone();
    browser.get("/api/v1/jobs").await.expect(200);
    browser.get("/api/v1/leads").await.expect(503);
    let browser = browser.with("x-csrf-token", csrf.as_str().expect("a token"));
    browser.delete("/api/v1/users/sign_out").await.expect(204);
    // What is said about it can change; where nobody knows how long it takes, clients wait a minute.
    target.in_maintenance(true, NewMaintenance::default()).await;
    let answer = owner.get("/api/v1/leads").await.expect(503);
    assert_eq!(answer.header("retry-after"), "60");
    assert!(!answer.text.contains("house"));
    target.in_maintenance(false, NewMaintenance::default()).await;
    assert_eq!(owner.get("/api/v1/leads").await.expect(200).body["data"], json!([]), "nothing was done meanwhile");
    made_lead(&owner, "Grace Hopper").await;
    let actions = owner.get("/api/v1/audit_log?record_type=deployment").await.expect(200).attributes("action");
    assert_eq!(actions, [json!("maintenance.end"), json!("maintenance.begin"), json!("maintenance.begin")]);
    assert_eq!(stranger.get("/api/v1/audit_log?record_type=deployment").await.expect(200).body["data"], json!([]));
}

/// A browser gets a page; what the operator wrote is text on it.
pub async fn a_page_for_browsers(target: &Target) {
    target.in_maintenance(true, said("Back <b>soon</b> & \"better\"", Some(Duration::from_mins(30)))).await;
    let browser = target.nobody().with("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
    for path in ["/docs", "/api/v1/leads"] {
        let page = browser.get(path).await.expect(503);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.text.contains("Back &lt;b&gt;soon&lt;/b&gt; &amp; &quot;better&quot;"), "{}", page.text);
        assert!(page.text.contains("<time datetime=\""), "{}", page.text);
        assert!(!page.text.contains("style") && !page.text.contains("<script"), "{}", page.text);
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        let pause: u64 = page.header("retry-after").parse().expect("seconds");
        assert!((1_700..=1_800).contains(&pause), "{pause}");
    }
    let head = Client::answer(browser.request(Method::HEAD, "/docs")).await.expect(503);
    assert!(head.text.is_empty() && head.header("content-type").starts_with("text/html"));
    let program = target.nobody().with("accept", "application/json").get("/docs").await.expect(503);
    assert_eq!(program.body["errors"][0]["meta"]["code"], "maintenance");
    target.in_maintenance(false, NewMaintenance::default()).await;
    assert!(browser.get("/docs").await.expect(200).text.contains("<html"));
}

/// Whoever listens is told to come back, and when.
pub async fn live_clients_come_back(target: &Target) {
    let mut socket = SocketClient::with_token(target, "/api/v1/live", &target.owner.token).await;
    socket.say(&json!({"type": "ping"})).await;
    assert_eq!(socket.message().await, json!({"type": "pong"}));
    let listening = target.owner().request(Method::GET, "/api/v1/events?channels=leads").send().await;
    let listening = listening.expect("a stream");
    assert_eq!(listening.status().as_u16(), 200);
    target.in_maintenance(true, NewMaintenance::default()).await;
    assert_eq!(socket.message().await, json!({"type": "reconnect", "retry_after_s": 60}));
    match socket.hear().await {
        Said::Closed(code, reason) => assert!(code == 1012 && reason.contains("60 s"), "{code}: {reason}"),
        other => panic!("{other:?}"),
    }
    let text = listening.text().await.expect("the stream ends");
    assert!(text.contains("retry: 60000\n"), "{text}");
    assert_eq!(events(&text).last().expect("an event").name, "reconnect", "{text}");
    target.in_maintenance(false, NewMaintenance::default()).await;
    let again = SocketClient::with_token(target, "/api/v1/live", &target.owner.token).await;
    again.close().await;
}
