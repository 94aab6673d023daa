//! Signing in.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Client, Target};

/// A browser in which somebody has signed in.
pub(super) async fn browser(target: &Target, email: &str, password: &str) -> Client {
    let signed_in = target.nobody().post("/api/v1/users/sign_in", &credentials(email, password)).await.expect(200);
    entered(target, &signed_in)
}

/// The browser that was given this answer.
pub(super) fn entered(target: &Target, answer: &Answer) -> Client {
    let pair = answer.header("set-cookie").split(';').next().expect("a pair").to_owned();
    let csrf = answer.body["meta"]["csrf_token"].as_str().expect("a token").to_owned();
    target.nobody().with("cookie", pair).with("x-csrf-token", csrf)
}

/// The places and codes of problems, in their order.
pub(super) fn places(found: &[(&str, &str)]) -> Vec<(String, String)> {
    found.iter().map(|(place, code)| ((*place).to_owned(), (*code).to_owned())).collect()
}

pub(super) fn credentials(email: &str, password: &str) -> Value {
    json!({"user": {"email": email, "password": password}})
}

/// A cookie opens reads; changes also need the token the browser was given; signing out ends both.
pub async fn a_browser_signs_in_and_out(target: &Target) {
    let nobody = target.nobody();
    let signed_in = nobody
        .post("/api/v1/users/sign_in", &credentials(&target.owner.email, &target.owner.password))
        .await
        .expect(200);
    assert_eq!(
        (signed_in.attribute("email"), signed_in.attribute("role")),
        (&json!(target.owner.email), &json!("owner"))
    );
    assert!(!signed_in.text.contains(&target.owner.password) && !signed_in.text.contains("argon2"));
    let cookie = signed_in.header("set-cookie").to_owned();
    assert!(
        cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax") && cookie.contains("; Path=/"),
        "{cookie}"
    );
    assert!(!cookie.contains("Max-Age"), "without remember_me the cookie ends with the browser");
    let csrf = signed_in.body["meta"]["csrf_token"].as_str().expect("a token").to_owned();
    let pair = cookie.split(';').next().expect("a pair").to_owned();
    let browser = nobody.clone().with("cookie", pair);

    let me = browser.get("/api/v1/user").await.expect(200);
    assert_eq!((me.id(), me.body["meta"]["csrf_token"].as_str()), (signed_in.id(), Some(csrf.as_str())));
    let lead = json!({"lead": {"name": "Grace Hopper"}});
    browser.post("/api/v1/leads", &lead).await.expect(403);
    browser.clone().with("x-csrf-token", "wrong").post("/api/v1/leads", &lead).await.expect(403);
    let changing = browser.clone().with("x-csrf-token", csrf);
    changing.post("/api/v1/leads", &lead).await.expect(201);
    browser.delete("/api/v1/users/sign_out").await.expect(403);
    let out = changing.delete("/api/v1/users/sign_out").await.expect(204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    browser.get("/api/v1/user").await.expect(401);

    let mut remembered = credentials(&target.owner.email, &target.owner.password);
    remembered["user"]["remember_me"] = json!(true);
    let remembered = nobody.post("/api/v1/users/sign_in", &remembered).await.expect(200);
    assert!(remembered.header("set-cookie").contains("; Max-Age="));
}

/// A wrong password and an unknown address get one answer, and soon a pause.
pub async fn wrong_passwords(target: &Target) {
    let nobody = target.nobody();
    let attempt = |email: &str| {
        let (nobody, body) = (nobody.clone(), credentials(email, "wrong-password"));
        async move { nobody.post("/api/v1/users/sign_in", &body).await }
    };
    let broken = nobody.post("/api/v1/users/sign_in", &json!({"user": {"email": 7}})).await.expect(422);
    assert_eq!(
        broken.problems(),
        [("/user/email".into(), "type".into()), ("/user/password".into(), "required".into())]
    );
    let wrong = attempt(&target.owner.email).await.expect(401);
    let unknown = attempt("nobody@example.com").await.expect(401);
    assert_eq!(wrong.body, unknown.body);
    let mut last = unknown;
    for _ in 0..8 {
        last = attempt(&target.owner.email).await;
    }
    let last = last.expect(429);
    assert!(last.header("retry-after").parse::<u64>().expect("seconds") >= 1);
    assert_eq!((last.header("x-ratelimit-limit"), last.header("x-ratelimit-remaining")), ("5", "0"));
}

/// Tokens open what their scopes say; nothing else opens anything.
pub async fn tokens(target: &Target) {
    let nobody = target.nobody();
    let refused = nobody.get("/api/v1/leads").await.expect(401);
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
    for header in ["Bearer spot_wrong", "Bearer ", "Basic dXNlcjpwYXNz", "Bearer visit.a.b.c.d.e", "nonsense"] {
        Client::answer(nobody.request(Method::GET, "/api/v1/leads").header("authorization", header)).await.expect(401);
    }
    let reader = nobody.clone().token(&target.owner.reader);
    reader.get("/api/v1/leads").await.expect(200);
    reader.post("/api/v1/leads", &json!({"lead": {}})).await.expect(403);
    reader.get("/api/v1/assistants").await.expect(403);
    assert_eq!(reader.get("/api/v1/user").await.expect(200).attribute("scopes"), &json!(["leads:read"]));
    target.owner().delete("/api/v1/users/sign_out").await.expect(403);
}
