//! Requests that are repeated: with a key, by their state, and at the same moment.

use reqwest::Method;
use serde_json::{Value, json};
use spotlight_core::ports::{Clock, IdGenerator, SystemClock, SystemIds};

use super::{
    Answer, Client, Target,
    account::browser,
    appointment::free_times,
    seed::{assistant, made_assistant, made_conversation, made_lead, turn},
    voice::form,
};

async fn keyed(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    Client::answer(client.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

/// Without credentials, a key is one that nobody guesses.
fn secret_key() -> String {
    SystemIds.uuid().to_string()
}

#[track_caller]
fn is_reused(answer: Answer) {
    assert_eq!(answer.expect(422).problems(), [("Idempotency-Key".to_owned(), "reused".to_owned())]);
}

async fn total(client: &Client, path: &str) -> u64 {
    let list = client.get(path).await.expect(200);
    list.body["meta"]["pagination"]["total_count"].as_u64().expect("a count")
}

/// Everything that makes a record, as path, body, and another body that would make another.
async fn makers(client: &Client) -> Vec<(String, Value, Value)> {
    let (helper, lead) = (made_assistant(client).await, made_lead(client, "Lena Lead").await);
    let starts = free_times(client, &helper).await.expect(200).attributes("starts_at");
    let mut other_assistant = assistant();
    other_assistant["assistant"]["name"] = json!("Bea");
    let at = |at: &Value| {
        json!({"appointment": {"lead_id": lead, "assistant_id": helper, "starts_at": at,
            "time_zone": "America/New_York"}})
    };
    let consent =
        |state: &str| json!({"consent": {"kind": "ai_contact", "channel": "phone", "state": state, "how": "by phone"}});
    let invited = |email: &str| json!({"invitation": {"email": email, "name": "Mia Member", "role": "sales_rep"}});
    let hooks = |path: &str| json!({"webhook_endpoint": {"url": format!("https://crm.example.com/{path}")}});
    let source = |name: &str| json!({"webhook_source": {"name": name, "accepts": ["leads"]}});
    let all = [
        ("assistants".to_owned(), assistant(), other_assistant),
        (
            format!("assistants/{helper}/knowledge"),
            json!({"knowledge": {"answer": "From ten euros a month."}}),
            json!({"knowledge": {"answer": "From twenty euros a month."}}),
        ),
        (
            "leads".to_owned(),
            json!({"lead": {"name": "Grace Hopper", "email": "grace@example.com"}}),
            json!({"lead": {"name": "Somebody Else"}}),
        ),
        (
            "conversations".to_owned(),
            json!({"conversation": {"assistant_id": helper}}),
            json!({"conversation": {"assistant_id": helper, "language": "de"}}),
        ),
        ("appointments".to_owned(), at(&starts[0]), at(&starts[2])),
        (format!("leads/{lead}/consents"), consent("given"), consent("refused")),
        ("invitations".to_owned(), invited("mia@acme.example"), invited("max@acme.example")),
        ("webhook_endpoints".to_owned(), hooks("a"), hooks("b")),
        ("webhook_sources".to_owned(), source("Website form"), source("Trade fair")),
    ];
    all.into_iter().map(|(path, body, other)| (format!("/api/v1/{path}"), body, other)).collect()
}

/// The same key and body make one record and show it each time; the same key with another body is refused.
pub async fn a_record_is_made_once(target: &Target) {
    let owner = target.owner();
    for (path, body, other) in makers(&owner).await {
        let before = total(&owner, &path).await;
        let first = keyed(&owner, &path, "key-1", &body).await.expect(201);
        let again = keyed(&owner, &path, "key-1", &body).await.expect(201);
        assert_eq!(first.id(), again.id(), "{path}");
        is_reused(keyed(&owner, &path, "key-1", &other).await);
        assert_eq!(total(&owner, &path).await, before + 1, "{path}");
    }
    // A key is its caller's, and belongs to what it was used for.
    keyed(&target.stranger(), "/api/v1/leads", "key-1", &json!({"lead": {"name": "Other"}})).await.expect(201);
}

/// Of requests that come at once with one key, one makes the record; the others show it, or are told to repeat.
pub async fn a_record_is_made_once_by_many(target: &Target) {
    let owner = target.owner();
    for (path, body, _) in makers(&owner).await {
        let before = total(&owner, &path).await;
        let answers = futures::future::join_all((0..4).map(|_| keyed(&owner, &path, "key-1", &body))).await;
        let shown = keyed(&owner, &path, "key-1", &body).await.expect(201).id();
        for answer in &answers {
            match answer.status {
                201 => assert_eq!(answer.id(), shown, "{path}"),
                409 => {}
                _ => panic!("{path}: {}", answer.text),
            }
        }
        assert!(answers.iter().any(|answer| answer.status == 201), "{path}: {answers:?}");
        assert_eq!(total(&owner, &path).await, before + 1, "{path}");
    }
}

/// What is said, merged, sent or given a new secret under a key, is so once.
pub async fn a_deed_is_done_once(target: &Target) {
    let owner = target.owner();
    let talk = format!("/api/v1/conversations/{}", made_conversation(&owner, &made_assistant(&owner).await).await);
    let said = async || owner.get(&format!("{talk}/transcripts")).await.expect(200).attributes("content").len();
    for _ in 0..2 {
        let answer = keyed(&owner, &format!("{talk}/turns"), "key-1", &turn("Hello")).await.expect(200);
        assert!(answer.text.contains("event: done"), "{}", answer.text);
    }
    assert_eq!(said().await, 2);
    is_reused(keyed(&owner, &format!("{talk}/turns"), "key-1", &turn("Good morning")).await);
    let (audio, caller) = (format!("{talk}/audio"), owner.clone().with("idempotency-key", "key-2"));
    for _ in 0..2 {
        form(&caller, &audio, &[("audio", "What does it cost?")]).await.expect(200);
    }
    assert_eq!(said().await, 4);
    is_reused(form(&caller, &audio, &[("audio", "Who are you?")]).await);
    owner.post(&format!("{talk}/take_over"), &json!({})).await.expect(200);
    let words = |text: &str| json!({"transcript": {"content": text}});
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(
            keyed(&owner, &format!("{talk}/transcripts"), "key-1", &words("This is Olivia.")).await.expect(201).id(),
        );
    }
    assert_eq!((&ids[0], said().await), (&ids[1], 5));
    is_reused(keyed(&owner, &format!("{talk}/transcripts"), "key-1", &words("This is Olaf.")).await);

    let (one, two) = (made_lead(&owner, "Grace Hopper").await, made_lead(&owner, "Grace H").await);
    let (lead, merge) = (format!("/api/v1/leads/{one}"), |id: &str| json!({"merge": {"lead_id": id}}));
    for _ in 0..2 {
        assert_eq!(keyed(&owner, &format!("{lead}/merge"), "key-1", &merge(&two)).await.expect(200).id(), one);
    }
    let three = made_lead(&owner, "G Hopper").await;
    is_reused(keyed(&owner, &format!("{lead}/merge"), "key-1", &merge(&three)).await);
    let out = |channel: &str| json!({"opt_out": {"channel": channel, "how": "answer to an e-mail"}});
    for _ in 0..2 {
        keyed(&owner, &format!("{lead}/opt_out"), "key-1", &out("email")).await.expect(204);
    }
    is_reused(keyed(&owner, &format!("{lead}/opt_out"), "key-1", &out("phone")).await);
    assert_eq!(total(&owner, &format!("{lead}/consents")).await, 2);

    let token = |name: &str| json!({"api_token": {"name": name, "scopes": ["leads:read"]}});
    keyed(&owner, "/api/v1/api_tokens", "key-1", &token("Importer")).await.expect(201);
    // A secret is shown once: whoever has lost the answer revokes the token and makes another.
    keyed(&owner, "/api/v1/api_tokens", "key-1", &token("Importer")).await.expect(409);
    is_reused(keyed(&owner, "/api/v1/api_tokens", "key-1", &token("Exporter")).await);
}

/// The same of webhooks: a rotation gives one new secret, a test and a replay send once.
pub async fn a_webhook_is_sent_once(target: &Target) {
    let owner = target.owner();
    let mut hooks = Vec::new();
    for path in ["a", "b"] {
        let body = json!({"webhook_endpoint": {"url": format!("https://crm.example.com/{path}")}});
        let id = owner.post("/api/v1/webhook_endpoints", &body).await.expect(201).id();
        let source = json!({"webhook_source": {"name": path.repeat(3), "accepts": ["leads"]}});
        let source = owner.post("/api/v1/webhook_sources", &source).await.expect(201).id();
        hooks.push((format!("/api/v1/webhook_endpoints/{id}"), format!("/api/v1/webhook_sources/{source}")));
    }
    let nothing = json!({});
    for (path, other) in [(&hooks[0].0, &hooks[1].0), (&hooks[0].1, &hooks[1].1)] {
        let first = keyed(&owner, &format!("{path}/rotate_secret"), "key-1", &nothing).await.expect(200);
        let again = keyed(&owner, &format!("{path}/rotate_secret"), "key-1", &nothing).await.expect(200);
        assert!(first.body["meta"]["secret"].is_string());
        assert_eq!(first.body["meta"], again.body["meta"], "{path}: whoever lost the answer learns the secret");
        is_reused(keyed(&owner, &format!("{other}/rotate_secret"), "key-1", &nothing).await);
    }
    let (hook, other) = (&hooks[0].0, &hooks[1].0);
    let tried = keyed(&owner, &format!("{hook}/test"), "key-1", &nothing).await.expect(201).id();
    assert_eq!(keyed(&owner, &format!("{hook}/test"), "key-1", &nothing).await.expect(201).id(), tried);
    is_reused(keyed(&owner, &format!("{other}/test"), "key-1", &nothing).await);
    assert_eq!(total(&owner, &format!("{hook}/deliveries")).await, 1);
    let second = owner.post(&format!("{hook}/test"), &nothing).await.expect(201).id();
    target.settle().await;
    let delivery = format!("{hook}/deliveries/{tried}");
    let attempts = async || {
        target.settle().await;
        let shown = owner.get(&delivery).await.expect(200);
        shown.attribute("attempts").as_array().map(Vec::len)
    };
    assert_eq!(attempts().await, Some(1));
    for _ in 0..2 {
        keyed(&owner, &format!("{delivery}/replay"), "key-1", &nothing).await.expect(200);
        assert_eq!(attempts().await, Some(2), "it is sent once more, and not twice");
    }
    is_reused(keyed(&owner, &format!("{hook}/deliveries/{second}/replay"), "key-1", &nothing).await);
}

/// Strangers have keys too, that nobody guesses: an account is opened once, and a mail is sent once.
pub async fn a_stranger_is_answered_once(target: &Target) {
    let (nobody, key) = (target.nobody(), secret_key());
    let open = format!("/api/v1/public/assistants/{}/conversations", made_assistant(&target.owner()).await);
    let visit = |language: &str| json!({"conversation": {"language": language}});
    let opened = keyed(&nobody, &open, &key, &visit("de")).await.expect(201).id();
    assert_eq!(keyed(&nobody, &open, &key, &visit("de")).await.expect(201).id(), opened);
    is_reused(keyed(&nobody, &open, &key, &visit("fr")).await);
    let guessed = keyed(&nobody, &open, "key-1", &visit("de")).await.expect(422);
    assert_eq!(guessed.problems(), [("Idempotency-Key".to_owned(), "format".to_owned())]);

    let new = |name: &str| {
        json!({"user": {"email": "new@example.com", "name": name, "password": "correct-horse-battery",
            "organization": "New GmbH"}})
    };
    let address = |email: &str| json!({"user": {"email": email}});
    for (path, body, other, mails) in [
        ("/api/v1/users", new("Nora New"), new("Nina New"), 1),
        ("/api/v1/users/confirmation", address("new@example.com"), address("else@example.com"), 2),
        ("/api/v1/users/password", address("new@example.com"), address("else@example.com"), 3),
    ] {
        for _ in 0..2 {
            keyed(&nobody, path, &key, &body).await.expect(204);
        }
        assert_eq!(target.mailbox().of("new@example.com").await.len(), mails, "{path}");
        is_reused(keyed(&nobody, path, &key, &other).await);
    }
    let invited = json!({"invitation": {"email": "mia@acme.example", "name": "Mia Member", "role": "sales_rep"}});
    target.owner().post("/api/v1/invitations", &invited).await.expect(201);
    let token = target.mailbox().code("mia@acme.example").await;
    let accept =
        |name: &str| json!({"invitation": {"token": token, "password": "colleague-correct-horse", "name": name}});
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(keyed(&nobody, "/api/v1/invitations/accept", &key, &accept("Mia")).await.expect(200).id());
    }
    assert_eq!(ids[0], ids[1]);
    is_reused(keyed(&nobody, "/api/v1/invitations/accept", &key, &accept("Mara")).await);
}

/// A second factor is enrolled and given up once; the password beside the key is kept nowhere, so it is not compared.
pub async fn a_factor_is_enrolled_once(target: &Target) {
    use spotlight_core::domain::second_factor::CodeSecret;

    let owner = &target.owner;
    let me = browser(target, &owner.email, &owner.password).await;
    let path = "/api/v1/user/second_factor";
    let with = |fields: Value| json!({"second_factor": fields});
    let password = with(json!({"current_password": owner.password}));
    let first = keyed(&me, path, "key-1", &password).await.expect(201);
    let again = keyed(&me, path, "key-1", &password).await.expect(201);
    assert_eq!(first.attribute("secret"), again.attribute("secret"));
    let other = keyed(&me, path, "key-2", &password).await.expect(201);
    assert_ne!(first.attribute("secret"), other.attribute("secret"), "another request begins anew");
    let device = CodeSecret::from_base32(other.attribute("secret").as_str().expect("a secret")).expect("Base32");
    let code = device.code_at(SystemClock.now());
    let on = me.patch(path, &with(json!({"otp_code": code}))).await.expect(200);
    let recovery = on.attribute("recovery_codes")[0].clone();
    let off = with(json!({"current_password": owner.password, "otp_code": recovery}));
    for _ in 0..2 {
        keyed(&me, &format!("{path}/disable"), "key-1", &off).await.expect(204);
    }
}

/// What only moves a record where it is to be needs no key, and has none: doing it again changes nothing. Whatever a
/// client sends as one is passed over.
pub async fn a_state_is_reached_once(target: &Target) {
    let owner = target.owner().with("idempotency-key", "two words");
    let helper = made_assistant(&target.owner()).await;
    let talk = format!("/api/v1/conversations/{}", made_conversation(&target.owner(), &helper).await);
    target.owner().events(&format!("{talk}/turns"), &turn("I want to talk to a human, please")).await;
    for deed in ["accept_hand_off", "take_over", "give_back"] {
        let first = owner.post(&format!("{talk}/{deed}"), &json!({})).await.expect(200);
        let again = owner.post(&format!("{talk}/{deed}"), &json!({})).await.expect(200);
        assert_eq!(first.header("etag"), again.header("etag"), "{deed}");
    }
    for deed in ["pause", "resume"] {
        for _ in 0..2 {
            owner.post(&format!("/api/v1/jobs/queues/low/{deed}"), &json!({})).await.expect(204);
        }
    }
    let lead = format!("/api/v1/leads/{}", made_lead(&target.owner(), "Grace Hopper").await);
    for _ in 0..2 {
        owner.post(&format!("{lead}/erase"), &json!({})).await.expect(204);
    }
    owner.get(&lead).await.expect(404);
}

/// A repeated request shows the record as it is by then: what was erased meanwhile does not come back.
pub async fn what_is_erased_stays_so(target: &Target) {
    let owner = target.owner();
    let body = json!({"lead": {"name": "Grace Hopper", "email": "grace@example.com"}});
    let made = keyed(&owner, "/api/v1/leads", "key-1", &body).await.expect(201);
    let path = format!("/api/v1/leads/{}", made.id());
    owner.patch(&path, &json!({"lead": {"company": "Navy"}})).await.expect(200);
    assert_eq!(keyed(&owner, "/api/v1/leads", "key-1", &body).await.expect(201).attribute("company"), "Navy");
    owner.post(&format!("{path}/erase"), &json!({})).await.expect(204);
    let again = keyed(&owner, "/api/v1/leads", "key-1", &body).await.expect(404);
    assert!(!again.text.contains("Hopper"));
}
