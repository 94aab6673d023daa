//! Webhook endpoints, what was sent there, and sources of incoming ones.

use serde_json::{Value, json};

use super::{Client, Target};

fn endpoint(url: &str) -> Value {
    json!({"webhook_endpoint": {"url": url, "events": ["lead.created"]}})
}

/// A new endpoint's path.
async fn made(client: &Client) -> String {
    let answer = client.post("/api/v1/webhook_endpoints", &endpoint("https://crm.example.com/hooks")).await;
    format!("/api/v1/webhook_endpoints/{}", answer.expect(201).id())
}

/// An endpoint is made with a secret that is shown once, changed, given another secret, and deleted.
pub async fn the_life_of_an_endpoint(target: &Target) {
    let owner = target.owner();
    let answer = owner.post("/api/v1/webhook_endpoints", &endpoint("https://crm.example.com/hooks")).await.expect(201);
    let secret = answer.body["meta"]["secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("whsec_"));
    assert_eq!((answer.attribute("enabled"), answer.attribute("events")), (&json!(true), &json!(["lead.created"])));
    let path = format!("/api/v1/webhook_endpoints/{}", answer.id());
    let shown = owner.get(&path).await.expect(200);
    assert!(!shown.text.contains(&secret) && shown.body["meta"].is_null(), "it is shown once");
    assert!(shown.header("etag").starts_with("\"1-"), "{}", shown.header("etag"));
    let body = json!({"webhook_endpoint": {"enabled": false}});
    let changed = owner.patch(&path, &body).await.expect(200);
    assert_eq!((changed.attribute("enabled"), changed.attribute("url")), (&json!(false), shown.attribute("url")));
    let inside = json!({"webhook_endpoint": {"url": "https://192.168.0.1/hooks"}});
    let refused = owner.patch(&path, &inside).await.expect(422);
    assert_eq!(refused.problems(), [("/webhook_endpoint/url".to_owned(), "address".to_owned())]);
    let stale = Client::answer(owner.request(reqwest::Method::PATCH, &path).header("if-match", "\"1\"").json(&body));
    stale.await.expect(412);
    let rotated = owner.post(&format!("{path}/rotate_secret"), &json!({})).await.expect(200);
    assert_ne!(rotated.body["meta"]["secret"], secret);
    assert!(rotated.attribute("previous_secret_until").is_string());
    let list = owner.get("/api/v1/webhook_endpoints").await.expect(200);
    assert_eq!(list.attributes("url"), [json!("https://crm.example.com/hooks")]);
    assert!(!list.text.contains("whsec_"));
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect(404);
    owner.delete(&path).await.expect(404);
}

/// What an endpoint may not be is said all at once, and nothing is stored.
pub async fn what_an_endpoint_may_not_be(target: &Target) {
    let owner = target.owner();
    let body = json!({"webhook_endpoint": {"url": 7, "events": ["lead.created", "transcript_update", "nope"],
        "enabled": "yes", "secret": "mine"}});
    let refused = owner.post("/api/v1/webhook_endpoints", &body).await.expect(422);
    let expected = [
        ("/webhook_endpoint/url", "type"),
        ("/webhook_endpoint/events/1", "unknown"),
        ("/webhook_endpoint/events/2", "unknown"),
        ("/webhook_endpoint/enabled", "type"),
        ("/webhook_endpoint/secret", "unknown"),
    ];
    assert_eq!(refused.problems(), expected.map(|(place, code)| (place.to_owned(), code.to_owned())));
    for url in ["ftp://example.com", "https://", "https://user:secret@example.com/", "nothing", "https://a b/"] {
        let refused = owner.post("/api/v1/webhook_endpoints", &endpoint(url)).await.expect(422);
        assert_eq!(refused.problems()[0].0, "/webhook_endpoint/url", "{url}");
        assert!(!refused.text.contains("secret"));
    }
    // Where the deployment sends nothing, whatever a name may resolve to later.
    for (url, code) in [
        ("http://example.com/hooks", "scheme"),
        ("https://example.com:22/hooks", "port"),
        ("https://127.0.0.1/hooks", "address"),
        ("https://[::1]/hooks", "address"),
        ("https://0x7f.1/hooks", "address"),
        ("https://10.0.0.7/hooks", "address"),
        ("https://169.254.169.254/latest", "address"),
        ("https://localhost/hooks", "address"),
        ("https://crm.localhost./hooks", "address"),
    ] {
        let refused = owner.post("/api/v1/webhook_endpoints", &endpoint(url)).await.expect(422);
        assert_eq!(refused.problems(), [("/webhook_endpoint/url".to_owned(), code.to_owned())], "{url}");
    }
    owner.post("/api/v1/webhook_endpoints", &json!({})).await.expect(422);
    let none = owner.get("/api/v1/webhook_endpoints").await.expect(200);
    assert_eq!(none.body["meta"]["pagination"]["total_count"], 0);
    target.nobody().get("/api/v1/webhook_endpoints").await.expect(401);
    target.nobody().token(&target.owner.reader).get("/api/v1/webhook_endpoints").await.expect(403);
}

/// An endpoint is tried with an event that means nothing; what was sent is listed, shown, and not sent twice at once.
pub async fn tests_and_deliveries(target: &Target) {
    let owner = target.owner();
    let path = made(&owner).await;
    let tried = owner.post(&format!("{path}/test"), &json!({})).await.expect(201);
    assert_eq!((tried.attribute("event_type"), tried.attribute("status")), (&json!("webhook.test"), &json!("pending")));
    assert_eq!(tried.attribute("payload")["type"], "webhook.test");
    let deliveries = format!("{path}/deliveries");
    let listed = owner.get(&deliveries).await.expect(200);
    assert_eq!(listed.body["data"][0]["id"], tried.id());
    let first = owner.get(&format!("{deliveries}?cursor=&per_page=1")).await.expect(200);
    assert_eq!(first.body["data"].as_array().map(Vec::len), Some(1));
    let one = format!("{deliveries}/{}", tried.id());
    let shown = owner.get(&one).await.expect(200);
    assert_eq!((shown.attribute("attempts"), shown.text.contains("whsec_")), (&json!([]), false));
    owner.post(&format!("{one}/replay"), &json!({})).await.expect(409);
    let other = made(&owner).await;
    owner.get(&format!("{other}/deliveries/{}", tried.id())).await.expect(404);
    owner.patch(&path, &json!({"webhook_endpoint": {"enabled": false}})).await.expect(200);
    owner.post(&format!("{path}/test"), &json!({})).await.expect(409);
    owner.get(&format!("{deliveries}/00000000-0000-0000-0000-000000000001")).await.expect(404);
    owner.get(&format!("{deliveries}?page=0")).await.expect(422);
}

/// A source is made with a secret that is shown once, and a key that is no secret.
pub async fn sources(target: &Target) {
    let owner = target.owner();
    let body = json!({"webhook_source": {"name": "Website form", "accepts": ["leads"]}});
    let source = owner.post("/api/v1/webhook_sources", &body).await.expect(201);
    let secret = source.body["meta"]["secret"].as_str().expect("a secret").to_owned();
    let path = format!("/api/v1/webhook_sources/{}", source.id());
    let shown = owner.get(&path).await.expect(200);
    assert_eq!((shown.attribute("key"), shown.text.contains(&secret)), (source.attribute("key"), false));
    let wrong = json!({"webhook_source": {"name": "x", "accepts": ["mail"], "secret": "mine"}});
    let refused = owner.post("/api/v1/webhook_sources", &wrong).await.expect(422);
    assert_eq!(refused.problems().len(), 3, "{}", refused.text);
    let none = json!({"webhook_source": {"accepts": []}});
    assert_eq!(owner.patch(&path, &none).await.expect(422).problems()[0].0, "/webhook_source/accepts");
    let changed = owner.patch(&path, &json!({"webhook_source": {"accepts": ["conversations"]}})).await.expect(200);
    assert_eq!(changed.attribute("accepts"), &json!(["conversations"]));
    let rotated = owner.post(&format!("{path}/rotate_secret"), &json!({})).await.expect(200);
    assert_ne!(rotated.body["meta"]["secret"], secret);
    assert_eq!(owner.get("/api/v1/webhook_sources").await.expect(200).attributes("name"), [json!("Website form")]);
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect(404);
}

/// Another organization's endpoints, deliveries and sources are not there, whatever is asked of them.
pub async fn webhooks_of_another_organization(target: &Target) {
    let (owner, stranger) = (target.owner(), target.stranger());
    let path = made(&owner).await;
    let delivery = owner.post(&format!("{path}/test"), &json!({})).await.expect(201).id();
    let change = json!({"webhook_endpoint": {"enabled": false}});
    stranger.get(&path).await.expect(404);
    stranger.patch(&path, &change).await.expect(404);
    stranger.delete(&path).await.expect(404);
    for part in ["rotate_secret", "test"] {
        stranger.post(&format!("{path}/{part}"), &json!({})).await.expect(404);
    }
    stranger.get(&format!("{path}/deliveries")).await.expect(404);
    stranger.get(&format!("{path}/deliveries/{delivery}")).await.expect(404);
    stranger.post(&format!("{path}/deliveries/{delivery}/replay"), &json!({})).await.expect(404);
    let theirs = made(&stranger).await;
    stranger.get(&format!("{theirs}/deliveries/{delivery}")).await.expect(404);
    let body = json!({"webhook_source": {"name": "Website form", "accepts": ["leads"]}});
    let source = owner.post("/api/v1/webhook_sources", &body).await.expect(201).id();
    let source = format!("/api/v1/webhook_sources/{source}");
    stranger.get(&source).await.expect(404);
    stranger.patch(&source, &json!({"webhook_source": {"enabled": false}})).await.expect(404);
    stranger.delete(&source).await.expect(404);
    stranger.post(&format!("{source}/rotate_secret"), &json!({})).await.expect(404);
    assert_eq!(stranger.get("/api/v1/webhook_sources").await.expect(200).body["data"], json!([]));
    assert_eq!(owner.get(&path).await.expect(200).attribute("enabled"), &json!(true));
}
