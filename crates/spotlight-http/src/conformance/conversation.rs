//! Conversations and their turns.

use reqwest::Method;
use serde_json::json;

use super::{
    Client, Target,
    seed::{made_assistant, made_conversation, turn},
};

/// The visitor's words, then the answer piece by piece, then its end, which is what is stored.
pub async fn a_turn_is_streamed(target: &Target) {
    let owner = target.owner();
    let conversation = made_conversation(&owner, &made_assistant(&owner).await).await;
    let path = format!("/api/v1/conversations/{conversation}");
    let greeting = owner.events(&format!("{path}/turns"), &json!({"turn": {}})).await;
    assert_eq!(greeting.last().expect("an end").name, "done");
    assert!(greeting.iter().all(|event| event.name != "transcript"), "nobody has spoken before the assistant");
    owner.post(&format!("{path}/turns"), &json!({"turn": {}})).await.expect(409);

    let events = owner.events(&format!("{path}/turns"), &turn("Hello, my name is Grace Hopper.")).await;
    assert_eq!(events[0].name, "transcript");
    assert_eq!(events[0].data["attributes"]["content"], "Hello, my name is Grace Hopper.");
    let end = events.last().expect("an end");
    assert_eq!((end.name.as_str(), &end.data["status"]), ("done", &json!("active")));
    let words: String =
        events.iter().filter(|event| event.name == "token").filter_map(|event| event.data["text"].as_str()).collect();
    assert!(!words.is_empty());
    assert_eq!(end.data["utterance"]["attributes"]["content"], words.trim());

    let said = owner.get(&format!("{path}/transcripts")).await.expect(200);
    assert_eq!(said.attributes("speaker"), [json!("assistant"), json!("user"), json!("assistant")]);
    assert_eq!(said.attributes("seq"), [json!(1), json!(2), json!(3)]);
    let part = owner.get(&format!("{path}/transcripts?per_page=2")).await.expect(200);
    let rest = owner.get(&part.link("next").expect("a next part")).await.expect(200);
    assert_eq!((rest.attributes("seq"), rest.link("next")), (vec![json!(3)], None));

    for body in [json!({"turn": {"text": ""}}), turn(&"x".repeat(4001)), json!({"turn": {"text": 7}})] {
        owner.post(&format!("{path}/turns"), &body).await.expect(422);
    }
    let html = owner.request(Method::POST, &format!("{path}/turns")).header("accept", "text/html").json(&turn("Hi"));
    Client::answer(html).await.expect(406);
}

/// Of several turns at once, each is answered or refused with a conflict, and nothing is mixed up.
pub async fn two_turns_at_once(target: &Target) {
    let owner = target.owner();
    let conversation = made_conversation(&owner, &made_assistant(&owner).await).await;
    let turns = format!("/api/v1/conversations/{conversation}/turns");
    let hello = turn("Hello");
    let (mut good, mut refused) = (0, 0);
    // As many rounds as it takes for two to meet, and as the caller's limit allows.
    for _ in 0..11 {
        for answer in futures::future::join_all((0..8).map(|_| owner.post(&turns, &hello))).await {
            match answer.status {
                200 => good += 1,
                409 => refused += 1,
                _ => panic!("{}: {}", answer.status, answer.text),
            }
        }
        if good > 0 && refused > 0 {
            break;
        }
    }
    assert!(good > 0 && refused > 0, "{good} answered, {refused} refused: no turn met another");
    let path = format!("/api/v1/conversations/{conversation}/transcripts?per_page=100");
    let mut speakers = Vec::new();
    let mut next = Some(path);
    while let Some(path) = next {
        let said = owner.get(&path).await.expect(200);
        speakers.extend(said.attributes("speaker"));
        next = said.link("next");
    }
    let expected: Vec<_> = (0..good).flat_map(|_| [json!("user"), json!("assistant")]).collect();
    assert_eq!(speakers, expected);
}

/// While a person has taken over, the assistant is silent.
pub async fn a_person_takes_over(target: &Target) {
    let owner = target.owner();
    let conversation = made_conversation(&owner, &made_assistant(&owner).await).await;
    let path = format!("/api/v1/conversations/{conversation}");
    let words = json!({"transcript": {"content": "Hello, this is Olivia."}});
    owner.post(&format!("{path}/transcripts"), &words).await.expect(409);
    owner.post(&format!("{path}/accept_hand_off"), &json!({})).await.expect(409);
    owner.events(&format!("{path}/turns"), &turn("I want to talk to a human, please")).await;
    owner.post(&format!("{path}/accept_hand_off"), &json!({})).await.expect(200);
    let taken = Client::answer(owner.request(Method::POST, &format!("{path}/take_over"))).await.expect(200);
    assert_eq!(taken.body["data"]["relationships"]["taken_over_by"]["data"]["type"], "user");
    let said = owner.post(&format!("{path}/transcripts"), &words).await.expect(201);
    assert_eq!(said.attribute("speaker"), "human_agent");
    let events = owner.events(&format!("{path}/turns"), &turn("Hello Olivia")).await;
    assert!(events.iter().all(|event| event.name != "token"));
    assert_eq!(events.last().expect("an end").data["utterance"], json!(null));
    owner.post(&format!("{path}/give_back"), &json!({})).await.expect(200);
    let events = owner.events(&format!("{path}/turns"), &turn("And now?")).await;
    assert!(events.iter().any(|event| event.name == "token"));
}

/// An ended conversation takes no more words, and shows what was said when asked to.
pub async fn ends_and_includes(target: &Target) {
    let owner = target.owner();
    let assistant = made_assistant(&owner).await;
    let path = format!("/api/v1/conversations/{}", made_conversation(&owner, &assistant).await);
    owner.events(&format!("{path}/turns"), &turn("Hello")).await;
    let patch = |status: &str| json!({"conversation": {"status": status, "outcome": "A call is booked."}});
    let ended = owner.patch(&path, &patch("completed")).await.expect(200);
    assert_eq!((ended.attribute("status"), ended.attribute("allowed_statuses")), (&json!("completed"), &json!([])));
    assert!(ended.attribute("duration_s").is_number());
    owner.patch(&path, &patch("active")).await.expect(409);
    owner.post(&format!("{path}/turns"), &turn("Are you there?")).await.expect(409);
    let shown = owner.get(&format!("{path}?include=transcripts")).await.expect(200);
    let included = shown.body["included"].as_array().expect("transcripts");
    let named = shown.body["data"]["relationships"]["transcripts"]["data"].as_array().expect("references");
    assert_eq!((included.len(), named.len(), &included[0]["id"]), (2, 2, &named[0]["id"]));
    owner.get(&format!("{path}?include=secrets")).await.expect(422);
    let of = format!("/api/v1/conversations?assistant_id={assistant}");
    for (query, found) in [("", 1), ("&needs_attention=false", 1), ("&needs_attention=true", 0)] {
        let listed = owner.get(&format!("{of}{query}")).await.expect(200);
        assert_eq!(listed.attributes("status").len(), found, "{query}: nobody waits in one that has ended");
    }
    let listed =
        owner.get(&format!("/api/v1/conversations?status=completed&assistant_id={assistant}")).await.expect(200);
    assert_eq!(listed.attributes("outcome"), [json!("A call is booked.")]);
    owner
        .post("/api/v1/conversations", &json!({"conversation": {"assistant_id": listed.body["data"][0]["id"]}}))
        .await
        .expect(404);
}
