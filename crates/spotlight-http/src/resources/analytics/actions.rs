//! Figures.

use http::StatusCode;
use spotlight_core::{error::Result, ports::ReadConsistency, services::analytics::Range};

use super::dto;
use crate::{output::one, resources::call::Call, response::Response};

pub(super) async fn dashboard(call: Call<'_>) -> Result<Response> {
    let range = Range { from: call.query.get("date_from"), to: call.query.get("date_to") };
    let mut context = call.context.clone();
    // Figures may lag a moment; they must not weigh on what is being written.
    context.consistency = ReadConsistency::Eventual;
    let board = call.platform.analytics().dashboard(&context, range, call.query.get("assistant_id")).await?;
    one(StatusCode::OK, dto::dashboard(board))
}
