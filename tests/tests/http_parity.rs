//! The same requests, as bytes, to every framework over the same platform: nobody can tell which one answers.
//!
//! What cannot be the same is listed here, by request and with the reason, and in `docs/http.md`.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use spotlight_core::{
    Context, Spotlight,
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryQueue, MemoryRateLimiter, MemoryStorage},
    ports::{IdGenerator, Quota},
    scripted::ScriptedChatModel,
    services::accounts::SignIn,
};
use spotlight_http::{
    HttpPolicy,
    conformance::{Recorder, seed, seed::assistant},
};
use spotlight_tests::{
    deployment::TestClock,
    framework::{self, Framework, Server},
    raw::{Answer, ask},
};
use uuid::Uuid;

/// All of them, generated and written by hand.
const REQUESTS: usize = 2_000;
const SEED: u64 = 20_261_126;

/// Ids that are the same for the same request, whatever came before it.
#[derive(Debug)]
struct KnownIds {
    request: AtomicU64,
    next: AtomicU64,
}

impl KnownIds {
    fn begin(&self, request: u64) {
        self.request.store(request, Ordering::Relaxed);
        self.next.store(0, Ordering::Relaxed);
    }

    fn number(&self) -> (u64, u64) {
        (self.request.load(Ordering::Relaxed), self.next.fetch_add(1, Ordering::Relaxed))
    }
}

impl IdGenerator for KnownIds {
    fn uuid(&self) -> Uuid {
        let (request, next) = self.number();
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&(1_790_000_000_000 + request).to_be_bytes()[2..]);
        bytes[8..].copy_from_slice(&next.to_be_bytes());
        (bytes[6], bytes[8]) = (0x70, 0x80);
        Uuid::from_bytes(bytes)
    }

    fn secret(&self) -> [u8; 32] {
        let (request, next) = self.number();
        let mut secret = [7; 32];
        secret[..8].copy_from_slice(&request.to_be_bytes());
        secret[8..16].copy_from_slice(&next.to_be_bytes());
        secret
    }
}

/// One framework over a platform of its own, which is the same as the others'.
struct Side {
    platform: Spotlight,
    clock: Arc<TestClock>,
    ids: Arc<KnownIds>,
    server: Server,
    /// A session of the owner: its secret and its CSRF token.
    session: (String, String),
}

impl Side {
    async fn start(framework: Framework) -> (Self, seed::Target) {
        let clock = TestClock::at("2026-11-26T09:00:00Z");
        let ids = Arc::new(KnownIds { request: AtomicU64::new(0), next: AtomicU64::new(0) });
        let queue = MemoryQueue::new(clock.clone(), ids.clone());
        let platform = Spotlight::builder()
            .memory(Arc::new(MemoryStorage::with_queue(queue, clock.clone())))
            .chat(Arc::new(ScriptedChatModel::new()))
            .events(Arc::new(MemoryEventBus::new(clock.clone())))
            .mailer(Arc::new(MemoryMailer::new()))
            .files(Arc::new(MemoryFileStore::new()))
            .limiter(Arc::new(MemoryRateLimiter::new(clock.clone())))
            .clock(clock.clone())
            .ids(ids.clone())
            .secret_key(SecretString::from("a key of both sides, of thirty-two bytes or more"))
            .build()
            .expect("every port is there");
        let target = seed::seed(&platform, "").await;
        let sign_in = SignIn::new(&target.owner.email, SecretString::from(target.owner.password.clone()));
        let signed_in = platform.accounts().sign_in(&Context::anonymous(), sign_in).await.expect("a session");
        let session = (signed_in.secret.expose_secret().to_owned(), signed_in.csrf_token);
        let vast = Quota { burst: 1_000_000, period: Duration::from_secs(1) };
        let mut policy = HttpPolicy::development();
        (policy.api, policy.open, policy.visitor) = (vast, vast, vast);
        // So that some are too many.
        policy.signed = Quota { burst: 2, period: Duration::from_mins(30) };
        policy.body_timeout = Duration::from_secs(2);
        let server = framework::start(framework, platform.clone(), policy).await;
        (Self { platform, clock, ids, server, session }, target)
    }

    /// The answer to the request of this number, and nothing of it left running.
    async fn ask(&self, number: u64, request: &[u8]) -> Answer {
        self.ids.begin(number);
        self.clock.forward(chrono::Duration::seconds(1));
        let mut answer = ask(self.server.url.trim_start_matches("http://"), request).await;
        self.platform.drain().await;
        answer.headers.retain(|(name, _)| name != "date" && name != "server-timing");
        without_figures(request, &mut answer);
        // How long the database took is the machine's own, and so is how long that is when it is written, and when it was
        // asked for the last time.
        if [&b"/health"[..], b"/ready"]
            .iter()
            .any(|path| request.windows(path.len()).take(200).any(|part| part == *path))
        {
            answer.headers.retain(|(name, _)| name != "content-length");
        }
        if let Ok(mut document) = serde_json::from_slice::<Value>(&answer.body) {
            let mut measured = false;
            for pointer in [
                "/checks/database/response_time",
                "/checks/database:responseTime/0/observedValue",
                "/checks/database:responseTime/0/time",
                "/checks/queue:queueSize/0/time",
                // What waited then waited for both, but not necessarily at the same moment.
                "/checks/queue:queueSize/0/observedValue",
                "/checks/queue/queue_size",
            ] {
                if let Some(part) = document.pointer_mut(pointer) {
                    *part = 0.into();
                    measured = true;
                }
            }
            if measured {
                answer.body = document.to_string().into_bytes();
            }
        }
        answer
    }
}

/// Figures are the machine's own: of them, only which there are is compared.
fn without_figures(request: &[u8], answer: &mut Answer) {
    if !request.windows(8).take(200).any(|part| part == b"/metrics") {
        return;
    }
    answer.headers.retain(|(name, _)| name != "content-length");
    if let Ok(text) = std::str::from_utf8(&answer.body)
        && text.starts_with('#')
    {
        let heads: Vec<_> = text.lines().filter(|line| line.starts_with('#')).collect();
        answer.body = heads.join("\n").into_bytes();
    }
}

async fn sides() -> (Side, Side, seed::Target) {
    let (axum, target) = Side::start(Framework::Axum).await;
    let (actix, same) = Side::start(Framework::Actix).await;
    assert_eq!(target.owner.token, same.owner.token, "the platforms are the same");
    assert_eq!(axum.session, actix.session, "and so are the sessions");
    (axum, actix, target)
}

fn shown(request: &[u8]) -> String {
    String::from_utf8_lossy(&request[..request.len().min(1_500)]).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_requests_are_answered_alike() {
    let (axum, actix, target) = sides().await;
    let by_hand = [by_hand(&target.owner.token), by_browser(&axum.session)].concat();
    let mut recorder = Recorder::new(SEED, &target, &axum.session.0, &axum.session.1);
    let (mut statuses, mut differences) = (BTreeMap::<_, usize>::new(), Vec::new());
    for number in 0..REQUESTS {
        // Those by hand first: what the generated ones do, nobody knows.
        let request = by_hand.get(number).cloned().unwrap_or_else(|| recorder.request());
        let one = axum.ask(number as u64 + 1, &request).await;
        let other = actix.ask(number as u64 + 1, &request).await;
        recorder.learn(&one.body);
        *statuses.entry(one.status).or_default() += 1;
        if one != other {
            differences.push(format!("{}\n--- axum\n{}\n--- actix\n{}\n", shown(&request), told(&one), told(&other)));
        }
    }
    assert!(
        differences.is_empty(),
        "{} differ:\n{}",
        differences.len(),
        differences[..differences.len().min(12)].join("\n")
    );
    for status in [200, 201, 204, 304, 400, 401, 402, 403, 404, 405, 406, 409, 412, 413, 415, 422, 429] {
        assert!(statuses.contains_key(&Some(status)), "no {status} among {statuses:?}");
    }
    axum.server.stop().await;
    actix.server.stop().await;
}

fn told(answer: &Answer) -> String {
    let body = String::from_utf8_lossy(&answer.body[..answer.body.len().min(400)]).into_owned();
    format!("{:?} {:?} closes: {} {:?} {body}", answer.interim, answer.status, answer.closes, answer.headers)
}

/// What a browser asks in which the owner has signed in, with answers of every kind.
fn by_browser((secret, csrf_token): &(String, String)) -> Vec<Vec<u8>> {
    let browser = format!("host: here\r\ncookie: spotlight_session={secret}\r\nx-csrf-token: {csrf_token}\r\n");
    let request = |line: &str, more: &str, body: &str| {
        let body_head = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        let body_head = if body.is_empty() { String::new() } else { body_head };
        format!("{line} HTTP/1.1\r\n{browser}{more}{body_head}\r\n{body}").into_bytes()
    };
    let get = |path: &str| request(&format!("GET {path}"), "", "");
    let mut all = vec![
        get("/api/v1/user"),
        get("/api/v1/user/sessions"),
        get("/api/v1/organization"),
        request("GET /api/v1/user", "if-none-match: *\r\n", ""),
        request("HEAD /api/v1/user", "if-none-match: *\r\n", ""),
        request("GET /api/v1/user", "x-request-id: job-7.a_B\r\n", ""),
        request("GET /api/v1/user", "x-request-id: two words\r\n", ""),
        request("PATCH /api/v1/user", "if-match: \"77\"\r\n", "{\"user\": {\"name\": \"Olga Older\"}}"),
        request("PATCH /api/v1/user", "", "{\"user\": {\"name\": \"Olga Older\"}}"),
        request("PATCH /api/v1/organization", "if-match: \"77\"\r\n", "{\"organization\": {\"name\": \"Other\"}}"),
        request("POST /api/v1/billing/portal", "", "{}"),
        request("POST /api/v1/billing/checkout", "", "{\"checkout\": {\"plan\": \"growth\"}}"),
    ];
    for key in ["a", "a", "b"] {
        let body = "{\"lead\": {\"email\": \"same@example.com\"}}";
        all.push(request("POST /api/v1/leads", &format!("idempotency-key: {key}\r\n"), body));
    }
    // More than the plan has room for, and more than somebody may try.
    all.extend((0..4).map(|_| request("POST /api/v1/assistants", "", &assistant().to_string())));
    let wrong = "{\"user\": {\"email\": \"nobody@example.com\", \"password\": \"wrong-password\"}}";
    all.extend((0..7).map(|_| request("POST /api/v1/users/sign_in", "", wrong)));
    all.push(request("DELETE /api/v1/users/sign_out", "", ""));
    all.push(get("/api/v1/user"));
    all
}

/// Heads and bodies that people write who want to know what answers.
fn by_hand(token: &str) -> Vec<Vec<u8>> {
    let host = "host: here\r\n";
    let auth = format!("authorization: Bearer {token}\r\n");
    let json = "content-type: application/json\r\n";
    let mut all: Vec<Vec<u8>> = Vec::new();
    let mut add = |text: String| all.push(text.into_bytes());
    for target in [
        "/",
        "/up",
        "/up/",
        "//up",
        "/./up",
        "/up/.",
        "/x/../up",
        "/UP",
        "/%75p",
        "/up?",
        "/up?x=1",
        "/up?x=%ff",
        "/up;x",
        "/health",
        "/health/",
        "/ready",
        "/ready?x=1",
        "/metrics",
        "/metrics/",
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v1//leads",
        "/api/v1/leads/",
        "/api/v1/leads//",
        "/api/v1/leads/%2e%2e",
        "/api/v1/leads/..",
        "/api/v1/leads/%2F",
        "/api/v1/leads/%ff%fe",
        "/api/v1/leads/%zz",
        "/api/v1/leads/a%00b",
        "/api/v1/leads/a/b/c",
        "/api/v1/leads/a/score/",
        "/api/v1/leads?page=1&page=2",
        "/api/v1/leads?%ff=%fe",
        "/api/v1/leads?search=%C3%28",
        "/api/v1/openapi.json",
        "/docs",
        "/docs/",
        "/docs/x",
        "http://here/up",
        "http://elsewhere:8080/api/v1/leads",
        "http://here",
        "*",
        "/api/v1/leads/+",
        "/api/v1/leads/a+b",
        "/api/v1/leads/{id}",
        "/api/v1/le%61ds",
        "/api%2Fv1%2Fleads",
        "/api/v1/leads#fragment",
    ] {
        for method in ["GET", "HEAD", "OPTIONS", "POST"] {
            let body = if method == "POST" { "content-length: 0\r\n" } else { "" };
            add(format!("{method} {target} HTTP/1.1\r\n{host}{auth}{body}\r\n"));
        }
    }
    let visit = "/api/v1/conversations/00000000-0000-0000-0000-000000000000/turns";
    for extra in [
        "origin: https://shop.example\r\naccess-control-request-method: POST\r\n",
        "origin: null\r\naccess-control-request-method: POST\r\naccess-control-request-headers: x\r\n",
        "",
    ] {
        add(format!("OPTIONS {visit} HTTP/1.1\r\n{host}{extra}\r\n"));
        add(format!("OPTIONS /api/v1/leads HTTP/1.1\r\n{host}{extra}\r\n"));
    }
    let lead = "{\"lead\": {\"name\": \"Ada Lovelace\"}}";
    let post = format!("POST /api/v1/leads HTTP/1.1\r\n{host}");
    let sized = |text: &str| format!("content-length: {}\r\n", text.len());
    for (head, body) in [
        (format!("{auth}{json}{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}{json}{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}content-type: text/plain\r\n{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{auth}{json}{}", sized(lead)), lead.to_owned()),
        (format!("{auth}authorization: Bearer other\r\n{json}{}", sized(lead)), lead.to_owned()),
        (format!("authorization: Bearer other\r\n{auth}{json}{}", sized(lead)), lead.to_owned()),
        (format!("{json}{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}"), String::new()),
        (format!("{auth}{json}content-length: 0\r\n"), String::new()),
        (format!("{auth}{json}expect: 100-continue\r\n{}", sized(lead)), lead.to_owned()),
        (format!("{json}expect: 100-continue\r\n{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}expect: something-else\r\n{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}expect: 100-continue\r\ncontent-length: 2000000\r\n"), String::new()),
        (format!("{auth}{json}content-length: 2000000\r\n"), "x".repeat(2_000_000)),
        (format!("{json}content-length: 70000\r\n"), "x".repeat(70_000)),
        (format!("{json}content-length: 60000\r\n"), "x".repeat(60_000)),
        (format!("{auth}{json}transfer-encoding: chunked\r\n"), "0\r\n\r\n".to_owned()),
        (format!("{auth}{json}transfer-encoding: chunked\r\n"), format!("{:x}\r\n{lead}\r\n0\r\n\r\n", lead.len())),
        (format!("{auth}{json}transfer-encoding: Chunked\r\n"), format!("{:x};a=b\r\n{lead}\r\n0\r\n\r\n", lead.len())),
        (
            format!("{auth}{json}transfer-encoding: chunked\r\n"),
            format!("00{:X}\r\n{lead}\r\n0\r\nx: y\r\n\r\n", lead.len()),
        ),
        (format!("{auth}{json}connection: close\r\n{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}connection: Close, TE\r\n{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}connection: keep-alive\r\n{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}x-request-id: a\r\nx-request-id: b\r\n{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}x-obs: \u{e9}\u{fc}\r\n{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}accept: \r\n{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}accept: text/html\r\naccept: */*\r\n{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}content-encoding: gzip\r\n{}", sized(lead)), lead.to_owned()),
        (format!("{auth}{json}cookie: a=b\r\ncookie: spotlight_session=x\r\n{}", sized(lead)), lead.to_owned()),
        (
            format!("{auth}{json}x-forwarded-for: 1.2.3.4\r\nx-forwarded-for: 5.6.7.8\r\n{}", sized(lead)),
            lead.to_owned(),
        ),
        (format!("{auth}{json}accept-encoding: gzip, br\r\n{}", sized(lead)), lead.to_owned()),
    ] {
        add(format!("{post}{head}\r\n{body}"));
    }
    for line in ["GET /up HTTP/1.0", "GET /api/v1/leads HTTP/1.0", "HEAD /docs HTTP/1.0", "GET /nothing HTTP/1.0"] {
        add(format!("{line}\r\n\r\n"));
        add(format!("{line}\r\n{host}\r\n"));
        add(format!("{line}\r\n{host}connection: close\r\n\r\n"));
    }
    for (line, head) in [
        ("GET /api/v1/leads HTTP/1.1", "content-length: 3\r\n\r\nabc"),
        ("DELETE /api/v1/leads HTTP/1.1", "content-length: 3\r\n\r\nabc"),
        ("BREW /up HTTP/1.1", "\r\n"),
        ("GET /up HTTP/1.1", "upgrade: websocket\r\nconnection: upgrade\r\n\r\n"),
        ("GET /up HTTP/1.1", "upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: x\r\n\r\n"),
        ("GET /up HTTP/1.1", "range: bytes=0-1\r\n\r\n"),
        ("GET /health HTTP/1.1", "accept: application/health+json\r\n\r\n"),
        ("HEAD /health HTTP/1.1", "\r\n"),
        ("HEAD /ready HTTP/1.1", "\r\n"),
        ("GET /docs HTTP/1.1", "if-none-match: *\r\n\r\n"),
        ("GET /up HTTP/1.1", "te: trailers\r\ntrailer: x\r\n\r\n"),
        ("GET /up HTTP/1.1", "x-a:\r\nx-b: \t \r\n\r\n"),
    ] {
        add(format!("{line}\r\n{host}{head}"));
    }
    all
}

/// What the parser of one framework or of both refuses before the contract sees it: the same class of status, and the
/// connection is closed. One of them has the error in the contract's form where its parser lets the request through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_parser_refuses_is_refused_by_both() {
    let (axum, actix, target) = sides().await;
    let auth = format!("authorization: Bearer {}\r\n", target.owner.token);
    let many = |count: usize| (0..count).map(|number| format!("x-{number}: y\r\n")).collect::<Vec<_>>().concat();
    let start = format!("POST /api/v1/leads HTTP/1.1\r\nhost: here\r\n{auth}content-type: application/json\r\n");
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("no request line", b"\r\nnonsense\r\n\r\n".to_vec()),
        ("no version", b"GET /up\r\n\r\n".to_vec()),
        ("another version", b"GET /up HTTP/3.7\r\nhost: here\r\n\r\n".to_vec()),
        ("a space in the target", b"GET /u p HTTP/1.1\r\nhost: here\r\n\r\n".to_vec()),
        ("a method that is none", b"G@T /up HTTP/1.1\r\nhost: here\r\n\r\n".to_vec()),
        ("a header without a colon", b"GET /up HTTP/1.1\r\nhost: here\r\nbroken\r\n\r\n".to_vec()),
        ("a space before a colon", b"GET /up HTTP/1.1\r\nhost : here\r\n\r\n".to_vec()),
        ("a folded header", b"GET /up HTTP/1.1\r\nhost: here\r\nx: a\r\n b\r\n\r\n".to_vec()),
        ("a control character in a header", b"GET /up HTTP/1.1\r\nhost: here\r\nx: a\x01b\r\n\r\n".to_vec()),
        ("bad UTF-8 in the target", b"GET /\xff\xfe HTTP/1.1\r\nhost: here\r\n\r\n".to_vec()),
        ("no host", b"GET /up HTTP/1.1\r\n\r\n".to_vec()),
        ("two hosts", b"GET /up HTTP/1.1\r\nhost: here\r\nhost: there\r\n\r\n".to_vec()),
        ("UTF-8 in the target", "GET /caf\u{e9} HTTP/1.1\r\nhost: here\r\n\r\n".as_bytes().to_vec()),
        ("UTF-8 in the query", "GET /up?q=\u{e9} HTTP/1.1\r\nhost: here\r\n\r\n".as_bytes().to_vec()),
        ("98 headers", format!("GET /up HTTP/1.1\r\nhost: here\r\n{}\r\n", many(97)).into_bytes()),
        ("a body of unknown length", b"POST /up HTTP/1.0\r\nhost: here\r\n\r\n".to_vec()),
        ("chunks in HTTP/1.0", b"POST /up HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".to_vec()),
        ("two lengths", format!("{start}content-length: 2\r\ncontent-length: 3\r\n\r\n{{}}").into_bytes()),
        ("a length that is no number", format!("{start}content-length: x\r\n\r\n{{}}").into_bytes()),
        ("a length with a sign", format!("{start}content-length: +2\r\n\r\n{{}}").into_bytes()),
        ("an unknown transfer coding", format!("{start}transfer-encoding: gzip\r\n\r\n").into_bytes()),
        ("too many headers", format!("GET /up HTTP/1.1\r\nhost: here\r\n{}\r\n", many(200)).into_bytes()),
        (
            "a header too long",
            format!("GET /up HTTP/1.1\r\nhost: here\r\nx: {}\r\n\r\n", "y".repeat(300_000)).into_bytes(),
        ),
        ("a target too long", format!("GET /{} HTTP/1.1\r\nhost: here\r\n\r\n", "y".repeat(70_000)).into_bytes()),
    ];
    let mut differences = Vec::new();
    for (number, (name, request)) in cases.iter().enumerate() {
        let one = axum.ask(number as u64 + 1, request).await;
        let other = actix.ask(number as u64 + 1, request).await;
        let class = |answer: &Answer| answer.status.map(|status| status / 100);
        if class(&one) != Some(4) || class(&other) != Some(4) || !one.closes || !other.closes {
            differences.push(format!("{name}\n--- axum\n{}\n--- actix\n{}\n", told(&one), told(&other)));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
