//! Speaking to assistants, hearing them, trying them out, and what is known of a conversation afterwards.

use reqwest::Method;
use serde_json::json;

use super::{
    Answer, Client, Target, seed,
    seed::{made_assistant, made_conversation},
};

/// Posts a form whose parts are names and values.
pub(super) async fn form(client: &Client, path: &str, parts: &[(&str, &str)]) -> Answer {
    let mut body = String::new();
    for (name, value) in parts {
        body.push_str(&format!("--cut\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str("--cut--\r\n");
    let request = client.request(Method::POST, path).header("content-type", "multipart/form-data; boundary=cut");
    Client::answer(request.body(body)).await
}

/// Words that come as sound are heard, stored and answered as a stream.
pub async fn a_turn_by_voice(target: &Target) {
    let owner = target.owner();
    let conversation = made_conversation(&owner, &made_assistant(&owner).await).await;
    let path = format!("/api/v1/conversations/{conversation}/audio");
    let answer = form(&owner, &path, &[("time_zone", "Europe/Berlin"), ("audio", "Hello, I am Grace Hopper.")]).await;
    let answer = answer.expect(200);
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert!(answer.text.contains("event: transcript") && answer.text.contains("event: done"), "{}", answer.text);
    let said = owner.get(&format!("/api/v1/conversations/{conversation}/transcripts")).await.expect(200);
    assert_eq!(said.attributes("content")[0], "Hello, I am Grace Hopper.");
    assert!(said.attributes("duration_s")[0].is_number());
    let wrong = form(&owner, &path, &[("colour", "red"), ("voice", "loud"), ("time_zone", "Mars")]).await.expect(422);
    let expected = [
        ("/turn/audio", "required"),
        ("/turn/time_zone", "format"),
        ("/turn/voice", "type"),
        ("/turn/colour", "unknown"),
    ];
    assert_eq!(wrong.problems(), expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    let torn = owner.request(Method::POST, &path).header("content-type", "multipart/form-data; boundary=cut");
    Client::answer(torn.body("--cut\r\ncontent-disposition: form-data; name=\"audio\"\r\n\r\nHel")).await.expect(400);
    owner.post(&path, &json!({"turn": {}})).await.expect(415);
    form(&target.stranger(), &path, &[("audio", "Hello")]).await.expect(404);
    form(&target.nobody(), &path, &[("audio", "Hello")]).await.expect(401);
}

/// An assistant's voice is heard where it has one.
pub async fn samples(target: &Target) {
    let owner = target.owner();
    let silent = made_assistant(&owner).await;
    owner.post(&format!("/api/v1/assistants/{silent}/voice_sample"), &json!({})).await.expect(409);
    let mut body = seed::assistant();
    body["assistant"]["voice"] = json!({"voice_id": "clear"});
    let path =
        format!("/api/v1/assistants/{}/voice_sample", owner.post("/api/v1/assistants", &body).await.expect(201).id());
    let sample = owner.post(&path, &json!({"voice_sample": {"text": "Good morning."}})).await.expect(200);
    assert_eq!((sample.text.as_str(), sample.header("content-type")), ("Good morning.", "application/octet-stream"));
    assert_eq!(sample.header("content-disposition"), "inline; filename=\"voice_sample\"");
    owner.post(&path, &json!({"voice_sample": {"text": "x".repeat(301)}})).await.expect(422);
    target.stranger().post(&path, &json!({})).await.expect(404);
}

/// An assistant is tried out, and nothing of it stays.
pub async fn previews(target: &Target) {
    let owner = target.owner();
    let path = format!("/api/v1/assistants/{}/preview", made_assistant(&owner).await);
    let first = owner.post(&path, &json!({})).await.expect(200);
    assert!(first.attribute("text").as_str().is_some_and(|text| !text.is_empty()), "{}", first.text);
    let answer = owner.post(&path, &json!({"preview": {"text": "What do you offer?"}})).await.expect(200);
    assert_eq!(answer.attribute("model"), "scripted");
    owner.post(&path, &json!({"preview": {"text": ""}})).await.expect(422);
    target.stranger().post(&path, &json!({})).await.expect(404);
    for path in ["/api/v1/conversations", "/api/v1/leads"] {
        assert_eq!(owner.get(path).await.expect(200).body["data"], json!([]), "{path}");
    }
}

/// A report is made once a conversation has ended; until then there is none.
pub async fn reports(target: &Target) {
    let owner = target.owner();
    let conversation = made_conversation(&owner, &made_assistant(&owner).await).await;
    let path = format!("/api/v1/conversations/{conversation}/report");
    owner.get(&path).await.expect(404);
    target.stranger().get(&path).await.expect(404);
}

/// Each figure by itself is the dashboard's, and nobody else's assistant gives any.
pub async fn figures(target: &Target) {
    let owner = target.owner();
    let assistant = made_assistant(&owner).await;
    made_conversation(&owner, &assistant).await;
    let range = "date_from=2026-01-01&date_to=2027-06-30";
    let board = owner.get(&format!("/api/v1/analytics/dashboard?{range}")).await.expect(200);
    for (path, attribute, of_board) in [
        ("analytics/leads_over_time", "days", "leads_over_time"),
        ("analytics/funnel", "steps", "funnel"),
        ("analytics/sentiment", "sentiment", "sentiment"),
        ("analytics/sources", "sources", "sources"),
        ("analytics/assistants", "assistants", "assistants"),
        ("conversations/analytics", "conversations", "conversations"),
    ] {
        let one = owner.get(&format!("/api/v1/{path}?{range}")).await.expect(200);
        assert_eq!(one.attribute(attribute), board.attribute(of_board), "{path}");
        assert_eq!(one.attribute("time_zone"), "Europe/Berlin");
        target.stranger().get(&format!("/api/v1/{path}?assistant_id={assistant}")).await.expect(404);
        owner.get(&format!("/api/v1/{path}?date_from=2026-03-02&date_to=2026-03-01")).await.expect(422);
        target.nobody().token(&target.owner.reader).get(&format!("/api/v1/{path}")).await.expect(403);
    }
}
