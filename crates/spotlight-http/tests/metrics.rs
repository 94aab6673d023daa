//! Who is shown the figures, and what becomes of requests that nobody waits for: in process, where that can be chosen.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use secrecy::SecretString;
use serde_json::json;
use spotlight_core::{
    Result, Spotlight,
    domain::time::Timestamp,
    memory::MemoryStorage,
    ports::{Clock, Figure, FigureSource, Metric, Storage, SystemClock},
};
use spotlight_http::{
    Api, Body, HttpPolicy, MetricsAccess, Request, Response,
    conformance::{builder, in_memory, seed},
};

fn request(path: &str, peer: &str, headers: &[(&'static str, &str)]) -> Request {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value")))
        .collect();
    let peer: IpAddr = peer.parse().expect("an address");
    Request { method: Method::GET, path: path.to_owned(), prefix: 0, query: None, headers, peer, encrypted: false }
}

async fn ask(api: &Api, path: &str, peer: &str, headers: &[(&'static str, &str)]) -> Response {
    api.respond(request(path, peer, headers), stream::empty::<Result<Bytes, Infallible>>()).await
}

fn api(metrics: MetricsAccess) -> Api {
    let mut policy = HttpPolicy::development();
    policy.metrics = metrics;
    Api::new(in_memory(), policy)
}

async fn text(api: &Api) -> String {
    match ask(api, "/metrics", "::1", &[]).await.body {
        Body::Full(bytes) => String::from_utf8(bytes.to_vec()).expect("text"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn figures_are_shown_to_nobody_unless_a_deployment_says_so() {
    let api = Api::new(in_memory(), HttpPolicy::default());
    assert_eq!(ask(&api, "/metrics", "127.0.0.1", &[]).await.status, 404);
}

#[tokio::test]
async fn a_development_server_shows_them_to_its_own_machine() {
    let api = api(MetricsAccess::Loopback);
    for here in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
        assert_eq!(ask(&api, "/metrics", here, &[]).await.status, 200, "{here}");
    }
    for elsewhere in ["10.0.0.1", "203.0.113.7", "fe80::1", "0.0.0.0"] {
        assert_eq!(ask(&api, "/metrics", elsewhere, &[]).await.status, 404, "{elsewhere}");
    }
    for handed_on in ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"] {
        assert_eq!(ask(&api, "/metrics", "127.0.0.1", &[(handed_on, "127.0.0.1")]).await.status, 404, "{handed_on}");
    }
}

#[tokio::test]
async fn a_token_opens_them_from_anywhere_and_nothing_else_does() {
    let api = api(MetricsAccess::Token(SecretString::from("a-token-of-the-collector")));
    let with = async |value: &str| ask(&api, "/metrics", "203.0.113.7", &[("authorization", value)]).await;
    assert_eq!(with("Bearer a-token-of-the-collector").await.status, 200);
    assert_eq!(with("bearer a-token-of-the-collector").await.status, 200);
    for wrong in ["Bearer a-token-of-the-collecto", "Basic a-token-of-the-collector", "a-token-of-the-collector", ""] {
        let refused = with(wrong).await;
        assert_eq!(refused.status, 401, "{wrong}");
    }
    assert_eq!(ask(&api, "/metrics", "127.0.0.1", &[]).await.status, 401);
}

#[tokio::test]
async fn no_limit_and_no_pause_keeps_figures_back() {
    let mut policy = HttpPolicy::development();
    policy.metrics = MetricsAccess::Open;
    policy.open.burst = 1;
    let api = Api::new(in_memory(), policy);
    api.pause(Duration::from_secs(1));
    for _ in 0..5 {
        assert_eq!(ask(&api, "/metrics", "203.0.113.7", &[]).await.status, 200);
    }
}

/// A source that answers as it is told.
struct Source(&'static str, fn() -> futures::future::BoxFuture<'static, Result<Vec<Figure>>>);

static THINGS: Metric = Metric::gauge("things", "Things.", &[]);

#[async_trait]
impl FigureSource for Source {
    fn name(&self) -> &'static str {
        self.0
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&THINGS]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        (self.1)().await
    }
}

/// Sources that fail or hang are left out, and said to be; the others are there.
#[tokio::test(start_paused = true)]
async fn a_source_that_is_away_fails_no_scrape() {
    let storage = MemoryStorage::new(Arc::new(SystemClock));
    let queue = Arc::new(storage.queue());
    let platform = builder(Arc::new(storage), queue)
        .figure_source(Arc::new(Source("well", || async { Ok(vec![Figure::plain(&THINGS, 7.0)]) }.boxed())))
        .figure_source(Arc::new(Source("hangs", || futures::future::pending().boxed())))
        .figure_source(Arc::new(Source("fails", || async { Err(spotlight_core::Error::internal("away")) }.boxed())))
        .build()
        .expect("every port is there");
    platform.storage().close().await;
    let api = Api::new(platform, HttpPolicy::development());
    let began = tokio::time::Instant::now();
    let text = text(&api).await;
    assert!(began.elapsed() <= Duration::from_secs(3), "{:?}", began.elapsed());
    let line = |wanted: &str| assert!(text.lines().any(|line| line == wanted), "{wanted} is missing from:\n{text}");
    line("things 7");
    line("metrics_source_up{source=\"well\"} 1");
    line("metrics_source_up{source=\"hangs\"} 0");
    line("metrics_source_up{source=\"fails\"} 0");
    line("metrics_source_up{source=\"users\"} 0");
    assert!(!text.contains("active_users "), "{text}");
}

/// The series of a scrape: every line without its value.
fn series(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once(' ')).map(|(name, _)| name.to_owned()).collect()
}

/// A thousand ids, addresses, queries, methods and headers of a client's own making are counted in the series of the first.
#[tokio::test]
async fn what_clients_make_up_adds_no_series() {
    let platform = in_memory();
    let target = seed(&platform, "").await;
    let mut policy = HttpPolicy::development();
    (policy.open.burst, policy.api.burst) = (1_000_000, 1_000_000);
    policy.plans.clear();
    let api = Api::new(platform, policy);
    let token = format!("Bearer {}", target.owner.token);
    let ask = async |number: u32| {
        let id = format!("{number:08}-0000-7000-8000-000000000000");
        for path in [format!("/api/v1/leads/{id}"), format!("/nowhere/{id}"), format!("/api/v1/{id}/leads")] {
            let method = format!("BREW{number}");
            for method in [Method::GET, Method::from_bytes(method.as_bytes()).expect("a method")] {
                let headers = [("authorization", token.as_str()), ("x-request-id", &id), ("x-forwarded-for", &id)];
                let query = path.starts_with("/nowhere").then(|| format!("q={id}"));
                let asked = Request { method, query, ..request(&path, "127.0.0.1", &headers) };
                api.respond(asked, stream::empty::<Result<Bytes, Infallible>>()).await;
            }
        }
    };
    ask(0).await;
    // The first scrape counts itself for the second.
    text(&api).await;
    let before = series(&text(&api).await);
    for number in 1..=1_000 {
        ask(number).await;
    }
    let after = text(&api).await;
    let added: Vec<_> = series(&after).difference(&before).cloned().collect();
    assert_eq!(added, [""; 0]);
    let route = "method=\"GET\",route=\"/api/v1/leads/{id}\"";
    let counted = after.lines().filter(|line| line.contains("duration_seconds_count") && line.contains(route));
    let counted: u64 = counted.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum();
    assert_eq!(counted, 1_001, "{after}");
}

/// The system's clock, so many minutes ahead.
struct Later(AtomicI64);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        SystemClock.now() + chrono::Duration::minutes(self.0.load(Ordering::Relaxed))
    }
}

/// Whoever was seen within 15 minutes is counted once: with however many sessions, and by however many processes.
#[tokio::test]
async fn people_are_counted_once_in_a_fleet() {
    let clock = Arc::new(Later(AtomicI64::new(0)));
    let storage = MemoryStorage::new(clock.clone());
    let queue = Arc::new(storage.queue());
    let storage: Arc<dyn Storage> = Arc::new(storage);
    let process = || {
        let builder = builder(Arc::clone(&storage), queue.clone()).clock(clock.clone());
        builder.build().expect("every port is there")
    };
    let first = process();
    let target = seed(&first, "").await;
    for person in [&target.owner, &target.owner, &target.stranger] {
        let body = json!({"user": {"email": person.email, "password": person.password}}).to_string();
        let headers = [("content-type", "application/json"), ("content-length", &*body.len().to_string())];
        let asked = Request { method: Method::POST, ..request("/api/v1/users/sign_in", "127.0.0.1", &headers) };
        let body = stream::iter([Ok::<_, Infallible>(Bytes::from(body))]);
        let answer = Api::new(first.clone(), HttpPolicy::development()).respond(asked, body).await;
        assert_eq!(answer.status, 200);
    }
    let active = async |platform: Spotlight| {
        let text = text(&Api::new(platform, HttpPolicy::development())).await;
        let line = text.lines().find_map(|line| line.strip_prefix("active_users ")).map(str::to_owned);
        line.expect("it is shown")
    };
    assert_eq!(active(first).await, "2", "two people with three sessions");
    assert_eq!(active(process()).await, "2", "another process tells the same");
    clock.0.fetch_add(14, Ordering::Relaxed);
    assert_eq!(active(process()).await, "2");
    clock.0.fetch_add(2, Ordering::Relaxed);
    assert_eq!(active(process()).await, "0", "seen 16 minutes ago");
}

/// Who leaves before the answer is counted, and is in flight no more.
#[tokio::test]
async fn a_client_that_leaves_is_counted() {
    let api = api(MetricsAccess::Loopback);
    let headers = [("content-type", "application/json"), ("content-length", "9")];
    let asked = Request { method: Method::POST, ..request("/api/v1/users/sign_in", "127.0.0.1", &headers) };
    let silent = stream::pending::<Result<Bytes, Infallible>>();
    assert!(tokio::time::timeout(Duration::from_millis(50), api.respond(asked, silent)).await.is_err());
    let text = text(&api).await;
    let left = "http_request_duration_seconds_count{method=\"POST\",route=\"/api/v1/users/sign_in\",status=\"499\"} 1";
    assert!(text.lines().any(|line| line == left), "{text}");
    assert!(text.lines().any(|line| line == "http_requests_in_flight 1"), "{text}");
}

/// A stream is counted with all of its bytes, once it has ended.
#[tokio::test]
async fn the_bytes_of_a_stream_are_counted_when_it_ends() {
    let platform = in_memory();
    let target = seed(&platform, "").await;
    let api = Api::new(platform, HttpPolicy::development());
    let token = format!("Bearer {}", target.owner.token);
    let exported = ask(&api, "/api/v1/leads/export", "127.0.0.1", &[("authorization", &token)]).await;
    assert_eq!(exported.status, 200);
    let Body::Stream(parts) = exported.body else { panic!("an export is a stream") };
    let route = "route=\"/api/v1/leads/export\"";
    let sum = format!("http_response_body_size_bytes_sum{{{route}}}");
    assert!(!text(&api).await.contains(&sum));
    let bytes: usize = parts.map(|part| part.expect("a part").len()).fold(0, |sum, len| async move { sum + len }).await;
    assert!(bytes > 0);
    assert!(text(&api).await.lines().any(|line| line == format!("{sum} {bytes}")));
}
