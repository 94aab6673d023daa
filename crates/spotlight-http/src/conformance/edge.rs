//! The edge: what holds for every endpoint.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Client, Target, seed};

/// The process answers without credentials, and the document is the one the crate writes.
pub async fn signs_of_life(target: &Target) {
    let nobody = target.nobody();
    assert_eq!(nobody.get("/up").await.expect(200).body, json!({"status": "ok"}));
    let document = nobody.get("/api/v1/openapi.json").await.expect(200);
    assert_eq!(&document.body, crate::openapi());
    let head = Client::answer(nobody.request(Method::HEAD, "/up")).await.expect(200);
    assert_eq!(head.text, "");
}

/// Unknown addresses, methods and ids are answered with error documents.
pub async fn unknown_addresses(target: &Target) {
    let (nobody, owner) = (target.nobody(), target.owner());
    for path in ["/", "/nothing", "/api/v1/nothing", "/api/v1/leads/a/b/c", "/api/v2/leads"] {
        let answer = nobody.get(path).await.expect(404);
        assert_eq!(answer.body["errors"][0]["status"], "404", "{path}");
        assert!(!answer.header("x-request-id").is_empty());
    }
    let answer = nobody.delete("/api/v1/leads").await.expect(405);
    assert_eq!(
        (answer.header("allow"), answer.problems()),
        ("GET, HEAD, POST", vec![(String::new(), "method_not_allowed".into())])
    );
    for id in ["7", "not-an-id", "00000000-0000-0000-0000-000000000000", "%ff", "%2e%2e"] {
        owner.get(&format!("/api/v1/leads/{id}")).await.expect(404);
    }
}

/// Bodies that are no JSON, of another type, or with members nobody knows.
pub async fn what_cannot_be_read(target: &Target) {
    let owner = target.owner();
    let raw = |kind: &'static str, body: &'static str| {
        Client::answer(owner.request(Method::POST, "/api/v1/leads").header("content-type", kind).body(body))
    };
    for body in ["{", "[]", "\"lead\"", "{\"lead\": \"\\ud800\"}"] {
        raw("application/json", body).await.expect(400);
    }
    raw("application/json", "").await.expect(400);
    raw("application/json; charset=utf-8", "{\"lead\": {}}").await.expect(201);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""] {
        raw(kind, "{\"lead\": {}}").await.expect(415);
    }
    let answer = owner.post("/api/v1/leads", &json!({"lead": {"nmae": "x"}, "more": 1})).await.expect(422);
    assert_eq!(answer.problems(), [("/lead/nmae".into(), "unknown".into()), ("/more".into(), "unknown".into())]);
}

/// A client that wants another form is told so.
pub async fn what_cannot_be_answered(target: &Target) {
    let owner = target.owner();
    let accept =
        |value: &'static str| Client::answer(owner.request(Method::GET, "/api/v1/leads").header("accept", value));
    for value in ["application/json", "*/*", "text/html, application/*;q=0.5", "APPLICATION/JSON"] {
        accept(value).await.expect(200);
    }
    for value in ["text/html", "application/json;q=0"] {
        accept(value).await.expect(406);
    }
}

/// A sound id of the caller comes back, any other is replaced.
pub async fn request_ids(target: &Target) {
    let nobody = target.nobody();
    let given = |id: &'static str| Client::answer(nobody.request(Method::GET, "/up").header("x-request-id", id));
    assert_eq!(given("job-7.a_B").await.header("x-request-id"), "job-7.a_B");
    for id in ["", "two words", "<script>"] {
        let answered = given(id).await;
        assert!(answered.header("x-request-id").len() == 36, "{id:?}: {}", answered.header("x-request-id"));
    }
}

/// Limits are announced, and hold.
pub async fn limits(target: &Target) {
    let owner = target.owner();
    let first = owner.get("/api/v1/user").await.expect(200);
    let number = |answer: &super::Answer, name: &str| answer.header(name).parse::<u64>().expect("a number");
    let limit = number(&first, "x-ratelimit-limit");
    assert!(number(&first, "x-ratelimit-remaining") < limit && number(&first, "x-ratelimit-reset") > 0);
    // Room comes back while the requests are made, so a few more than the limit are needed.
    let mut refused = None;
    for _ in 0..limit * 3 {
        let answer = owner.get("/api/v1/user").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("the limit holds");
    assert!(number(&refused, "retry-after") >= 1);
    assert_eq!(refused.body["errors"][0]["meta"]["code"], "rate_limited");
    target.stranger().get("/api/v1/user").await.expect(200);
}

/// A body beyond the limit is refused without being read to its end.
pub async fn a_body_too_large(target: &Target) {
    // Announced, and asked for first: the server says no before anything of it is sent.
    let head = "content-length: 2097152\r\nexpect: 100-continue\r\n";
    assert!(raw_answer(target, head, &[]).await.starts_with("HTTP/1.1 413"));
    // Unannounced, part by part: it says no in the middle.
    let part = [b"10000\r\n".as_slice(), &[b'x'].repeat(0x1_0000), b"\r\n"].concat();
    let parts = [b"a\r\n{\"lead\": \"\r\n".as_slice(), &part.repeat(17)].concat();
    assert!(raw_answer(target, "transfer-encoding: chunked\r\n", &parts).await.starts_with("HTTP/1.1 413"));
    let leads = target.owner().get("/api/v1/leads").await.expect(200);
    assert_eq!(leads.body["meta"]["pagination"]["total_count"], 0);
}

/// What the server answers to a request that is written by hand, which hears the answer while it still sends.
async fn raw_answer(target: &Target, headers: &str, body: &[u8]) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let address = target.base.trim_start_matches("http://");
    let mut connection = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let head = format!(
        "POST /api/v1/leads HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\ncontent-type: \
         application/json\r\n{headers}\r\n",
        target.owner.token
    );
    connection.write_all(head.as_bytes()).await.expect("the head is sent");
    let (mut reads, mut writes) = connection.split();
    let mut status = [0; 12];
    // The server may stop reading once it has answered.
    let (answered, _) = futures::join!(reads.read_exact(&mut status), writes.write_all(body));
    answered.expect("an answer");
    String::from_utf8_lossy(&status).into_owned()
}

/// The same key and body give the same answer; the same key with another body is refused.
pub async fn repeated_requests(target: &Target) {
    let owner = target.owner();
    let post = |path: &str, key: &str, body: &Value| {
        Client::answer(owner.request(Method::POST, path).header("idempotency-key", key).json(body))
    };
    let lead = json!({"lead": {"name": "Grace Hopper", "email": "grace@example.com"}});
    let first = post("/api/v1/leads", "key-1", &lead).await.expect(201);
    let again = post("/api/v1/leads", "key-1", &lead).await.expect(201);
    assert_eq!(first.id(), again.id());
    let other = json!({"lead": {"name": "Somebody Else"}});
    let refused = post("/api/v1/leads", "key-1", &other).await.expect(422);
    assert_eq!(refused.problems(), [("Idempotency-Key".to_owned(), "reused".to_owned())]);
    post("/api/v1/leads", &"k".repeat(256), &other).await.expect(422);
    let assistant = post("/api/v1/assistants", "key-1", &seed::assistant()).await.expect(201).id();
    let body = json!({"conversation": {"assistant_id": assistant}});
    let begun = post("/api/v1/conversations", "key-2", &body).await.expect(201).id();
    assert_eq!(begun, post("/api/v1/conversations", "key-2", &body).await.expect(201).id());
    let turns = format!("/api/v1/conversations/{begun}/turns");
    let said = post(&turns, "key-3", &seed::turn("Hello, what do you offer?")).await.expect(200);
    let repeated = post(&turns, "key-3", &seed::turn("Hello, what do you offer?")).await.expect(200);
    assert!(said.text.contains("event: done") && repeated.text.contains("event: done"));
    let shown = owner.get(&format!("/api/v1/conversations/{begun}")).await.expect(200);
    assert_eq!(shown.attribute("utterances"), 2);
}

/// The reference is a page that loads nothing from elsewhere.
pub async fn the_reference_as_a_page(target: &Target) {
    let nobody = target.nobody();
    let page = nobody.get("/docs").await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    let loaded: Vec<_> = page.text.split(['"', '\'']).filter(|part| part.starts_with("docs/")).collect();
    assert_eq!(loaded, ["docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/start.js"]);
    for (path, kind) in loaded.into_iter().zip(["text/css", "text/javascript", "text/javascript"]) {
        let file = nobody.get(&format!("/{path}")).await.expect(200);
        assert_eq!(file.header("content-type"), format!("{kind}; charset=utf-8"), "{path}");
        assert!(!file.text.is_empty(), "{path}");
    }
    assert!(!page.text.contains("://"), "{}", page.text);
}
