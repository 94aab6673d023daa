//! The document.

use http::{StatusCode, header};
use spotlight_core::error::Result;

use crate::{openapi::openapi, output::json, resources::call::Call, response::Response};

pub(super) async fn document(_: Call<'_>) -> Result<Response> {
    Ok(json(StatusCode::OK, &openapi())?.with(header::CACHE_CONTROL, "public, max-age=300"))
}
