//! What a visitor may do without an account.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Client, Target, seed, seed::turn};

async fn assistant_for(target: &Target, origins: &[&str]) -> String {
    let mut body = seed::assistant();
    body["assistant"]["allowed_origins"] = json!(origins);
    target.owner().post("/api/v1/assistants", &body).await.expect(201).id()
}

fn token_of(opened: &super::Answer) -> String {
    opened.body["meta"]["token"].as_str().map(str::to_owned).expect("a token")
}

/// A page that the assistant names opens a conversation and holds it with its token; other pages do not.
pub async fn a_visit_from_a_page(target: &Target) {
    let path =
        format!("/api/v1/public/assistants/{}/conversations", assistant_for(target, &["https://shop.example"]).await);
    let page = target.nobody().with("origin", "https://shop.example");
    let body = json!({"conversation": {"language": "de", "time_zone": "Europe/Berlin"}});
    let opened = page.post(&path, &body).await.expect(201);
    assert_eq!(opened.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(opened.header("access-control-allow-credentials"), "");
    assert_eq!(opened.attribute("language"), "de");
    assert_eq!(opened.attribute("score"), &Value::Null, "what the team thinks is not the visitor's");
    target.nobody().with("origin", "https://evil.example").post(&path, &body).await.expect(403);
    let token = token_of(&opened);
    let turns = format!("/api/v1/conversations/{}/turns", opened.id());
    let events = page.clone().token(&token).events(&turns, &turn("Hallo, was kostet das?")).await;
    assert_eq!(events.last().expect("an end").name, "done");
    target.nobody().with("origin", "https://evil.example").token(&token).post(&turns, &turn("Hi")).await.expect(401);
    let transcripts = format!("/api/v1/conversations/{}/transcripts", opened.id());
    let said = page.clone().token(&token).get(&transcripts).await.expect(200);
    assert_eq!(said.attributes("speaker"), [json!("user"), json!("assistant")]);
    assert_eq!(said.attributes("sentiment"), [Value::Null, Value::Null]);
    let own_page = target.nobody().with("referer", "https://shop.example/products?id=1").token(&token);
    own_page.get(&transcripts).await.expect(200);
}

/// The token opens its own conversation's turns and transcripts, and nothing else.
pub async fn a_token_opens_one_conversation(target: &Target) {
    let assistant = assistant_for(target, &[]).await;
    let path = format!("/api/v1/public/assistants/{assistant}/conversations");
    let nobody = target.nobody();
    let opened = Client::answer(nobody.request(Method::POST, &path)).await.expect(201);
    let other = nobody.post(&path, &json!({"conversation": {}})).await.expect(201);
    let token = token_of(&opened);
    let visitor = nobody.clone().token(&token);
    visitor.post(&format!("/api/v1/conversations/{}/turns", other.id()), &turn("Hi")).await.expect(404);
    visitor.get(&format!("/api/v1/conversations/{}/transcripts", other.id())).await.expect(404);
    for path in ["/api/v1/leads", "/api/v1/user", "/api/v1/conversations", "/api/v1/analytics/dashboard"] {
        visitor.get(path).await.expect(403);
    }
    let words = json!({"transcript": {"content": "I am the team."}});
    visitor.post(&format!("/api/v1/conversations/{}/transcripts", opened.id()), &words).await.expect(403);
    let mut forged = token.clone();
    forged.pop();
    forged.push(if token.ends_with('0') { '1' } else { '0' });
    nobody.clone().token(&forged).get(&format!("/api/v1/conversations/{}/transcripts", opened.id())).await.expect(401);
    let nowhere = "/api/v1/public/assistants/00000000-0000-0000-0000-000000000000/conversations";
    nobody.post(nowhere, &json!({})).await.expect(404);
    nobody.post(nowhere, &json!({"visit": {}})).await.expect(422);
    target.owner().patch(&format!("/api/v1/assistants/{assistant}/toggle_active"), &json!({})).await.expect(200);
    nobody.post(&path, &json!({"conversation": {}})).await.expect(404);
}

/// Browsers may ask before a page of another origin calls; only where such pages may call.
pub async fn preflight(target: &Target) {
    let ask = |path: &'static str| {
        let request = target.nobody().request(Method::OPTIONS, path).header("origin", "https://shop.example");
        Client::answer(request.header("access-control-request-method", "POST"))
    };
    let id = "/api/v1/conversations/00000000-0000-0000-0000-000000000000/turns";
    let allowed = ask(id).await.expect(204);
    assert_eq!(allowed.header("access-control-allow-origin"), "https://shop.example");
    assert!(allowed.header("access-control-allow-headers").contains("Authorization"));
    assert!(allowed.header("access-control-allow-methods").contains("POST"));
    let refused = ask("/api/v1/leads").await.expect(405);
    assert_eq!(refused.header("access-control-allow-origin"), "");
}
