//! The API inside an application of somebody else's.

use actix_web::{
    App, HttpResponse,
    body::MessageBody,
    dev::{Service, ServiceResponse},
    middleware::DefaultHeaders,
    test::{TestRequest, call_service, init_service, read_body},
    web::{self, Data},
};
use serde_json::Value;
use spotlight_http::{
    Api, Group, HttpPolicy,
    conformance::{in_memory, seed},
};
use spotlight_http_actix::{configure, fallback};

fn api() -> Api {
    Api::new(in_memory(), HttpPolicy::development())
}

/// The status and the body, as JSON where it is that.
async fn ask<S, B>(app: &S, path: &str) -> (u16, Value)
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let answer = call_service(app, TestRequest::get().uri(path).to_request()).await;
    let status = answer.status().as_u16();
    let body = read_body(answer).await;
    let text = String::from_utf8_lossy(&body).into_owned();
    (status, serde_json::from_slice(&body).unwrap_or(Value::String(text)))
}

async fn nobody() -> HttpResponse {
    HttpResponse::NotFound().body("no such page")
}

#[tokio::test]
async fn it_fits_an_application_with_pages_and_a_fallback_of_its_own() {
    let home = web::to(async || "home");
    let app = App::new().route("/", home).configure(configure(api())).default_service(web::to(nobody));
    let app = init_service(app).await;
    assert_eq!(ask(&app, "/").await, (200, "home".into()));
    assert_eq!(ask(&app, "/nothing").await, (404, "no such page".into()));
    assert_eq!(ask(&app, "/up").await.0, 200);
    assert_eq!(ask(&app, "/api/v1/leads").await.0, 401);
    let (status, unknown) = ask(&app, "/api/v1/nothing").await;
    assert_eq!((status, &unknown["errors"][0]["status"]), (404, &"404".into()));
}

#[tokio::test]
async fn it_fits_a_scope() {
    let scope = web::scope("/sales").configure(configure(api()));
    let app = init_service(App::new().service(scope).default_service(web::to(async || "mine"))).await;
    assert_eq!(ask(&app, "/sales/up").await.0, 200);
    assert_eq!(ask(&app, "/sales/api/v1/leads").await.0, 401);
    let (status, unknown) = ask(&app, "/sales/api/v1/nothing").await;
    assert_eq!((status, &unknown["errors"][0]["status"]), (404, &"404".into()));
    assert_eq!(ask(&app, "/up").await, (200, "mine".into()));
}

#[tokio::test]
async fn an_application_of_its_own_answers_everything() {
    let app = init_service(App::new().configure(configure(api())).default_service(fallback(api()))).await;
    let (status, unknown) = ask(&app, "/nothing").await;
    assert_eq!((status, &unknown["errors"][0]["status"]), (404, &"404".into()));
}

#[tokio::test]
async fn links_keep_the_path_of_the_scope() {
    let platform = in_memory();
    let target = seed(&platform, "").await;
    let api = Api::new(platform, HttpPolicy::development());
    let app = init_service(App::new().service(web::scope("/team/sales").configure(configure(api)))).await;
    for (path, expected) in [
        ("/team/sales/api/v1/leads?per_page=5", "</team/sales/api/v1/leads?per_page=5&page=1>"),
        ("/te%61m/sales/api/v1/leads?per_page=5", "</te%61m/sales/api/v1/leads?per_page=5&page=1>"),
    ] {
        let request =
            TestRequest::get().uri(path).insert_header(("authorization", format!("Bearer {}", target.owner.token)));
        let answer = call_service(&app, request.to_request()).await;
        assert_eq!(answer.status(), 200, "{path}");
        let link = answer.headers().get("link").expect("links").to_str().expect("text");
        assert!(link.starts_with(expected), "{link}");
    }
    let (_, document) = ask(&app, "/team/sales/api/v1/openapi.json").await;
    assert_eq!(document["servers"][0]["url"], "/team/sales");
}

#[tokio::test]
async fn the_host_keeps_its_state_its_middleware_and_its_routes() {
    let app = App::new()
        .app_data(Data::new("home"))
        .route("/", web::to(async |own: Data<&'static str>| **own))
        .configure(configure(api().without(&[Group::Analytics])))
        .wrap(DefaultHeaders::new().add(("x-host", "mine")));
    let app = init_service(app).await;
    assert_eq!(ask(&app, "/").await, (200, "home".into()));
    assert_eq!(ask(&app, "/api/v1/analytics/dashboard").await.0, 404);
    let answer = call_service(&app, TestRequest::get().uri("/up").to_request()).await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers().get("x-host").expect("a header").to_str().expect("text")),
        (200, "mine")
    );
}
