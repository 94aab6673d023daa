//! Members and invitations.

use serde_json::{Value, json};

use super::{
    Client, Target,
    account::{browser, places},
};

const PASSWORD: &str = "colleague-correct-horse";

fn invitation(email: &str, role: &str) -> Value {
    json!({"invitation": {"email": email, "name": "Mia Member", "role": role}})
}

/// A colleague who was invited and has joined: the id, and a browser.
pub(super) async fn colleague(target: &Target, email: &str, role: &str) -> (String, Client) {
    let invited = target.owner().post("/api/v1/invitations", &invitation(email, role)).await.expect(201).id();
    let token = target.mailbox().code(email).await;
    let accept = json!({"invitation": {"token": token, "password": PASSWORD}});
    let joined = target.nobody().post("/api/v1/invitations/accept", &accept).await.expect(200);
    assert_eq!((joined.id(), joined.attribute("role")), (invited.clone(), &json!(role)));
    (invited, browser(target, email, PASSWORD).await)
}

/// Invited by mail, joined by a link, listed, given another role, removed; by those who may, of the own team.
pub async fn colleagues_are_invited_and_join(target: &Target) {
    let (owner, stranger) = (target.owner(), target.stranger());
    let (id, rep) = colleague(target, "mia@acme.example", "sales_rep").await;
    let path = format!("/api/v1/members/{id}");
    let again = owner.post("/api/v1/invitations", &invitation("mia@acme.example", "admin")).await;
    again.expect(409);
    let team = rep.get("/api/v1/members").await.expect(200);
    assert_eq!(team.attributes("role"), [json!("owner"), json!("sales_rep")], "everybody sees the team");
    let owner_id = team.body["data"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(rep.get(&path).await.expect(200).attribute("email"), "mia@acme.example");

    let to = |role: &str| json!({"member": {"role": role}});
    rep.post("/api/v1/invitations", &invitation("a@b.example", "sales_rep")).await.expect(403);
    rep.get("/api/v1/invitations").await.expect(403);
    rep.patch(&path, &to("owner")).await.expect(403);
    rep.delete(&format!("/api/v1/members/{owner_id}")).await.expect(403);
    rep.get("/api/v1/api_tokens").await.expect(403);
    stranger.get(&path).await.expect(404);
    stranger.patch(&path, &to("admin")).await.expect(404);
    stranger.delete(&path).await.expect(404);
    assert!(!stranger.get("/api/v1/members").await.expect(200).text.contains(&id));
    let reader = target.nobody().token(&target.owner.reader);
    reader.get("/api/v1/members").await.expect(403);

    assert_eq!(owner.patch(&path, &to("admin")).await.expect(200).attribute("role"), "admin");
    rep.get("/api/v1/invitations").await.expect(200);
    rep.post("/api/v1/invitations", &invitation("boss@acme.example", "owner")).await.expect(403);
    rep.patch(&path, &to("owner")).await.expect(403);
    rep.patch(&format!("/api/v1/members/{owner_id}"), &to("sales_rep")).await.expect(403);
    rep.delete("/api/v1/organization").await.expect(403);
    owner.patch(&format!("/api/v1/members/{owner_id}"), &to("admin")).await.expect(409);
    owner.delete(&format!("/api/v1/members/{owner_id}")).await.expect(409);
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect(404);
    rep.get("/api/v1/user").await.expect(401);
}

/// A withdrawn invitation opens nothing; only the own organization's are seen and withdrawn.
pub async fn an_invitation_is_withdrawn(target: &Target) {
    let (owner, stranger) = (target.owner(), target.stranger());
    let (keyed, asked) =
        (owner.clone().with("idempotency-key", "invitation-1"), invitation("ina@acme.example", "manager"));
    let made = keyed.post("/api/v1/invitations", &asked).await.expect(201);
    assert_eq!((made.attribute("role"), made.attribute("email")), (&json!("manager"), &json!("ina@acme.example")));
    assert_eq!(owner.get("/api/v1/invitations").await.expect(200).attributes("email"), [json!("ina@acme.example")]);
    assert_eq!(stranger.get("/api/v1/invitations").await.expect(200).attributes("email"), Vec::<Value>::new());
    let mail = target.mailbox().of("ina@acme.example").await.pop().expect("a message");
    assert_eq!(mail.subject, "You are invited to acme");
    let token = target.mailbox().code("ina@acme.example").await;
    let path = format!("/api/v1/invitations/{}", made.id());
    stranger.delete(&path).await.expect(404);
    owner.delete(&path).await.expect(204);
    owner.delete(&path).await.expect(404);
    // Its key makes no other.
    keyed.post("/api/v1/invitations", &asked).await.expect(404);
    let accept = json!({"invitation": {"token": token, "password": PASSWORD}});
    let refused = target.nobody().post("/api/v1/invitations/accept", &accept).await.expect(422);
    assert_eq!(refused.problems(), places(&[("/invitation/token", "invalid")]));
}

/// Everything that is wrong is named at once, and a link survives what is wrong beside it.
pub async fn everything_wrong_at_once(target: &Target) {
    let (owner, nobody) = (target.owner(), target.nobody());
    let bad = json!({"invitation": {"email": "nobody", "name": "x", "role": "king", "plan": "scale"}});
    let expected = [
        ("/invitation/email", "format"),
        ("/invitation/name", "length"),
        ("/invitation/role", "unknown"),
        ("/invitation/plan", "unknown"),
    ];
    assert_eq!(owner.post("/api/v1/invitations", &bad).await.expect(422).problems(), places(&expected));
    owner.post("/api/v1/invitations", &invitation("ina@acme.example", "sales_rep")).await.expect(201);
    let token = target.mailbox().code("ina@acme.example").await;
    let accept = |fields: Value| {
        let mut body = json!({"invitation": {"token": token}});
        fields.as_object().expect("fields").iter().for_each(|(name, value)| body["invitation"][name] = value.clone());
        let nobody = nobody.clone();
        async move { nobody.post("/api/v1/invitations/accept", &body).await }
    };
    let wrong = accept(json!({"name": "x", "password": "short", "role": "owner"})).await.expect(422);
    let expected =
        [("/invitation/name", "length"), ("/invitation/password", "length"), ("/invitation/role", "unknown")];
    assert_eq!(wrong.problems(), places(&expected));
    let without = accept(json!({})).await.expect(422);
    assert_eq!(without.problems(), places(&[("/invitation/password", "required")]));
    let joined = accept(json!({"name": "Ina", "password": PASSWORD})).await.expect(200);
    assert_eq!((joined.attribute("name"), joined.attribute("role")), (&json!("Ina"), &json!("sales_rep")));
    accept(json!({"password": PASSWORD})).await.expect(422);
    let path = format!("/api/v1/members/{}", joined.id());
    let refused = owner.patch(&path, &json!({"member": {"role": 7, "x": 1}})).await.expect(422);
    assert_eq!(refused.problems(), places(&[("/member/role", "type"), ("/member/x", "unknown")]));
}
