//! The API inside a router of somebody else's.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, Request, StatusCode},
    middleware::{Next, from_fn},
    routing::get,
};
use serde_json::Value;
use spotlight_http::{
    Api, Group, HttpPolicy,
    conformance::{in_memory, seed},
};
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

/// The headers and the body of an answer to the owner.
async fn as_owner(app: &Router, token: &str, path: &str) -> (HeaderMap, Value) {
    let request = Request::get(path).header("authorization", format!("Bearer {token}")).body(Body::empty());
    let answer = app.clone().oneshot(request.expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    let headers = answer.headers().clone();
    let body = to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
    (headers, serde_json::from_slice(&body).expect("JSON"))
}

#[tokio::test]
async fn links_keep_the_path_that_routes_are_nested_below() {
    let platform = in_memory();
    let target = seed(&platform, "").await;
    let api = Api::new(platform, HttpPolicy::development());
    let app = Router::new().nest("/team", Router::new().nest("/sales", routes(api)));
    let (headers, _) = as_owner(&app, &target.owner.token, "/team/sales/api/v1/leads?per_page=5").await;
    let link = headers["link"].to_str().expect("text");
    assert!(link.starts_with("</team/sales/api/v1/leads?per_page=5&page=1>"), "{link}");
    let (_, document) = as_owner(&app, &target.owner.token, "/team/sales/api/v1/openapi.json").await;
    assert_eq!(document["servers"][0]["url"], "/team/sales");
}

#[derive(Clone)]
struct Own(&'static str);

#[tokio::test]
async fn the_host_keeps_its_state_its_middleware_and_its_routes() {
    let stamp = async |request: axum::extract::Request, next: Next| {
        let mut response = next.run(request).await;
        response.headers_mut().insert("x-host", HeaderValue::from_static("mine"));
        response
    };
    let app: Router = Router::new()
        .route("/", get(async |State(own): State<Own>| own.0))
        .with_state(Own("home"))
        .merge(routes(api().without(&[Group::Analytics])))
        .layer(from_fn(stamp));
    assert_eq!(ask(&app, "/").await, (StatusCode::OK, "home".into()));
    assert_eq!(ask(&app, "/api/v1/analytics/dashboard").await.0, StatusCode::NOT_FOUND);
    let request = Request::get("/up").body(Body::empty()).expect("a request");
    let answer = app.oneshot(request).await.expect("an answer");
    assert_eq!((answer.status(), &answer.headers()["x-host"]), (StatusCode::OK, &HeaderValue::from_static("mine")));
}
