//! The edge: what holds for every endpoint.

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::json;

use super::{Client, Target, account_team::colleague, seen::note};

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

/// Whoever runs the business hears where the time of a request went, nobody else.
pub async fn timings(target: &Target) {
    let (_, rep) = colleague(target, "mia@acme.example", "sales_rep").await;
    let told = async |client: &Client, path: &str| client.get(path).await.header("server-timing").to_owned();
    for path in ["/api/v1/leads", "/api/v1/leads/nothing"] {
        let timing = told(&target.owner(), path).await;
        let took = |name: &str| {
            let metric = timing.split(", ").find_map(|metric| metric.strip_prefix(name)?.strip_prefix(";dur="));
            let took = metric.and_then(|metric| metric.split(';').next()).and_then(|took| took.parse::<f64>().ok());
            took.unwrap_or_else(|| panic!("{name} in `{timing}`"))
        };
        assert!(took("auth") >= 0.0 && took("db") >= 0.0 && took("app") >= 0.0, "{timing}");
        assert!(took("total") > 0.0 && timing.contains("statements"), "{timing}");
        assert_eq!(told(&rep, path).await, "");
    }
    assert_eq!(told(&target.nobody(), "/up").await, "");
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
    let leads = || {
        let request = target.owner().request(Method::POST, "/api/v1/leads");
        request.header("content-type", "application/json")
    };
    let head = "content-length: 2097152\r\nexpect: 100-continue\r\n";
    assert_eq!(head_answer(target, leads(), head, &[]).await, 413);
    // Unannounced, part by part: it says no in the middle.
    let part = [b"10000\r\n".as_slice(), &[b'x'].repeat(0x1_0000), b"\r\n"].concat();
    let parts = [b"a\r\n{\"lead\": \"\r\n".as_slice(), &part.repeat(17)].concat();
    assert_eq!(head_answer(target, leads(), "transfer-encoding: chunked\r\n", &parts).await, 413);
    let leads = target.owner().get("/api/v1/leads").await.expect(200);
    assert_eq!(leads.body["meta"]["pagination"]["total_count"], 0);
}

/// The status of the answer to a request that is written by hand, with more lines in its head, and a client that hears
/// the answer while it still sends.
pub(super) async fn head_answer(target: &Target, request: RequestBuilder, lines: &str, body: &[u8]) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let request = request.build().expect("a request");
    let address = target.base.trim_start_matches("http://");
    let mut connection = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let named = request.headers().iter();
    let headers: Vec<_> =
        named.map(|(name, value)| [name.as_str(), ": ", value.to_str().expect("a text"), "\r\n"].concat()).collect();
    let headers = headers.concat();
    let path = request.url().path();
    let head = format!("{} {path} HTTP/1.1\r\nhost: {address}\r\n{headers}{lines}\r\n", request.method());
    connection.write_all(head.as_bytes()).await.expect("the head is sent");
    let (mut reads, mut writes) = connection.split();
    let mut status = [0; 12];
    // The server may stop reading once it has answered.
    let (answered, _) = futures::join!(reads.read_exact(&mut status), writes.write_all(body));
    answered.expect("an answer");
    let status = std::str::from_utf8(&status[9..]).ok().and_then(|status| status.parse().ok()).expect("a status");
    note(request.method(), path, status, &HeaderMap::new());
    status
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
