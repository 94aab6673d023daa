//! Signs of life, and the API's own document.

use http::StatusCode;
use spotlight_core::{error::Result, services::Spotlight};
use tokio::time::Instant;

use crate::{
    dto::operations::{Alive, Check, Checks, Health},
    openapi::openapi,
    output::json,
    response::Response,
    table::Operation,
};

/// Whether the process, or what it depends on, answers.
pub(crate) async fn probe(platform: &Spotlight, operation: Operation) -> Result<Response> {
    if operation == Operation::Up {
        return json(StatusCode::OK, &Alive { status: "ok" });
    }
    let began = Instant::now();
    let database = platform.ping().await;
    let response_time_ms = began.elapsed().as_secs_f64() * 1000.0;
    let (status, shown, word) = match &database {
        Ok(()) => (StatusCode::OK, "ok", "ok"),
        Err(error) => {
            tracing::warn!(error = error.chain(), "the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", "error")
        }
    };
    let response =
        json(status, &Health { status: shown, checks: Checks { database: Check { status: word, response_time_ms } } })?;
    Ok(if database.is_ok() { response } else { response.with(http::header::RETRY_AFTER, "5") })
}

/// The OpenAPI document.
pub(super) fn document() -> Result<Response> {
    Ok(json(StatusCode::OK, &openapi())?.with(http::header::CACHE_CONTROL, "public, max-age=300"))
}
