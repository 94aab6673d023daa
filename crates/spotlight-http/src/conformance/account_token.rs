//! API tokens.

use reqwest::Method;
use serde_json::json;

use super::{Client, Target, account::places};

/// A secret is shown once, opens what its scopes say until it is revoked, and is the organization's own affair.
pub async fn made_shown_once_and_revoked(target: &Target) {
    let (owner, stranger) = (target.owner(), target.stranger());
    let bad = json!({"api_token": {"name": "x", "scopes": ["everything"], "expires_at": "tomorrow", "role": "owner"}});
    let expected = [
        ("/api_token/name", "length"),
        ("/api_token/scopes/0", "unknown"),
        ("/api_token/expires_at", "format"),
        ("/api_token/role", "unknown"),
    ];
    assert_eq!(owner.post("/api/v1/api_tokens", &bad).await.expect(422).problems(), places(&expected));
    let past = json!({"api_token": {"name": "Past", "scopes": [], "expires_at": "2020-01-01T00:00:00Z"}});
    let expected = [("/api_token/scopes", "required"), ("/api_token/expires_at", "range")];
    assert_eq!(owner.post("/api/v1/api_tokens", &past).await.expect(422).problems(), places(&expected));

    let good = json!({"api_token": {"name": "Importer", "scopes": ["leads:read", "admin"],
        "expires_at": "2999-01-01T00:00:00Z"}});
    let keyed = || owner.request(Method::POST, "/api/v1/api_tokens").header("idempotency-key", "once").json(&good);
    let made = Client::answer(keyed()).await.expect(201);
    let secret = made.body["meta"]["secret"].as_str().expect("a secret").to_owned();
    assert!(made.attribute("prefix").as_str().is_some_and(|prefix| secret.starts_with(prefix)));
    Client::answer(keyed()).await.expect(409);
    let list = owner.get("/api/v1/api_tokens").await.expect(200);
    assert!(!list.text.contains(&secret), "a secret is shown once");
    assert_eq!(list.attributes("name")[0], "Importer", "newest first");
    let path = format!("/api/v1/api_tokens/{}", made.id());
    assert!(!stranger.get("/api/v1/api_tokens").await.expect(200).text.contains(&made.id()));
    stranger.delete(&path).await.expect(404);

    let program = target.nobody().token(&secret);
    program.get("/api/v1/leads").await.expect(200);
    program.get("/api/v1/assistants").await.expect(403);
    let more = json!({"api_token": {"name": "More", "scopes": ["leads:write"]}});
    program.post("/api/v1/api_tokens", &more).await.expect(403);
    program.get("/api/v1/user/sessions").await.expect(403);
    owner.delete(&path).await.expect(204);
    owner.delete(&path).await.expect(404);
    program.get("/api/v1/leads").await.expect(401);
    let list = owner.get("/api/v1/api_tokens").await.expect(200);
    assert!(list.attributes("revoked_at")[0].is_string());
    target.nobody().token(&target.owner.reader).get("/api/v1/api_tokens").await.expect(403);
}
