//! Webhooks that come in: who is believed, what they do, and that each event counts once.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use spotlight_core::ports::{Clock, SystemClock};

use super::{
    Answer, Client, Target,
    seed::{STRIPE_SECRET, made_assistant},
};

const LEADS: &str = "/api/v1/webhooks/leads";
const CONVERSATIONS: &str = "/api/v1/webhooks/conversations";

fn now() -> i64 {
    SystemClock.now().timestamp()
}

fn hmac(secret: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(format!("{timestamp}.{body}").as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Another system with its key and its secret.
struct Source {
    nobody: Client,
    key: String,
    secret: String,
}

impl Source {
    async fn new(target: &Target, client: &Client, accepts: &[&str]) -> Self {
        let body = json!({"webhook_source": {"name": "Website form", "accepts": accepts}});
        let made = client.post("/api/v1/webhook_sources", &body).await.expect(201);
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self { nobody: target.nobody(), key: text(made.attribute("key")), secret: text(&made.body["meta"]["secret"]) }
    }

    async fn tells(&self, path: &str, body: &Value) -> Answer {
        self.sends(path, &body.to_string(), now(), &self.secret).await
    }

    async fn sends(&self, path: &str, body: &str, timestamp: i64, secret: &str) -> Answer {
        let signature = format!("sha256={}", hmac(secret, timestamp, body));
        let request = self
            .nobody
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .header("x-webhook-key", &self.key)
            .header("x-timestamp", timestamp.to_string())
            .header("x-signature", signature);
        Client::answer(request.body(body.to_owned())).await
    }
}

fn lead(id: &str, name: &str) -> Value {
    json!({"event": {"id": id, "lead": {"name": name, "email": "grace@example.com", "metadata": {"form": "prices"}}}})
}

/// A lead is added by its first event; a repeated event does nothing; another about the same lead overwrites nothing.
pub async fn a_lead_arrives(target: &Target) {
    let owner = target.owner();
    let source = Source::new(target, &owner, &["leads"]).await;
    let first = source.tells(LEADS, &lead("event-1", "Grace Hopper")).await.expect(200);
    let id = first.body["data"]["relationships"]["lead"]["data"]["id"].as_str().expect("a lead").to_owned();
    assert_eq!((first.id().as_str(), first.attribute("duplicate")), ("event-1", &json!(false)));
    assert!(first.headers.contains_key("x-ratelimit-limit"));
    let again = source.tells(LEADS, &lead("event-1", "Grace Hopper")).await.expect(200);
    assert_eq!(again.attribute("duplicate"), &json!(true));
    let other = source.tells(LEADS, &lead("event-2", "Somebody Else")).await.expect(200);
    assert_eq!(other.body["data"]["relationships"]["lead"]["data"]["id"], id);
    assert!(!other.text.contains("Grace"), "what a lead holds is not told");
    let stored = owner.get(&format!("/api/v1/leads/{id}")).await.expect(200);
    assert_eq!(
        (stored.attribute("name"), stored.attribute("metadata")),
        (&json!("Grace Hopper"), &json!({"form": "prices"}))
    );
    let list = owner.get("/api/v1/leads").await.expect(200);
    assert_eq!(list.body["meta"]["pagination"]["total_count"], 1);
    let log = owner.get("/api/v1/audit_log?action=lead.told").await.expect(200);
    assert_eq!(log.attributes("actor_kind"), [json!("source"), json!("source")]);
    // The same e-mail in another organization is another lead.
    let stranger = target.stranger();
    let theirs = Source::new(target, &stranger, &["leads"]).await;
    let taken = theirs.tells(LEADS, &lead("event-1", "Grace Hopper")).await.expect(200);
    assert_ne!(taken.body["data"]["relationships"]["lead"]["data"]["id"], id);
    stranger.get(&format!("/api/v1/leads/{id}")).await.expect(404);
}

/// A conversation held elsewhere is opened, appended to, and ended.
pub async fn a_conversation_arrives(target: &Target) {
    let owner = target.owner();
    let source = Source::new(target, &owner, &["conversations"]).await;
    let assistant = made_assistant(&owner).await;
    let event = |id: &str, content: &str, status: &str| {
        json!({"event": {"id": id, "conversation": {"external_id": "chat-7", "assistant_id": assistant,
            "lead": {"email": "grace@example.com"}, "status": status,
            "transcripts": [{"speaker": "user", "content": content}]}}})
    };
    let first = source.tells(CONVERSATIONS, &event("1", "We need it by June.", "active")).await.expect(200);
    let id = first.body["data"]["relationships"]["conversation"]["data"]["id"].as_str().expect("an id").to_owned();
    let again = source.tells(CONVERSATIONS, &event("1", "We need it by June.", "active")).await.expect(200);
    assert_eq!(again.attribute("duplicate"), &json!(true));
    source.tells(CONVERSATIONS, &event("2", "That is all.", "completed")).await.expect(200);
    let stored = owner.get(&format!("/api/v1/conversations/{id}?include=transcripts")).await.expect(200);
    assert_eq!((stored.attribute("status"), stored.attribute("utterances")), (&json!("completed"), &json!(2)));
    assert!(stored.text.contains("We need it by June."));
    source.tells(CONVERSATIONS, &event("3", "One more thing.", "active")).await.expect(409);
    source.tells(LEADS, &lead("4", "Grace Hopper")).await.expect(403);
    let of_leads = Source::new(target, &owner, &["leads"]).await;
    of_leads.tells(CONVERSATIONS, &event("1", "Hello", "active")).await.expect(403);
    source.sends(CONVERSATIONS, "not JSON", now(), &source.secret).await.expect(400);
    let theirs = Source::new(target, &target.stranger(), &["conversations"]).await;
    theirs.tells(CONVERSATIONS, &event("1", "Hello", "active")).await.expect(404);
    target.stranger().get(&format!("/api/v1/conversations/{id}")).await.expect(404);
    target.uses_all().await;
    let mut new = event("5", "Hello", "active");
    new["event"]["conversation"]["external_id"] = json!("chat-8");
    source.tells(CONVERSATIONS, &new).await.expect(402);
}

/// What is not signed as it should be is 401, before anybody has looked at what it says.
pub async fn what_is_not_signed(target: &Target) {
    let owner = target.owner();
    let source = Source::new(target, &owner, &["leads", "conversations"]).await;
    let body = lead("event-1", "Grace Hopper").to_string();
    for path in [LEADS, CONVERSATIONS] {
        source.sends(path, &body, now(), "whsrc_guessed").await.expect(401);
        source.sends(path, &body, now() - 301, &source.secret).await.expect(401);
        source.sends(path, &body, now() + 310, &source.secret).await.expect(401);
        // Neither is read: not as JSON, and not for what it lacks.
        source.sends(path, "not JSON", now(), "whsrc_guessed").await.expect(401);
        source.sends(path, "{}", now(), "whsrc_guessed").await.expect(401);
        source.nobody.post(path, &json!({})).await.expect(401);
        owner.post(path, &json!({})).await.expect(401);
        source.nobody.get(path).await.expect(405);
    }
    let elsewhere = Source::new(target, &target.stranger(), &["leads"]).await;
    source.sends(LEADS, &body, now(), &elsewhere.secret).await.expect(401);
    let tampered = body.replace("Grace", "Gracy");
    let signature = format!("sha256={}", hmac(&source.secret, now(), &body));
    let request = source.nobody.request(Method::POST, LEADS).header("content-type", "application/json");
    let request = request.header("x-webhook-key", &source.key).header("x-timestamp", now().to_string());
    let request = request.header("x-signature", signature);
    Client::answer(request.body(tampered)).await.expect(401);
    assert_eq!(owner.get("/api/v1/leads").await.expect(200).body["meta"]["pagination"]["total_count"], 0);
    // While a secret is being changed, both are accepted.
    let sources = owner.get("/api/v1/webhook_sources").await.expect(200);
    let id = sources.body["data"][0]["id"].as_str().expect("an id");
    let rotated = owner.post(&format!("/api/v1/webhook_sources/{id}/rotate_secret"), &json!({})).await.expect(200);
    let newer = rotated.body["meta"]["secret"].as_str().expect("a secret");
    source.sends(LEADS, &body, now(), newer).await.expect(200);
    let answer = source.sends(LEADS, &body, now(), &source.secret).await.expect(200);
    assert_eq!(answer.attribute("duplicate"), &json!(true));
    let off = json!({"webhook_source": {"enabled": false}});
    owner.patch(&format!("/api/v1/webhook_sources/{id}"), &off).await.expect(200);
    source.sends(LEADS, &body, now(), newer).await.expect(401);
}

/// Everything that is wrong in an event is said at once; once mended, the same event is taken.
pub async fn what_is_wrong_in_an_event(target: &Target) {
    let owner = target.owner();
    let source = Source::new(target, &owner, &["leads", "conversations"]).await;
    let body = json!({"event": {"id": "", "lead": {"name": "x", "email": "nothing", "phone": "1", "owner_id": "me"}},
        "more": 1});
    let refused = source.tells(LEADS, &body).await.expect(422);
    let expected = [
        ("/event/id", "length"),
        ("/event/lead/name", "length"),
        ("/event/lead/email", "format"),
        ("/event/lead/phone", "format"),
        ("/event/lead/owner_id", "unknown"),
        ("/more", "unknown"),
    ];
    assert_eq!(refused.problems(), expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    let body = json!({"event": {"id": "1", "conversation": {"external_id": "", "assistant_id": "me",
        "transcripts": [{"speaker": "nobody", "content": ""}], "status": "gone"}}});
    let refused = source.tells(CONVERSATIONS, &body).await.expect(422);
    assert_eq!(refused.problems().len(), 5, "{}", refused.text);
    source.sends(LEADS, "[]", now(), &source.secret).await.expect(400);
    source.sends(LEADS, "{", now(), &source.secret).await.expect(400);
    let bad = json!({"event": {"id": "event-1", "lead": {"email": "nothing"}}});
    source.tells(LEADS, &bad).await.expect(422);
    let taken = source.tells(LEADS, &lead("event-1", "Grace Hopper")).await.expect(200);
    assert_eq!(taken.attribute("duplicate"), &json!(false));
}

/// Events of Stripe are believed by their own signature, and each counts once.
pub async fn stripe_events(target: &Target) {
    const PATH: &str = "/api/v1/webhooks/stripe";
    let nobody = target.nobody();
    let sends = async |body: &str, signature: Option<String>| {
        let mut request = nobody.request(Method::POST, PATH).header("content-type", "application/json; charset=utf-8");
        if let Some(signature) = signature {
            request = request.header("stripe-signature", signature);
        }
        Client::answer(request.body(body.to_owned())).await
    };
    let signed = |timestamp: i64, body: &str| format!("t={timestamp},v1={}", hmac(STRIPE_SECRET, timestamp, body));
    let body = json!({"id": "evt_1", "type": "customer.subscription.updated",
        "data": {"object": {"object": "subscription", "id": "sub_1", "customer": "cus_1"}}})
    .to_string();
    sends(&body, None).await.expect(401);
    sends(&body, Some(format!("t={},v1={}", now(), hmac("whsec_guessed_by_nobody", now(), &body)))).await.expect(401);
    sends(&body, Some(signed(now() - 301, &body))).await.expect(401);
    sends("not JSON", Some(format!("t={},v1=00", now()))).await.expect(401);
    sends(&body, Some(signed(now(), &body))).await.expect(204);
    sends(&body, Some(signed(now(), &body))).await.expect(204);
    let rolled = format!("t={0},v1={1},v1={2}", now(), "0".repeat(64), hmac(STRIPE_SECRET, now(), &body));
    sends(&body, Some(rolled)).await.expect(204);
    sends("{}", Some(signed(now(), "{}"))).await.expect(400);
    target.owner().post(PATH, &json!({})).await.expect(401);
}
