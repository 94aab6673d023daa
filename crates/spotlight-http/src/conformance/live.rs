//! Live messages.

use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Client, SocketClient, Target,
    client::events,
    seed::{made_assistant, made_conversation, made_lead, turn},
    socket::refused,
};

const LIVE: &str = "/api/v1/live";

async fn live(target: &Target) -> SocketClient {
    SocketClient::with_token(target, LIVE, &target.owner.token).await
}

/// Subscribes, and gives the place from which messages come.
async fn subscribed(socket: &mut SocketClient, channel: &str, last: Option<u64>) -> u64 {
    socket.say(&json!({"type": "subscribe", "channel": channel, "last_id": last})).await;
    let answer = socket.message().await;
    assert_eq!((&answer["type"], &answer["channel"]), (&json!("subscribed"), &json!(channel)), "{answer}");
    answer["id"].as_u64().expect("a place")
}

fn id(message: &Value) -> u64 {
    message["id"].as_u64().expect("an id")
}

/// A client hears what it has subscribed to, in the form of the contract, and nothing once it has not.
pub async fn messages_are_heard(target: &Target) {
    let owner = target.owner();
    let conversation = made_conversation(&owner, &made_assistant(&owner).await).await;
    target.settle().await;
    let talk = format!("conversation:{conversation}");
    let mut socket = live(target).await;
    subscribed(&mut socket, "leads", None).await;
    subscribed(&mut socket, &talk, None).await;
    socket.say(&json!({"type": "ping"})).await;
    assert_eq!(socket.message().await, json!({"type": "pong"}));
    let lead = made_lead(&owner, "Grace Hopper").await;
    target.settle().await;
    let message = socket.message().await;
    let members: Vec<_> = message.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(members, ["at", "channel", "conversation_id", "data", "id", "type"]);
    assert_eq!(message["data"], json!({"lead_id": lead}), "whose lead it is, and nothing about the person");
    assert_eq!((&message["type"], &message["channel"]), (&json!("lead.created"), &json!("leads")));

    owner.events(&format!("/api/v1/conversations/{conversation}/turns"), &turn("Hello")).await;
    target.settle().await;
    let mut said = Vec::new();
    loop {
        let message = socket.message().await;
        match message["type"].as_str().expect("a type") {
            "transcript_update" => said.push(message),
            "conversation.analyzed" => break,
            _ => {}
        }
    }
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(id(&said[1]), id(&said[0]) + 1);
    for (message, speaker) in said.iter().zip(["user", "assistant"]) {
        assert_eq!((&message["channel"], &message["conversation_id"]), (&json!(talk), &json!(conversation)));
        assert_eq!(message["data"]["speaker"], speaker);
    }
    socket.say(&json!({"type": "unsubscribe", "channel": "leads"})).await;
    loop {
        let message = socket.message().await;
        if message["type"] == "unsubscribed" {
            assert_eq!(message, json!({"type": "unsubscribed", "channel": "leads"}));
            break;
        }
    }
    made_lead(&owner, "Alan Turing").await;
    target.settle().await;
    socket.say(&json!({"type": "ping"})).await;
    assert_eq!(socket.message().await, json!({"type": "pong"}), "nothing more of leads");
    socket.close().await;
}

/// With the last id, a client that was away hears what it missed, each once and in order.
pub async fn a_drop_loses_and_repeats_nothing(target: &Target) {
    let owner = target.owner();
    let mut socket = live(target).await;
    let begun = subscribed(&mut socket, "leads", None).await;
    made_lead(&owner, "Lead One").await;
    target.settle().await;
    let first = socket.message().await;
    assert!(id(&first) > begun);
    socket.close().await;
    let mut expected = Vec::new();
    for name in ["Lead Two", "Lead Three"] {
        expected.push(json!({"lead_id": made_lead(&owner, name).await}));
    }
    target.settle().await;
    let mut socket = live(target).await;
    assert_eq!(subscribed(&mut socket, "leads", Some(id(&first))).await, id(&first));
    let missed = [socket.message().await, socket.message().await];
    assert_eq!(missed.each_ref().map(|message| message["data"].clone()), expected[..]);
    assert_eq!(missed.each_ref().map(id), [id(&first) + 1, id(&first) + 2]);
    // The channel again, from its oldest message.
    subscribed(&mut socket, "leads", Some(0)).await;
    assert_eq!(socket.message().await, first);
}

/// Reads a stream until so many events have come.
async fn read(request: reqwest::RequestBuilder, count: usize) -> (Vec<super::Event>, String) {
    let (response, _) = Client::send(request).await;
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut parts = response.bytes_stream();
    let mut text = String::new();
    while text.matches("\n\n").count() - text.matches(": alive").count() < count {
        let part = parts.next().await.expect("the stream goes on").expect("a part");
        text.push_str(std::str::from_utf8(&part).expect("text"));
    }
    let last = text.lines().rev().find_map(|line| line.strip_prefix("id: ")).unwrap_or_default().to_owned();
    (events(&text), last)
}

/// The same messages come as server-sent events, and one id carries the place in every channel.
pub async fn the_same_as_events(target: &Target) {
    let owner = target.owner();
    let stream = || owner.request(Method::GET, "/api/v1/events?channels=leads,notifications");
    let (begun, last) = read(stream(), 2).await;
    assert!(begun.iter().all(|event| event.name == "subscribed"), "{begun:?}");
    let lead = made_lead(&owner, "Grace Hopper").await;
    target.settle().await;
    let (heard, last) = read(stream().header("last-event-id", last), 3).await;
    assert_eq!((heard[2].name.as_str(), &heard[2].data["data"]), ("lead.created", &json!({"lead_id": lead})));
    let mut socket = live(target).await;
    subscribed(&mut socket, "leads", Some(0)).await;
    assert_eq!(socket.message().await, heard[2].data);
    let other = made_lead(&owner, "Alan Turing").await;
    target.settle().await;
    let (heard, _) = read(stream().header("last-event-id", last), 3).await;
    assert_eq!(heard[2].data["data"], json!({"lead_id": other}), "what was heard is not repeated");

    owner.get("/api/v1/events").await.expect(422);
    let unknown = owner.get("/api/v1/events?channels=leads,all").await.expect(422);
    assert_eq!(unknown.problems(), [("channels".to_owned(), "unknown".to_owned())]);
    Client::answer(stream().header("last-event-id", "7")).await.expect(400);
    target.nobody().get("/api/v1/events?channels=leads").await.expect(401);
    let conversation = made_conversation(&owner, &made_assistant(&owner).await).await;
    let path = format!("/api/v1/events?channels=conversation:{conversation}");
    target.stranger().get(&path).await.expect(404);
    target.nobody().token(&target.owner.reader).get(&path).await.expect(403);
}

/// What is no handshake is refused with an error document, and says what would be one.
pub async fn handshakes(target: &Target) {
    let owner = target.owner();
    for header in [("upgrade", ""), ("upgrade", "h2c"), ("connection", "keep-alive")] {
        let answer = refused(&owner, LIVE, &[header]).await.expect(426);
        assert_eq!(answer.header("upgrade"), "websocket");
        assert_eq!(answer.problems(), [(String::new(), "upgrade_required".to_owned())]);
    }
    let version = refused(&owner, LIVE, &[("sec-websocket-version", "8")]).await.expect(426);
    assert_eq!(version.header("sec-websocket-version"), "13");
    refused(&owner, LIVE, &[("sec-websocket-version", "")]).await.expect(426);
    refused(&owner, LIVE, &[("sec-websocket-key", "short")]).await.expect(400);
    refused(&owner, LIVE, &[("sec-websocket-key", "")]).await.expect(400);
    refused(&target.nobody(), LIVE, &[]).await.expect(401);
    refused(&target.nobody().token("spot_unknown"), LIVE, &[]).await.expect(401);
    refused(&owner, "/api/v1/live?channel=leads", &[]).await.expect(422);
    owner.post(LIVE, &json!({})).await.expect(405);
}

/// A client is told everything that is wrong with what it asks, and goes on.
pub async fn what_is_refused(target: &Target) {
    let owner = target.owner();
    let conversation = made_conversation(&owner, &made_assistant(&owner).await).await;
    let talk = json!(format!("conversation:{conversation}"));
    let mut socket = live(target).await;
    for (message, status, places) in [
        ("{".to_owned(), "400", vec![]),
        ("[]".to_owned(), "400", vec![]),
        (json!({"type": "shout", "channel": 7}).to_string(), "422", vec!["/type", "/channel"]),
        (
            json!({"type": "subscribe", "channel": "all", "last_id": "x", "more": 1}).to_string(),
            "422",
            vec!["/last_id", "/more", "/channel"],
        ),
        (json!({"type": "subscribe", "channel": "conversation:7"}).to_string(), "404", vec![]),
    ] {
        socket.say_text(&message).await;
        let answer = socket.message().await;
        assert_eq!(answer["type"], "error", "{message}");
        let errors = answer["errors"].as_array().expect("an error document");
        assert!(errors.iter().all(|error| error["status"] == status), "{message}: {answer}");
        let found: Vec<_> = errors.iter().filter_map(|error| error["source"]["pointer"].as_str()).collect();
        assert_eq!(found, places, "{message}");
    }
    subscribed(&mut socket, "leads", None).await;
    let of = async |token: &str, channel: &Value| {
        let mut socket = SocketClient::with_token(target, LIVE, token).await;
        socket.say(&json!({"type": "subscribe", "channel": channel})).await;
        let answer = socket.message().await;
        assert_eq!(&answer["channel"], channel);
        answer["errors"][0]["status"].as_str().map(str::to_owned)
    };
    assert_eq!(of(&target.stranger.token, &talk).await.as_deref(), Some("404"), "another organization's");
    assert_eq!(of(&target.owner.reader, &talk).await.as_deref(), Some("403"), "without the scope");
    assert_eq!(of(&target.owner.reader, &json!("leads")).await, None);
    // What is no message at all ends it.
    socket.send(b"sound").await;
    assert_eq!(socket.closed().await, 1003);
    let mut socket = live(target).await;
    socket.say_text(&"x".repeat(5000)).await;
    assert_eq!(socket.closed().await, 1009);
}

/// Browsers come with a cookie, from the server's own pages alone, or with a token as a protocol.
pub async fn browsers(target: &Target) {
    let person = &target.owner;
    let body = json!({"user": {"email": person.email, "password": person.password}});
    let signed = target.nobody().post("/api/v1/users/sign_in", &body).await.expect(200);
    let cookie = signed.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let mut socket = SocketClient::open(target, LIVE, &[("cookie", &cookie), ("origin", &target.base)]).await;
    subscribed(&mut socket, "notifications", None).await;
    refused(&target.nobody(), LIVE, &[("cookie", &cookie)]).await.expect(403);
    for origin in ["https://evil.example", "null"] {
        refused(&target.nobody(), LIVE, &[("cookie", &cookie), ("origin", origin)]).await.expect(403);
    }
    let offered = format!("spotlight.v1, token.{}", person.token);
    let headers = [("sec-websocket-protocol", offered.as_str()), ("origin", "https://elsewhere.example")];
    let mut socket = SocketClient::open(target, LIVE, &headers).await;
    assert_eq!(socket.protocol, "spotlight.v1");
    subscribed(&mut socket, "leads", None).await;
    let wrong = [("sec-websocket-protocol", "spotlight.v1, token.spot_wrong")];
    refused(&target.nobody(), LIVE, &wrong).await.expect(401);
}

/// A visitor hears what is said in their own conversation, without what the team thinks of it.
pub async fn visitors_hear_their_own(target: &Target) {
    let (owner, nobody) = (target.owner(), target.nobody());
    let path = format!("/api/v1/public/assistants/{}/conversations", made_assistant(&owner).await);
    let opened = nobody.post(&path, &json!({"conversation": {}})).await.expect(201);
    let other = nobody.post(&path, &json!({"conversation": {}})).await.expect(201);
    let token = opened.body["meta"]["token"].as_str().expect("a token");
    let mut socket = SocketClient::with_token(target, LIVE, token).await;
    for (channel, status) in [
        ("leads".to_owned(), "403"),
        ("notifications".to_owned(), "403"),
        (format!("conversation:{}", other.id()), "404"),
    ] {
        socket.say(&json!({"type": "subscribe", "channel": channel})).await;
        assert_eq!(socket.message().await["errors"][0]["status"], status, "{channel}");
    }
    let talk = format!("conversation:{}", opened.id());
    subscribed(&mut socket, &talk, None).await;
    let visitor = nobody.clone().token(token);
    visitor.events(&format!("/api/v1/conversations/{}/turns", opened.id()), &turn("Hello")).await;
    target.settle().await;
    owner.post(&format!("/api/v1/conversations/{}/take_over", opened.id()), &json!({})).await.expect(200);
    target.settle().await;
    let kinds = [socket.message().await, socket.message().await, socket.message().await];
    let kinds = kinds.each_ref().map(|message| (message["type"].as_str().expect("a type"), message["data"].clone()));
    assert_eq!(
        kinds.each_ref().map(|(kind, _)| *kind),
        ["transcript_update", "transcript_update", "conversation.taken_over"]
    );
    assert_eq!(kinds[2].1, json!({"conversation_id": opened.id()}), "not who of the team it was");
}

/// A session that is ended takes its sockets with it, within seconds, and says why.
pub async fn rights_that_end(target: &Target) {
    let person = &target.owner;
    let body = json!({"user": {"email": person.email, "password": person.password}});
    let signed = target.nobody().post("/api/v1/users/sign_in", &body).await.expect(200);
    let cookie = signed.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let mut socket = SocketClient::open(target, LIVE, &[("cookie", &cookie), ("origin", &target.base)]).await;
    subscribed(&mut socket, "leads", None).await;
    let csrf = signed.body["meta"]["csrf_token"].as_str().expect("a token");
    let browser = target.nobody().with("cookie", cookie).with("x-csrf-token", csrf);
    browser.delete("/api/v1/users/sign_out").await.expect(204);
    target.settle().await;
    let told = socket.message().await;
    assert_eq!((&told["type"], &told["errors"][0]["status"]), (&json!("error"), &json!("401")));
    assert_eq!(socket.closed().await, 4401);
}

/// A person has ten live connections at once.
pub async fn too_many_at_once(target: &Target) {
    let mut open = Vec::new();
    for _ in 0..10 {
        open.push(live(target).await);
    }
    refused(&target.owner(), LIVE, &[]).await.expect(429);
    target.owner().get("/api/v1/events?channels=leads").await.expect(429);
    let _other = SocketClient::with_token(target, LIVE, &target.stranger.token).await;
    open.pop().expect("a socket").close().await;
    // The server notes the end before it agrees to it.
    let mut again = live(target).await;
    subscribed(&mut again, "leads", None).await;
}
