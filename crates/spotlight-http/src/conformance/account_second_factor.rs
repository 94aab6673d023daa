//! The second factor.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use spotlight_core::{
    domain::second_factor::CodeSecret,
    ports::{Clock, SystemClock},
};

use super::{
    Answer, Target,
    account::{browser, credentials, places},
};

/// A password and codes: to switch it on, to sign in, and to switch it off; each code counts once.
pub async fn enrolled_asked_for_and_given_up(target: &Target) {
    let owner = &target.owner;
    let me = browser(target, &owner.email, &owner.password).await;
    let other = browser(target, &owner.email, &owner.password).await;
    let with = |fields: Value| json!({"second_factor": fields});
    let known = with(json!({"current_password": owner.password}));
    target.owner().post("/api/v1/user/second_factor", &known).await.expect(403);
    let guess = with(json!({"current_password": "a wrong guess"}));
    let refused = me.post("/api/v1/user/second_factor", &guess).await.expect(422);
    assert_eq!(refused.problems(), places(&[("/second_factor/current_password", "invalid")]));
    let password = with(json!({"current_password": owner.password}));
    me.patch("/api/v1/user/second_factor", &with(json!({"otp_code": "000000"}))).await.expect(409);
    let enrolled = me.post("/api/v1/user/second_factor", &password).await.expect(201);
    let secret = enrolled.attribute("secret").as_str().expect("a secret");
    assert!(enrolled.attribute("uri").as_str().is_some_and(|uri| uri.starts_with("otpauth://totp/Spotlight:")));
    let device = CodeSecret::from_base32(secret).expect("Base32");
    let begun: DateTime<Utc> = SystemClock.now();
    // A code of now is good for another step at least, and so is that of the next step.
    let code = |steps: i64| device.code_at(begun + Duration::seconds(30 * steps));

    let wrong = me.patch("/api/v1/user/second_factor", &with(json!({"otp_code": "nonsense"}))).await.expect(422);
    assert_eq!(wrong.problems(), places(&[("/second_factor/otp_code", "invalid")]));
    assert_eq!(me.get("/api/v1/user").await.expect(200).attribute("second_factor"), &json!(false));
    let on = me.patch("/api/v1/user/second_factor", &with(json!({"otp_code": code(0)}))).await.expect(200);
    let recovery: Vec<String> = serde_json::from_value(on.attribute("recovery_codes").clone()).expect("codes");
    let shown = me.get("/api/v1/user").await.expect(200);
    assert_eq!((shown.attribute("second_factor"), shown.attribute("recovery_codes_left")), (&json!(true), &json!(10)));
    other.get("/api/v1/user").await.expect(401);
    me.post("/api/v1/user/second_factor", &password).await.expect(409);

    let sign_in = async |code: Option<&str>| -> Answer {
        let mut body = credentials(&owner.email, &owner.password);
        if let Some(code) = code {
            body["user"]["otp_code"] = json!(code);
        }
        target.nobody().post("/api/v1/users/sign_in", &body).await
    };
    let asked = sign_in(None).await.expect(401);
    assert_eq!(asked.problems(), places(&[("/user/otp_code", "otp_required")]));
    sign_in(Some(&code(1))).await.expect(200);
    let again = sign_in(Some(&code(1))).await.expect(401);
    assert_eq!(again.problems(), places(&[("/user/otp_code", "otp_invalid")]), "used to sign in");

    let off = |code: &str| with(json!({"current_password": owner.password, "otp_code": code}));
    let guess = me.post("/api/v1/user/second_factor/disable", &off("AAAA-AAAA-AAAA-AAAA")).await.expect(422);
    assert_eq!(guess.problems(), places(&[("/second_factor/otp_code", "invalid")]));
    me.post("/api/v1/user/second_factor/disable", &off(&recovery[0])).await.expect(204);
    let shown = me.get("/api/v1/user").await.expect(200);
    let none = (&json!(false), &json!(null));
    assert_eq!((shown.attribute("second_factor"), shown.attribute("recovery_codes_left")), none);
    let subjects: Vec<_> = target.mailbox().of(&owner.email).await.into_iter().map(|one| one.subject).collect();
    assert_eq!(subjects, ["Signing in needs a code now", "Signing in needs no code any more"]);
}
