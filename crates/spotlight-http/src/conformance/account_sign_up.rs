//! Opening an account.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Target,
    account::{browser, credentials, places},
};

const ADDRESS: &str = "nora@newcomer.example";
const PASSWORD: &str = "newcomer-correct-horse";

fn newcomer(email: &str) -> Value {
    json!({"user": {"email": email, "name": "Nora Newcomer", "organization": "Newcomer", "password": PASSWORD,
        "time_zone": "Europe/Vienna"}})
}

/// Who signs up owns an organization on the free plan, and confirms the address by a link that works once.
pub async fn an_account_is_opened_and_confirmed(target: &Target) {
    let nobody = target.nobody();
    let made = nobody.post("/api/v1/users", &newcomer(" Nora@Newcomer.example ")).await.expect(204);
    assert_eq!(made.text, "", "there is nothing to see before the address is known to be theirs");
    let owner = browser(target, ADDRESS, PASSWORD).await;
    let me = owner.get("/api/v1/user").await.expect(200);
    assert_eq!((me.attribute("role"), me.attribute("confirmed_at")), (&json!("owner"), &json!(null)));
    let organization = owner.get("/api/v1/organization").await.expect(200);
    assert_eq!(
        (organization.attribute("plan"), organization.attribute("time_zone")),
        (&json!("free"), &json!("Europe/Vienna"))
    );
    let invitation = json!({"invitation": {"email": "a@b.example", "name": "Abe", "role": "sales_rep"}});
    owner.post("/api/v1/invitations", &invitation).await.expect(403);

    let first = target.mailbox().code(ADDRESS).await;
    nobody.post("/api/v1/users/confirmation", &json!({"user": {"email": ADDRESS}})).await.expect(204);
    let link = json!({"user": {"token": target.mailbox().code(ADDRESS).await}});
    assert_ne!(link["user"]["token"], first, "another link");
    nobody.patch("/api/v1/users/confirmation", &link).await.expect(204);
    let used = nobody.patch("/api/v1/users/confirmation", &link).await.expect(422);
    assert_eq!(used.problems(), places(&[("/user/token", "invalid")]));
    assert_ne!(owner.get("/api/v1/user").await.expect(200).attribute("confirmed_at"), &json!(null));
    let wrong = nobody.patch("/api/v1/users/confirmation", &json!({"user": {"email": ADDRESS}})).await.expect(422);
    assert_eq!(wrong.problems(), places(&[("/user/token", "required"), ("/user/email", "unknown")]));
}

/// Everything that is wrong is named at once, and what somebody may do and pays for is none of a sign-up's members.
pub async fn role_and_plan_are_nobodys_choice(target: &Target) {
    let nobody = target.nobody();
    let bad = json!({"user": {"email": "nobody", "name": "x", "organization": " y ", "time_zone": "Mars/Base",
        "password": "short", "role": "owner", "plan": "scale"}});
    let refused = nobody.post("/api/v1/users", &bad).await.expect(422);
    let expected = [
        ("/user/email", "format"),
        ("/user/name", "length"),
        ("/user/organization", "length"),
        ("/user/time_zone", "format"),
        ("/user/password", "length"),
        ("/user/plan", "unknown"),
        ("/user/role", "unknown"),
    ];
    assert_eq!(refused.problems(), places(&expected));
    for field in ["role", "plan", "confirmed_at"] {
        let mut body = newcomer(ADDRESS);
        body["user"][field] = json!("owner");
        let refused = nobody.post("/api/v1/users", &body).await.expect(422);
        assert_eq!(refused.problems(), [(format!("/user/{field}"), "unknown".to_owned())]);
    }
    nobody.post("/api/v1/users/sign_in", &credentials(ADDRESS, PASSWORD)).await.expect(401);
    nobody.post("/api/v1/users", &json!([])).await.expect(400);
}

/// Who asks learns nothing about who has an account; who reads the mail does.
pub async fn known_addresses_are_answered_alike(target: &Target) {
    let nobody = target.nobody();
    let known = target.owner.email.as_str();
    for path in ["/api/v1/users", "/api/v1/users/password", "/api/v1/users/confirmation"] {
        let body = |email: &str| match path {
            "/api/v1/users" => newcomer(email),
            _ => json!({"user": {"email": email}}),
        };
        let one = nobody.post(path, &body(known)).await.expect(204);
        let other = nobody.post(path, &body("unknown@nowhere.example")).await.expect(204);
        let names = |headers: &reqwest::header::HeaderMap| -> BTreeSet<_> {
            headers.keys().map(|name| name.as_str().to_owned()).collect()
        };
        assert_eq!((&one.text, names(&one.headers)), (&other.text, names(&other.headers)), "{path}");
        let wrong = nobody.post(path, &json!({"user": {"email": 7}})).await.expect(422);
        assert_eq!(wrong.problems()[0], ("/user/email".to_owned(), "type".to_owned()));
    }
    let mut subjects: Vec<_> = target.mailbox().of(known).await.into_iter().map(|message| message.subject).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["Choose a new password", "You have an account already"], "a confirmed address needs no link");
    browser(target, known, &target.owner.password).await.get("/api/v1/user").await.expect(200);
}
