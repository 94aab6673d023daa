//! Figures for Prometheus.

use reqwest::Method;
use serde_json::json;

use super::{Client, Target, seed::made_lead};

/// The value of the one line that begins so.
fn value(text: &str, series: &str) -> Option<f64> {
    let mut found = text.lines().filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let value = found.next()?.parse().expect("a number");
    assert_eq!(found.next(), None, "{series} is there twice");
    Some(value)
}

/// Requests are counted by method, template and status; bodies by their size; and the figures of the platform are there.
pub async fn what_was_asked_is_counted(target: &Target) {
    let owner = target.owner();
    let lead = made_lead(&owner, "Grace Hopper").await;
    owner.get(&format!("/api/v1/leads/{lead}")).await.expect(200);
    owner.get("/api/v1/leads/00000000-0000-0000-0000-000000000000").await.expect(404);
    target.nobody().get("/up").await.expect(200);
    let answer = target.nobody().get("/metrics").await.expect(200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    let text = &answer.text;
    let counted = |labels: &str| value(text, &format!("http_request_duration_seconds_count{{{labels}}}"));
    assert_eq!(counted(r#"method="POST",route="/api/v1/leads",status="201""#), Some(1.0));
    assert_eq!(counted(r#"method="GET",route="/api/v1/leads/{id}",status="200""#), Some(1.0));
    assert_eq!(counted(r#"method="GET",route="/api/v1/leads/{id}",status="404""#), Some(1.0));
    assert_eq!(counted(r#"method="GET",route="/up",status="200""#), Some(1.0));
    let bucket = r#"http_request_duration_seconds_bucket{method="GET",route="/up",status="200",le="10"}"#;
    assert_eq!(value(text, bucket), Some(1.0));
    assert!(value(text, r#"http_request_body_size_bytes_sum{route="/api/v1/leads"}"#) > Some(10.0), "{text}");
    assert_eq!(value(text, r#"http_response_body_size_bytes_sum{route="/up"}"#), Some(15.0));
    assert_eq!(value(text, "http_requests_in_flight"), Some(1.0), "this one");
    for source in ["queue", "storage", "users"] {
        assert_eq!(value(text, &format!("metrics_source_up{{source=\"{source}\"}}")), Some(1.0));
    }
    assert!(value(text, "active_users").is_some(), "{text}");
    let head = Client::answer(target.nobody().request(Method::HEAD, "/metrics")).await.expect(200);
    assert_eq!(head.text, "");
    target.nobody().post("/metrics", &json!({})).await.expect(405);
}

/// Ids, addresses that do not exist and methods that a client makes up add no series.
pub async fn what_clients_choose_is_no_label(target: &Target) {
    let owner = target.owner();
    let lead = made_lead(&owner, "Grace Hopper").await;
    for path in [format!("/api/v1/leads/{lead}"), format!("/nowhere/{lead}"), format!("/api/v1/{lead}?x={lead}")] {
        for method in [Method::GET, Method::from_bytes(b"BREW").expect("a method")] {
            Client::answer(owner.request(method, &path).header("x-request-id", &lead)).await;
        }
    }
    let text = target.nobody().get("/metrics").await.expect(200).text;
    assert!(!text.contains(&lead) && !text.contains("nowhere") && !text.contains("BREW"), "{text}");
    let unmatched = r#"http_request_duration_seconds_count{method="GET",route="unmatched",status="404"}"#;
    assert_eq!(value(&text, unmatched), Some(2.0));
    let invented = r#"http_request_duration_seconds_count{method="other",route="/api/v1/leads/{id}",status="405"}"#;
    assert_eq!(value(&text, invented), Some(1.0));
}
