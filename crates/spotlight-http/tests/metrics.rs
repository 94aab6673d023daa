//! Who is shown the figures, and what becomes of requests that nobody waits for: in process, where that can be chosen.

use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use secrecy::SecretString;
use spotlight_core::{
    Result,
    memory::MemoryStorage,
    ports::{Figure, FigureSource, Metric, SystemClock},
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
    Request { method: Method::GET, path: path.to_owned(), prefix: 0, query: None, headers, peer }
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
