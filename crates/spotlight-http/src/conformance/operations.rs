//! What administrators see and steer: plans, usage, the audit log, flags and jobs.

use serde_json::json;

use super::{Client, Target, behind::FLAG, seed::made_lead};

/// Plans are listed with their limits, and what is used is counted.
pub async fn plans_and_usage(target: &Target) {
    let owner = target.owner();
    let plans = owner.get("/api/v1/billing/plans").await.expect(200);
    let ids: Vec<_> = plans.body["data"].as_array().expect("plans").iter().map(|plan| plan["id"].clone()).collect();
    assert_eq!(ids, [json!("free"), json!("starter"), json!("growth"), json!("scale")]);
    let limit: u64 = plans.header("x-ratelimit-limit").parse().expect("a number");
    assert_eq!(plans.attributes("requests")[0], limit, "the plan says how many requests it allows");
    let subscription = owner.get("/api/v1/billing/subscription").await.expect(200);
    assert_eq!((subscription.attribute("plan"), subscription.attribute("status")), (&json!("free"), &json!(null)));
    super::seed::made_assistant(&owner).await;
    let usage = owner.get("/api/v1/billing/usage").await.expect(200);
    assert_eq!(usage.attribute("assistants"), &json!({"used": 1, "limit": 3}));
    assert_eq!(usage.attribute("conversations")["used"], 0);
    let theirs = target.stranger().get("/api/v1/billing/usage").await.expect(200);
    assert_eq!(theirs.attribute("assistants")["used"], 0);
    for path in ["plans", "subscription", "usage"] {
        target.nobody().get(&format!("/api/v1/billing/{path}")).await.expect(401);
        target.nobody().token(&target.owner.reader).get(&format!("/api/v1/billing/{path}")).await.expect(403);
    }
    owner.get("/api/v1/billing/usage?month=1").await.expect(422);
}

/// Without a billing provider there is no page to pay at.
pub async fn billing_without_a_provider(target: &Target) {
    let owner = target.owner();
    let body = json!({"checkout": {"plan": "growth"}});
    let refused = owner.post("/api/v1/billing/checkout", &body).await.expect(409);
    assert_eq!(refused.problems()[0].1, "conflict");
    owner.post("/api/v1/billing/portal", &json!({})).await.expect(409);
    let wrong = owner.post("/api/v1/billing/checkout", &json!({"checkout": {"plan": "gold"}})).await.expect(422);
    assert_eq!(wrong.problems(), [("/checkout/plan".to_owned(), "unknown".to_owned())]);
    owner.post("/api/v1/billing/checkout", &json!({})).await.expect(422);
    target.nobody().post("/api/v1/billing/checkout", &body).await.expect(401);
    target.nobody().token(&target.owner.reader).post("/api/v1/billing/portal", &json!({})).await.expect(403);
}

/// The audit log says who did what, newest first, by filters; and nothing of another organization.
pub async fn the_audit_log(target: &Target) {
    let owner = target.owner();
    let lead = made_lead(&owner, "Grace Hopper").await;
    owner.patch(&format!("/api/v1/leads/{lead}"), &json!({"lead": {"company": "Navy"}})).await.expect(200);
    let of_lead = owner.get(&format!("/api/v1/audit_log?record_type=lead&record_id={lead}")).await.expect(200);
    assert_eq!(of_lead.attributes("action"), [json!("lead.update"), json!("lead.create")]);
    assert_eq!(of_lead.attributes("actor_kind")[0], "token");
    assert!(!of_lead.text.contains("Navy"), "names of fields, never values");
    let created = owner.get("/api/v1/audit_log?action=lead.create").await.expect(200);
    assert_eq!(created.attributes("record_id"), [json!(lead)]);
    let actor = of_lead.attributes("actor_id")[0].as_str().expect("an actor").to_owned();
    let by_actor = owner.get(&format!("/api/v1/audit_log?actor_id={actor}&record_type=lead")).await.expect(200);
    assert_eq!(by_actor.body["data"].as_array().map(Vec::len), Some(2));
    let later = owner.get("/api/v1/audit_log?created_after=2999-01-01T00:00:00Z").await.expect(200);
    assert_eq!(later.body["data"], json!([]));
    let part = owner.get("/api/v1/audit_log?cursor=&per_page=1&record_type=lead").await.expect(200);
    assert_eq!(part.attributes("action"), [json!("lead.update")]);
    let rest = owner.get(&part.link("next").expect("there is more")).await.expect(200);
    assert_eq!(rest.attributes("action"), [json!("lead.create")]);
    let theirs = target.stranger().get(&format!("/api/v1/audit_log?record_id={lead}")).await.expect(200);
    assert_eq!(theirs.body["data"], json!([]));
    owner.get("/api/v1/audit_log?who=me&created_after=yesterday").await.expect(422);
    target.nobody().get("/api/v1/audit_log").await.expect(401);
    target.nobody().token(&target.owner.reader).get("/api/v1/audit_log").await.expect(403);
}

/// A flag is switched for the own organization where the deployment has it.
pub async fn feature_flags(target: &Target) {
    let owner = target.owner();
    assert_eq!(owner.get("/api/v1/feature_flags").await.expect(200).body["data"], json!([]));
    let on = json!({"feature_flag": {"on": true}});
    owner.patch("/api/v1/feature_flags/new_console", &on).await.expect(404);
    owner.patch("/api/v1/feature_flags/%2e%2e", &on).await.expect(404);
    owner.delete("/api/v1/feature_flags/new_console").await.expect(404);
    target.has_a_flag().await;
    let flag = format!("/api/v1/feature_flags/{FLAG}");
    assert_eq!(owner.patch(&flag, &on).await.expect(200).attribute("on"), &json!(true));
    assert_eq!(target.stranger().get("/api/v1/feature_flags").await.expect(200).attributes("on"), [json!(false)]);
    for _ in 0..2 {
        owner.delete(&flag).await.expect(204);
        assert_eq!(owner.get("/api/v1/feature_flags").await.expect(200).attributes("on"), [json!(false)]);
    }
    let wrong = owner.patch("/api/v1/feature_flags/new_console", &json!({"feature_flag": {"on": "yes"}})).await;
    assert_eq!(wrong.expect(422).problems(), [("/feature_flag/on".to_owned(), "type".to_owned())]);
    target.nobody().get("/api/v1/feature_flags").await.expect(401);
    target.nobody().token(&target.owner.reader).patch("/api/v1/feature_flags/x", &on).await.expect(403);
}

/// Jobs are their organization's; queues are steered by the operator's organization, the first.
pub async fn jobs_and_queues(target: &Target) {
    let (owner, stranger) = (target.owner(), target.stranger());
    let lead = made_lead(&owner, "Grace Hopper").await;
    owner.patch(&format!("/api/v1/leads/{lead}"), &json!({"lead": {"company": "Navy"}})).await.expect(200);
    let jobs = owner.get("/api/v1/jobs?state=ready").await.expect(200);
    let job = jobs.body["data"].as_array().expect("jobs").iter().find(|job| job["attributes"]["name"] == "score_lead");
    let id = job.expect("the lead is scored anew")["id"].as_str().expect("an id").to_owned();
    assert!(!jobs.text.contains(&lead), "what a job works on is not shown");
    let path = format!("/api/v1/jobs/{id}");
    assert_eq!(owner.get(&path).await.expect(200).attribute("state"), &json!("ready"));
    let part = owner.get("/api/v1/jobs?per_page=1&cursor=").await.expect(200);
    assert_eq!(part.body["data"].as_array().map(Vec::len), Some(1));
    owner.get(&part.link("next").expect("there may be more")).await.expect(200);
    stranger.get(&path).await.expect(404);
    for verb in ["retry", "discard", "cancel"] {
        stranger.post(&format!("{path}/{verb}"), &json!({})).await.expect(404);
    }
    for verb in ["retry", "discard"] {
        // It was not given up.
        owner.post(&format!("{path}/{verb}"), &json!({})).await.expect(404);
    }
    owner.post(&format!("{path}/cancel"), &json!({})).await.expect(204);
    owner.post(&format!("{path}/cancel"), &json!({})).await.expect(409);
    assert_eq!(owner.get(&path).await.expect(200).attribute("state"), &json!("cancelled"));
    let pause = "/api/v1/jobs/queues/low/pause";
    stranger.post(pause, &json!({})).await.expect(403);
    owner.post(pause, &json!({})).await.expect(204);
    let low = async |client: &Client| {
        let queues = client.get("/api/v1/jobs/queues").await.expect(200);
        let all = queues.body["data"].as_array().cloned().unwrap_or_default();
        all.iter().any(|queue| queue["id"] == "low" && queue["attributes"]["paused"] == true)
    };
    assert!(low(&owner).await);
    stranger.post("/api/v1/jobs/queues/low/resume", &json!({})).await.expect(403);
    owner.post("/api/v1/jobs/queues/low/resume", &json!({})).await.expect(204);
    assert!(!low(&owner).await);
    owner.post("/api/v1/jobs/queues/nothing/pause", &json!({})).await.expect(404);
    let schedules = owner.get("/api/v1/jobs/schedules").await.expect(200);
    assert!(schedules.attributes("pattern").contains(&json!("* * * * *")));
    assert_eq!(owner.get("/api/v1/jobs/events").await.expect(200).body["data"], json!([]));
    owner.post("/api/v1/jobs/events/00000000-0000-0000-0000-000000000001/retry", &json!({})).await.expect(404);
    owner.post("/api/v1/jobs/events/nonsense/discard", &json!({})).await.expect(404);
    owner.get("/api/v1/jobs?state=lost").await.expect(422);
    for path in ["", "/queues", "/schedules", "/events"] {
        target.nobody().get(&format!("/api/v1/jobs{path}")).await.expect(401);
        target.nobody().token(&target.owner.reader).get(&format!("/api/v1/jobs{path}")).await.expect(403);
    }
}
