//! The API inside a router of somebody else's.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
    routing::get,
};
use serde_json::Value;
use spotlight_http::{Api, HttpPolicy, conformance::in_memory};
use spotlight_http_axum::{router, routes};
use tower::ServiceExt;

fn api() -> Api {
    Api::new(in_memory(), HttpPolicy::development())
}

/// The status and the body, as JSON where it is that.
async fn ask(app: &Router, path: &str) -> (StatusCode, Value) {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let answer = app.clone().oneshot(request).await.expect("an answer");
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
    let text = String::from_utf8_lossy(&body).into_owned();
    (status, serde_json::from_slice(&body).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn routes_merge_into_a_router_with_pages_and_a_fallback_of_its_own() {
    let own = Router::new().route("/", get(async || "home")).fallback(async || (StatusCode::NOT_FOUND, "no such page"));
    let app = own.merge(routes(api()));
    assert_eq!(ask(&app, "/").await, (StatusCode::OK, "home".into()));
    assert_eq!(ask(&app, "/nothing").await, (StatusCode::NOT_FOUND, "no such page".into()));
    assert_eq!(ask(&app, "/up").await.0, StatusCode::OK);
    assert_eq!(ask(&app, "/api/v1/leads").await.0, StatusCode::UNAUTHORIZED);
    let (status, unknown) = ask(&app, "/api/v1/nothing").await;
    assert_eq!((status, &unknown["errors"][0]["status"]), (StatusCode::NOT_FOUND, &"404".into()));
}

#[tokio::test]
async fn routes_nest_below_a_path() {
    let app = Router::new().nest("/sales", routes(api())).fallback(async || "mine");
    assert_eq!(ask(&app, "/sales/up").await.0, StatusCode::OK);
    assert_eq!(ask(&app, "/sales/api/v1/leads").await.0, StatusCode::UNAUTHORIZED);
    let (status, unknown) = ask(&app, "/sales/api/v1/nothing").await;
    assert_eq!((status, &unknown["errors"][0]["status"]), (StatusCode::NOT_FOUND, &"404".into()));
    assert_eq!(ask(&app, "/up").await, (StatusCode::OK, "mine".into()));
}

#[tokio::test]
async fn a_router_of_its_own_answers_everything() {
    let (status, unknown) = ask(&router(api()), "/nothing").await;
    assert_eq!((status, &unknown["errors"][0]["status"]), (StatusCode::NOT_FOUND, &"404".into()));
}
