//! One's own sessions.

use reqwest::Method;
use serde_json::json;

use super::{
    Client, Target,
    account::{browser, credentials, entered},
};
use crate::{
    endpoint::{Access, Verb},
    resources::endpoints,
};

/// Own sessions are listed with the one that asks marked, and ended one by one or all the others; nobody else's.
pub async fn sessions_are_listed_and_ended(target: &Target) {
    let (owner, stranger) = (&target.owner, &target.stranger);
    let one = browser(target, &owner.email, &owner.password).await;
    let two = browser(target, &owner.email, &owner.password).await;
    let three = browser(target, &owner.email, &owner.password).await;
    let other = browser(target, &stranger.email, &stranger.password).await;
    let list = one.get("/api/v1/user/sessions").await.expect(200);
    assert_eq!(list.attributes("current"), [json!(false), json!(false), json!(true)], "newest first");
    assert_eq!(list.body["meta"]["pagination"]["total_count"], 3);
    assert!(!list.text.contains("hash") && list.attributes("ip")[0].is_string());
    let id = |at: usize| list.body["data"][at]["id"].as_str().expect("an id").to_owned();
    let path = |at: usize| format!("/api/v1/user/sessions/{}", id(at));
    assert_eq!(one.get(&path(2)).await.expect(200).attribute("current"), &json!(true));
    assert_eq!(two.get(&path(2)).await.expect(200).attribute("current"), &json!(false));
    other.get(&path(2)).await.expect(404);
    other.delete(&path(2)).await.expect(404);
    one.get("/api/v1/user/sessions/nonsense").await.expect(404);
    target.owner().get("/api/v1/user/sessions").await.expect(403);

    one.delete(&path(1)).await.expect(204);
    one.delete(&path(1)).await.expect(404);
    two.get("/api/v1/user").await.expect(401);
    one.delete("/api/v1/user/sessions").await.expect(204);
    three.get("/api/v1/user").await.expect(401);
    other.get("/api/v1/user").await.expect(200);
    let out = one.delete(&path(2)).await.expect(204);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "the browser that ends its own session forgets it");
    one.get("/api/v1/user").await.expect(401);
}

/// A browser's cookie alone changes nothing, whatever it asks for.
pub async fn every_change_by_a_browser_needs_its_token(target: &Target) {
    let body = credentials(&target.owner.email, &target.owner.password);
    let signed_in = target.nobody().post("/api/v1/users/sign_in", &body).await.expect(200);
    let pair = signed_in.header("set-cookie").split(';').next().expect("a pair").to_owned();
    let forger = target.nobody().with("cookie", pair).with("x-csrf-token", "0".repeat(64));
    let mut tried = 0;
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.verb != Verb::Get) {
        if matches!(endpoint.access, Access::Open | Access::Probe | Access::Signed) {
            continue;
        }
        let parts = endpoint.path.split('/');
        let nobody = "00000000-0000-0000-0000-000000000000";
        let path: Vec<_> = parts.map(|part| if part.starts_with('{') { nobody } else { part }).collect();
        let request = forger.request(endpoint.verb.method(), &path.join("/"));
        let refused = Client::answer(request.json(&json!({}))).await.expect(403);
        assert!(refused.text.contains("X-CSRF-Token"), "{endpoint:?}: {}", refused.text);
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
    forger.get("/api/v1/user").await.expect(200);
}

/// Signing in makes another session, and ends the one that the browser had.
pub async fn a_sign_in_replaces_the_session(target: &Target) {
    let owner = &target.owner;
    let first = browser(target, &owner.email, &owner.password).await;
    let again = first.request(Method::POST, "/api/v1/users/sign_in");
    let again = Client::answer(again.json(&credentials(&owner.email, &owner.password))).await.expect(200);
    let second = entered(target, &again);
    first.get("/api/v1/user").await.expect(401);
    let list = second.get("/api/v1/user/sessions").await.expect(200);
    assert_eq!(list.attributes("current"), [json!(true)]);
}
