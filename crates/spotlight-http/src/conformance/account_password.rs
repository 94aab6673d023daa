//! Forgotten passwords, and one's own account.

use reqwest::Method;
use serde_json::json;

use super::{
    Client, Target,
    account::{browser, credentials, entered, places},
};

const NEW: &str = "another-correct-horse";

/// A link sets a password once, and ends every session.
pub async fn a_password_is_reset_by_mail(target: &Target) {
    let (nobody, owner) = (target.nobody(), &target.owner);
    let before = browser(target, &owner.email, &owner.password).await;
    nobody.post("/api/v1/users/password", &json!({"user": {"email": owner.email}})).await.expect(204);
    let token = target.mailbox().code(&owner.email).await;
    let with = |token: &str, password: &str| json!({"user": {"token": token, "password": password}});
    let weak = nobody.patch("/api/v1/users/password", &with(&token, "short")).await.expect(422);
    assert_eq!(weak.problems(), places(&[("/user/password", "length")]));
    let forged = nobody.patch("/api/v1/users/password", &with("forged", NEW)).await.expect(422);
    assert_eq!(forged.problems(), places(&[("/user/token", "invalid")]));
    nobody.patch("/api/v1/users/password", &with(&token, NEW)).await.expect(204);
    nobody.patch("/api/v1/users/password", &with(&token, NEW)).await.expect(422);
    before.get("/api/v1/user").await.expect(401);
    nobody.post("/api/v1/users/sign_in", &credentials(&owner.email, &owner.password)).await.expect(401);
    browser(target, &owner.email, NEW).await.get("/api/v1/user").await.expect(200);
    let told = target.mailbox().of(&owner.email).await.pop().expect("a message");
    assert_eq!(told.subject, "Your password was changed");
}

/// Name, address and password change in one piece; what matters needs the current password.
pub async fn ones_own_account_changes(target: &Target) {
    let owner = &target.owner;
    let mut me = browser(target, &owner.email, &owner.password).await;
    let before = me.get("/api/v1/user").await.expect(200);
    let named = me.patch("/api/v1/user", &json!({"user": {"name": " Olga Older "}})).await.expect(200);
    assert_eq!(named.attribute("name"), "Olga Older");
    let stale = me.request(Method::PATCH, "/api/v1/user").header("if-match", before.header("etag"));
    Client::answer(stale.json(&json!({"user": {"name": "Olga"}}))).await.expect(412);
    target.owner().patch("/api/v1/user", &json!({"user": {"name": "Robot"}})).await.expect(403);

    let wrong =
        json!({"user": {"name": "x", "email": "nobody", "password": "short", "role": "owner", "plan": "scale"}});
    let expected = [
        ("/user/name", "length"),
        ("/user/email", "format"),
        ("/user/password", "length"),
        ("/user/plan", "unknown"),
        ("/user/role", "unknown"),
    ];
    assert_eq!(me.patch("/api/v1/user", &wrong).await.expect(422).problems(), places(&expected));
    let moved = "olga@acme.example";
    let unproven = me.patch("/api/v1/user", &json!({"user": {"email": moved, "password": NEW}})).await.expect(422);
    assert_eq!(unproven.problems(), places(&[("/user/current_password", "required")]));
    let change = |email: &str, current: &str| json!({"user": {"email": email, "current_password": current}});
    let guessed = me.patch("/api/v1/user", &change(moved, "a wrong guess")).await.expect(422);
    assert_eq!(guessed.problems(), places(&[("/user/current_password", "invalid")]));
    let taken = me.patch("/api/v1/user", &change(&target.stranger.email, &owner.password)).await.expect(422);
    assert_eq!(taken.problems(), places(&[("/user/email", "taken")]));
    let changed = me.patch("/api/v1/user", &change(moved, &owner.password)).await.expect(200);
    assert_eq!((changed.attribute("email"), changed.attribute("confirmed_at")), (&json!(moved), &json!(null)));
    assert!(changed.header("set-cookie").is_empty(), "the session goes on");
    let link = json!({"user": {"token": target.mailbox().code(moved).await}});
    target.nobody().patch("/api/v1/users/confirmation", &link).await.expect(204);

    let other = browser(target, moved, &owner.password).await;
    let body = json!({"user": {"password": NEW, "current_password": owner.password}});
    let rotated = me.patch("/api/v1/user", &body).await.expect(200);
    assert!(!rotated.text.contains(NEW));
    other.get("/api/v1/user").await.expect(401);
    me.get("/api/v1/user").await.expect(401);
    me = entered(target, &rotated);
    me.patch("/api/v1/user", &json!({"user": {"name": "Olga"}})).await.expect(200);
}
