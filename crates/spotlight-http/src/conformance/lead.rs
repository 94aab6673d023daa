//! Leads.

use reqwest::Method;
use serde_json::json;

use super::{Client, Target, seed::made_lead};

/// Made, normalised, changed in part, emptied, deleted.
pub async fn the_life_of_a_lead(target: &Target) {
    let owner = target.owner();
    let body = json!({"lead": {
        "name": " Grace Hopper ", "email": "Grace@Example.COM", "phone": "+49 30 12345678", "company": "Navy",
        "source": "referral", "metadata": {"rank": {"now": "admiral"}},
    }});
    let made = owner.post("/api/v1/leads", &body).await.expect(201);
    assert_eq!(
        (made.attribute("email"), made.attribute("phone")),
        (&json!("grace@example.com"), &json!("+493012345678"))
    );
    assert_eq!((made.attribute("name"), made.attribute("status")), (&json!("Grace Hopper"), &json!("fresh")));
    assert_eq!((made.attribute("score"), made.attribute("qualified")), (&json!(null), &json!(false)));
    assert_eq!(made.attribute("metadata"), &json!({"rank": {"now": "admiral"}}));
    let path = format!("/api/v1/leads/{}", made.id());
    let changed = owner.patch(&path, &json!({"lead": {"company": null, "phone": null}})).await.expect(200);
    assert_eq!((changed.attribute("company"), changed.attribute("phone")), (&json!(null), &json!(null)));
    assert_eq!(changed.attribute("email"), "grace@example.com");
    let refused =
        owner.patch(&path, &json!({"lead": {"email": "nonsense", "phone": "12", "name": "x"}})).await.expect(422);
    let wrong = [("/lead/name", "length"), ("/lead/email", "format"), ("/lead/phone", "format")];
    assert_eq!(refused.problems(), wrong.map(|(place, code)| (place.to_owned(), code.to_owned())));
    for field in ["score", "qualified", "status"] {
        let refused = owner.patch(&path, &json!({"lead": {field: 90}})).await.expect(422);
        assert_eq!(refused.problems(), [(format!("/lead/{field}"), "unknown".into())]);
    }
    let stale = owner.request(Method::PATCH, &path).header("if-match", made.header("etag"));
    Client::answer(stale.json(&json!({"lead": {"name": "Other"}}))).await.expect(412);
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect(404);
    made_lead(&owner, "Grace").await;
}

/// Everything that is wrong with a request is named at once: what it misspells, what it says, and its query.
pub async fn everything_wrong_in_body_and_query(target: &Target) {
    let owner = target.owner();
    let problems = async |path: &str, body: serde_json::Value| owner.post(path, &body).await.expect(422).problems();
    let wrong = |found: &[(&str, &str)]| -> Vec<_> {
        found.iter().map(|(place, code)| ((*place).to_owned(), (*code).to_owned())).collect()
    };
    let misspelt = json!({"lead": {"nmae": 1, "email": "nonsense"}});
    let body = [("/lead/email", "format"), ("/lead/nmae", "unknown")];
    assert_eq!(problems("/api/v1/leads", misspelt.clone()).await, wrong(&body));
    let both = problems("/api/v1/leads?x=1", misspelt.clone()).await;
    assert_eq!(both, wrong(&[("x", "unknown"), body[0], body[1]]));
    let request = owner.request(Method::POST, "/api/v1/leads?x=1").header("idempotency-key", "two words");
    let all = Client::answer(request.json(&misspelt)).await.expect(422);
    assert_eq!(all.problems(), wrong(&[("Idempotency-Key", "format"), ("x", "unknown"), body[0], body[1]]));
    let query = owner.post("/api/v1/leads?x=1", &json!({"lead": {}})).await.expect(422);
    assert_eq!(query.body["errors"][0]["source"], json!({"parameter": "x"}));
    assert_eq!(owner.get("/api/v1/leads").await.expect(200).body["meta"]["pagination"]["total_count"], 0);
}

/// Only some statuses follow from each; a refusal names them.
pub async fn moves(target: &Target) {
    let owner = target.owner();
    let path = format!("/api/v1/leads/{}", made_lead(&owner, "Grace Hopper").await);
    let to = |status: &str| {
        let (owner, path, body) = (owner.clone(), format!("{path}/status"), json!({"lead": {"status": status}}));
        async move { owner.patch(&path, &body).await }
    };
    let refused = to("converted").await.expect(409);
    let detail = refused.body["errors"][0]["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("contacted") && detail.contains("lost"), "{detail}");
    for status in ["contacted", "qualified", "converted"] {
        assert_eq!(to(status).await.expect(200).attribute("status"), status);
    }
    assert_eq!(to("converted").await.expect(200).attribute("allowed_statuses"), &json!([]));
    to("lost").await.expect(409);
    to("sold").await.expect(422);
    let unreachable = owner.post("/api/v1/leads", &json!({"lead": {"name": "No Contact"}})).await.expect(201).id();
    let path = format!("/api/v1/leads/{unreachable}/status");
    let refused = owner.patch(&path, &json!({"lead": {"status": "contacted"}})).await.expect(422);
    assert_eq!(refused.problems(), [("/lead/email".into(), "required".into())]);
}

/// One address is one lead within an organization, and no concern of another's.
pub async fn duplicates(target: &Target) {
    let owner = target.owner();
    let body = json!({"lead": {"email": "same@example.com"}});
    owner.post("/api/v1/leads", &body).await.expect(201);
    owner.post("/api/v1/leads", &json!({"lead": {"email": "SAME@example.com"}})).await.expect(409);
    target.stranger().post("/api/v1/leads", &body).await.expect(201);
    let other = made_lead(&owner, "Other Person").await;
    owner.patch(&format!("/api/v1/leads/{other}"), &body).await.expect(409);
}

/// A score has reasons, and a timeline tells what happened, newest first.
pub async fn scores_and_timeline(target: &Target) {
    let owner = target.owner();
    let path = format!("/api/v1/leads/{}", made_lead(&owner, "Grace Hopper").await);
    let score = owner.get(&format!("{path}/score")).await.expect(200);
    assert_eq!((score.attribute("score"), score.attribute("reasons")), (&json!(null), &json!([])));
    assert_eq!(score.attribute("criteria")["budget"], json!({"met": "unknown", "quote": null}));
    owner.patch(&path, &json!({"lead": {"company": "Navy"}})).await.expect(200);
    let timeline = owner.get(&format!("{path}/timeline")).await.expect(200);
    let mut kinds = timeline.attributes("kind");
    kinds.sort_by_key(ToString::to_string);
    assert_eq!(kinds, [json!("lead.create"), json!("lead.update")]);
    assert!(!timeline.text.contains("Navy"), "an audit entry names fields, never their values");
    let times: Vec<_> = timeline.attributes("at").iter().map(ToString::to_string).collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
    let one = owner.get(&format!("{path}/timeline?per_page=1")).await.expect(200);
    assert_eq!((&one.body["data"][0], one.body["data"].as_array().map(Vec::len)), (&timeline.body["data"][0], Some(1)));
    assert_eq!(one.body["meta"]["pagination"]["total_count"], 2);
    let next = owner.get(&one.link("next").expect("a next page")).await.expect(200);
    assert_eq!((&next.body["data"][0], next.link("next")), (&timeline.body["data"][1], None));
}
