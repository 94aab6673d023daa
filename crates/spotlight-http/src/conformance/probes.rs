//! Probes: how a deployment is told that it lives, may be given traffic, and is well.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Client, Target};

/// The members of an object, by name.
fn members(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// As the deployment guide has it, member for member.
pub async fn the_document_of_the_guide(target: &Target) {
    let health = target.nobody().get("/health").await.expect(200);
    assert_eq!(health.header("content-type"), "application/json");
    assert_eq!(health.header("cache-control"), "no-store");
    assert_eq!(health.header("vary"), "Accept");
    assert_eq!(members(&health.body), ["checks", "status"]);
    assert_eq!(health.body["status"], "ok");
    let checks = &health.body["checks"];
    assert_eq!(members(checks), ["database", "disk_space", "queue", "redis"]);
    assert_eq!(members(&checks["database"]), ["response_time", "status"]);
    assert_eq!(checks["database"]["status"], "ok");
    let took = checks["database"]["response_time"].as_f64().expect("a number");
    let hundredths = took * 100.0;
    assert!(took >= 0.0 && (hundredths - hundredths.round()).abs() < 1e-6, "{took} has two decimals");
    assert_eq!(members(&checks["queue"]), ["queue_size", "status"]);
    assert!(checks["queue"]["status"] == "ok" && checks["queue"]["queue_size"].is_u64(), "{checks}");
    // Where this runs, the deployment has neither.
    assert_eq!(checks["redis"], json!({"status": "disabled"}));
    assert_eq!(checks["disk_space"], json!({"status": "disabled"}));
    let head = Client::answer(target.nobody().request(Method::HEAD, "/health")).await.expect(200);
    assert_eq!(head.text, "");
}

async fn accepting(target: &Target, accept: &str) -> Answer {
    Client::answer(target.nobody().request(Method::GET, "/health").header("accept", accept)).await
}

/// As draft-inadarei-api-health-check-06 has it, for those who name its media type.
pub async fn the_document_of_the_draft(target: &Target) {
    let health = accepting(target, "application/health+json").await.expect(200);
    assert_eq!(health.header("content-type"), "application/health+json");
    assert_eq!(health.header("vary"), "Accept");
    assert_eq!(members(&health.body), ["checks", "status"]);
    assert_eq!(health.body["status"], "pass");
    let checks = &health.body["checks"];
    assert_eq!(members(checks), ["database:responseTime", "queue:queueSize"], "what is not used is left out");
    let database = &checks["database:responseTime"][0];
    assert_eq!(members(database), ["componentType", "observedUnit", "observedValue", "status", "time"]);
    assert_eq!((&database["componentType"], &database["status"]), (&json!("datastore"), &json!("pass")));
    assert!(database["observedUnit"] == "ms" && database["observedValue"].is_number(), "{database}");
    assert!(database["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{database}");
    let queue = &checks["queue:queueSize"][0];
    assert!(queue["observedUnit"] == "jobs" && queue["observedValue"].is_u64(), "{queue}");
    for plain in ["*/*", "application/json", "text/html", "application/json, application/health+json;q=0.5"] {
        let health = accepting(target, plain).await.expect(200);
        assert_eq!(
            (health.header("content-type"), &health.body["status"]),
            ("application/json", &json!("ok")),
            "{plain}"
        );
    }
}

/// Whether traffic may be sent here.
pub async fn readiness(target: &Target) {
    let ready = target.nobody().get("/ready").await.expect(200);
    assert_eq!(members(&ready.body), ["checks", "reasons", "status"]);
    assert_eq!((&ready.body["status"], &ready.body["reasons"]), (&json!("ok"), &json!([])));
    let checks = &ready.body["checks"];
    assert_eq!(members(checks), ["database", "migrations"]);
    assert_eq!(checks["migrations"], json!({"status": "ok"}));
    let head = Client::answer(target.nobody().request(Method::HEAD, "/ready")).await.expect(200);
    assert_eq!(head.text, "");
}

/// Probes come from one address, every few seconds and from every load balancer: no limit counts them.
pub async fn nobody_is_limited(target: &Target) {
    let nobody = target.nobody();
    for path in ["/up", "/ready", "/health"] {
        for _ in 0..250 {
            let answer = nobody.get(path).await.expect(200);
            assert!(!answer.headers.contains_key("x-ratelimit-limit"), "{path}");
        }
    }
}
