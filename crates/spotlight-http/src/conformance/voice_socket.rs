//! Conversations by voice. The sound of a word here is its text, as the voices in memory have it.

use serde_json::{Value, json};

use super::{
    Said, SocketClient, Target,
    seed::{self, made_conversation},
    socket::refused,
};

async fn begun(target: &Target) -> String {
    let mut body = seed::assistant();
    body["assistant"]["voice"] = json!({"voice_id": "clear"});
    let owner = target.owner();
    let assistant = owner.post("/api/v1/assistants", &body).await.expect(201).id();
    made_conversation(&owner, &assistant).await
}

fn path(conversation: &str) -> String {
    format!("/api/v1/conversations/{conversation}/voice")
}

/// Says words, and gives what comes until the answer ends: messages, and sound.
async fn spoken(socket: &mut SocketClient, words: &str) -> (Vec<Value>, Vec<u8>) {
    // In two pieces, as a microphone would.
    let (one, two) = words.as_bytes().split_at(words.len() / 2);
    socket.send(one).await;
    socket.send(two).await;
    socket.say(&json!({"type": "end"})).await;
    let (mut messages, mut sound) = (Vec::new(), Vec::new());
    loop {
        match socket.hear().await {
            Said::Sound(bytes) => sound.extend(bytes),
            Said::Message(message) => {
                let last = message["type"] == "done" || message["type"] == "error";
                messages.push(message);
                if last {
                    return (messages, sound);
                }
            }
            closed @ Said::Closed(..) => panic!("{closed:?}"),
        }
    }
}

/// Sound goes in; the words, the answer and its sound come out, and are what is stored.
pub async fn a_conversation_by_voice(target: &Target) {
    let conversation = begun(target).await;
    let mut socket = SocketClient::with_token(target, &path(&conversation), &target.owner.token).await;
    let (messages, sound) = spoken(&mut socket, "Hello, my name is Grace Hopper.").await;
    assert_eq!((&messages[0]["type"], &messages[0]["data"]["type"]), (&json!("transcript"), &json!("transcript")));
    assert_eq!(messages[0]["data"]["attributes"]["content"], "Hello, my name is Grace Hopper.");
    let words: String = messages.iter().filter_map(|message| message["text"].as_str()).collect();
    let end = messages.last().expect("an end");
    assert_eq!((&end["type"], &end["status"]), (&json!("done"), &json!("active")));
    assert_eq!(end["utterance"]["attributes"]["content"], words.trim());
    assert_eq!(String::from_utf8(sound).expect("the voice in memory").trim(), words.trim());
    let (again, _) = spoken(&mut socket, "What do you offer?").await;
    assert_eq!(again.last().expect("an end")["type"], "done");
    let said = target.owner().get(&format!("/api/v1/conversations/{conversation}/transcripts")).await.expect(200);
    assert_eq!(said.attributes("speaker").len(), 4);
    assert_eq!(said.attributes("duration_s")[0], 31.0 / 16.0);
    socket.close().await;
}

/// What cannot be heard is told, and the conversation goes on; what is too much ends it.
pub async fn what_cannot_be_heard(target: &Target) {
    let conversation = begun(target).await;
    let mut socket = SocketClient::with_token(target, &path(&conversation), &target.owner.token).await;
    socket.send(&[0xff, 0xfe]).await;
    for (message, status) in [
        (json!({"type": "end"}).to_string(), "422"),
        (json!({"type": "stop", "more": 1}).to_string(), "422"),
        ("end".to_owned(), "400"),
    ] {
        socket.say_text(&message).await;
        let answer = socket.message().await;
        assert_eq!((&answer["type"], &answer["errors"][0]["status"]), (&json!("error"), &json!(status)), "{message}");
    }
    // Nothing was said.
    socket.say(&json!({"type": "end"})).await;
    let (messages, _) = spoken(&mut socket, "Hello").await;
    assert_eq!(messages.last().expect("an end")["type"], "done");
    socket.send(&vec![b'x'; 64 * 1024 + 1]).await;
    assert_eq!(socket.closed().await, 1009);
}

/// The team and the conversation's own visitor speak; nobody else does.
pub async fn who_may_speak(target: &Target) {
    let conversation = begun(target).await;
    let path = path(&conversation);
    refused(&target.stranger(), &path, &[]).await.expect(404);
    refused(&target.nobody().token(&target.owner.reader), &path, &[]).await.expect(403);
    refused(&target.nobody(), &path, &[]).await.expect(401);
    refused(&target.owner(), "/api/v1/conversations/7/voice", &[]).await.expect(404);
    refused(&target.owner(), &path, &[("upgrade", "")]).await.expect(426);
    refused(&target.owner(), &path, &[("sec-websocket-key", "short")]).await.expect(400);
    let owner = target.owner();
    let assistant = owner.post("/api/v1/assistants", &seed::assistant()).await.expect(201).id();
    let open = format!("/api/v1/public/assistants/{assistant}/conversations");
    let opened = target.nobody().post(&open, &json!({"conversation": {}})).await.expect(201);
    let token = opened.body["meta"]["token"].as_str().expect("a token");
    refused(&target.nobody().token(token), &path, &[]).await.expect(404);
    let own = format!("/api/v1/conversations/{}/voice", opened.id());
    // A browser sends its token as a protocol, and is told which one was taken.
    let protocols = format!("spotlight.v1, token.{token}");
    let mut visitor = SocketClient::open(target, &own, &[("sec-websocket-protocol", &protocols)]).await;
    assert_eq!(visitor.protocol, "spotlight.v1");
    let (messages, _) = spoken(&mut visitor, "Hello").await;
    let end = messages.last().expect("an end");
    assert_eq!((&end["type"], &end["utterance"]["attributes"]["model"]), (&json!("done"), &Value::Null));
    let body = json!({"conversation": {"status": "completed"}});
    owner.patch(&format!("/api/v1/conversations/{conversation}"), &body).await.expect(200);
    refused(&owner, &path, &[]).await.expect(409);
}
