//! The organization's settings, when people can be booked, and the end.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Client, Target,
    account::{browser, places},
    account_team::colleague,
};

/// Members read the settings, administrators change them; the plan is what is paid for.
pub async fn settings(target: &Target) {
    let (owner, path) = (target.owner(), "/api/v1/organization");
    let before = owner.get(path).await.expect(200);
    assert_eq!((before.attribute("name"), before.attribute("plan")), (&json!("acme"), &json!("free")));
    let hours = json!([[{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "00:00"}], [], [], [], [], [], []]);
    let change = json!({"organization": {
        "name": " Acme Works ", "time_zone": "Europe/Lisbon", "business_hours": hours,
        "scoring": {"threshold": 60, "objection": -10, "source_weights": {"referral": 7}},
        "retention": {"transcripts_days": 30}, "storage_mode": "everything_except_pii",
    }});
    let changed = owner.patch(path, &change).await.expect(200);
    assert_eq!((changed.attribute("name"), changed.attribute("slug")), (&json!("Acme Works"), &json!("acme")));
    assert_eq!(changed.attribute("business_hours")[0][1], json!({"from": "13:00:00", "to": "00:00:00"}));
    let scoring = changed.attribute("scoring");
    assert_eq!(
        (&scoring["threshold"], &scoring["objection"], &scoring["refusal"]),
        (&json!(60), &json!(-10), &json!(-25))
    );
    assert_eq!(scoring["source_weights"], json!({"referral": 7}));
    let kept = json!({"audit_days": null, "leads_days": null, "recordings_days": null, "transcripts_days": 30});
    assert_eq!(changed.attribute("retention"), &kept);
    let emptied = owner.patch(path, &json!({"organization": {"retention": {"transcripts_days": null}}})).await;
    assert_eq!(emptied.expect(200).attribute("retention")["transcripts_days"], json!(null));
    let stale = owner.request(Method::PATCH, path).header("if-match", before.header("etag"));
    Client::answer(stale.json(&json!({"organization": {"name": "Late"}}))).await.expect(412);

    let bad = json!({"organization": {
        "name": "x", "slug": "Not A Slug!", "business_hours": [[]], "scoring": {"threshold": 101, "refusal": -101},
        "retention": {"audit_days": -1}, "storage_mode": "none", "plan": "scale", "role": "owner",
    }});
    let expected = [
        ("/organization/name", "length"),
        ("/organization/business_hours", "length"),
        ("/organization/scoring/threshold", "range"),
        ("/organization/scoring/refusal", "range"),
        ("/organization/retention/audit_days", "range"),
        ("/organization/storage_mode", "unknown"),
        ("/organization/plan", "unknown"),
        ("/organization/role", "unknown"),
    ];
    assert_eq!(owner.patch(path, &bad).await.expect(422).problems(), places(&expected));
    let back = json!([[{"from": "12:00", "to": "09:00"}], [], [], [], [], [], []]);
    let rules = owner.patch(path, &json!({"organization": {"slug": "Not A Slug!", "business_hours": back}})).await;
    let expected = [("/organization/slug", "format"), ("/organization/business_hours/0/0", "range")];
    assert_eq!(rules.expect(422).problems(), places(&expected));
    owner.patch(path, &json!({"organization": {"slug": "globex"}})).await.expect(409);

    let (_, rep) = colleague(target, "mia@acme.example", "sales_rep").await;
    assert_eq!(rep.get(path).await.expect(200).id(), before.id());
    rep.patch(path, &json!({"organization": {"name": "Mine"}})).await.expect(403);
    assert_ne!(target.stranger().get(path).await.expect(200).id(), before.id());
}

/// A host's own hours are theirs to change, and a manager's; others see them, another organization does not.
pub async fn hosts(target: &Target) {
    let (owner, stranger) = (target.owner(), target.stranger());
    let (id, rep) = colleague(target, "mia@acme.example", "sales_rep").await;
    let path = format!("/api/v1/hosts/{id}");
    rep.get(&path).await.expect(404);
    let day = json!([{"from": "09:00", "to": "17:00"}]);
    let week: Vec<Value> = (0..7).map(|at| if at < 5 { day.clone() } else { json!([]) }).collect();
    let hours = json!({"host": {"hours": week, "buffer_before_min": 10}});
    let (made, too) = futures::join!(rep.patch(&path, &hours), owner.patch(&path, &hours));
    // Whoever is second changes the calendar that the first one made.
    too.expect(200);
    made.expect(200);
    let made = rep.patch(&path, &json!({"host": {"hours": week, "buffer_before_min": 10}})).await.expect(200);
    assert_eq!((made.attribute("time_zone"), made.id()), (&json!("Europe/Berlin"), id.clone()));
    let closed = json!({"host": {"exceptions": [{"date": "2026-12-25", "spans": []}], "time_zone": "Europe/Lisbon"}});
    let changed = owner.patch(&path, &closed).await.expect(200);
    assert_eq!(changed.attribute("hours"), made.attribute("hours"), "what is left out stays");
    assert_eq!(changed.attribute("exceptions"), &json!([{"date": "2026-12-25", "spans": []}]));
    assert_eq!(rep.get("/api/v1/hosts").await.expect(200).body["meta"]["pagination"]["total_count"], 2);
    let stale = owner.request(Method::PATCH, &path).header("if-match", made.header("etag"));
    Client::answer(stale.json(&closed)).await.expect(412);

    let bad = json!({"host": {
        "time_zone": "Mars/Base", "hours": [[{"from": "9", "to": "17:00"}], 7, [], [], [], [], []],
        "exceptions": [{"date": "2026-02-30"}], "buffer_after_min": 241, "role": "owner",
    }});
    let expected = [
        ("/host/time_zone", "format"),
        ("/host/hours/0/0/from", "format"),
        ("/host/hours/1", "type"),
        ("/host/exceptions/0/date", "format"),
        ("/host/exceptions/0/spans", "required"),
        ("/host/buffer_after_min", "range"),
        ("/host/role", "unknown"),
    ];
    assert_eq!(rep.patch(&path, &bad).await.expect(422).problems(), places(&expected));
    let team = owner.get("/api/v1/members").await.expect(200);
    let owner_id = team.body["data"][0]["id"].as_str().expect("an id");
    rep.patch(&format!("/api/v1/hosts/{owner_id}"), &json!({"host": {"buffer_before_min": 5}})).await.expect(403);
    rep.get(&format!("/api/v1/hosts/{owner_id}")).await.expect(200);
    stranger.get(&path).await.expect(404);
    stranger.patch(&path, &json!({"host": {"buffer_before_min": 5}})).await.expect(404);
    assert!(!stranger.get("/api/v1/hosts").await.expect(200).text.contains(&id));
}

/// An owner deletes the organization, by a browser and not by a program; then nobody gets in.
pub async fn the_end(target: &Target) {
    let path = "/api/v1/organization";
    target.owner().delete(path).await.expect(403);
    let owner = browser(target, &target.owner.email, &target.owner.password).await;
    owner.delete(path).await.expect(204);
    owner.get("/api/v1/user").await.expect(401);
    target.owner().get(path).await.expect(401);
    target.stranger().get(path).await.expect(200);
}
