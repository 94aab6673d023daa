//! What is done with a lead besides changing it, and what is shown beside it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Client, Target,
    seed::{made_assistant, made_conversation, made_lead, turn},
};

/// One of two leads stays; the other's id leads to it.
pub async fn merging(target: &Target) {
    let owner = target.owner();
    let (one, two) = (made_lead(&owner, "Grace Hopper").await, made_lead(&owner, "Grace H").await);
    let foreign = made_lead(&target.stranger(), "Not Yours").await;
    let (path, merge) = (format!("/api/v1/leads/{one}"), |id: &str| json!({"merge": {"lead_id": id}}));
    let at = owner.get(&path).await.expect(200);
    owner.post(&format!("{path}/merge"), &merge(&foreign)).await.expect(404);
    owner.post(&format!("{path}/merge"), &merge(&one)).await.expect(409);
    owner.post(&format!("{path}/merge"), &json!({"merge": {}})).await.expect(422);
    target.stranger().post(&format!("/api/v1/leads/{foreign}/merge"), &merge(&one)).await.expect(404);
    owner.patch(&path, &json!({"lead": {"company": "Navy"}})).await.expect(200);
    let stale = owner.request(Method::POST, &format!("{path}/merge")).header("if-match", at.header("etag"));
    Client::answer(stale.json(&merge(&two))).await.expect(412);
    let kept = owner.post(&format!("{path}/merge"), &merge(&two)).await.expect(200);
    assert_eq!((kept.id(), kept.attribute("company")), (one.clone(), &json!("Navy")));
    assert_eq!(owner.get(&format!("/api/v1/leads/{two}")).await.expect(200).id(), one);
    let proposals = owner.get(&format!("{path}/proposals")).await.expect(200);
    assert_eq!(proposals.attributes("value"), [json!("Grace H"), json!("grace.h@example.com")]);
    let id = |place: usize| proposals.body["data"][place]["id"].as_str().expect("an id").to_owned();
    let decide = |id: String, state: &str| {
        let (owner, path) = (owner.clone(), format!("{path}/proposals/{id}"));
        let body = json!({"proposal": {"state": state}});
        async move { owner.patch(&path, &body).await }
    };
    assert_eq!(decide(id(0), "accepted").await.expect(200).attribute("name"), "Grace H");
    decide(id(0), "rejected").await.expect(409);
    assert_eq!(decide(id(1), "rejected").await.expect(200).attribute("email"), "grace.hopper@example.com");
    decide(id(1), "open").await.expect(422);
    let nobody = target.stranger();
    nobody.get(&format!("{path}/proposals")).await.expect(404);
    nobody.patch(&format!("{path}/proposals/{}", id(0)), &json!({"proposal": {"state": "accepted"}})).await.expect(404);
}

/// Everything personal goes for good, at the version the caller saw.
pub async fn erasing(target: &Target) {
    let owner = target.owner();
    let path = format!("/api/v1/leads/{}", made_lead(&owner, "Grace Hopper").await);
    target.stranger().post(&format!("{path}/erase"), &json!({})).await.expect(404);
    target.nobody().token(&target.owner.reader).post(&format!("{path}/erase"), &json!({})).await.expect(403);
    let seen = owner.get(&path).await.expect(200);
    owner.patch(&path, &json!({"lead": {"company": "Navy"}})).await.expect(200);
    let stale = owner.request(Method::POST, &format!("{path}/erase")).header("if-match", seen.header("etag"));
    Client::answer(stale).await.expect(412);
    owner.post(&format!("{path}/erase"), &json!({})).await.expect(204);
    owner.get(&path).await.expect(404);
    assert!(!owner.get("/api/v1/leads/export").await.expect(200).text.contains("Hopper"));
}

/// What was allowed and refused is kept in order; an opt-out refuses everything, once per key.
pub async fn consents(target: &Target) {
    let owner = target.owner();
    let path = format!("/api/v1/leads/{}", made_lead(&owner, "Grace Hopper").await);
    let given = json!({"consent": {"kind": "ai_contact", "channel": "phone", "state": "given", "how": "by phone"}});
    let noted = owner.post(&format!("{path}/consents"), &given).await.expect(201);
    assert_eq!(noted.attribute("state"), "given");
    let wrong = json!({"consent": {"kind": "spam", "channel": "phone", "how": ""}});
    let refused = owner.post(&format!("{path}/consents"), &wrong).await.expect(422);
    let places = [("/consent/kind", "unknown"), ("/consent/state", "required"), ("/consent/how", "length")];
    assert_eq!(refused.problems(), places.map(|(place, code)| (place.to_owned(), code.to_owned())));
    let out = json!({"opt_out": {"channel": "email", "how": "answer to an e-mail"}});
    for _ in 0..2 {
        let request = owner.request(Method::POST, &format!("{path}/opt_out")).header("idempotency-key", "out-1");
        Client::answer(request.json(&out)).await.expect(204);
    }
    let listed = owner.get(&format!("{path}/consents")).await.expect(200);
    assert_eq!(listed.attributes("state"), [json!("given"), json!("refused"), json!("refused")]);
    for (method, last, body) in [
        (Method::GET, "consents", None),
        (Method::POST, "consents", Some(&given)),
        (Method::POST, "opt_out", Some(&out)),
    ] {
        let request = target.stranger().request(method, &format!("{path}/{last}"));
        Client::answer(body.map_or(request.try_clone().expect("a copy"), |body| request.json(body))).await.expect(404);
    }
}

/// Records stand beside a lead and a conversation when they are asked for.
pub async fn includes(target: &Target) {
    let owner = target.owner();
    let user = owner.get("/api/v1/user").await.expect(200).id();
    let lead = json!({"lead": {"name": "Grace", "email": "g@example.com", "owner_id": user}});
    let lead = owner.post("/api/v1/leads", &lead).await.expect(201).id();
    let assistant = made_assistant(&owner).await;
    let new = json!({"conversation": {"assistant_id": assistant, "lead_id": lead}});
    let conversation = owner.post("/api/v1/conversations", &new).await.expect(201).id();
    let path = format!("/api/v1/leads/{lead}?include=conversations,appointments,owner");
    let shown = owner.get(&path).await.expect(200);
    let kinds = |shown: &super::Answer| -> Vec<_> {
        shown.body["included"].as_array().into_iter().flatten().map(|one| one["type"].clone()).collect()
    };
    assert_eq!(kinds(&shown), ["conversation", "user"].map(Value::from));
    let relations = &shown.body["data"]["relationships"];
    assert_eq!(relations["conversations"]["data"][0]["id"], json!(conversation));
    assert_eq!(relations["appointments"]["data"], json!([]));
    let related = relations["conversations"]["links"]["related"].as_str().expect("a link");
    assert_eq!(owner.get(related).await.expect(200).body["data"][0]["id"], json!(conversation));
    assert_eq!(shown.body["included"][1]["attributes"]["email"], json!(target.owner.email));
    owner.get(&format!("/api/v1/leads/{lead}?include=secrets")).await.expect(422);
    let talk = owner.get(&format!("/api/v1/conversations/{conversation}?include=lead,assistant")).await.expect(200);
    assert_eq!(kinds(&talk), ["lead", "assistant"].map(Value::from));
    target.stranger().get(&path).await.expect(404);
    target.stranger().get(&format!("/api/v1/conversations/{conversation}?include=lead")).await.expect(404);
    let reader = target.nobody().token(&target.owner.reader);
    reader.get(&path).await.expect(403);
}

/// A record that the caller has already is not sent again, and is when anything about the answer changes.
pub async fn known_records(target: &Target) {
    let owner = target.owner();
    let lead = made_lead(&owner, "Grace Hopper").await;
    let conversation = made_conversation(&owner, &made_assistant(&owner).await).await;
    for path in [
        format!("/api/v1/leads/{lead}"),
        format!("/api/v1/leads/{lead}/score"),
        format!("/api/v1/conversations/{conversation}?include=transcripts"),
        "/api/v1/analytics/funnel".to_owned(),
        "/api/v1/user".to_owned(),
    ] {
        let first = owner.get(&path).await.expect(200);
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with('"'), "{path}: {tag}");
        let ask = |tag: &str| Client::answer(owner.request(Method::GET, &path).header("if-none-match", tag));
        let known = ask(&tag).await.expect(304);
        assert_eq!((known.text.as_str(), known.header("etag")), ("", tag.as_str()));
        ask(&format!("\"other\", W/{tag}")).await.expect(304);
        ask("*").await.expect(304);
        ask("\"other\"").await.expect(200);
        let head = owner.request(Method::HEAD, &path).header("if-none-match", &tag);
        Client::answer(head).await.expect(304);
    }
    let path = format!("/api/v1/conversations/{conversation}?include=transcripts");
    let tag = owner.get(&path).await.expect(200).header("etag").to_owned();
    owner.events(&format!("/api/v1/conversations/{conversation}/turns"), &turn("Hello")).await;
    Client::answer(owner.request(Method::GET, &path).header("if-none-match", &tag)).await.expect(200);
    let stale = owner.request(Method::POST, &format!("/api/v1/conversations/{conversation}/take_over"));
    Client::answer(stale.header("if-match", &tag)).await.expect(412);
    let newer = owner.get(&path).await.expect(200).header("etag").to_owned();
    let fresh = owner.request(Method::POST, &format!("/api/v1/conversations/{conversation}/take_over"));
    Client::answer(fresh.header("if-match", &newer)).await.expect(200);
}
