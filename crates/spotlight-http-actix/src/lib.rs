//! Spotlight's HTTP API on actix-web: a binding of `spotlight-http`, which holds every rule.
//!
//! ```no_run
//! # async fn example(platform: spotlight_core::Spotlight) -> Result<(), Box<dyn std::error::Error>> {
//! use spotlight_http::{Api, HttpPolicy};
//!
//! let api = Api::new(platform, HttpPolicy::development());
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! spotlight_http_actix::serve(listener, api, std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Runtimes
//!
//! actix runs each of its workers on a runtime of its own, which ends with the worker; the connections of a database's
//! pool end with the runtime that opened them. So the work of a request is done on the runtime where the platform was
//! built ([`Spotlight::runtime`](spotlight_core::Spotlight::runtime)), and a worker only carries head, body and answer
//! over. Build the platform once, before the server, on a runtime with several threads: not in the closure that makes
//! the `App`.

mod carry;
mod connection;
mod expect;
mod serve;
mod socket;

use std::sync::Arc;

use actix_web::{
    HttpRequest, Route,
    web::{self, Payload, ServiceConfig},
};
use spotlight_http::{Api, BASE, Body};

pub use self::serve::{Patience, rustls, serve, serve_patiently, serve_tls, serve_tls_with, serve_with};

/// Every endpoint of the API, for `App::configure`, or for `Scope::configure` to have it below a path: links in answers
/// keep that path. Below `/api/v1` what matches no endpoint is answered in the API's own form; everywhere else it is your
/// application's.
pub fn configure(api: impl Into<Arc<Api>>) -> impl FnOnce(&mut ServiceConfig) + Clone {
    let api = api.into();
    move |config| {
        for address in api.addresses() {
            let (api, slashes) = (Arc::clone(&api), address.matches('/').count());
            let answer = move |request: HttpRequest, body: Payload| answer(Arc::clone(&api), request, body, slashes);
            config.service(web::resource(address).to(answer));
        }
        let below = BASE.matches('/').count() + 1;
        let answer = move |request: HttpRequest, body: Payload| {
            let slashes = below + request.match_info().query("rest").matches('/').count();
            answer(Arc::clone(&api), request, body, slashes)
        };
        config.service(web::resource(format!("{BASE}/{{rest:.+}}")).to(answer));
    }
}

/// Answers every other address with an error document: for `App::default_service`, where the API is the application.
pub fn fallback(api: impl Into<Arc<Api>>) -> Route {
    let api = api.into();
    web::to(move |request: HttpRequest, body: Payload| answer(Arc::clone(&api), request, body, usize::MAX))
}

/// Extracts, asks, responds. The API's own path begins at one of the last slashes: actix matches and keeps what a scope
/// has left in another encoding than it was sent in, but with as many of them.
async fn answer(api: Arc<Api>, request: HttpRequest, mut body: Payload, slashes: usize) -> carry::Answered {
    let head = carry::head(&request, slashes);
    // What holds the request would keep it from being used again by its worker.
    drop(request);
    let mut response = api.respond(head, &mut body).await;
    let mut upgraded = false;
    if let Body::Socket(session) = response.body {
        response.body = Body::Stream(socket::open(session, body, api.runtime()));
        upgraded = true;
    }
    carry::Answered { response, upgraded }
}
