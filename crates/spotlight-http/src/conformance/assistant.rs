//! Assistants and what they know.

use reqwest::Method;
use serde_json::json;

use super::{
    Client, Target,
    seed::{assistant, made_assistant, made_conversation},
};

/// Made, shown, changed in part, switched off and on, removed.
pub async fn the_life_of_an_assistant(target: &Target) {
    let owner = target.owner();
    let made = owner.post("/api/v1/assistants", &assistant()).await.expect(201);
    assert_eq!((made.attribute("tone"), made.attribute("active")), (&json!("professional"), &json!(true)));
    assert_eq!(made.body["data"]["type"], "assistant");
    assert_eq!(made.body["data"]["relationships"]["owner"]["data"]["type"], "user");
    let path = format!("/api/v1/assistants/{}", made.id());
    let shown = owner.get(&path).await.expect(200);
    assert_eq!((shown.body["data"].clone(), shown.header("etag")), (made.body["data"].clone(), made.header("etag")));
    let patch = json!({"assistant": {"greeting": "Hi!", "voice": {"speed": 1.1}, "booking": {"duration_min": 45}}});
    let changed = owner.patch(&path, &patch).await.expect(200);
    assert_eq!(
        changed.attribute("voice"),
        &json!({"voice_id": null, "speed": 1.1, "stability": 0.5, "similarity": 0.75})
    );
    assert_eq!((changed.attribute("greeting"), changed.attribute("name")), (&json!("Hi!"), &json!("Ada")));
    let emptied = owner.patch(&path, &json!({"assistant": {"greeting": null}})).await.expect(200);
    assert_eq!(
        (emptied.attribute("greeting"), &emptied.attribute("booking")["duration_min"]),
        (&json!(null), &json!(45))
    );
    let toggle = format!("{path}/toggle_active");
    assert_eq!(owner.patch(&toggle, &json!({})).await.expect(200).attribute("active"), &json!(false));
    let opening = json!({"conversation": {"assistant_id": made.id()}});
    owner.post("/api/v1/conversations", &opening).await.expect(409);
    assert_eq!(
        Client::answer(owner.request(Method::PATCH, &toggle)).await.expect(200).attribute("active"),
        &json!(true)
    );
    let refused = owner.patch(&toggle, &json!({"active": true})).await.expect(422);
    assert_eq!(refused.body["errors"][0]["source"], json!({"pointer": "/active"}));
    let figures = owner.get(&format!("{path}/analytics")).await.expect(200);
    assert_eq!(figures.attribute("conversations"), 0);
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect(404);
    owner.delete(&path).await.expect(404);
    let kept = made_assistant(&owner).await;
    made_conversation(&owner, &kept).await;
    owner.delete(&format!("/api/v1/assistants/{kept}")).await.expect(409);
}

/// Every problem of a body is named at once, by its place.
pub async fn everything_wrong_at_once(target: &Target) {
    let body = json!({"assistant": {
        "name": "A", "role": 7, "tone": "rude", "voice": {"speed": 3}, "questions": [{"key": "a", "topic": "x"}],
        "greeting": "a\u{0}b", "colour": "red",
    }});
    let refused = target.owner().post("/api/v1/assistants", &body).await.expect(422);
    let mut found = refused.problems();
    found.sort();
    let expected = [
        ("/assistant/colour", "unknown"),
        ("/assistant/greeting", "format"),
        ("/assistant/name", "length"),
        ("/assistant/questions/0/text", "required"),
        ("/assistant/questions/0/topic", "unknown"),
        ("/assistant/role", "type"),
        ("/assistant/script", "required"),
        ("/assistant/tone", "unknown"),
        ("/assistant/voice/speed", "range"),
    ];
    assert_eq!(found, expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    assert_eq!(refused.body["errors"][0]["title"], "Validation Error");
    let twice =
        json!([{"key": "a", "topic": "need", "text": "What for?"}, {"key": "a", "topic": "need", "text": "Why?!"}]);
    let mut body = assistant();
    body["assistant"]["questions"] = twice;
    body["assistant"]["allowed_origins"] = json!(["https://ok.example", "shop.example"]);
    body["assistant"]["booking"] = json!({"step_min": 7});
    body["assistant"]["colour"] = json!("red");
    let refused = target.owner().post("/api/v1/assistants", &body).await.expect(422);
    let expected = [
        ("/assistant/questions/1/key", "taken"),
        ("/assistant/booking/step_min", "range"),
        ("/assistant/allowed_origins/1", "format"),
        ("/assistant/colour", "unknown"),
    ];
    assert_eq!(refused.problems(), expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
}

/// `If-Match` refuses a change of what somebody else has changed.
pub async fn lost_updates(target: &Target) {
    let owner = target.owner();
    let made = owner.post("/api/v1/assistants", &assistant()).await.expect(201);
    let (path, etag) = (format!("/api/v1/assistants/{}", made.id()), made.header("etag").to_owned());
    let change = |tag: &str, name: &str| {
        let body = json!({"assistant": {"name": name}});
        Client::answer(owner.request(Method::PATCH, &path).header("if-match", tag).json(&body))
    };
    let first = change(&etag, "Grace").await.expect(200);
    assert_ne!(first.header("etag"), etag);
    change(&etag, "Linus").await.expect(412);
    change("\"of another kind\"", "Linus").await.expect(412);
    change("no tag", "Linus").await.expect(400);
    assert_eq!(change("*", "Barbara").await.expect(200).attribute("name"), "Barbara");
    let stale =
        Client::answer(owner.request(Method::PATCH, &format!("{path}/toggle_active")).header("if-match", &etag));
    stale.await.expect(412);
    Client::answer(owner.request(Method::DELETE, &path).header("if-match", &etag)).await.expect(412);
    assert_eq!(owner.get(&path).await.expect(200).attribute("name"), "Barbara");
}

/// Knowledge is added, listed in order, changed and removed.
pub async fn knowledge(target: &Target) {
    let owner = target.owner();
    let path = format!("/api/v1/assistants/{}/knowledge", made_assistant(&owner).await);
    let entry = |question: &str, answer: &str| json!({"knowledge": {"question": question, "answer": answer}});
    let first = owner.post(&path, &entry("What does it cost?", "49 euros a month.")).await.expect(201).id();
    owner.post(&path, &json!({"knowledge": {"answer": "We are open on weekdays."}})).await.expect(201);
    let changed =
        owner.patch(&format!("{path}/{first}"), &json!({"knowledge": {"answer": "59 euros."}})).await.expect(200);
    assert_eq!(changed.attribute("question"), "What does it cost?");
    let listed = owner.get(&path).await.expect(200);
    assert_eq!(listed.attributes("answer"), [json!("59 euros."), json!("We are open on weekdays.")]);
    owner.patch(&format!("{path}/{first}"), &json!({"knowledge": {"answer": ""}})).await.expect(422);
    let pagination = &listed.body["meta"]["pagination"];
    assert_eq!((&pagination["total_count"], &pagination["total_pages"]), (&json!(2), &json!(1)));
    let second = owner.get(&format!("{path}?per_page=1&page=2")).await.expect(200);
    assert_eq!(second.attributes("answer"), [json!("We are open on weekdays.")]);
    assert_eq!((second.link("prev").is_some(), second.link("next")), (true, None));
    let shown = owner.get(&format!("{path}/{first}")).await.expect(200);
    assert_eq!((shown.header("etag"), shown.attribute("answer")), (changed.header("etag"), &json!("59 euros.")));
    let at = |method: Method, tag: &str| owner.request(method, &format!("{path}/{first}")).header("if-match", tag);
    let patch = |answer: &str| json!({"knowledge": {"answer": answer}});
    let newer = Client::answer(at(Method::PATCH, shown.header("etag")).json(&patch("69 euros."))).await.expect(200);
    Client::answer(at(Method::PATCH, shown.header("etag")).json(&patch("Lost."))).await.expect(412);
    Client::answer(at(Method::DELETE, shown.header("etag"))).await.expect(412);
    assert_eq!(owner.get(&format!("{path}/{first}")).await.expect(200).attribute("answer"), "69 euros.");
    // Two who change different members at once: both changes are there.
    let (asked, answered) = (json!({"knowledge": {"question": "How much is it?"}}), patch("79 euros."));
    let entry = format!("{path}/{first}");
    let (one, other) = futures::join!(owner.patch(&entry, &asked), owner.patch(&entry, &answered));
    for answer in [one, other] {
        answer.expect(200);
    }
    let both = owner.get(&entry).await.expect(200);
    assert_eq!(
        (both.attribute("question"), both.attribute("answer")),
        (&json!("How much is it?"), &json!("79 euros."))
    );
    assert_ne!(both.header("etag"), newer.header("etag"));
    Client::answer(at(Method::DELETE, both.header("etag"))).await.expect(204);
    owner.delete(&format!("{path}/{first}")).await.expect(404);
    assert_eq!(owner.get(&path).await.expect(200).body["data"].as_array().map(Vec::len), Some(1));
}

/// Another organization's records do not exist.
pub async fn another_organization(target: &Target) {
    let (owner, stranger) = (target.owner(), target.stranger());
    let assistant = made_assistant(&owner).await;
    let conversation = made_conversation(&owner, &assistant).await;
    for path in [
        format!("/api/v1/assistants/{assistant}"),
        format!("/api/v1/assistants/{assistant}/knowledge"),
        format!("/api/v1/conversations/{conversation}"),
        format!("/api/v1/conversations/{conversation}/transcripts"),
    ] {
        owner.get(&path).await.expect(200);
        stranger.get(&path).await.expect(404);
    }
    stranger
        .patch(&format!("/api/v1/assistants/{assistant}"), &json!({"assistant": {"name": "Mine"}}))
        .await
        .expect(404);
    stranger.delete(&format!("/api/v1/assistants/{assistant}")).await.expect(404);
    let turns = format!("/api/v1/conversations/{conversation}/turns");
    stranger.post(&turns, &super::seed::turn("Hello")).await.expect(404);
    assert_eq!(stranger.get("/api/v1/assistants").await.expect(200).body["data"], json!([]));
}
