//! Appointments, free times and figures.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Answer, Client, Target,
    seed::{made_assistant, made_conversation, made_lead, turn},
};

pub(super) async fn free_times(client: &Client, assistant: &str) -> Answer {
    let now = chrono::DateTime::from_timestamp(now_s(client).await, 0).expect("a time");
    let (from, to) = (now + chrono::Duration::days(2), now + chrono::Duration::days(5));
    let stamp = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let query =
        format!("assistant_id={assistant}&from={}&to={}&time_zone=America/New_York&limit=5", stamp(from), stamp(to));
    client.get(&format!("/api/v1/availability?{query}")).await
}

/// The server's time, from what it has just stored.
async fn now_s(client: &Client) -> i64 {
    let user = client.get("/api/v1/user").await.expect(200);
    let made = user.attribute("created_at").as_str().expect("a time").to_owned();
    chrono::DateTime::parse_from_rfc3339(&made).expect("a time").timestamp()
}

/// The first free time of an assistant, booked for a lead.
pub(super) async fn booked(client: &Client, assistant: &str, lead: &str) -> String {
    let starts = free_times(client, assistant).await.expect(200).attributes("starts_at")[0].clone();
    let body = json!({"appointment": {
        "lead_id": lead, "assistant_id": assistant, "starts_at": starts, "time_zone": "America/New_York",
    }});
    client.post("/api/v1/appointments", &body).await.expect(201).id()
}

/// A free time is booked, then taken; it is confirmed, moved and called off.
pub async fn booking(target: &Target) {
    let owner = target.owner();
    let (assistant, lead) = (made_assistant(&owner).await, made_lead(&owner, "Grace Hopper").await);
    let free = free_times(&owner, &assistant).await.expect(200);
    let starts = free.attributes("starts_at");
    assert_eq!(starts.len(), 5, "{}", free.text);
    assert_eq!(free.body["meta"]["pagination"]["total_count"], 5);
    assert_eq!(owner.get(&free.link("first").expect("a link")).await.expect(200).attributes("starts_at"), starts);
    let local = free.attributes("local_start")[0].as_str().unwrap_or_default().to_owned();
    assert!(local.ends_with("-04:00") || local.ends_with("-05:00"), "{local}");
    let book = |at: &Value| {
        let body = json!({"appointment": {
            "lead_id": lead, "assistant_id": assistant, "starts_at": at, "time_zone": "America/New_York",
            "notes": "Wants a demo.",
        }});
        let owner = owner.clone();
        async move { owner.post("/api/v1/appointments", &body).await }
    };
    let booked = book(&starts[0]).await.expect(201);
    assert_eq!((booked.attribute("status"), booked.attribute("starts_at")), (&json!("scheduled"), &starts[0]));
    book(&starts[0]).await.expect(409);
    assert!(!free_times(&owner, &assistant).await.attributes("starts_at").contains(&starts[0]));
    let path = format!("/api/v1/appointments/{}", booked.id());
    let confirmed = Client::answer(owner.request(Method::PATCH, &format!("{path}/confirm"))).await.expect(200);
    assert_eq!(confirmed.attribute("status"), "confirmed");
    let stale = owner.request(Method::PATCH, &format!("{path}/confirm")).header("if-match", booked.header("etag"));
    Client::answer(stale).await.expect(412);
    let moved =
        owner.patch(&format!("{path}/reschedule"), &json!({"appointment": {"starts_at": starts[2]}})).await.expect(200);
    assert_eq!((moved.attribute("status"), moved.attribute("starts_at")), (&json!("scheduled"), &starts[2]));
    let off =
        owner.patch(&format!("{path}/cancel"), &json!({"appointment": {"reason": "Changed plans"}})).await.expect(200);
    assert_eq!(
        (off.attribute("status"), off.attribute("cancel_reason")),
        (&json!("cancelled"), &json!("Changed plans"))
    );
    owner.patch(&format!("{path}/confirm"), &json!({})).await.expect(409);
    let listed = owner.get(&format!("/api/v1/appointments?status=cancelled&lead_id={lead}")).await.expect(200);
    assert_eq!(
        (listed.body["data"][0]["id"].as_str(), owner.get(&path).await.id()),
        (Some(booked.id().as_str()), booked.id())
    );
    target.stranger().get(&path).await.expect(404);
}

/// Details change by themselves; an appointment that took place, or that nobody came to, is over.
pub async fn details_and_ends(target: &Target) {
    let owner = target.owner();
    let (assistant, lead) = (made_assistant(&owner).await, made_lead(&owner, "Grace Hopper").await);
    let starts = free_times(&owner, &assistant).await.expect(200).attributes("starts_at");
    let book = async |at: &Value| {
        let body = json!({"appointment": {
            "lead_id": lead, "assistant_id": assistant, "starts_at": at, "time_zone": "America/New_York", "notes": "Demo",
        }});
        owner.post("/api/v1/appointments", &body).await.expect(201)
    };
    let booked = book(&starts[0]).await;
    let path = format!("/api/v1/appointments/{}", booked.id());
    let patch = json!({"appointment": {"meeting_type": "phone", "time_zone": "Europe/Berlin"}});
    let changed = owner.patch(&path, &patch).await.expect(200);
    assert_eq!(
        (changed.attribute("meeting_type"), changed.attribute("time_zone"), changed.attribute("notes")),
        (&json!("phone"), &json!("Europe/Berlin"), &json!("Demo"))
    );
    assert_eq!(changed.attribute("starts_at"), &starts[0]);
    let stale = owner.request(Method::PATCH, &path).header("if-match", booked.header("etag"));
    Client::answer(stale.json(&json!({"appointment": {"notes": "Lost"}}))).await.expect(412);
    let emptied = owner.patch(&path, &json!({"appointment": {"notes": null}})).await.expect(200);
    assert_eq!(emptied.attribute("notes"), &Value::Null);
    let refused = owner.patch(&path, &json!({"appointment": {"starts_at": starts[1], "meeting_type": "fax"}})).await;
    assert_eq!(
        refused.expect(422).problems(),
        [("/appointment/meeting_type".into(), "unknown".into()), ("/appointment/starts_at".into(), "unknown".into())]
    );
    target.stranger().patch(&path, &patch).await.expect(404);
    let done = Client::answer(owner.request(Method::PATCH, &format!("{path}/complete"))).await.expect(200);
    assert_eq!(done.attribute("status"), "completed");
    owner.patch(&format!("{path}/no_show"), &json!({})).await.expect(409);
    let missed = format!("/api/v1/appointments/{}", book(&starts[2]).await.id());
    let stale = owner.request(Method::PATCH, &format!("{missed}/no_show")).header("if-match", "\"77\"");
    Client::answer(stale).await.expect(412);
    assert_eq!(owner.patch(&format!("{missed}/no_show"), &json!({})).await.expect(200).attribute("status"), "no_show");
    target.stranger().patch(&format!("{missed}/complete"), &json!({})).await.expect(404);
}

/// Questions and bookings that cannot be are refused, each for its reason.
pub async fn free_times_are_checked(target: &Target) {
    let owner = target.owner();
    let assistant = made_assistant(&owner).await;
    let missing = owner.get("/api/v1/availability").await.expect(422);
    assert_eq!(missing.problems().len(), 3);
    let ask = |from: &str, to: &str| {
        let (owner, path) =
            (owner.clone(), format!("/api/v1/availability?assistant_id={assistant}&from={from}&to={to}"));
        async move { owner.get(&path).await }
    };
    ask("2030-01-02T00:00:00Z", "2030-01-01T00:00:00Z").await.expect(422);
    ask("2030-01-01T00:00:00Z", "2030-12-01T00:00:00Z").await.expect(422);
    ask("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z").await.expect(200);
    let lead = made_lead(&owner, "Grace Hopper").await;
    let mut body = json!({"appointment": {
        "lead_id": lead, "assistant_id": assistant, "starts_at": "2001-01-01T10:00:00Z", "time_zone": "Europe/Berlin",
    }});
    owner.post("/api/v1/appointments", &body).await.expect(409);
    body["appointment"]["time_zone"] = json!("Mars/Olympus");
    body["appointment"]["starts_at"] = json!("soon");
    body["appointment"]["duration_min"] = json!(4);
    let refused = owner.post("/api/v1/appointments", &body).await.expect(422);
    assert_eq!(refused.problems().len(), 3, "{}", refused.text);
}

/// The dashboard counts what has happened, and nothing of others.
pub async fn the_dashboard(target: &Target) {
    let owner = target.owner();
    let assistant = made_assistant(&owner).await;
    made_lead(&owner, "Grace Hopper").await;
    let conversation = made_conversation(&owner, &assistant).await;
    owner.events(&format!("/api/v1/conversations/{conversation}/turns"), &turn("Hello")).await;
    let board = owner.get("/api/v1/analytics/dashboard").await.expect(200);
    assert_eq!((board.attribute("leads"), board.attribute("conversations")), (&json!(2), &json!(1)));
    assert_eq!(board.attribute("leads_over_time").as_array().map(Vec::len), Some(30));
    assert_eq!(
        (&board.attribute("funnel")["total"], board.attribute("time_zone")),
        (&json!(2), &json!("Europe/Berlin"))
    );
    assert_eq!(board.attribute("assistants")[0]["assistant_id"], json!(assistant));
    let strangers = target.stranger().get("/api/v1/analytics/dashboard").await.expect(200);
    assert_eq!((strangers.attribute("leads"), strangers.attribute("conversations")), (&json!(0), &json!(0)));
    owner.get("/api/v1/analytics/dashboard?date_from=2026-02-01&date_to=2026-01-01").await.expect(422);
    owner.get("/api/v1/analytics/dashboard?date_from=2020-01-01&date_to=2026-01-01").await.expect(422);
    owner.get(&format!("/api/v1/analytics/dashboard?assistant_id={assistant}")).await.expect(200);
    target.stranger().get(&format!("/api/v1/analytics/dashboard?assistant_id={assistant}")).await.expect(404);
}
