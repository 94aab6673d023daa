//! What the edge does when things are not well: in process, where time and limits can be chosen.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, stream};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use sha2::Sha256;
use spotlight_core::{
    domain::{billing::PlanId, organization::Organization},
    error::{Error, ErrorKind, Retry},
    memory::MemoryStorage,
    ports::{
        ApiTokenRepository, Clock, FlagRepository, MockApiTokenRepository, MockFlagRepository, MockRepositories,
        MockStorage, Quota, ReadConsistency, Repositories, SystemClock,
    },
    services::{Context, Spotlight},
};
use spotlight_http::{
    Api, Body, Endpoint, HttpPolicy, Request, Response,
    conformance::{Target, in_memory, on, seed},
};

fn named(name: &str) -> &'static Endpoint {
    Endpoint::named(name).expect("an endpoint")
}

fn head(operation: &str, headers: &[(&'static str, &str)]) -> Request {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value")))
        .collect();
    let endpoint = named(operation);
    Request {
        method: endpoint.verb.method(),
        path: endpoint.path.to_owned(),
        prefix: 0,
        query: None,
        headers,
        peer: [203, 0, 113, 7].into(),
        encrypted: false,
    }
}

async fn send(api: &Api, operation: &str, headers: &[(&'static str, &str)], body: &'static str) -> Response {
    let body = stream::iter([Ok::<_, Infallible>(Bytes::from_static(body.as_bytes()))]);
    api.handle(named(operation), head(operation, headers), body).await
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn document(response: Response) -> Value {
    let bytes = match response.body {
        Body::Full(bytes) => bytes.to_vec(),
        Body::Socket(_) => panic!("a socket has no document"),
        Body::Stream(parts) => parts.map(|part| part.expect("a part").to_vec()).concat().await,
    };
    serde_json::from_slice(&bytes).expect("JSON")
}

async fn start(policy: HttpPolicy) -> (Api, Spotlight, Target) {
    let platform = in_memory();
    let target = seed(&platform, "").await;
    (Api::new(platform.clone(), policy), platform, target)
}

#[tokio::test]
async fn a_pause_turns_everything_away_but_signs_of_life() {
    let (api, _, target) = start(HttpPolicy::development()).await;
    let token = format!("Bearer {}", target.owner.token);
    api.pause(Duration::from_millis(1500));
    let refused = send(&api, "list_leads", &[("authorization", &token)], "").await;
    assert_eq!((refused.status.as_u16(), header(&refused, "retry-after")), (503, "2"));
    assert_eq!(send(&api, "up", &[], "").await.status, 200);
    assert_eq!(send(&api, "health", &[], "").await.status, 200);
    let ready = send(&api, "ready", &[], "").await;
    assert_eq!((ready.status.as_u16(), header(&ready, "retry-after")), (503, "5"));
    let ready = document(ready).await;
    assert_eq!(ready["status"], "service_unavailable");
    assert_eq!(ready["reasons"], json!(["this process is about to stop"]));
    api.resume();
    assert_eq!(send(&api, "ready", &[], "").await.status, 200);
    assert_eq!(send(&api, "list_leads", &[("authorization", &token)], "").await.status, 200);
}

#[tokio::test]
async fn a_stream_keeps_its_place_until_it_ends() {
    let mut policy = HttpPolicy::development();
    policy.max_in_flight = 1;
    let (api, platform, target) = start(policy).await;
    let token = format!("Bearer {}", target.owner.token);
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    let assistant = spotlight_http::conformance::seed::assistant().to_string().leak();
    let assistant = document(send(&api, "create_assistant", &headers, assistant).await).await;
    let body = json!({"conversation": {"assistant_id": assistant["data"]["id"]}}).to_string().leak();
    let conversation = document(send(&api, "create_conversation", &headers, body).await).await;
    let id = conversation["data"]["id"].as_str().expect("an id");
    let turn = Request { path: format!("/api/v1/conversations/{id}/turns"), ..head("take_turn", &headers) };
    let body = stream::iter([Ok::<_, Infallible>(Bytes::from_static(br#"{"turn": {"text": "Hello"}}"#))]);
    let streaming = api.handle(named("take_turn"), turn, body).await;
    assert_eq!(streaming.status, 200);
    assert_eq!(send(&api, "list_leads", &headers, "").await.status, 503);
    drop(streaming);
    assert_eq!(send(&api, "list_leads", &headers, "").await.status, 200);
    platform.drain().await;
}

#[tokio::test]
async fn a_database_that_is_away_is_said_without_details() {
    let (api, platform, target) = start(HttpPolicy::development()).await;
    let token = format!("Bearer {}", target.owner.token);
    platform.storage().close().await;
    let refused = send(&api, "list_leads", &[("authorization", &token), ("x-request-id", "req-9")], "").await;
    assert_eq!((refused.status.as_u16(), header(&refused, "retry-after")), (503, "1"));
    let errors = document(refused).await;
    assert_eq!(errors["errors"][0]["meta"], json!({"code": "unavailable", "request_id": "req-9"}));
    let health = send(&api, "health", &[], "").await;
    assert_eq!((health.status.as_u16(), header(&health, "retry-after")), (503, "5"));
    let told = document(health).await;
    assert_eq!(told["status"], "service_unavailable");
    assert_eq!(told["checks"]["database"], json!({"status": "error", "error": "it cannot be reached"}));
    let draft = send(&api, "health", &[("accept", "application/health+json")], "").await;
    assert_eq!((draft.status.as_u16(), header(&draft, "content-type")), (503, "application/health+json"));
    let draft = document(draft).await;
    assert_eq!((&draft["status"], &draft["checks"]["database"][0]["status"]), (&json!("fail"), &json!("fail")));
    assert_eq!(draft["checks"]["database"][0]["output"], "it cannot be reached");
    let ready = send(&api, "ready", &[], "").await;
    assert_eq!(ready.status, 503);
    let reasons = json!(["database: it cannot be reached", "migrations: it cannot be reached"]);
    assert_eq!(document(ready).await["reasons"], reasons);
    assert_eq!(send(&api, "up", &[], "").await.status, 200);
}

#[tokio::test]
async fn guessing_secrets_is_slowed_down_by_address() {
    let mut policy = HttpPolicy::development().trust(&["203.0.113.7"]).expect("an address");
    policy.open = Quota { burst: 3, period: Duration::from_hours(1) };
    let (api, _, target) = start(policy).await;
    let guess = [("authorization", "Bearer spot_guess"), ("x-forwarded-for", "198.51.100.9")];
    for _ in 0..3 {
        assert_eq!(send(&api, "list_leads", &guess, "").await.status, 401);
    }
    let refused = send(&api, "list_leads", &guess, "").await;
    assert_eq!((refused.status.as_u16(), header(&refused, "x-ratelimit-remaining")), (429, "0"));
    let elsewhere = [("authorization", "Bearer spot_guess"), ("x-forwarded-for", "198.51.100.10")];
    assert_eq!(send(&api, "list_leads", &elsewhere, "").await.status, 401);
    let token = format!("Bearer {}", target.owner.token);
    let right = [("authorization", token.as_str()), ("x-forwarded-for", "198.51.100.9")];
    assert_eq!(send(&api, "list_leads", &right, "").await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let mut policy = HttpPolicy::development();
    policy.body_timeout = Duration::from_millis(20);
    let (api, _, target) = start(policy).await;
    let token = format!("Bearer {}", target.owner.token);
    let head = head("create_lead", &[("authorization", &token), ("content-type", "application/json")]);
    let never = stream::pending::<Result<Bytes, Infallible>>();
    assert_eq!(api.handle(named("create_lead"), head.clone(), never).await.status, 400);
    let broken = stream::iter([Ok(Bytes::from_static(b"{\"lead\":")), Err("reset")]);
    assert_eq!(api.handle(named("create_lead"), head, broken).await.status, 400);
}

#[tokio::test]
async fn nobody_reads_the_body_of_a_stranger() {
    let (api, _, _) = start(HttpPolicy::development()).await;
    let unread = stream::once(async { panic!("the body of a caller without credentials was read") });
    let unread = unread.map(|()| Ok::<Bytes, Infallible>(Bytes::new()));
    let answered = api.handle(named("create_lead"), head("create_lead", &[]), unread).await;
    assert_eq!(answered.status, 401);
}

#[tokio::test]
async fn cookies_are_for_https_unless_said_otherwise() {
    let (api, _, target) = start(HttpPolicy::default()).await;
    let body = json!({"user": {"email": target.owner.email, "password": target.owner.password}}).to_string().leak();
    let signed_in = send(&api, "sign_in", &[("content-type", "application/json")], body).await;
    let cookie = header(&signed_in, "set-cookie");
    assert!(cookie.starts_with("__Host-spotlight_session=") && cookie.contains("; Secure"), "{cookie}");
    assert!(!header(&signed_in, "strict-transport-security").is_empty());
    assert_eq!(header(&signed_in, "cache-control"), "no-store");
}

#[tokio::test]
async fn a_head_has_no_body_and_the_same_status() {
    let (api, _, _) = start(HttpPolicy::development()).await;
    let head = Request { method: Method::HEAD, ..head("openapi", &[]) };
    let answered = api.handle(named("openapi"), head, stream::empty::<Result<Bytes, Infallible>>()).await;
    assert_eq!(answered.status, 200);
    assert!(matches!(answered.body, Body::Full(bytes) if bytes.is_empty()));
}

/// A storage that is away for a known time; no adapter can be brought to say so, and a mock can.
#[tokio::test]
async fn how_long_the_database_is_away_is_passed_on() {
    let away = || Error::new(ErrorKind::Unavailable, "the primary is being replaced");
    let mut tokens = MockApiTokenRepository::new();
    tokens
        .expect_find_with_roles()
        .times(1)
        .returning(move |_| Err(away().with_retry(Retry::After(Duration::from_millis(6_500)))));
    let mut repositories = MockRepositories::new();
    // Whether there is maintenance cannot be read either, and is no reason to refuse.
    let mut flags = MockFlagRepository::new();
    flags.expect_list().returning(move || Err(away()));
    repositories.expect_flags().return_const(Box::new(flags) as Box<dyn FlagRepository>);
    repositories.expect_api_tokens().return_const(Box::new(tokens) as Box<dyn ApiTokenRepository>);
    let mut storage = MockStorage::new();
    storage.expect_read().return_const(Box::new(repositories) as Box<dyn Repositories>);
    // Whoever cannot be recognised is not let in to write.
    storage.expect_begin().never();
    let api = Api::new(
        on(Arc::new(storage), Arc::new(MemoryStorage::new(Arc::new(SystemClock)).queue())),
        HttpPolicy::development(),
    );
    let body = r#"{"lead": {"name": "Grace Hopper"}}"#;
    let headers = [("authorization", "Bearer spot_any"), ("content-type", "application/json")];
    let refused = send(&api, "create_lead", &headers, body).await;
    assert_eq!((refused.status.as_u16(), header(&refused, "retry-after")), (503, "7"));
    assert!(!document(refused).await.to_string().contains("primary"));
}

#[tokio::test]
async fn the_headers_of_a_sign_in_speak_of_its_own_limit() {
    let (api, _, target) = start(HttpPolicy::development().trust(&["203.0.113.7"]).expect("an address")).await;
    let body = json!({"user": {"email": target.owner.email, "password": "wrong"}}).to_string().leak();
    let attempt = async |address: &str| {
        let headers = [("content-type", "application/json"), ("x-forwarded-for", address)];
        send(&api, "sign_in", &headers, body).await
    };
    let figures = |answer: &Response| {
        let [limit, remaining] =
            ["x-ratelimit-limit", "x-ratelimit-remaining"].map(|name| header(answer, name).to_owned());
        (answer.status.as_u16(), limit, remaining)
    };
    let shown = |status, remaining: &str| (status, "5".to_owned(), remaining.to_owned());
    assert_eq!(figures(&attempt("198.51.100.1").await), shown(401, "4"));
    for number in 2..=5 {
        assert_eq!(attempt(&format!("198.51.100.{number}")).await.status, 401);
    }
    // The address is new, the account has been tried too often.
    let refused = attempt("198.51.100.6").await;
    assert_eq!(figures(&refused), shown(429, "0"));
    let seconds = |name| header(&refused, name).parse::<u64>().expect("seconds");
    assert!(seconds("x-ratelimit-reset") >= seconds("retry-after") && seconds("retry-after") >= 1);
}

#[tokio::test]
async fn the_plan_decides_how_many_requests_there_are_in_the_whole_fleet() {
    let (api, platform, target) = start(HttpPolicy::development()).await;
    let mut policy = HttpPolicy::development();
    policy.plans = vec![(PlanId::Growth, Quota { burst: 7, period: Duration::from_hours(1) })];
    let one = Api::new(platform.clone(), policy.clone());
    let other = Api::new(platform.clone(), policy);
    let organizations = platform.storage().read(ReadConsistency::Strong).organizations();
    let first = organizations.ids(None, 1).await.expect("organizations")[0];
    let operator = Context::system(first);
    let stored = platform.organizations().get(&operator).await.expect("the organization");
    let growing = Organization { plan: PlanId::Growth, ..stored };
    platform.organizations().update(&operator, growing).await.expect("another plan");
    let seen = async |api: &Api, token: &str| {
        let answer = send(api, "list_leads", &[("authorization", &format!("Bearer {token}"))], "").await;
        let figures = ["x-ratelimit-limit", "x-ratelimit-remaining"].map(|name| header(&answer, name).to_owned());
        (answer.status.as_u16(), figures)
    };
    let shown = |status: u16, limit: &str, remaining: &str| (status, [limit.to_owned(), remaining.to_owned()]);
    let (owner, stranger) = (target.owner.token.as_str(), target.stranger.token.as_str());
    for (number, remaining) in ["6", "5", "4", "3", "2", "1", "0"].into_iter().enumerate() {
        let process = if number % 2 == 0 { &one } else { &other };
        assert_eq!(seen(process, owner).await, shown(200, "7", remaining));
    }
    assert_eq!(seen(&one, owner).await, shown(429, "7", "0"));
    assert_eq!(seen(&other, owner).await, shown(429, "7", "0"));
    // Another plan has another limit, and plans that are not listed have the usual one.
    assert_eq!(seen(&one, stranger).await, shown(200, "100", "99"));
    assert_eq!(seen(&api, &target.owner.reader).await, shown(200, "600", "599"));
}

/// A signature by a source over these bytes, now.
fn signed(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    mac.update(format!("{timestamp}.{body}").as_bytes());
    mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[tokio::test]
async fn what_is_not_signed_is_not_read() {
    let (api, _, target) = start(HttpPolicy::development()).await;
    let json = ("content-type", "application/json");
    let bearer = ("authorization", format!("Bearer {}", target.owner.token));
    let made = r#"{"webhook_source": {"name": "Website form", "accepts": ["leads"]}}"#;
    let made = send(&api, "create_webhook_source", &[json, (bearer.0, bearer.1.as_str())], made).await;
    let made = document(made).await;
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (key, secret) = (text(&made["data"]["attributes"]["key"]), text(&made["meta"]["secret"]));
    let timestamp = SystemClock.now().timestamp().to_string();
    let sends = async |body: &'static str, query: Option<&str>, signature: &str| {
        let headers = [json, ("x-webhook-key", key.as_str()), ("x-timestamp", &timestamp), ("x-signature", signature)];
        let mut request = head("receive_lead", &headers);
        request.query = query.map(str::to_owned);
        let body = stream::iter([Ok::<_, Infallible>(Bytes::from_static(body.as_bytes()))]);
        api.handle(named("receive_lead"), request, body).await
    };
    // Neither what is no JSON, nor an unknown member, nor one beside a wrong query is told to whoever has no secret.
    for (query, body, status) in [(None, "{", 401), (None, r#"{"nope": 1}"#, 401), (Some("a=1"), r#"{"nope": 1}"#, 422)]
    {
        let refused = sends(body, query, "sha256=00").await;
        assert_eq!(refused.status, status, "{body}");
        assert!(!document(refused).await.to_string().contains("nope"), "{body}");
    }
    let body = r#"{"nope": 1}"#;
    let refused = sends(body, None, &signed(&secret, &timestamp, body)).await;
    assert!(document(refused).await.to_string().contains("nope"), "whoever has it is told");
}
