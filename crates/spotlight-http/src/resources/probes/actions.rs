//! Signs of life.

use http::{StatusCode, header};
use spotlight_core::error::Result;

use super::{
    draft::{self, DraftHealth},
    dto::{Alive, Health, Ready},
};
use crate::{output::json, resources::call::Call, response::Response};

/// Seconds after which it makes sense to ask again when something fails.
const AGAIN: &str = "5";

/// Whether the process answers: nothing else is touched.
pub(super) fn up(_: &Call<'_>) -> Result<Response> {
    json(StatusCode::OK, &Alive { status: "ok" })
}

/// Whether the process may be given traffic.
pub(super) async fn ready(call: Call<'_>) -> Result<Response> {
    let mut readiness = call.platform.health().ready().await;
    readiness.draining |= call.api.is_paused();
    let reasons = readiness.reasons();
    answer(reasons.is_empty(), &Ready { checks: &readiness.checks, reasons: &reasons })
}

/// How the dependencies are.
pub(super) async fn health(call: Call<'_>) -> Result<Response> {
    let report = call.platform.health().report().await;
    let answered = if draft::is_wanted(call.request) {
        answer(report.is_ok(), &DraftHealth(&report))?.with(header::CONTENT_TYPE, draft::MEDIA_TYPE)
    } else {
        answer(report.is_ok(), &Health(&report))?
    };
    Ok(answered.with(header::VARY, "Accept"))
}

fn answer(is_ok: bool, document: &impl serde::Serialize) -> Result<Response> {
    if is_ok {
        return json(StatusCode::OK, document);
    }
    Ok(json(StatusCode::SERVICE_UNAVAILABLE, document)?.with(header::RETRY_AFTER, AGAIN))
}
